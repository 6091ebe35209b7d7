"""Lines of places in a file, or of their nearest parents."""

from __future__ import annotations

from leptonopt.io.native.line_numbers import nearest_line, wanted_places


def test_places_as_a_tree() -> None:
    """Places share their parents."""
    assert wanted_places([("a", 0), ("a", 1, "b"), ()]) == {"a": {0: {}, 1: {"b": {}}}}
    assert wanted_places([]) == {}


def test_the_nearest_parent_has_the_line() -> None:
    """A place without a mark takes that of its parent; one without any is left out."""
    marks = {(): 1, ("a",): 3, ("a", 0): 4}
    assert nearest_line(marks, [("a", 0, "x"), ("a", 7), ("b",), ("a",)]) == {
        ("a", 0, "x"): 4,
        ("a", 7): 3,
        ("b",): 1,
        ("a",): 3,
    }
    assert nearest_line({("a",): 3}, [("b",)]) == {}

"""Names that replanning adds, and takes off again."""

from __future__ import annotations

import pytest

from leptonopt.replanning.names import added, plain_option, stated_copy


@pytest.mark.parametrize(
    ("name", "what"),
    [("own (stays)", "stays"), ("own (kept)", "kept"), ("own (kept 2)", "kept"), ("own", None), ("own (kept) b", None)],
)
def test_what_is_added_is_told_and_taken_off(name: str, what: str | None) -> None:
    """Only the endings of replanning are taken off."""
    assert added(name) == what
    assert plain_option(name) == ("own" if what else name)


@pytest.mark.parametrize(
    ("key", "copy"), [(("a#2", 1), ("a", 2)), (("a", 2), ("a", 2)), (("#a", 1), ("#a", 1)), (("a#2#3", 1), ("a#2", 3))]
)
def test_the_copy_that_a_task_stands_for(key: tuple[str, int], copy: tuple[str, int]) -> None:
    """Only a number behind the last # is that of a copy."""
    assert stated_copy(key) == copy

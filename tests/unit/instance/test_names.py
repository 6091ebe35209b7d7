"""Tests of the finding of a name that is not known."""

from __future__ import annotations

from leptonopt.instance.names import texts, unknown_name


def test_the_name_that_was_meant_is_suggested() -> None:
    assert unknown_name("pool", "clod", ["cloud", "owned"]) == "there is no pool 'clod'; did you mean 'cloud'?"


def test_otherwise_the_known_names_are_listed() -> None:
    assert unknown_name("pool", "x", ["b", "a"]) == "there is no pool 'x'; known are 'a', 'b'"
    assert unknown_name("pool", "x", []) == "there is no pool 'x'; known are none"


def test_texts() -> None:
    """The texts of a list; nothing of what is none."""
    assert texts(["a", 1, None, ["b"], "c"]) == {"a", "c"}
    assert texts("ab") == texts(None) == set()

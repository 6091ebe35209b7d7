"""Tests of the finding of a name that is not known."""

from __future__ import annotations

from leptonopt.instance.names import unknown_name


def test_the_name_that_was_meant_is_suggested() -> None:
    assert unknown_name("pool", "clod", ["cloud", "owned"]) == "there is no pool 'clod'; did you mean 'cloud'?"


def test_otherwise_the_known_names_are_listed() -> None:
    assert unknown_name("pool", "x", ["b", "a"]) == "there is no pool 'x'; known are 'a', 'b'"
    assert unknown_name("pool", "x", []) == "there is no pool 'x'; known are none"

"""JSON: exact trees, lines of places, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from leptonopt.errors import InstanceError
from leptonopt.io.native.json_reader import read

TEXT = """{
 "a": [1, 2.50,
  {"b\\n": "[,]"}],
 "c": true, "d": null
}"""


def test_a_tree_with_lines() -> None:
    """Numbers exactly as written; a place takes the line of its key or value, or of its parent."""
    tree, lines = read(TEXT, "f", 99)
    assert tree == {"a": [1, Decimal("2.50"), {"b\n": "[,]"}], "c": True, "d": None}
    assert lines([("a",), ("a", 2, "b\n"), ("a", 1), ("c",), ("d", "x"), ("z",)]) == {
        ("a",): 2, ("a", 2, "b\n"): 3, ("a", 1): 2, ("c",): 4, ("d", "x"): 4, ("z",): 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"f:1: not JSON: expecting value \(column 1\)"),
        ('{"a": 1,}', "f:1: not JSON: "),
        ('{"a":\nNaN}', "f:2: NaN is not a finite number"),
        ('{"a":\n1' + "0" * 60 + "}", "f:2: 1.* is a number of 61 characters"),
        ('{"a": 1,\n "a": 2}', "f:2: the key 'a' stands twice"),
        ('{"a": {"b": 1,\n "b": 2}}', "f:2: a: the key 'b' stands twice"),
        ('{"a":\n "\\ud800"}', r"f:2: .*half a character \(a lone surrogate\)"),
        ("[" * 51, "f:1: is nested too deeply"),
        ("[1,2,3,\n4,5,6]", "f:2: holds more than 5 values"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    """One finding with its line."""
    with pytest.raises(InstanceError, match=f"^{said}"):
        read(text, "f", 5 if "6" in text else 99)


def test_all_duplicates_are_found() -> None:
    """Below a duplicate nothing is reported."""
    with pytest.raises(InstanceError) as error:
        read('{"a": {}, "b": 1,\n "a": {"c": 1, "c": 2},\n "b": 2}', "f", 99)
    assert [(finding.line, finding.path) for finding in error.value.findings] == [(2, ()), (3, ())]


def test_both_halves_of_a_character_are_one() -> None:
    """A surrogate pair is read."""
    assert read('"\\ud83d\\ude00"', "f", 9)[0] == "\U0001f600"

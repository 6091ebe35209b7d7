"""YAML: exact trees, lines of places, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from leptonopt.errors import InstanceError
from leptonopt.io.native.yaml_reader import read

TEXT = """# a comment
a: [1, 2.50, "3"]
b:
  - {c: true, d: ~}
  - 2026-11-23T00:00Z
  - no
"""


def test_a_tree_with_lines() -> None:
    """Only true, false and null are words; all else that is no number is a text."""
    tree, lines = read(TEXT, "f", 99)
    assert tree == {"a": [1, Decimal("2.50"), "3"], "b": [{"c": True, "d": None}, "2026-11-23T00:00Z", "no"]}
    places = [("a", 1), ("b",), ("b", 0, "d"), ("b", 2), ("b", 9, "x"), ("z",)]
    assert lines(places) == dict(zip(places, [2, 3, 4, 6, 3, 2], strict=True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f: the file is empty"),
        ("# only a comment", "f: the file is empty"),
        ("a: [1", "f:[12]: not YAML: "),
        ("a: 1\n---\nb: 2", "f:3: several YAML documents"),
        ("a: &x 1\nb: *x", "f:1: anchors and aliases"),
        ("a: 1\nb: !!int 2", "f:2: b: the tag '.*int' is not allowed"),
        ("a: 1\n<<: {b: 1}", "f:2: only plain texts are allowed as keys"),
        ("? [a]\n: 1", "f:1: only plain texts are allowed as keys"),
        ("a: 1\na: 2", "f:2: the key 'a' stands twice"),
        ("a: .inf", "f:1: a: .inf is not a finite number"),
        ("a: 1" + "0" * 60, "f:1: a: 1.* is a number of 61 characters"),
        ("a: " + "[" * 51, "f:1: is nested too deeply"),
        ("- 1\n" * 9, "f:8: holds more than 8 values"),
        ("a: b\x00", "f:1: not YAML: "),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    """One finding with its line and place."""
    with pytest.raises(InstanceError, match=f"^{said}"):
        read(text, "f", 8 if "- 1" in text else 99)


def test_all_findings_at_once() -> None:
    """What stands below a wrong key is skipped."""
    with pytest.raises(InstanceError) as error:
        read("a: 1\na: {b: 1, b: 2}\nc: .nan\nd: !x 1\n", "f", 99)
    assert [(finding.line, finding.path) for finding in error.value.findings] == [(2, ()), (3, ("c",)), (4, ("d",))]

"""TOML: exact trees, lines of places, and what is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from leptonopt.errors import InstanceError
from leptonopt.io.native.toml_reader import read

TEXT = """name = "a # b"
[time]
start = 2026-11-23T00:00:00Z
price = 1_0.50
[[tasks]]
id = "x"
[[tasks]]
id = "y"
[[tasks.options]]
pool = "p"
[tasks.needs]
"a b".c = [1, true]
"""


def test_a_tree_with_lines() -> None:
    """Instants become texts; tables in lists count from 0."""
    tree, lines = read(TEXT, "f", 99)
    assert tree == {
        "name": "a # b",
        "time": {"start": "2026-11-23T00:00:00+00:00", "price": Decimal("10.50")},
        "tasks": [{"id": "x"}, {"id": "y", "options": [{"pool": "p"}], "needs": {"a b": {"c": [1, True]}}}],
    }
    places = [
        ("time", "price"),
        ("tasks", 1, "id"),
        ("tasks", 1, "options", 0, "pool"),
        ("tasks", 1, "needs", "a b", "c", 1),
    ]
    assert list(lines(places).values()) == [4, 8, 10, 12]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f: the file is empty"),
        ("a = \n", "f:1: not TOML: "),
        ("a = 1\na = 2\n", "f:2: not TOML: "),
        ("\na = nan\n", "f:2: nan is not a finite number"),
        ("a = 1\nb = " + "9" * 61 + "\n", "f:2: b: is a number of more than 60 digits"),
        ("a = " + "[" * 51, "f:1: is nested too deeply"),
        (".".join("a" * 52) + " = 1", "f:1: is nested too deeply"),
        ("a = [1, 2, 3,\n 4, 5, 6, 7]", "f:2: holds more than 6 values"),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    """One finding with its line."""
    with pytest.raises(InstanceError, match=f"^{said}"):
        read(text, "f", 6 if "7" in text else 99)

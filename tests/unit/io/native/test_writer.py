"""Native documents written in three notations, and read back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from leptonopt.errors import UsageError
from leptonopt.io.native.text import parse
from leptonopt.io.native.writer import dumped

DOCUMENT: dict[str, Any] = {
    "name": "no",
    "text": 'a "b"\n\u202e: # é',
    "number": Decimal("1.10"),
    "float": 1e-7,
    "flag": True,
    "empty": {},
    "none": [],
    "tasks": [{"id": "x y", "after": ["a"], "steps": {"08:00": 1, "09:00": Decimal("-2.5")}}, {"id": "12"}],
    "nested": {"a": {"b": [{"c": 1}]}},
    "long": [f"item {at}" for at in range(30)],
}


@pytest.mark.parametrize("kind", ["yaml", "json", "toml"])
def test_what_is_written_is_read_back(kind: str) -> None:
    """Exact numbers, texts that look like words, letters that turn the direction of writing."""
    text = dumped(DOCUMENT, kind)
    assert "\u202e" not in text
    assert text.endswith("\n")
    assert parse(text, kind, "f")[0] == {**DOCUMENT, "float": Decimal("0.0000001")}


def test_numbers_are_written_plainly() -> None:
    """No exponents, no trailing zeros."""
    assert dumped({"a": Decimal("1E+3"), "b": 0.1, "c": Decimal("2.50"), "d": Decimal("1E-9")}, "json") == (
        '{"a": 1000, "b": 0.1, "c": 2.5, "d": 0.000000001}\n'
    )


def test_yaml_is_short() -> None:
    """What fits on a line stands on it, without quotes where the text is unambiguous."""
    assert dumped({"a": {"b": "2h", "c": "yes"}, "d": ["x" * 60, "y" * 60]}, "yaml") == (
        f'a: {{b: 2h, c: "yes"}}\nd:\n  - {"x" * 60}\n  - {"y" * 60}\n'
    )


def test_toml_has_plain_keys_before_tables() -> None:
    """Otherwise they would belong to the table."""
    text = dumped({"pools": [{"id": "p", "long": "x" * 90}], "name": "n"}, "toml")
    assert text.index("name =") < text.index("[[pools]]")


def test_other_notations_are_refused() -> None:
    """The error lists those that exist."""
    with pytest.raises(UsageError, match="'xml' is no native format; allowed are yaml, json and toml"):
        dumped({}, "xml")

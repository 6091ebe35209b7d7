"""Exact numbers, limits of depth and size, and the wording of errors."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from leptonopt.errors import Finding, InstanceError
from leptonopt.io.native.scalars import (
    MAX_DEPTH,
    NOT_FINITE,
    line_of_word,
    number,
    quoted,
    shallow,
    too_deep,
    too_many,
    twice,
    wrong,
)

TOKENS = re.compile(r'"[^"]*"|[\[\]{},]')


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("-12", -12), ("0.10", Decimal("0.10")), ("1e3", Decimal("1e3")), ("+5", 5)]
)
def test_numbers_are_exact(text: str, value: int | Decimal) -> None:
    """Whole numbers as ints, others as Decimals with all their digits."""
    found = number(text)
    assert (found, type(found), str(found)) == (value, type(value), str(value))


@pytest.mark.parametrize(
    ("text", "said"),
    [("1" * 61, "is a number of 61 characters"), ("1e61", "is out of range"), ("1e-9999", "out of range")],
)
def test_numbers_out_of_range(text: str, said: str) -> None:
    """The length and the exponent are limited before anything is computed."""
    with pytest.raises(ValueError, match=said):
        number(text)


@pytest.mark.parametrize("word", ["inf", "-Infinity", ".nan", "+.inf"])
def test_words_for_what_is_not_finite(word: str) -> None:
    """All spellings of YAML, JSON and TOML."""
    assert NOT_FINITE.fullmatch(word)
    assert not NOT_FINITE.fullmatch(f"{word}o")


def test_errors_have_file_line_and_place() -> None:
    """The finding of each error."""
    assert wrong("bad", 3, "f", ("a",)).findings == (Finding("bad", ("a",), 3, "f"),)
    assert str(too_deep(2, "f")) == f"f:2: is nested too deeply; at most {MAX_DEPTH} levels"
    assert str(too_many(1000, 2, "f")).startswith("f:2: holds more than 1,000 values")
    assert str(twice("k", ("a",), 4, "f")) == "f:4: a: the key 'k' stands twice; each is allowed once"


def test_long_texts_are_cut() -> None:
    """At 60 characters, with dots."""
    assert quoted("a" * 60) == repr("a" * 60)
    assert quoted("a" * 61) == repr("a" * 57 + "...")


def test_the_line_of_a_word() -> None:
    """The first line that has the word with which a message begins; None where it does not occur."""
    assert line_of_word("a\nnan\nnan", "nan is not finite") == 2
    assert line_of_word("a", "b is wrong") is None


@pytest.mark.parametrize("text", ["[" * MAX_DEPTH + "]" * MAX_DEPTH, '"' + "[" * 99 + '"', "[1,2,3,4]"])
def test_depth_and_size_within_limits(text: str) -> None:
    """Brackets in texts do not count."""
    shallow(text, TOKENS, 60, "f")


@pytest.mark.parametrize(
    ("text", "said"),
    [("\n" + "[" * (MAX_DEPTH + 1), "f:2: is nested too deeply"), ("[1,\n2,3,4,5]", "f:2: holds more than 4 values")],
)
def test_depth_and_size_beyond_limits(text: str, said: str) -> None:
    """The line on which the limit is passed."""
    with pytest.raises(InstanceError, match=said):
        shallow(text, TOKENS, 4 if "," in text else 99, "f")

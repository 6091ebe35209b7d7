"""Numbers of a text in order, and the line in every error."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from leptonopt.errors import InstanceError, UsageError
from leptonopt.io.literature.number_stream import MAX_OPTIONS, Numbers, whole_param


def numbers(text: str, first: int = 1) -> Numbers:
    """Return the numbers of a text."""
    return Numbers(text, Path("f.txt"), first)


def test_numbers_in_order() -> None:
    """Exact, with the line of the last one and the number of those left."""
    found = numbers("1 2.50\n\n-3 1e2\n")
    assert found.wholes(1, "a count") == [1]
    assert (found.decimal("a price"), found.line, found.left) == (Decimal("2.50"), 1, 2)
    assert found.decimals(2, "a price") == [-3, 100]
    assert found.line == 3
    found.end()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: the file ends where a size should stand"),
        ("\nx", "2: 'x' stands where a size, a number, should"),
        ("1.5", "1: 1.5 stands where a size, a whole number from 0 to 9, should"),
        ("10", "1: 10 stands where a size, a whole number from 0 to 9, should"),
        ("-1", "1: -1 stands where a size, a whole number"),
        ("1e99", "1: a size: .* is too large"),
        ("0.1234567891", "1: a size: .* has too many decimals"),
        ("1" * 41, "1: '1{40}' stands where a size, a number, should"),
    ],
)
def test_what_is_no_such_number(text: str, said: str) -> None:
    """File, line, and what should stand there."""
    with pytest.raises(InstanceError, match=f"^f.txt:{said}"):
        numbers(text).whole("a size", 0, 9)


def test_a_part_of_a_file_counts_lines_from_its_first() -> None:
    """And names itself where it ends too early."""
    part = Numbers("5\n", Path("f.txt"), 7, "section")
    assert (part.whole("a size"), part.line) == (5, 7)
    with pytest.raises(InstanceError, match=r"f\.txt:7: the section ends where a need"):
        part.decimal("a need")


def test_too_much() -> None:
    """Numbers that follow, values below the least, sizes that do not fit into memory."""
    with pytest.raises(InstanceError, match=r"f\.txt:2: 2 more numbers than the sizes at the top say"):
        numbers("\n1 2").end()
    with pytest.raises(InstanceError, match="-1 stands where a need, at least 0, should"):
        numbers("-1").decimal("a need", 0)
    numbers("1").options(MAX_OPTIONS)
    with pytest.raises(InstanceError, match="at most 2,000,000"):
        numbers("1").options(MAX_OPTIONS + 1)


def test_parameters() -> None:
    """None where it is not given; whole numbers in range."""
    assert whole_param({}, "deadline", 9) is None
    assert whole_param({"deadline": "07"}, "deadline", 9) == 7
    for bad in ("", "0", "10", "-1", "1.5", "x", "1" * 13):
        with pytest.raises(UsageError, match="a whole number from 1 to 9 is allowed"):
            whole_param({"deadline": bad}, "deadline", 9)

"""Numbers of plan files: exact texts, gaps, percentages, bounds rounded to the safe side."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from leptonopt.plan.numbers import floor_number, gap, money_text, number, percent, plain, rational


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("-7/2", Fraction(-7, 2)), (" 1.25 ", Fraction(5, 4)), ("1e2", 100), ("1.5e-1", Fraction(3, 20))],
)
def test_exact_texts(text: str, value: Fraction | int) -> None:
    """Fractions, decimals, powers of ten."""
    assert rational(text) == value


@pytest.mark.parametrize("text", ["", "x", "1/0", "1e999", "1/2/3", "0x1", "١", "1" * 401, "nan"])
def test_what_is_no_number(text: str) -> None:
    """Powers without end are refused before they are computed."""
    with pytest.raises(ValueError, match="is no number"):
        rational(text)


@pytest.mark.parametrize(
    ("cost", "bound", "value"),
    [(10, 8, 0.2), (10, 10, 0.0), (-10, -12, 0.2), (0, 0, 0.0), (0, -1, None), (None, 1, None), (1, None, None)],
)
def test_gaps(cost: int | None, bound: int | None, value: float | None) -> None:
    """Relative to the size of the cost; unknown at a cost of 0 with a lower bound."""
    made = [None if each is None else Fraction(each) for each in (cost, bound)]
    assert gap(*made) == value


@pytest.mark.parametrize(("value", "text"), [(None, "-"), (0.0, "0.00%"), (1e-5, "<0.01%"), (0.1234, "12.34%")])
def test_percentages(value: float | None, text: str) -> None:
    """A gap above zero is never shown as zero."""
    assert percent(value) == text


def test_money_as_json_numbers() -> None:
    """Whole numbers as ints; halves of a millionth to the even one."""
    assert (number(None), number(Fraction(4)), number(Fraction(1, 3))) == (None, 4, 0.333333)
    assert number(Fraction(5, 10**7)) == 0
    assert number(Fraction(15, 10**7)) == 0.000002
    assert isinstance(plain(Decimal("4.0")), int)


@pytest.mark.parametrize(
    "money",
    [Fraction(1, 3), Fraction(-1, 3), Fraction(2, 3), Fraction(10**16 * 10**6 + 1, 10**6), Fraction(-(10**17), 3)],
)
def test_bounds_are_rounded_down(money: Fraction) -> None:
    """The number that is written never exceeds the bound, also where a float cannot hold it."""
    shown = floor_number(money)
    assert shown is not None
    assert Fraction(shown) <= money
    assert money - Fraction(shown) <= max(Fraction(1, 10**6), abs(money) / 10**15)
    assert floor_number(None) is None


def test_money_in_words_is_never_rounded_over_an_end() -> None:
    """The low end goes down, the high end up, and what stands for itself has its fraction beside it."""
    third = Fraction(-1, 3)
    assert [money_text(third, how) for how in ("down", "up", "")] == ["-0.333334", "-0.333333", "-0.333333 (-1/3)"]
    assert money_text(Fraction("1234567.891234567"), signed=True) == "+1,234,567.891234567"
    assert [money_text(Fraction(value)) for value in (0, 100, -3)] == ["0", "100", "-3"]

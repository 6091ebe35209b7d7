"""Numbers of a plan file and of reports: exact money as JSON numbers, gaps and percentages."""

from __future__ import annotations

import re
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from math import inf, nextafter

FINEST = 12  # decimals of exact money in words
_RATIONAL = re.compile(
    r"[-+]?[0-9]{1,400}(?:/[0-9]{1,400}|\.[0-9]{0,400}(?:[eE][-+]?[0-9]{1,2})?|[eE][-+]?[0-9]{1,2})?"
)


def rational(text: str) -> Fraction:
    """Return the number of a text as in `cost_exact`, or of a decimal; raises `ValueError`."""
    if not _RATIONAL.fullmatch(text.strip()):
        raise ValueError(f"{text[:40]!r} is no number")
    try:
        return Fraction(text.strip())
    except ZeroDivisionError:
        raise ValueError(f"{text[:40]!r} is no number") from None


def gap(cost: Fraction | None, bound: Fraction | None) -> float | None:
    """Return (cost - bound) / |cost|; None when unknown, or when the cost is 0 with a lower bound."""
    if cost is None or bound is None:
        return None
    if cost == bound:
        return 0.0
    return float((cost - bound) / abs(cost)) if cost else None


def percent(gap: float | None) -> str:
    """Return a gap in percent; a positive gap is never shown as 0.00%."""
    if gap is None:
        return "-"
    return "<0.01%" if 0 < gap < 1e-4 else f"{gap:.2%}"


def money_text(money: Fraction, rounded: str = "", signed: bool = False) -> str:
    """Return money with 6 decimals, rounded `up` or `down`; else exact, where need be with its fraction.

    >>> money_text(Fraction(1, 3)), money_text(Fraction(1, 3), "up"), money_text(Fraction(5), signed=True)
    ('0.333333 (1/3)', '0.333334', '+5')
    """
    digits = 6 if rounded or (money * 10**FINEST).denominator > 1 else FINEST
    scaled = money * 10**digits
    floor, more = divmod(scaled.numerator, scaled.denominator)
    whole = floor if rounded == "down" else floor + bool(more) if rounded == "up" else round(scaled)
    shown = f"{Decimal(whole).scaleb(-digits):{'+' if signed else ''},f}".rstrip("0").rstrip(".")
    return f"{shown} ({money})" if more and not rounded else shown


def nothing_scarce(gap: Fraction, currency: str) -> str:
    """Return what an empty price book says, where the plan costs so much more than its bound."""
    if gap > 0:
        return f"nothing has a price: one more unit of anything saves at most {money_text(gap, 'up')} {currency}"
    return "nothing is scarce: one more unit of anything saves nothing"


def number(money: Fraction | None) -> float | int | None:
    """Return money as a JSON number, rounded half-even to a millionth."""
    return None if money is None else plain(_decimal(money, ROUND_HALF_EVEN))


def floor_number(money: Fraction | None) -> float | int | None:
    """Return a lower bound as a JSON number, rounded down to a millionth."""
    if money is None:
        return None
    shown = plain(_decimal(money, ROUND_FLOOR))
    # Beyond 15 digits a float may lie above what it stands for; a bound must not.
    return nextafter(shown, -inf) if Fraction(repr(shown)) > money else shown


def plain(value: Decimal) -> float | int:
    """Return a Decimal as the JSON number that prints alike (up to 15 significant digits)."""
    return int(value) if value == value.to_integral_value() else float(value)


def _decimal(money: Fraction, rounding: str) -> Decimal:
    scaled = money * 10**6
    whole = scaled.numerator // scaled.denominator if rounding == ROUND_FLOOR else round(scaled)
    return Decimal(whole).scaleb(-6)

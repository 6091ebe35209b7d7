"""Ranges of measured numbers, without assumptions on how they are distributed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, sqrt

LEVEL = 0.95  # of all ranges
DIGITS = 4  # significant digits of figures in documents


@dataclass(frozen=True)
class Measured:
    """A number with its range at `LEVEL`."""

    value: float
    low: float
    high: float

    @property
    def covers_one(self) -> bool:
        """Return whether the range leaves open if the number is above or below 1."""
        return self.low <= 1 <= self.high

    def document(self) -> dict[str, float]:
        """Return value and range, rounded to `DIGITS` significant digits."""
        return {name: float(f"{getattr(self, name):.{DIGITS}g}") for name in ("value", "low", "high")}

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


def median_range(values: Sequence[float]) -> Measured:
    """Return the median with its range by order statistics.

    It inverts the sign test, which is exact at any distribution.

    With fewer than six values no range reaches the level, and the whole spread is returned.
    """
    ordered, count = sorted(values), len(values)
    at, outside = 0, Fraction(0)
    for lower in range(count // 2):
        outside += Fraction(comb(count, lower), 2**count)
        if 1 - 2 * outside < Fraction(str(LEVEL)):
            break
        at = lower
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    return Measured(middle, ordered[at], ordered[count - 1 - at])


def share_range(right: int, count: int) -> Measured:
    """Return a share with the score interval of Wilson (1927, doi:10.2307/2276774)."""
    z = 1.959964
    share, around = right / count, 1 + z * z / count
    centre = (share + z * z / (2 * count)) / around
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / around
    return Measured(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))

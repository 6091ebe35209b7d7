"""Small linear programs in exact numbers: the simplex method with Bland's rule (Bland 1977)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

NOTHING = Fraction(0)
Row = tuple[Mapping[int, Fraction], Fraction]
"""Coefficients by variable, and the right side."""


def greatest(gain: Sequence[Fraction], rows: Sequence[Row]) -> Fraction:
    """Return the greatest gain of variables from 0 on, with rows `<=` whose right sides are not below 0.

    There must be no solution of ever greater gain.
    """
    return priced(gain, rows)[0]


def priced(gain: Sequence[Fraction], rows: Sequence[Row]) -> tuple[Fraction, list[Fraction]]:
    """Return the greatest gain, and prices on the rows that prove it, as `greatest` does."""
    width = len(gain) + len(rows)
    table = [[NOTHING] * width + [right] for _, right in rows]
    for number, ((terms, _), line) in enumerate(zip(rows, table, strict=True)):
        for at, value in terms.items():
            line[at] += value
        line[len(gain) + number] = Fraction(1)
    reduced = [*gain, *[NOTHING] * (len(rows) + 1)]  # the last entry is minus the gain so far
    basis = list(range(len(gain), width))
    while (enters := next((at for at in range(width) if reduced[at] > 0), None)) is not None:
        ratios = [(line[-1] / line[enters], basis[n], n) for n, line in enumerate(table) if line[enters] > 0]
        leaves = min(ratios)[2]
        basis[leaves] = enters
        pivot = table[leaves] = [value / table[leaves][enters] for value in table[leaves]]
        for line in (*(each for each in table if each is not pivot), reduced):
            if times := line[enters]:
                line[:] = [value - times * other for value, other in zip(line, pivot, strict=True)]
    return -reduced[-1], [-each for each in reduced[len(gain) : -1]]

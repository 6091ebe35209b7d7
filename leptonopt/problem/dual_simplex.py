"""Solve small linear programs exactly, one right side after another.

The dual simplex method (Lemke 1954, doi:10.1002/nav.3800010107) with the smallest-index rule (Bland 1977,
doi:10.1287/moor.2.2.103) on a tableau of whole numbers over one denominator (Bareiss 1968,
doi:10.1090/S0025-5718-1968-0226829-0), in which every division is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

Number = int | Fraction


class DualSimplex:
    """The programs min c x with A x <= b and x >= 0, for whole A and c >= 0 and changing b.

    The basis is kept from one right side to the next: it stays optimal in all but the signs of x.
    """

    def __init__(self, matrix: Sequence[Sequence[int]], costs: Sequence[int]) -> None:
        rows, self._size = len(matrix), len(costs)
        self._table = np.zeros((rows + 1, self._size + rows), object)  # the last row holds reduced costs
        for at, line in enumerate([*matrix, costs]):
            self._table[at, : self._size] = line
        for at in range(rows):
            self._table[at, self._size + at] = 1
        self._basis = list(range(self._size, self._size + rows))
        self._denominator, self._denied = 1, 0

    def solve(self, right: Sequence[Number]) -> list[Fraction] | None:
        """Return x for a right side; None where there is none."""
        scale = lcm(*(Fraction(value).denominator for value in right))
        whole = np.array([int(value * scale) for value in right], object)
        while True:
            values = self._table[:-1, self._size :] @ whole
            short = [(self._basis[row], row) for row, value in enumerate(values) if value < 0]
            if not short:
                return self._point(values, scale)
            _, row = min(short)
            if (column := self._entering(row)) is None:
                self._denied = row
                return None
            self._pivot(row, column)

    def multipliers(self) -> list[Fraction]:
        """Return the dual values y >= 0 of the rows after the last solution: c + y A >= 0, and c x = - y b."""
        return [Fraction(int(value), self._denominator) for value in self._table[-1, self._size :]]

    def ray(self) -> list[Fraction]:
        """Return y >= 0 by row with y A >= 0 and y b < 0, after there was no x for b (Farkas' lemma)."""
        return [Fraction(int(value), self._denominator) for value in self._table[self._denied, self._size :]]

    def _point(self, values: Any, scale: int) -> list[Fraction]:
        found = [Fraction(0)] * self._size
        for variable, value in zip(self._basis, values, strict=True):
            if variable < self._size and value:
                found[variable] = Fraction(int(value), self._denominator * scale)
        return found

    def _entering(self, row: int) -> int | None:
        """Return the first column with the least ratio of reduced cost to entry; None for none."""
        best: tuple[Fraction, int] | None = None
        for column in np.flatnonzero(self._table[row] < 0).tolist():
            ratio = Fraction(int(self._table[-1, column]), -int(self._table[row, column]))
            if best is None or ratio < best[0]:
                best = ratio, column
        return None if best is None else best[1]

    def _pivot(self, row: int, column: int) -> None:
        """Exchange the basic variable of a row for one whose entry there is below zero."""
        line, pivot, entries = self._table[row].copy(), self._table[row, column], self._table[:, column].copy()
        self._table = (entries[:, None] * line[None, :] - self._table * pivot) // self._denominator
        self._table[row] = -line
        self._basis[row], self._denominator = column, -pivot

"""Separate usable replicas that do not serve a demand by one cut, where all cuts are too many.

A small linear program routes the requests of a slot and misses as little as it can. Where it has no solution, a ray of
its dual is a cut that the replicas violate; else its dual values are a cut on the money for what is missed (Benders
1962, doi:10.1007/BF01386316). Both hold for any replicas and demand. Every number is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil, gcd, lcm

from leptonopt.problem.dual_simplex import DualSimplex

Rates = tuple[tuple[Fraction, ...], ...]  # by way and class; 0 where the way does not serve the class
Line = tuple[int, ...]  # weights of ways, of money, and what each class needs


class Separator:
    """Answers for one service: the least money for requests missed, and the cut that proves it."""

    def __init__(self, rates: Rates, missed: tuple[Fraction | None, ...]) -> None:
        """Prepare answers at `rates`; `missed` is by class the cost of missing a unit of demand, or None."""
        classes, self._ways = range(len(missed)), len(rates)
        self._served = [(b, w) for b in classes for w in range(len(rates)) if rates[w][b]]
        self._missed = [b for b in classes if missed[b] is not None]
        self._scale = [lcm(*(row[b].denominator for row in rates)) for b in classes]
        costs = [Fraction(missed[b] or 0) for b in self._missed]
        self._money = lcm(*(cost.denominator for cost in costs))
        rows = [[*self._class_row(rates, b), *(-self._scale[b] * (b == c) for c in self._missed)] for b in classes]
        rows += [[*(int(w == way) for _, w in self._served), *(0 for _ in self._missed)] for way in range(self._ways)]
        free = [0] * len(self._served)
        self._program = DualSimplex(rows, [*free, *(int(cost * self._money) for cost in costs)])

    def _class_row(self, rates: Rates, b: int) -> list[int]:
        return [-int(rates[w][b] * self._scale[b]) if c == b else 0 for c, w in self._served]

    def answer(self, usable: Sequence[int], demand: Sequence[int]) -> tuple[int, Line | None]:
        """Return the least whole money, -1 where none is enough, and the cut that proves it, if any."""
        right = [*(-each * scale for each, scale in zip(demand, self._scale, strict=True)), *usable]
        found = self._program.solve(right)
        if found is None:
            return -1, self._cut(self._program.ray(), 0)
        multipliers = self._program.multipliers()
        cost = -sum((y * each for y, each in zip(multipliers, right, strict=True)), Fraction(0))
        return ceil(cost / self._money), self._cut(multipliers, self._money) if cost > 0 else None

    def _cut(self, multipliers: Sequence[Fraction], paid: int) -> Line:
        """Return sum of y usable + paid money >= sum of y scale demand in the smallest whole numbers."""
        need = (y * scale for y, scale in zip(multipliers, self._scale, strict=False))
        return smallest([*multipliers[-self._ways :], Fraction(paid), *need])


def smallest(values: Iterable[Fraction]) -> Line:
    """Return a vector in whole numbers without a common divisor."""
    numbers = list(values)
    scale = lcm(*(value.denominator for value in numbers))
    whole = [int(value * scale) for value in numbers]
    common = gcd(*whole) or 1
    return tuple(number // common for number in whole)

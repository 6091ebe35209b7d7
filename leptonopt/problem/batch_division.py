"""Divide amounts of several kinds among slots exactly, where kinds compete for room in each slot.

Slot t takes amounts w >= 0 with need[t] w <= room[t]. By Dantzig-Wolfe decomposition (1960,
doi:10.1287/opre.8.1.101) the amounts A fit in all slots together if and only if for all prices p >= 0

    sum over slots t of (the greatest p w that slot t takes)  >=  p A

A small program over prices finds those that deny it, or the division. Every number is exact.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import TypeVar

from leptonopt.problem.dual_simplex import DualSimplex

_Kind = TypeVar("_Kind", bound=Hashable)
Amounts = tuple[Fraction, ...]  # by kind


@dataclass(frozen=True)
class SlotRoom:
    """Room of a slot for amounts w of some kinds: need[c] w <= room[c] for every cut c.

    Attributes
    ----------
    kinds : positions of the kinds that the slot takes
    need : whole numbers at least 0 by cut, and kind of `kinds`
    room : whole numbers at least 0 by cut
    """

    kinds: tuple[int, ...]
    need: tuple[tuple[int, ...], ...]
    room: tuple[int, ...]

    @cached_property
    def _prices_of_cuts(self) -> DualSimplex:
        """The program of least room . u with u need >= p: its multipliers are the amounts that earn most."""
        return DualSimplex([[-line[at] for line in self.need] for at in range(len(self.kinds))], self.room)

    def best(self, prices: Sequence[Fraction]) -> Amounts:
        """Return the amounts of all kinds that earn most at prices.

        Raises `ValueError` where nothing limits them.
        """
        if self._prices_of_cuts.solve([-prices[kind] for kind in self.kinds]) is None:
            raise ValueError("nothing limits what a slot takes")
        earned = dict(zip(self.kinds, self._prices_of_cuts.multipliers(), strict=True))
        return tuple(earned.get(kind, Fraction(0)) for kind in range(len(prices)))


def divided(amounts: Mapping[_Kind, Fraction], slots: Sequence[SlotRoom]) -> list[dict[_Kind, Fraction]] | None:
    """Return what each slot takes of each kind, the amounts in all; None where they do not fit."""
    wanted, kinds = tuple(amounts.values()), list(amounts)
    prices: list[Fraction] = [1 / amount / len(wanted) for amount in wanted]
    tried: list[list[Amounts]] = []
    while True:
        tried.append([slot.best(prices) for slot in slots])
        if _earned(prices, map(_total, zip(*tried[-1], strict=True))) < _earned(prices, wanted):
            return None
        prices, value, shares = _prices(wanted, [[_total(kind) for kind in zip(*each, strict=True)] for each in tried])
        if value >= 1:
            return [dict(zip(kinds, line, strict=True)) for line in _mixed(wanted, shares, tried)]


def _total(values: Iterable[Fraction]) -> Fraction:
    return sum(values, Fraction(0))


def _earned(prices: Sequence[Fraction], amounts: Iterable[Fraction]) -> Fraction:
    return _total(price * amount for price, amount in zip(prices, amounts, strict=True))


def _prices(wanted: Amounts, points: Sequence[Sequence[Fraction]]) -> tuple[list[Fraction], Fraction, list[Fraction]]:
    """Return prices that make the best point worth least, its worth, and shares of the points.

    The amounts are worth 1 at the prices. The worth is the greatest part of all amounts that a mixture of points, by
    these shares, has at least.
    """
    scales = [lcm(*(value.denominator for value in point)) for point in (*points, wanted)]
    matrix = [[*(int(value * scale) for value in point), -scale] for point, scale in zip(points, scales, strict=False)]
    matrix.append([*(-int(amount * scales[-1]) for amount in wanted), 0])
    program = DualSimplex(matrix, [*(0 for _ in wanted), 1])
    found = program.solve([*(0 for _ in points), -scales[-1]])
    assert found is not None  # prices of one kind alone are a solution
    shares = [value * scale for value, scale in zip(program.multipliers(), scales[:-1], strict=False)]
    return found[:-1], found[-1], shares


def _mixed(wanted: Amounts, shares: Sequence[Fraction], tried: Sequence[list[Amounts]]) -> list[Amounts]:
    """Return what each slot takes of a mixture, cut back so that all slots together take what is wanted."""
    each = [
        [
            _total(share * amount for share, amount in zip(shares, of_kind, strict=True))
            for of_kind in zip(*own, strict=True)
        ]
        for own in zip(*tried, strict=True)
    ]
    parts = [amount / _total(line) for amount, line in zip(wanted, zip(*each, strict=True), strict=True)]
    return [tuple(value * part for value, part in zip(line, parts, strict=True)) for line in each]

"""Running times on capacity that is taken away, as the instance format defines them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from itertools import accumulate
from math import isqrt
from typing import Any

from leptonopt.verify.exact import duration

FINE = 10**80  # parts of one in which series are added up
MOST_EXPECTED = 10_000
Ranked = tuple[Fraction, list[int]]  # a value of a rate, and in how many slots before each one the rate occurs


class Spot:
    """A task of some work on a pool with these interruptions per hour in each slot."""

    def __init__(
        self, work: Fraction, checkpoint: Mapping[str, Any] | None, rates: Sequence[Fraction], slot: int
    ) -> None:
        self.work, self.rates, self.slot = work, rates, slot
        stated = {"every": None} if checkpoint is None else checkpoint
        self.save, self.again = (duration(stated.get(key) or "0s") for key in ("cost", "restart"))
        self.every = None if stated.get("every") is None else min(work, duration(stated["every"]))
        self.unsaved = checkpoint is None
        self._of: dict[Fraction, tuple[Fraction, Fraction]] = {}
        self._sums = list(accumulate(rates, initial=Fraction(0)))
        self._done: list[Fraction] = []  # work done from the first slot to each one's beginning
        self._worst: tuple[list[Ranked], list[Ranked]] | None = None

    def of(self, rate: Fraction) -> tuple[Fraction, Fraction]:
        """Work between two checkpoints, and work done per time, at a rate; rounded as the format says."""
        if rate not in self._of:
            tau = self._interval(rate)
            self._of[rate] = tau, self._speed(rate, tau)
        return self._of[rate]

    def _interval(self, rate: Fraction) -> Fraction:
        if self.unsaved:
            return self.work
        if self.every is not None:
            return self.every
        return min(self.work, _root(2 * self.save * 3600 / rate)) if rate else self.work

    def _speed(self, rate: Fraction, tau: Fraction) -> Fraction:
        """By Daly's formula."""
        if rate == 0:
            return tau / (tau + self.save)
        powers = self.again * rate / 3600, (tau + self.save) * rate / 3600
        if sum(powers) > 50:
            return Fraction(0)
        factor = 1 + _growth(powers[0])
        if tau:
            factor *= _growth(powers[1]) * 3600 / (rate * tau)
        slower = Fraction(round(factor * 10**9), 10**9)
        return 1 / slower if slower <= 10**6 else Fraction(0)

    def slots(self, start: int) -> int | None:
        """Slots it takes on average from a slot on; None when the horizon is too short."""
        if not self._done:
            self._done = list(accumulate((self.slot * self.of(rate)[1] for rate in self.rates), initial=Fraction(0)))
        end = bisect_left(self._done, self._done[start] + self.work, start + 1)
        return end - start if end < len(self._done) else None

    def chance_kept(self, start: int, slots: int, chance: Fraction) -> bool:
        """Return whether the slots are enough with that probability, each interruption at its worst."""
        mean = (self._sums[start + slots] - self._sums[start]) * self.slot / 3600
        if self._worst is None:
            self._worst = self._ranked()
        slower, worst = (_first(ranked, start, start + slots) for ranked in self._worst)
        left = slots * self.slot - self.work * slower
        if left < 0 or mean > MOST_EXPECTED:
            return False
        return not worst or _poisson(mean, int(left / worst), chance)

    def _ranked(self) -> tuple[list[Ranked], list[Ranked]]:
        """Time per work without interruptions, and the most that one takes, of each rate; the largest first."""
        distinct = sorted(set(self.rates))
        number = {rate: at for at, rate in enumerate(distinct)}
        slots = [number[rate] for rate in self.rates]
        slower, worst = [], []
        for at, rate in enumerate(distinct):
            tau, before = self.of(rate)[0], list(accumulate((each == at for each in slots), initial=0))
            slower.append(((tau + self.save) / tau if tau else Fraction(1), before))
            worst.append((tau + self.save + self.again, before))
        return sorted(slower, key=_value, reverse=True), sorted(worst, key=_value, reverse=True)


def _value(ranked: Ranked) -> Fraction:
    return ranked[0]


def _first(ranked: list[Ranked], begin: int, end: int) -> Fraction:
    """The first value whose rate occurs in slots `begin` to `end` - 1."""
    return next(value for value, before in ranked if before[end] > before[begin])


def _growth(power: Fraction) -> Fraction:
    """e to a power, less one, by its series."""
    step = power.numerator * FINE // power.denominator
    total, term, number = 0, FINE, 0
    while term:
        number += 1
        term = term * step // (FINE * number)
        total += term
    return Fraction(total, FINE)


def _root(square: Fraction) -> Fraction:
    """The square root to nine decimals, half to even."""
    wide = 4 * 10**18 * square
    twice = isqrt(wide.numerator // wide.denominator)
    whole, half = divmod(twice, 2)
    up = half and (twice * twice != wide or whole % 2 == 1)
    return Fraction(whole + bool(up), 10**9)


def _poisson(mean: Fraction, count: int, chance: Fraction) -> bool:
    """Return whether a Poisson variable is at most `count` with a probability of at least `chance`.

    That is, whether the first terms of the series of e^mean are at least that part of it.
    """
    if 2 * chance >= 1 and count + 1 < mean:
        return False  # the median is less than one below the mean
    fine = Context(prec=60, Emax=10**9, Emin=-(10**9))
    each = fine.divide(Decimal(mean.numerator), Decimal(mean.denominator))
    wanted = fine.divide(fine.multiply(fine.exp(each), Decimal(chance.numerator)), Decimal(chance.denominator))
    total = term = Decimal(1)
    number = 0
    while total < wanted and number < count:
        number += 1
        term = fine.divide(fine.multiply(term, each), Decimal(number))
        total, before = fine.add(total, term), total
        if total == before:
            break
    return total >= wanted

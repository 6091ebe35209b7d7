"""Running times on capacity that is taken away, as the instance format defines them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate
from math import exp, sqrt
from typing import Any

from leptonopt.verify.words import duration


class Spot:
    """A task of some work on a pool with these interruptions per hour in each slot."""

    def __init__(
        self, work: Fraction, checkpoint: Mapping[str, Any] | None, rates: Sequence[Fraction], slot: int
    ) -> None:
        self.work, self.rates, self.slot = work, rates, slot
        self.every, self.save, self.again = work, 0, 0
        if checkpoint is not None:
            self.save, self.again = (
                int(duration(checkpoint.get("cost", "0s"))),
                int(duration(checkpoint.get("restart", "0s"))),
            )
            mean = sum(rates, Fraction(0)) / len(rates)
            if checkpoint.get("every") is not None:
                self.every = duration(checkpoint["every"])
            elif self.save and mean > 0:
                self.every = Fraction(max(1, round(sqrt(2 * self.save * float(3600 / mean)))))
            self.every = min(self.every, work)
        self._speed: dict[Fraction, Fraction] = {}
        self._sums = list(accumulate(rates, initial=Fraction(0)))

    def speed(self, rate: Fraction) -> Fraction:
        """Work done per time, by Daly's formula, rounded as the format says."""
        if rate not in self._speed:
            tau, delta = self.every, self.save
            if rate == 0:
                slower: Fraction | None = (tau + delta) / tau
            else:
                mean = float(3600 / rate)
                powers = float(tau + delta) / mean, self.again / mean
                factor = float("inf") if sum(powers) > 50 else mean * exp(powers[1]) * (exp(powers[0]) - 1) / float(tau)
                slower = Fraction(round(factor * 10**9), 10**9) if factor <= 10**6 else None
            self._speed[rate] = 1 / slower if slower is not None else Fraction(0)
        return self._speed[rate]

    def slots(self, start: int) -> int | None:
        """Slots it takes on average from a slot on; None when the horizon is too short."""
        left = self.work
        for at in range(start, len(self.rates)):
            left -= self.slot * self.speed(self.rates[at])
            if left <= 0:
                return at - start + 1
        return None

    def chance_kept(self, start: int, slots: int, chance: float) -> bool:
        """Whether so many slots are enough with that probability, each interruption at its worst."""
        mean = float((self._sums[min(start + slots, len(self.rates))] - self._sums[start]) * self.slot / 3600)
        term = total = exp(-mean)
        number = 0
        while total < chance - 1e-12 and number < 100_000:
            number += 1
            term *= mean / number
            total += term
        needed = self.work * (self.every + self.save) / self.every
        needed += number * (self.every + self.save + self.again)
        return needed <= slots * self.slot

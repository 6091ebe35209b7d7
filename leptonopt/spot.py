"""Capacity that is taken away: how long a task takes on it, and how long with a given probability.

With interruptions at a rate (M, the mean time between them), a checkpoint of cost delta after every tau
of work, and R to start again, work w takes on average w M e^(R/M) (e^((tau + delta)/M) - 1) / tau:
equation 13 of Daly (2006, doi:10.1016/j.future.2004.11.016). Without an interval of the user's own, tau is
Young's sqrt(2 delta M) (1974, doi:10.1145/361147.361115). Where the rate changes, every slot has its own
slow-down, and the work is done when the slots' progress adds up to it.

With probability p there are at most k interruptions (Poisson), each of which loses no more than
tau + delta + R: what is then left of a stretch of time is enough with probability p at least.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import ceil, exp, lcm, sqrt

from leptonopt.instance import Checkpoint

NANO = 10**9
WORST = 10**6  # a slow-down above it is no progress at all


class Rates:
    """Interruptions an hour by slot, and what is asked of them over and over.

    Attributes
    ----------
    of : by slot
    distinct : each value once
    before : before[t] is the sum over slots 0 .. t - 1
    """

    def __init__(self, of: Sequence[Fraction]) -> None:
        self.of = of
        self.distinct = set(of)
        self.before = list(accumulate(of, initial=Fraction(0)))

    @property
    def mean(self) -> Fraction:
        """Over the horizon."""
        return self.before[-1] / len(self.of)


@dataclass(frozen=True)
class Saving:
    """How a task of so much work saves its progress; all in seconds."""

    work: Fraction
    interval: Fraction
    cost: int
    restart: int

    @classmethod
    def of(cls, work: Fraction, checkpoint: Checkpoint | None, rates: Rates) -> Saving:
        """With a checkpoint or without, at rates per hour by slot."""
        if checkpoint is None:
            return cls(work, work, 0, 0)
        interval = work
        if checkpoint.every is not None:
            interval = Fraction(checkpoint.every)
        elif checkpoint.cost and (mean := rates.mean):
            interval = Fraction(max(1, round(sqrt(2 * checkpoint.cost * float(3600 / mean)))))
        return cls(work, min(interval, work), checkpoint.cost, checkpoint.restart)

    def slowdown(self, rate: Fraction) -> Fraction | None:
        """Time per work at so many interruptions an hour; None where nothing gets done."""
        if not rate:
            return (self.interval + self.cost) / self.interval
        between = float(3600 / rate)
        segment = float(self.interval + self.cost) / between
        if segment + self.restart / between > 50:
            return None
        factor = between * exp(self.restart / between) * (exp(segment) - 1) / float(self.interval)
        return None if factor > WORST else Fraction(round(factor * NANO), NANO)


def durations(saving: Saving, rates: Rates, slot: int) -> list[int | None]:
    """Slots that the work takes on average, by the slot it starts in; None where it passes the horizon."""
    slots = len(rates.of)
    factors = {rate: saving.slowdown(rate) for rate in rates.distinct}
    progress = {rate: Fraction(slot) / factor if factor else Fraction(0) for rate, factor in factors.items()}
    if len(progress) == 1:
        (each,) = progress.values()
        length = max(1, ceil(saving.work / each)) if each else slots + 1
        return [length if start + length <= slots else None for start in range(slots)]
    unit = lcm(saving.work.denominator, *(value.denominator for value in progress.values()))  # whole numbers add faster
    whole, work = {rate: int(value * unit) for rate, value in progress.items()}, int(saving.work * unit)
    done = list(accumulate((whole[rate] for rate in rates.of), initial=0))
    found: list[int | None] = []
    end = 0
    for start in range(slots):
        end = max(end, start + 1)
        while end <= slots and done[end] - done[start] < work:
            end += 1
        found.append(end - start if end <= slots else None)
    return found


def safe(saving: Saving, rates: Rates, slot: int, start: int, length: int, chance: float) -> int | None:
    """Slots from `length` on within which the work is done with that probability; None past the horizon."""
    plain = saving.work * (saving.interval + saving.cost) / saving.interval
    lost = saving.interval + saving.cost + saving.restart
    for end in range(start + length, len(rates.of) + 1):
        expected = float((rates.before[end] - rates.before[start]) * slot / 3600)
        if plain + most(expected, chance) * lost <= (end - start) * slot:
            return end - start
    return None


def most(expected: float, chance: float) -> int:
    """The least k such that a Poisson number with this mean is at most k with that probability."""
    term = total = exp(-expected)
    count = 0
    while total < chance - 1e-12 and count < 100_000:
        count += 1
        term *= expected / count
        total += term
    return count

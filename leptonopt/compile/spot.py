"""Compute durations on interruptible capacity, on average and with a given probability.

With a mean time M between interruptions, a checkpoint of cost delta after every tau of work, and a restart
time R, work w takes on average w M e^(R/M) (e^((tau + delta)/M) - 1) / tau:
equation 13 of Daly (2006, doi:10.1016/j.future.2004.11.016). Without a stated interval, tau is
Young's sqrt(2 delta M) (1974, doi:10.1145/361147.361115). Each slot has its own rate, interval and slow-down,
and the work is done when the slots' progress adds up to it; `docs/reference/format.md` says what is rounded.

With probability p there are at most k interruptions (Poisson), each of which loses no more than
tau + delta + R. The rest of an interval of time suffices with probability p at least.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import accumulate
from math import ceil, floor, lcm

import numpy as np

from leptonopt.instance import Checkpoint
from leptonopt.problem.arrays import Ints

WORST = 10**6  # a greater slow-down counts as no progress
MOST_EXPECTED = 10_000  # interruptions; above this no deadline is certain
MAX_KNOWN = 2**14  # intervals and slow-downs that are kept for later options; at most some megabytes
EXACT = Context(prec=50, rounding=ROUND_HALF_EVEN, Emax=MAX_EMAX, Emin=MIN_EMIN)


class InterruptionRates:
    """Interruptions per hour by slot, with values that are used repeatedly.

    Attributes
    ----------
    of : rate by slot [1/h]
    distinct : set of the rates
    before : before[t] is the sum over slots 0 .. t - 1
    """

    def __init__(self, of: Sequence[Fraction]) -> None:
        self.of = of
        self.distinct = set(of)
        self.before = list(accumulate(of, initial=Fraction(0)))


@dataclass(frozen=True)
class CheckpointPlan:
    """Checkpoints of a given amount of work; all in seconds.

    `every` is the stated interval, None for Young's; without checkpoints it is the whole work.
    """

    work: Fraction
    every: Fraction | None
    cost: int
    restart: int

    @classmethod
    def of(cls, work: Fraction, checkpoint: Checkpoint | None) -> CheckpointPlan:
        """Return the plan with a checkpoint, or without."""
        if checkpoint is None:
            return cls(work, work, 0, 0)
        every = None if checkpoint.every is None else Fraction(checkpoint.every)
        return cls(work, every, checkpoint.cost, checkpoint.restart)

    def interval(self, rate: Fraction) -> Fraction:
        """Return the work between two checkpoints at a rate per hour; 0 where checkpoints are free."""
        if self.every is not None:
            return min(self.every, self.work)
        return min(_young(self.cost, rate), self.work) if rate else self.work

    def overhead(self, interval: Fraction) -> Fraction:
        """Return the time per work without any interruption."""
        return (interval + self.cost) / interval if interval else Fraction(1)

    def slowdown(self, rate: Fraction) -> Fraction | None:
        """Return the time per work at a rate per hour; None where there is no progress."""
        interval = self.interval(rate)
        return _slowdown(interval, self.cost, self.restart, rate) if rate else self.overhead(interval)


@lru_cache(MAX_KNOWN)
def _young(cost: int, rate: Fraction) -> Fraction:
    """Return the interval between checkpoints of a cost [s] at a rate [1/h] after Young [s]."""
    return Fraction(_rounded(EXACT.sqrt(_decimal(Fraction(7200 * cost) / rate))))


@lru_cache(MAX_KNOWN)
def _slowdown(interval: Fraction, cost: int, restart: int, rate: Fraction) -> Fraction | None:
    """Return Daly's time per work; None where there is no progress. All in seconds, the rate per hour."""
    between = 3600 / rate
    if interval + cost + restart > 50 * between:
        return None  # more than e^50 / 50
    again = EXACT.exp(_decimal(restart / between))
    segment = EXACT.subtract(EXACT.exp(_decimal((interval + cost) / between)), Decimal(1))
    per_work = EXACT.multiply(segment, _decimal(between / interval)) if interval else Decimal(1)
    factor = Fraction(_rounded(EXACT.multiply(again, per_work)))
    return None if factor > WORST else factor


def _decimal(value: Fraction) -> Decimal:
    return EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _rounded(value: Decimal) -> Decimal:
    """Round to nine decimals, half to even."""
    return value.quantize(Decimal(1).scaleb(-9), context=EXACT) if value < Decimal(10) ** 40 else value


def average_pace(plan: CheckpointPlan, rate: Fraction) -> Fraction:
    """Return the work done per time at a rate per hour, rounded down to a millionth."""
    factor = plan.slowdown(rate)
    return Fraction(0) if factor is None else Fraction(floor(WORST / factor), WORST)


@dataclass(frozen=True)
class SpotRuns:
    """Runs of one amount of work on a pool with interruptions; `slot` is the length of a slot [s]."""

    plan: CheckpointPlan
    rates: InterruptionRates
    slot: int

    def durations(self) -> list[int | None]:
        """Return the average slots of the work by start slot; None where it passes the horizon."""
        of, slot, work = self.rates.of, self.slot, self.plan.work
        slots = len(of)
        factors = {rate: self.plan.slowdown(rate) for rate in self.rates.distinct}
        progress = {rate: Fraction(slot) / factor if factor else Fraction(0) for rate, factor in factors.items()}
        if len(progress) == 1:
            (each,) = progress.values()
            length = max(1, ceil(work / each)) if each else slots + 1
            return [length if start + length <= slots else None for start in range(slots)]
        unit = lcm(work.denominator, *(value.denominator for value in progress.values()))  # whole numbers add faster
        whole = {rate: int(value * unit) for rate, value in progress.items()}
        done = list(accumulate((whole[rate] for rate in of), initial=0))
        needed = int(work * unit)
        ends = (bisect_left(done, done[start] + needed, start + 1) for start in range(slots))
        return [end - start if end <= slots else None for start, end in enumerate(ends)]

    def on_time(self, starts: Iterable[int], length: int, end: int, chance: Fraction) -> list[int]:
        """Return the starts that end by slot `end` with the given probability in `length` slots or more."""
        return [start for start in starts if self._surely(start, range(start + length, end + 1), chance)]

    def _surely(self, start: int, ends: Iterable[int], chance: Fraction) -> bool:
        """Return True when some end leaves time for the interruptions at that probability."""
        slowest = largest = Fraction(0)
        seen = start
        for end in ends:
            for overhead, lost in set(self._worst[seen:end]):
                slowest, largest = max(slowest, overhead), max(largest, lost)
            seen = end
            left = (end - start) * self.slot - self.plan.work * slowest
            expected = (self.rates.before[end] - self.rates.before[start]) * self.slot / 3600
            if expected > MOST_EXPECTED:
                return False
            if left >= 0 and (not largest or at_most(expected, floor(left / largest), chance)):
                return True
        return False

    @cached_property
    def _worst(self) -> list[tuple[Fraction, Fraction]]:
        """Time per work without interruption, and the most that one interruption takes [s], by slot."""
        found = {}
        for rate in self.rates.distinct:
            interval = self.plan.interval(rate)
            found[rate] = self.plan.overhead(interval), interval + self.plan.cost + self.plan.restart
        return [found[rate] for rate in self.rates.of]


def at_most(expected: Fraction, count: int, chance: Fraction) -> bool:
    """Return True when a Poisson number with this mean is at most `count` at that probability."""
    if 2 * chance >= 1 and count + 1 < expected:
        return False  # the median is less than one below the mean
    mean, wanted = _decimal(expected), _decimal(chance)
    term = total = EXACT.exp(-mean)
    for number in range(1, count + 1):
        if total >= wanted:
            return True
        term = EXACT.divide(EXACT.multiply(term, mean), Decimal(number))
        total = EXACT.add(total, term)
        if number > expected and EXACT.multiply(term, Decimal(10) ** 45) < total:
            break  # the remaining terms are negligible
    return total >= wanted


def contiguous(starts: Ints) -> list[Ints]:
    """Return the runs of consecutive starts, ascending; most often it is one."""
    if not len(starts) or starts[-1] - starts[0] < len(starts):
        return [starts] if len(starts) else []
    return np.split(starts, np.flatnonzero(np.diff(starts) > 1) + 1)

"""The expected time on capacity that is interrupted, and how surely a deadline is met, in decimals of 60 digits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any

from .documents import Clock, duration, get

DIGITS = Context(prec=60, rounding=ROUND_HALF_EVEN, Emax=10**12, Emin=-(10**12))
NANO = Decimal("1e-9")
HOPELESS = 1_000_000  # a slot with a larger factor brings no progress


@dataclass(frozen=True)
class Checkpoint:
    """How a task saves its progress; in seconds."""

    every: Fraction | None
    cost: Fraction
    restart: Fraction

    @classmethod
    def of(cls, tree: dict[str, Any]) -> Checkpoint:
        """Read `checkpoint`."""
        every = get(tree, "every")
        return cls(
            None if every is None else duration(every),
            duration(get(tree, "cost", "0s")),
            duration(get(tree, "restart", "0s")),
        )


@dataclass(frozen=True)
class Pace:
    """How work goes in a slot: seconds between checkpoints, of a checkpoint, of a restart, and of time per work."""

    interval: Fraction
    cost: Fraction
    restart: Fraction
    factor: Fraction | None  # None where nothing gets done


def decimal(value: Fraction) -> Decimal:
    """Return a fraction to 60 digits."""
    return DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator))


def rounded(value: Decimal) -> Fraction:
    """Return a number rounded to 9 decimals, half to even."""
    return Fraction(value.quantize(NANO, context=DIGITS))


@lru_cache(maxsize=100_000)
def pace(rate: Fraction, saved: Checkpoint | None, work: Fraction) -> Pace:
    """Return how work goes at a rate of interruptions per hour."""
    cost = saved.cost if saved else Fraction(0)
    restart = saved.restart if saved else Fraction(0)
    if saved is None or (rate == 0 and saved.every is None):
        interval = work
    elif saved.every is not None:
        interval = min(work, saved.every)
    else:
        young = DIGITS.sqrt(decimal(2 * cost * 3600 / rate))
        interval = work if young >= decimal(work) else rounded(young)
    interval = rounded(decimal(interval))
    if rate == 0:
        return Pace(interval, cost, restart, rounded(decimal((interval + cost) / interval)))
    lost, risked = restart * rate / 3600, (interval + cost) * rate / 3600
    if lost > 1000 or risked > 1000:
        return Pace(interval, cost, restart, None)
    again = DIGITS.exp(decimal(lost))
    if interval == 0:
        factor = again
    else:
        grown = DIGITS.subtract(DIGITS.exp(decimal(risked)), Decimal(1))
        factor = DIGITS.multiply(DIGITS.multiply(again, grown), decimal(3600 / (rate * interval)))
    if factor > 2 * HOPELESS:
        return Pace(interval, cost, restart, None)
    exact = rounded(factor)
    return Pace(interval, cost, restart, None if exact > HOPELESS else exact)


def end(clock: Clock, rate: list[Fraction] | None, saved: Checkpoint | None, work: Fraction, start: int) -> int | None:
    """Return the first slot after a task, or None where it does not end within the horizon."""
    if rate is None:
        return start + max(1, int(-(-work // clock.slot)))
    done = Fraction(0)
    for slot in range(start, clock.slots):
        factor = pace(rate[slot], saved, work).factor
        if factor is not None:
            done += clock.slot / factor
        if done >= work:
            return slot + 1
    return None


def on_time(
    clock: Clock,
    rate: list[Fraction] | None,
    saved: Checkpoint | None,
    work: Fraction,
    start: int,
    deadline: Fraction,
    wanted: Fraction,
) -> bool:
    """Tell whether the deadline holds with the wanted probability."""
    if rate is None:
        return True
    first = end(clock, rate, saved, work, start)
    if first is None:
        return False
    last = min(clock.slots, int((deadline - clock.start) // clock.slot))
    for until in range(first, last + 1):
        paces = [pace(rate[slot], saved, work) for slot in range(start, until)]
        slowest = max((p.interval + p.cost) / p.interval if p.interval else Fraction(1) for p in paces)
        loss = max(p.interval + p.cost + p.restart for p in paces)
        mean = sum(rate[start:until]) * clock.hours
        if mean > 10_000:
            continue
        if work * slowest + at_most(mean, wanted) * loss <= (until - start) * clock.slot:
            return True
    return False


@lru_cache(maxsize=100_000)
def at_most(mean: Fraction, wanted: Fraction) -> int:
    """Return the least k that a Poisson variable does not exceed with the wanted probability."""
    k, term = 0, DIGITS.exp(-decimal(mean))
    total = term
    while total < decimal(wanted):
        k += 1
        term = DIGITS.divide(DIGITS.multiply(term, decimal(mean)), Decimal(k))
        total = DIGITS.add(total, term)
    return k

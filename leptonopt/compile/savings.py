"""Compile savings plans: the hours in which they are filled, and what use costs beyond them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from leptonopt.compile.calendar import mean_by_slot, zero_series
from leptonopt.instance import Covered, Instance, SavingsPlan, Time, covered

HOUR = 3600
NOTHING = Fraction(0)


@dataclass(frozen=True)
class SavingsWindow:
    """A clock hour, or a slot of several, of a savings plan.

    Attributes
    ----------
    covered : what the plan covers, the largest discount first
    first, last : slots, inclusive
    hours : their length, in which each step of the commitment costs as much
    given : money committed already for it
    """

    plan: SavingsPlan
    covered: tuple[Covered, ...]
    first: int
    last: int
    hours: Fraction
    given: Fraction

    @property
    def step(self) -> Fraction:
        """Return what a step of the commitment costs here [money]."""
        return Fraction(self.plan.step) * self.hours

    def paid(self, steps: int) -> Fraction:
        """Return the commitment, where so many steps are committed [money]."""
        return self.given + self.step * steps

    def filled(self, used: Sequence[Fraction], steps: int) -> list[Fraction]:
        """Return how many of the unit-hours used of each the commitment pays for, the largest discount first."""
        found, left = [], self.paid(steps)
        for each, use in zip(self.covered, used, strict=True):
            found.append(min(use, left / Fraction(each.saved)))
            left -= found[-1] * Fraction(each.saved)
        return found

    def cost(self, used: Sequence[Fraction], steps: int) -> Fraction:
        """Return what the plan pays beyond list prices: the commitment less what it covers [money]."""
        filled = self.filled(used, steps)
        return self.paid(steps) - sum(
            (Fraction(each.listed) * hours for each, hours in zip(self.covered, filled, strict=True)), NOTHING
        )

    def lines(self) -> Iterator[tuple[list[Fraction], Fraction]]:
        """Yield linear functions, by unit-hour and money committed, whose largest is the further cost.

        Committed money is worth w, which is 0 or the ratio of a list price to a lower one: then use pays the less of
        its list price and w times the lower one, and the commitment is sold for w times what it costs.
        """
        ratios = {Fraction(each.listed) / Fraction(each.saved) for each in self.covered}
        for worth in sorted({NOTHING, *ratios}):
            prices = [
                min(Fraction(each.listed), worth * Fraction(each.saved)) - Fraction(each.saved) for each in self.covered
            ]
            yield prices, 1 - worth


def savings_windows(instance: Instance) -> list[list[SavingsWindow]]:
    """Return the windows of each savings plan."""
    spans, hours = list(_spans(instance.time)), Fraction(instance.time.slot, HOUR)
    found = []
    for plan in instance.savings:
        parts = covered(plan, instance.pools)
        given = mean_by_slot(plan.committed, instance.time) if plan.committed else zero_series(instance.time)
        found.append(
            [
                SavingsWindow(plan, parts, low, high, (high - low + 1) * hours, sum(given[low : high + 1]) * hours)
                for low, high in spans
            ]
        )
    return found


def _spans(time: Time) -> Iterator[tuple[int, int]]:
    """Yield first and last slot of each clock hour, or of each slot where slots are longer."""
    begun = int(time.start.timestamp())
    for _, slots in groupby(range(time.slots), lambda slot: (begun + slot * time.slot) // HOUR):
        own = list(slots)
        yield own[0], own[-1]

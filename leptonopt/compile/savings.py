"""Compile savings plans: the hours in which they are filled, and what use costs beyond them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import groupby

from leptonopt.compile.calendar import mean_by_slot, zero_series
from leptonopt.instance import Covered, Instance, SavingsPlan, Series, Time, covered, savings_groups
from leptonopt.instance.savings import Place, worths

HOUR = 3600
NOTHING = Fraction(0)


@dataclass(frozen=True)
class SavingsWindow:
    """A clock hour, or a slot of several, of a savings plan, or of several that cover the same things.

    Attributes
    ----------
    plans : those that are filled together; at most one of them has something to commit
    filling : what they cover, in the order in which they are filled
    places : the things that are covered, each once
    first, last : slots, inclusive
    hours : their length
    given : money committed already for it, by plan
    steps : what one step costs here, at each start of the plan that has something to commit [money]
    worths : what money of each plan may be worth, see `leptonopt.instance.savings.worths`
    """

    plans: tuple[SavingsPlan, ...]
    filling: tuple[Covered, ...]
    places: tuple[Place, ...]
    first: int
    last: int
    hours: Fraction
    given: tuple[Fraction, ...]
    steps: tuple[Fraction, ...]
    worths: tuple[tuple[Fraction, ...], ...]

    @property
    def buyer(self) -> int:
        """Return the position of the plan with something to commit; 0 without one."""
        return next((at for at, plan in enumerate(self.plans) if plan.steps), 0)

    @property
    def most(self) -> tuple[int, ...]:
        """Return how many steps can be committed at each start."""
        return (self.plans[self.buyer].steps,) * len(self.steps)

    def paid(self, steps: Sequence[int]) -> list[Fraction]:
        """Return the commitment of each plan, where so many steps are committed at each start [money]."""
        found = list(self.given)
        found[self.buyer] += sum((each * many for each, many in zip(self.steps, steps, strict=True)), NOTHING)
        return found

    def filled(self, used: Sequence[Fraction], steps: Sequence[int]) -> list[Fraction]:
        """Return how many of the unit-hours used the commitments pay for, by entry of `filling`."""
        found, left, money = [], dict(zip(self.places, used, strict=True)), self.paid(steps)
        for each in self.filling:
            found.append(min(left[each.place], money[each.plan] / Fraction(each.saved)))
            left[each.place] -= found[-1]
            money[each.plan] -= found[-1] * Fraction(each.saved)
        return found

    def cost(self, used: Sequence[Fraction], steps: Sequence[int]) -> Fraction:
        """Return what the plans cost beyond list prices: the commitments less what they cover [money]."""
        pairs = zip(self.filling, self.filled(used, steps), strict=True)
        covers = sum((Fraction(each.listed) * hours for each, hours in pairs), NOTHING)
        return sum(self.paid(steps), NOTHING) - covers

    def lines(self) -> Iterator[tuple[list[Fraction], list[Fraction]]]:
        """Yield linear functions by unit-hour and money of each plan, whose largest is the further cost.

        Use pays the least of its list price and, for each plan, the lower one times what money of the plan is worth.
        The commitment is sold for what it is worth.
        """
        least = dict[Place, Fraction]()
        for each in self.filling:
            least[each.place] = min(least.get(each.place, Fraction(each.saved)), Fraction(each.saved))
        for worth in self.worths:
            prices = {each.place: Fraction(each.listed) for each in self.filling}
            for each in self.filling:
                prices[each.place] = min(prices[each.place], worth[each.plan] * Fraction(each.saved))
            yield [prices[place] - least[place] for place in self.places], [1 - each for each in worth]


def savings_windows(instance: Instance) -> list[list[SavingsWindow]]:
    """Return the windows of each savings plan, or of several that cover the same things."""
    spans, hours = list(_spans(instance.time)), Fraction(instance.time.slot, HOUR)
    found = []
    for plans in savings_groups(instance.savings):
        filling = covered(plans, instance.pools)
        places = tuple(dict.fromkeys(each.place for each in filling))
        values = tuple(sorted(worths(filling, len(plans))))
        given = [_by_slot(plan.committed, instance.time) for plan in plans]
        bought = [series for plan in plans for series in _steps(plan, instance.time)]
        found.append(
            [
                SavingsWindow(
                    plans, filling, places, low, high, (high - low + 1) * hours,
                    _sums(given, low, high, hours), _sums(bought, low, high, hours), values,
                )
                for low, high in spans
            ]
        )  # fmt: skip
    return found


def _by_slot(series: Series | None, time: Time) -> list[Fraction]:
    """Return the mean of a number in each slot; 0 without one."""
    return mean_by_slot(series, time) if series else zero_series(time)


def _steps(plan: SavingsPlan, time: Time) -> Iterator[list[Fraction]]:
    """Yield the money per hour of a step in each slot, at each start."""
    if not plan.steps or plan.commit is None:
        return
    slot = timedelta(seconds=time.slot)
    begins = [time.start + at * slot for at in range(time.slots)]
    for low, high in plan.commit.spans or ((begins[0], begins[-1] + slot),):
        yield [Fraction(plan.step) if low <= begin < high else NOTHING for begin in begins]


def _sums(series: Sequence[Sequence[Fraction]], low: int, high: int, hours: Fraction) -> tuple[Fraction, ...]:
    """Return the sum of each series over slots [low, high], times the hours of a slot."""
    return tuple(sum(each[low : high + 1], NOTHING) * hours for each in series)


def _spans(time: Time) -> Iterator[tuple[int, int]]:
    """Yield first and last slot of each clock hour, or of each slot where slots are longer."""
    begun = int(time.start.timestamp())
    for _, slots in groupby(range(time.slots), lambda slot: (begun + slot * time.slot) // HOUR):
        own = list(slots)
        yield own[0], own[-1]

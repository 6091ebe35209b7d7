"""Compute the bills of savings plans: what is committed, covered and lost, and for which runs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import lcm

import numpy as np

from leptonopt.compile.decode import TaskRun
from leptonopt.compile.savings import SavingsWindow
from leptonopt.instance import SavingsPlan
from leptonopt.instance.savings import Place
from leptonopt.plan.price_table import NOTHING
from leptonopt.plan.service_costs import WayBill
from leptonopt.problem.savings import cheapest_steps


@dataclass(frozen=True)
class WindowBill:
    """A window of savings plans: unit-hours used, in all and by user, and those paid for.

    Users are runs by position, and behind them ways of replicas. `used` and `by_user` are by place, `filled` is by
    entry of the window's `filling`.
    """

    window: SavingsWindow
    used: Sequence[Fraction]
    by_user: Sequence[Mapping[int, Fraction]]
    filled: Sequence[Fraction]

    def shares(self) -> Iterator[tuple[int, Fraction]]:
        """Yield (user, money) of what users pay beyond list prices: minus the discount, by their use."""
        for each, filled in zip(self.window.filling, self.filled, strict=True):
            place = self.window.places.index(each.place)
            discount, used = Fraction(each.listed - each.saved), self.used[place]
            for at, use in self.by_user[place].items() if used else ():
                yield at, -discount * filled * use / used


@dataclass(frozen=True)
class PlanBill:
    """A savings plan: steps committed at each start, and money over the horizon.

    `covered` is what it pays for at list prices, `spent` the part of the commitment that this takes.
    """

    plan: SavingsPlan
    steps: Sequence[int]
    paid: Fraction
    covered: Fraction
    spent: Fraction

    @property
    def commit(self) -> Fraction:
        """Return what is committed for the whole horizon [money per hour]."""
        has_starts = self.plan.commit is not None and self.plan.commit.start
        return NOTHING if has_starts else Fraction(self.plan.step) * sum(self.steps)

    @property
    def bought(self) -> list[tuple[datetime, Fraction]]:
        """Return what is committed from some start on [money per hour]."""
        starts = self.plan.commit.start if self.plan.commit and self.steps else ()
        pairs = zip(starts, self.steps, strict=True) if starts else ()
        return [(start, Fraction(self.plan.step) * many) for start, many in pairs if many]

    @property
    def lost(self) -> Fraction:
        """Return the part of the commitment that nothing used [money]."""
        return self.paid - self.spent

    @property
    def cost(self) -> Fraction:
        """Return what the plan costs beyond list prices; mostly below 0 [money]."""
        return self.paid - self.covered


@dataclass(frozen=True)
class SavingsBill:
    """Savings plans that are filled together: steps committed at each start, and their windows."""

    steps: Sequence[int]
    windows: Sequence[WindowBill]

    @property
    def plans(self) -> list[PlanBill]:
        """Return the bill of each plan."""
        first = self.windows[0].window
        paid, covered, spent = ([NOTHING] * len(first.plans) for _ in range(3))
        for each in self.windows:
            paid = [money + more for money, more in zip(paid, each.window.paid(self.steps), strict=True)]
            for entry, hours in zip(first.filling, each.filled, strict=True):
                covered[entry.plan] += Fraction(entry.listed) * hours
                spent[entry.plan] += Fraction(entry.saved) * hours
        return [
            PlanBill(plan, self.steps if at == first.buyer else (), paid[at], covered[at], spent[at])
            for at, plan in enumerate(first.plans)
        ]

    @property
    def cost(self) -> Fraction:
        """Return what the plans cost beyond list prices; mostly below 0 [money]."""
        return sum((each.cost for each in self.plans), NOTHING)


def savings_bill(
    windows: Sequence[SavingsWindow],
    runs: Sequence[TaskRun],
    ways: Sequence[WayBill],
    on_demand: Mapping[tuple[str, str], Sequence[int]],
) -> SavingsBill:
    """Return the bill with the best commitment; `on_demand` counts nodes by pool, kind and slot."""
    hours = windows[0].hours / (windows[0].last - windows[0].first + 1)
    held = [_held(place, windows, runs, ways, hours) for place in windows[0].places]
    by_user, used = [[uses[number] for uses in held] for number in range(len(windows))], []
    for window, own in zip(windows, by_user, strict=True):
        nodes = [
            sum(on_demand.get(place[:2], ())[window.first : window.last + 1]) if place[2] else 0
            for place in window.places
        ]
        used.append([sum(uses.values(), hours * more) for uses, more in zip(own, nodes, strict=True)])
    pairs = list(zip(windows, used, strict=True))
    steps = _best_steps(pairs) if windows[0].steps else ()
    bills = zip(pairs, by_user, strict=True)
    return SavingsBill(steps, [WindowBill(window, use, own, window.filled(use, steps)) for (window, use), own in bills])


def _best_steps(pairs: Sequence[tuple[SavingsWindow, Sequence[Fraction]]]) -> list[int]:
    """Return the steps at which windows with their use cost least; money is counted in whole parts."""
    fixed: list[list[Fraction]] = []
    rises: list[list[list[Fraction]]] = []
    for window, used in pairs:
        lines = list(window.lines())
        given = [_dot(worth, window.given) for _, worth in lines]
        fixed.append([_dot(prices, used) + money for (prices, _), money in zip(lines, given, strict=True)])
        rises.append([[worth[window.buyer] * each for each in window.steps] for _, worth in lines])
    amounts = [*(value for row in fixed for value in row), *(value for row in rises for line in row for value in line)]
    parts = lcm(*(value.denominator for value in amounts))
    whole = [[int(value * parts) for value in row] for row in fixed]
    steps = [[[int(value * parts) for value in line] for line in row] for row in rises]
    found = cheapest_steps(np.array(whole, object), np.array(steps, object), np.array(pairs[0][0].most, np.int64))
    return [int(each) for each in found]


def _dot(some: Sequence[Fraction], others: Sequence[Fraction]) -> Fraction:
    return sum((one * other for one, other in zip(some, others, strict=True)), NOTHING)


def _held(
    place: Place,
    windows: Sequence[SavingsWindow],
    runs: Sequence[TaskRun],
    ways: Sequence[WayBill],
    hours: Fraction,
) -> list[dict[int, Fraction]]:
    """Return the unit-hours of runs, and of ways behind them, by position in each window.

    `hours` is the length of a slot.
    """
    pool, name, of_nodes = place
    found, firsts = [dict[int, Fraction]() for _ in windows], [window.first for window in windows]
    for at, run in enumerate(() if of_nodes else runs):
        amount = run.copies * Fraction(run.way.uses.get(name, 0)) if run.way.pool == pool else NOTHING
        for number in range(bisect_right(firsts, run.start) - 1, bisect_left(firsts, run.end)) if amount else ():
            slots = min(run.end, windows[number].last + 1) - max(run.start, windows[number].first)
            if slots > 0:
                found[number][at] = hours * amount * slots
    for at, way in enumerate(() if of_nodes else ways, len(runs)):
        option = way.way.option
        amount = Fraction(option.uses.get(name, 0)) if option.pool == pool else NOTHING
        for number, window in enumerate(windows if amount else ()):
            found[number][at] = hours * amount * sum(way.on[window.first : window.last + 1])
    return found

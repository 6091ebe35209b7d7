"""Compute the bills of savings plans: what is committed, covered and lost, and for which runs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from leptonopt.compile.decode import TaskRun
from leptonopt.compile.savings import SavingsWindow
from leptonopt.instance import Covered
from leptonopt.plan.price_table import NOTHING
from leptonopt.plan.service_costs import WayBill
from leptonopt.problem.savings import cheapest_steps


@dataclass(frozen=True)
class WindowBill:
    """A window of a savings plan: unit-hours used, in all and by user, and those it pays for.

    Users are runs by position, and behind them ways of replicas.
    """

    window: SavingsWindow
    used: Sequence[Fraction]
    by_user: Sequence[Mapping[int, Fraction]]
    filled: Sequence[Fraction]

    def shares(self) -> Iterator[tuple[int, Fraction]]:
        """Yield (user, money) of what users pay beyond list prices: minus the discount, by their use."""
        for each, used, filled, own in zip(self.window.covered, self.used, self.filled, self.by_user, strict=True):
            discount = Fraction(each.listed - each.saved)
            for at, use in own.items() if used else ():
                yield at, -discount * filled * use / used


@dataclass(frozen=True)
class SavingsBill:
    """A savings plan: steps committed, and its windows; money over the horizon."""

    steps: int
    windows: Sequence[WindowBill]

    @property
    def paid(self) -> Fraction:
        """Return the whole commitment [money]."""
        return sum((each.window.paid(self.steps) for each in self.windows), NOTHING)

    @property
    def covered(self) -> Fraction:
        """Return what it pays for, at list prices [money]."""
        return self._sum("listed")

    @property
    def lost(self) -> Fraction:
        """Return the part of the commitment that nothing used [money]."""
        return self.paid - self._sum("saved")

    @property
    def cost(self) -> Fraction:
        """Return what the plan costs beyond list prices; mostly below 0 [money]."""
        return self.paid - self.covered

    def _sum(self, price: str) -> Fraction:
        return sum(
            (
                Fraction(getattr(each, price)) * hours
                for window in self.windows
                for each, hours in zip(window.window.covered, window.filled, strict=True)
            ),
            NOTHING,
        )


def savings_bill(
    windows: Sequence[SavingsWindow],
    runs: Sequence[TaskRun],
    ways: Sequence[WayBill],
    on_demand: Mapping[tuple[str, str], Sequence[int]],
) -> SavingsBill:
    """Return the bill with the best commitment; `on_demand` counts nodes by pool, kind and slot."""
    hours = windows[0].hours / (windows[0].last - windows[0].first + 1)
    held = [_held(each, windows, runs, ways, hours) for each in windows[0].covered]
    by_user, used = [[uses[number] for uses in held] for number in range(len(windows))], []
    for window, own in zip(windows, by_user, strict=True):
        nodes = [
            sum(on_demand.get(each.place[:2], ())[window.first : window.last + 1]) if each.place[2] else 0
            for each in window.covered
        ]
        used.append([sum(uses.values(), hours * more) for uses, more in zip(own, nodes, strict=True)])
    pairs = list(zip(windows, used, strict=True))
    steps = cheapest_steps(
        lambda steps: sum((window.cost(use, steps) for window, use in pairs), NOTHING), windows[0].plan.steps
    )
    return SavingsBill(
        steps,
        [
            WindowBill(window, use, own, window.filled(use, steps))
            for (window, use), own in zip(pairs, by_user, strict=True)
        ],
    )


def _held(
    each: Covered,
    windows: Sequence[SavingsWindow],
    runs: Sequence[TaskRun],
    ways: Sequence[WayBill],
    hours: Fraction,
) -> list[dict[int, Fraction]]:
    """Return the unit-hours of runs, and of ways behind them, by position in each window.

    `hours` is the length of a slot.
    """
    pool, name, of_nodes = each.place
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

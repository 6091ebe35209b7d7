"""Compute the bills of savings plans: what is committed, covered and lost, and for which runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from leptonopt.compile.decode import TaskRun
from leptonopt.compile.savings import SavingsWindow
from leptonopt.instance import Covered
from leptonopt.plan.price_table import NOTHING
from leptonopt.problem.savings import cheapest_steps


@dataclass(frozen=True)
class WindowBill:
    """A window of a savings plan: unit-hours used, in all and by run, and those it pays for."""

    window: SavingsWindow
    used: Sequence[Fraction]
    by_run: Sequence[Mapping[int, Fraction]]
    filled: Sequence[Fraction]

    def shares(self) -> Iterator[tuple[int, Fraction]]:
        """Yield (run, money) of what runs pay beyond list prices: minus the discount, by their use."""
        for each, used, filled, runs in zip(self.window.covered, self.used, self.filled, self.by_run, strict=True):
            discount = Fraction(each.listed - each.saved)
            for at, use in runs.items() if used else ():
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
    windows: Sequence[SavingsWindow], runs: Sequence[TaskRun], on_demand: Mapping[tuple[str, str], Sequence[int]]
) -> SavingsBill:
    """Return the bill with the best commitment; `on_demand` counts nodes by pool, kind and slot."""
    hours = windows[0].hours / (windows[0].last - windows[0].first + 1)
    runs_of = [_runs_of(each, runs) for each in windows[0].covered]
    used, by_run = [], []
    for window in windows:
        own = [_within(window, each) for each in runs_of]
        by_run.append([{at: hours * use for at, use in uses.items()} for uses in own])
        nodes = [
            sum(on_demand.get(each.place[:2], ())[window.first : window.last + 1]) if each.place[2] else 0
            for each in window.covered
        ]
        used.append([sum(uses.values(), hours * more) for uses, more in zip(by_run[-1], nodes, strict=True)])
    pairs = list(zip(windows, used, strict=True))
    steps = cheapest_steps(
        lambda steps: sum((window.cost(use, steps) for window, use in pairs), NOTHING), windows[0].plan.steps
    )
    return SavingsBill(
        steps,
        [
            WindowBill(window, use, own, window.filled(use, steps))
            for (window, use), own in zip(pairs, by_run, strict=True)
        ],
    )


def _runs_of(each: Covered, runs: Sequence[TaskRun]) -> list[tuple[int, TaskRun, Fraction]]:
    """Return the runs that hold what is covered, with their positions and what all their copies hold."""
    pool, name, of_nodes = each.place
    held = ((at, run, run.copies * Fraction(run.way.uses.get(name, 0))) for at, run in enumerate(runs))
    return [(at, run, amount) for at, run, amount in held if not of_nodes and run.way.pool == pool and amount]


def _within(window: SavingsWindow, held: Sequence[tuple[int, TaskRun, Fraction]]) -> dict[int, Fraction]:
    """Return what runs hold in a window [units x slots]."""
    spans = ((at, amount, min(run.end, window.last + 1) - max(run.start, window.first)) for at, run, amount in held)
    return {at: amount * slots for at, amount, slots in spans if slots > 0}

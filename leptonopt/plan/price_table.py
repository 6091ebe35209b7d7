"""Compute the exact cost of holding resources, and of a run, from prices by slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import accumulate
from math import lcm

from leptonopt.compile.calendar import mean_by_slot, zero_series
from leptonopt.compile.charges import charge_by_slot
from leptonopt.compile.decode import TaskRun
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.instance import POWER, Instance

NOTHING = Fraction(0)


@dataclass(frozen=True)
class Costs:
    """The exact cost of each copy of a run, in money, and what it draws."""

    running: dict[str, Fraction]
    fixed: Fraction
    late: Fraction
    late_hours: Fraction
    kwh: Fraction
    carbon_kg: Fraction
    charged: Fraction = NOTHING  # for nodes; no part of the total
    early: Fraction = NOTHING

    @property
    def total(self) -> Fraction:
        """Return running, fixed, late and early cost together [money]."""
        return sum(self.running.values(), NOTHING) + self.fixed + self.late + self.early


class PrefixSums:
    """Prefix sums of numbers by slot, for exact sums over stretches of slots."""

    def __init__(self, values: Sequence[Fraction]) -> None:
        self.scale = lcm(*(value.denominator for value in values))
        self.sums = list(accumulate((int(value * self.scale) for value in values), initial=0))

    def over(self, start: int, end: int) -> Fraction:
        """Return the exact sum over slots [start, end)."""
        return Fraction(self.sums[end] - self.sums[start], self.scale)


class PriceTable:
    """Exact cost of holding resources, and the carbon of electricity."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.hours = Fraction(instance.time.slot, 3600)
        self.pools = {pool.id: pool for pool in instance.pools}
        self._prices: dict[tuple[str, str], PrefixSums] = {}
        self._grams: dict[str, PrefixSums] = {}
        self._charges: dict[tuple[str, str], PrefixSums] = {}

    def price(self, pool: str, resource: str) -> PrefixSums:
        """Return the price of a resource by slot [money per unit and hour]."""
        if (pool, resource) not in self._prices:
            stated = self.pools[pool].price.get(resource)
            time = self.instance.time
            self._prices[pool, resource] = PrefixSums(mean_by_slot(stated, time) if stated else zero_series(time))
        return self._prices[pool, resource]

    def grams(self, pool: str) -> PrefixSums:
        """Return the carbon intensity by slot [g CO2 per kWh]."""
        if pool not in self._grams:
            stated, time = self.pools[pool].carbon, self.instance.time
            self._grams[pool] = PrefixSums(mean_by_slot(stated, time) if stated else zero_series(time))
        return self._grams[pool]

    def of(self, run: TaskRun) -> Costs:
        """Return all parts of the cost of one copy of a run."""
        task, time, way = self.instance.tasks[run.task], self.instance.time, run.way
        past_due = NOTHING
        if task.due is not None and run.last:
            late = time.start + timedelta(seconds=run.end * time.slot) - task.due
            past_due = Fraction(int(late.total_seconds()), 3600)
        late_hours = max(NOTHING, past_due)
        penalty = Fraction(task.late_penalty or 0) if late_hours else NOTHING
        kw = Fraction(way.uses.get(POWER, 0))
        return Costs(
            running={
                name: self.price(way.pool, name).over(run.start, run.end) * Fraction(count) * self.hours
                for name, count in way.uses.items()
            },
            fixed=way.fixed,
            late=late_hours * Fraction(task.late_cost or 0) + penalty,
            late_hours=late_hours,
            kwh=kw * (run.end - run.start) * self.hours,
            carbon_kg=kw * self.grams(way.pool).over(run.start, run.end) * self.hours / 1000 if kw else NOTHING,
            charged=self.charged(way, run.start, run.end) * self.hours,
            early=max(NOTHING, -past_due) * Fraction(task.early_cost or 0),
        )

    def charged(self, way: ConcreteOption, low: int, high: int) -> Fraction:
        """Return the charge for nodes of what an option holds over slots [low, high) [money per hour, summed]."""
        pool, uses = way.pool, way.uses
        return sum(
            (
                self.charge(pool, name).over(low, high) * Fraction(uses[name])
                for name in self.pools[pool].charged
                if name in uses
            ),
            NOTHING,
        )

    def charge(self, pool: str, resource: str) -> PrefixSums:
        """Return the charge for a resource of nodes by slot [money per unit and hour]."""
        if (pool, resource) not in self._charges:
            sums = PrefixSums(charge_by_slot(self.pools[pool], resource, self.instance.time))
            self._charges[pool, resource] = sums
        return self._charges[pool, resource]

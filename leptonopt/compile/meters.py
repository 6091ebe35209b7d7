"""Compile meters and savings plans: what is used in their windows and costs, in whole units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

import numpy as np

from leptonopt.compile.quotas import (
    Groups,
    MeterWindow,
    Use,
    countable,
    in_window,
    meter_windows,
    node_hours,
    unit_of,
)
from leptonopt.compile.rows import RowBuilder
from leptonopt.compile.savings import SavingsWindow, savings_windows
from leptonopt.compile.services import CompiledServices
from leptonopt.instance import Instance, Meter
from leptonopt.instance.savings import Place
from leptonopt.problem.problem import Meter as Tiers
from leptonopt.problem.problem import Problem
from leptonopt.problem.savings import Savings
from leptonopt.problem.savings import SavingsWindow as Lines
from leptonopt.runtime.clock import check_time_each

Convert = Callable[[Fraction], int]  # from money to whole money units


@dataclass(frozen=True)
class Counter:
    """The use of a window, the unit in which it is whole, and the most that can be used [units]."""

    used: Use
    unit: Fraction
    most: int

    def tiers(
        self, begins: Sequence[Fraction], prices: Sequence[int], services: CompiledServices, least: int = 0
    ) -> Tiers:
        """Return the meter that counts this use and prices it, at `least` so much [money units]."""
        whole = np.array([begin / self.unit for begin in begins]).astype(np.int64)
        return Tiers(self.used.limit(self.unit, self.most, services), whole, np.array(prices, np.int64), least)


class Metering:
    """The windows of all meters and savings plans with what is used in them."""

    def __init__(self, instance: Instance, rows: RowBuilder, groups: Groups, services: CompiledServices) -> None:
        self.instance, self.rows, self.services = instance, rows, services
        self.meters = [
            (window, self._counter(Use.of(instance, rows, groups, services, window), groups))
            for window in check_time_each(meter_windows(instance))
        ]
        self.savings = [
            [
                (window, [self._counter(self._covered(window, place), groups) for place in window.places])
                for window in check_time_each(windows)
            ]
            for windows in savings_windows(instance)
        ]

    def _counter(self, used: Use, groups: Groups) -> Counter:
        window = used.window
        begins = [begin for begin, _ in window.tiers] if isinstance(window, MeterWindow) else []
        unit = unit_of(window.quota, [*used.numbers(), *begins])
        return Counter(used, unit, ceil(countable(used, unit, groups, self.rows, self.services)))

    def _covered(self, window: SavingsWindow, place: Place) -> Use:
        """Return the use of what a plan covers, in unit-hours of a window."""
        (pool, name, of_nodes), time = place, self.instance.time
        starts = [Fraction(0)] * len(self.services.ways)
        meter = Meter(id=f"{window.plans[0].id} {pool} {name}", of="hours", pools=[pool], tiers=[{"price": 0}])
        within = MeterWindow(meter, window.first, window.last)
        if of_nodes:
            counted = [(kind.pool.id, kind.name) == (pool, name) for kind in self.rows.kinds]
            return Use(within, time.slots, {}, {}, node_hours(self.instance, within, counted, on_demand=True), starts)
        row = self.rows.index[pool, name]
        line = in_window(within, time, Fraction(time.slot, 3600 * self.rows.scale[row]))
        return Use(within, time.slots, {row: line} if row in self.rows.used else {}, {}, None, starts)

    def steps(self) -> tuple[set[Fraction], Fraction, int]:
        """Return the money of a unit, the most that all cost [money], and the units that rounding can lose."""
        amounts, total, units = set[Fraction](), Fraction(0), 0
        for window, counter in self.meters:
            amounts |= {window.least, *(price * counter.unit for _, price in window.tiers)}
            total += window.cost(window.spent + counter.most * counter.unit)
            units += counter.most + 1
        for own, counters in (pair for windows in self.savings for pair in windows):
            for prices, worth in own.lines():
                amounts |= {price * counter.unit for price, counter in zip(prices, counters, strict=True)}
                amounts |= {*_of_steps(own, worth), _of_given(own, worth)}
            listed = {each.place: Fraction(each.listed) for each in own.filling}
            most = [counter.most * counter.unit * listed[at] for counter, at in zip(counters, own.places, strict=True)]
            total += sum(own.paid(own.most), Fraction(0)) + sum(most, Fraction(0))
            units += sum(counter.most for counter in counters) + sum(own.most) + 1
        return amounts, total, units

    def priced(self, problem: Problem, groups: Groups, money: Convert) -> Problem:
        """Return the problem with meters by window, and savings plans; meters behind count their uses."""
        found = [
            replace(counter, used=counter.used.with_options(self.instance, groups)).tiers(
                [begin for begin, _ in window.tiers],
                [money(price * counter.unit) for _, price in window.tiers],
                self.services,
                money(window.least),
            )
            for window, counter in self.meters
        ]
        plans = []
        for windows in self.savings:
            lines = []
            for window, counters in windows:
                at = np.arange(len(found), len(found) + len(counters))
                found += [counter.tiers([Fraction(0)], [0], self.services) for counter in counters]
                lines.append(_lines(window, counters, at, money))
            plans.append(Savings(np.array(windows[0][0].most, np.int64), tuple(lines)))
        return replace(problem, meters=tuple(found), savings=tuple(plans))


def _lines(window: SavingsWindow, counters: Sequence[Counter], meters: np.ndarray, money: Convert) -> Lines:
    """Return the cost of a window beyond lower prices in whole units."""
    price, step, base = [], [], []
    for prices, worth in window.lines():
        price.append([money(each * counter.unit) for each, counter in zip(prices, counters, strict=True)])
        step.append([money(each) for each in _of_steps(window, worth)])
        base.append(money(_of_given(window, worth)))
    many = len(price)
    return Lines(
        meters,
        np.array(price, np.int64).reshape(many, len(counters)),
        np.array(step, np.int64).reshape(many, len(window.steps)),
        np.array(base, np.int64),
    )


def _of_steps(window: SavingsWindow, worth: Sequence[Fraction]) -> list[Fraction]:
    """Return what a step at each start costs, where money of each plan counts with a factor."""
    return [worth[window.buyer] * each for each in window.steps]


def _of_given(window: SavingsWindow, worth: Sequence[Fraction]) -> Fraction:
    """Return what is committed already, where money of each plan counts with a factor."""
    return sum((each * money for each, money in zip(worth, window.given, strict=True)), Fraction(0))

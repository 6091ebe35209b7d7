"""Choose the money unit in which all amounts are whole, and compute the cost of nodes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor, gcd, lcm
from typing import Any

import numpy as np

from leptonopt.compile.calendar import distinct, each_value, mean_by_slot, values, zero_series
from leptonopt.compile.node_kinds import NodeKindInfo
from leptonopt.compile.pool_options import ColumnsOnPools, PoolRows, representatives
from leptonopt.compile.rows import RowBuilder
from leptonopt.compile.services import CompiledServices
from leptonopt.compile.ties import MAX_FACTOR, Ties
from leptonopt.compile.windows import TaskWindows
from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import POWER, Instance, Time
from leptonopt.instance.units import seconds
from leptonopt.problem.nodes import NodeCosts
from leptonopt.runtime.clock import check_time_each

# Totals of money units stay below this, so that also engines that count in doubles are exact.
MAX_TOTAL = 2**52
MAX_CAST = 2**60  # every single number of money units stays below this
MAX_LOST_BESIDE_USE = 4  # units that rounding can lose of a run: fixed cost, value, lateness (base and penalty)


def each_line(grid: Iterable[list[Fraction]], function: Callable[[list[Fraction]], Any]) -> list[Any]:
    """Return a function of each line of a grid, computed once for lines that are one object."""
    done: dict[int, Any] = {}
    return [done[id(line)] if id(line) in done else done.setdefault(id(line), function(line)) for line in grid]


@dataclass(frozen=True)
class NodeRates:
    """Exact rates of nodes: per kind and slot, and per kind for the horizon; see `NodeCosts`."""

    on_demand: list[list[Fraction]]
    on: list[list[Fraction]]
    start: list[list[Fraction]]
    stop: list[list[Fraction]]
    commit: list[Fraction]

    def numbers(self) -> Iterable[Fraction]:
        """Return all rates."""
        for grid in (self.on_demand, self.on, self.start, self.stop):
            for found in each_line(grid, values):
                yield from found
        yield from self.commit

    def sizes(self) -> list[Fraction]:
        """Return the sum over all slots of what one node can cost, by kind, without commitments."""
        grids = (self.on_demand, self.on, self.start, self.stop)
        sums = (each_line(check_time_each(grid), _total) for grid in grids)
        return [sum(each, Fraction(0)) for each in zip(*sums, strict=True)]

    def within(self, first: int, last: int) -> NodeRates:
        """Return the rates of some slots only; commitments by their share of the slots."""

        def cut(grid: list[list[Fraction]]) -> list[list[Fraction]]:
            return each_line(
                grid,
                lambda line: [value if first <= slot <= last else Fraction(0) for slot, value in enumerate(line)],
            )

        slots = max((len(line) for line in self.on), default=1)
        share = Fraction(last - first + 1, slots)
        commit = [value * share for value in self.commit]
        return NodeRates(cut(self.on_demand), cut(self.on), cut(self.start), cut(self.stop), commit)

    def whole(self, convert: Any) -> NodeCosts:
        """Return the rates in whole units."""
        slots = max((len(line) for line in self.on), default=0)

        def grid(lines: list[list[Fraction]]) -> Any:
            made = each_line(check_time_each(lines), lambda line: each_value(line, convert))
            return np.array(made, np.int64).reshape(len(lines), slots)

        commit = np.array([convert(value) for value in self.commit], np.int64)
        return NodeCosts(grid(self.on_demand), grid(self.on), grid(self.start), grid(self.stop), commit)


def _total(line: list[Fraction]) -> Fraction:
    """Return the sum of the absolute values of a line."""
    return sum((abs(value) * slots for value, slots in distinct(line)), Fraction(0))


def _largest(line: list[Fraction]) -> Fraction:
    """Return the greatest absolute value of a line."""
    return max(map(abs, values(line)), default=Fraction(0))


KindRates = tuple[list[Fraction], list[Fraction], list[Fraction], list[Fraction], Fraction]


def node_rates(
    instance: Instance, kinds: Sequence[NodeKindInfo], money: Fraction, kwh: Fraction, carbon_kg: Fraction
) -> NodeRates:
    """Return the rates of nodes, a weighted sum of money, energy and carbon.

    They are 0 where there is no such node. Kinds that are stated alike, as single nodes of one kind, share their lines.
    """
    time, found, known = instance.time, NodeRates([], [], [], [], []), dict[tuple[int, int, bool, bool], KindRates]()
    for kind in check_time_each(kinds):
        key = id(kind.pool), id(kind.stated), any(kind.count), bool(kind.before)
        if (rates := known.get(key)) is None:
            rates = known[key] = _kind_rates(time, kind, money, kwh, carbon_kg)
        for grid, line in zip((found.on_demand, found.on, found.start, found.stop), rates[:4], strict=True):
            grid.append(line)
        found.commit.append(rates[4] if kind.commit_max else Fraction(0))
    return found


def _kind_rates(time: Time, kind: NodeKindInfo, money: Fraction, kwh: Fraction, carbon_kg: Fraction) -> KindRates:
    """Return the rates of a kind by slot, on demand, on, start and stop, and for a commitment."""
    stated, pool, none, there = kind.stated, kind.pool, zero_series(time), any(kind.count)
    hours, horizon = Fraction(time.slot, 3600), Fraction(time.horizon, 3600)
    stop = none
    if there or kind.before:  # what is on before a horizon in which there is none goes off, and pays for it
        stop = [money * Fraction(stated.shutdown)] * time.slots
    if not there:
        return none, none, none, stop, Fraction(0)
    price = [money * mean * hours for mean in mean_by_slot(stated.price, time)] if stated.price else none
    idle = none
    if stated.power:
        tariff = mean_by_slot(pool.price[POWER], time) if POWER in pool.price else none
        grams = mean_by_slot(pool.carbon, time) if pool.carbon else none
        idle = _drawn(Fraction(stated.power) * hours, tariff, grams, money, kwh, carbon_kg)
    commit, total = stated.commit, Fraction(0)
    if commit is not None:
        total = Fraction(commit.total) if commit.total is not None else Fraction(commit.price or 0) * horizon
    return price, idle, [money * Fraction(stated.startup)] * time.slots, stop, money * total


def _lowered(instance: Instance, kinds: Sequence[NodeKindInfo]) -> NodeRates:
    """Return the rates of nodes in the objective, at the prices of savings plans."""
    weights = instance.objective
    rates = node_rates(instance, kinds, Fraction(weights.cost), Fraction(0), Fraction(weights.carbon_kg))
    hour = Fraction(weights.cost) * Fraction(instance.time.slot, 3600)
    for at, kind in enumerate(kinds if instance.savings else ()):
        if (saved := instance.saved.get((kind.pool.id, kind.name, True))) is not None and any(kind.count):
            rates.on_demand[at] = [hour * Fraction(saved)] * instance.time.slots
    return rates


def _drawn(
    kwh_drawn: Fraction, tariff: list[Fraction], grams: list[Fraction], money: Fraction, kwh: Fraction,
    carbon_kg: Fraction,
) -> list[Fraction]:  # fmt: skip
    """Return the cost of a power draw in each slot."""
    known: dict[tuple[int, int], Fraction] = {}
    pairs = list(zip(tariff, grams, strict=True))
    for per_kwh, gram in pairs:
        if (key := (id(per_kwh), id(gram))) not in known:
            known[key] = kwh_drawn * (money * per_kwh + kwh + carbon_kg * gram / 1000)
    return [known[id(per_kwh), id(gram)] for per_kwh, gram in pairs]


def finest_unit(amounts: Collection[Fraction]) -> Fraction:
    """Return the largest money of which all amounts are whole multiples.

    It is 1 over a whole number where all amounts are 0.
    """
    denominator = lcm(*(money.denominator for money in amounts))
    return Fraction(gcd(*(int(money * denominator) for money in amounts)) or 1, denominator)


def coarsened(unit: Fraction, total: Fraction, lost: int, largest: Fraction = Fraction(0)) -> tuple[Fraction, Fraction]:
    """Return a unit in which the total is below `MAX_TOTAL`, and what rounding down to it can lose.

    `lost` is the number of units that rounding can lose, where it is needed; `largest` is a number that is cast to
    int64 though it is no part of the total, and stays below `MAX_CAST`.
    """
    coarser = max(1, -(-total // (unit * MAX_TOTAL)), -(-largest // (unit * MAX_CAST)))
    return unit * coarser, Fraction(0) if coarser == 1 else unit * coarser * lost


def dividing(step: Fraction, unit: Fraction, loss: Fraction, total: Fraction) -> tuple[Fraction, Fraction]:
    """Return the least unit that divides a step, and what rounding down to it can lose.

    It is at least the given unit. Raises `InstanceError` where there is none.
    """
    if unit > step:
        text = f"money of up to {float(total):.6g} in all, and requests missed are paid to a millionth"
        raise InstanceError([Finding(f"{text}; at most 2^52 steps can be counted", ("services",))])
    whole = step / (step // unit)
    return whole, loss * whole / unit


class Money:
    """The unit in which all money is whole, and the costs in it."""

    def __init__(
        self,
        instance: Instance,
        rows: RowBuilder,
        tasks: TaskWindows,
        ties: Ties,
        services: CompiledServices,
        metered: tuple[Collection[Fraction], Fraction, int] = ((), Fraction(0), 0),
    ) -> None:
        weight = self.weight = Fraction(instance.objective.cost)
        self._read_lateness(instance)
        self.value = [
            Fraction(0) if must else weight * Fraction(task.value or 0)
            for task, must in zip(instance.tasks, tasks.mandatory, strict=True)
        ]
        self.rates = _lowered(instance, rows.kinds)
        costs = {column.way.fixed_key for columns in tasks.columns for column in representatives(columns)}
        fixed = {cost: weight * Fraction(cost) for cost in costs}
        amounts = {*fixed.values(), *self.late_once, *self.value, *self.rates.numbers(), *services.amounts()}
        amounts.update(*each_line([rows.prices[row] for row in rows.used], values), *self.late, *self.early)
        amounts.update(weight * step for step in metered[0])
        passed = {after.gib for task in instance.tasks for after in task.after if after.gib}
        amounts.update(weight * Fraction(link.price) * Fraction(gib) for link in instance.links for gib in passed)
        parts = (
            self._most_of_tasks(instance, rows, tasks, fixed),
            self._most_of_nodes(rows, instance.time.slots),
            services.most_money(rows.prices),
            (weight * metered[1], metered[2]),
        )
        total, lost = sum((money for money, _ in parts), Fraction(0)), sum(units for _, units in parts)
        largest = max(
            (instance.time.slots * abs(slope) + abs(base) for slope, base in (*self.late, *self.early)),
            default=Fraction(0),
        )
        self.ties, finest = ties, finest_unit(amounts)
        if ties.factor > MAX_FACTOR or (total + finest) * ties.factor >= finest * MAX_TOTAL:
            ties.drop()  # `CompiledInstance.ties` is then 1
        self.unit, self.loss = coarsened(finest / ties.factor, total, lost, largest)
        if services.step:
            self.unit, self.loss = dividing(services.step, self.unit, self.loss, total)

    def _read_lateness(self, instance: Instance) -> None:
        """Set slope and base of lateness and earliness, the penalty, and the slot from which each is late."""
        hours_per_slot = Fraction(instance.time.slot, 3600)
        self.late, self.late_once, self.late_after, self.early = [], [], [], []
        for task in check_time_each(instance.tasks):
            due = instance.time.horizon if task.due is None else seconds(task.due, instance.time.start)
            weight = self.weight if due < instance.time.horizon else Fraction(0)  # nothing ends later than the horizon
            rate = weight * Fraction(task.late_cost or 0)
            self.late.append((rate * hours_per_slot, rate * Fraction(due, 3600)))
            self.late_once.append(weight * Fraction(task.late_penalty or 0))
            early = self.weight * Fraction(task.early_cost or 0)
            self.early.append((early * hours_per_slot, early * Fraction(due, 3600)))
            self.late_after.append(0 if task.due is None else min(due // instance.time.slot, instance.time.slots))

    def _most_of_tasks(
        self, instance: Instance, rows: RowBuilder, tasks: TaskWindows, fixed: Mapping[Fraction | Decimal, Fraction]
    ) -> tuple[Fraction, int]:
        """Return the most that all tasks can cost, and the units that rounding down can lose of it.

        Rounding loses less than one unit per demand unit and slot, fixed cost, lateness and value.
        """
        # In whole parts of money: fractions would be slow for so many columns.
        part = lcm(
            *set().union(*each_line(rows.prices, lambda line: {price.denominator for price in values(line)})),
            *(cost.denominator for cost in fixed.values()),
        )
        per_unit = each_line(rows.prices, lambda line: int(_largest(line) * part))
        parts = {cost: int(abs(money) * part) for cost, money in fixed.items()}
        slots, total, lost = instance.time.slots, Fraction(0), 0
        unlike: dict[PoolRows, list[int]] = {}  # by rows on pools: places of pools with prices of their own
        priced: dict[tuple[int, ...], list[tuple[int, int]]] = {}  # by rows: positions of those with a price, the price
        for at, (task, columns) in enumerate(zip(check_time_each(instance.tasks), tasks.columns, strict=True)):
            late = max(Fraction(0), self.late[at][0] * slots - self.late[at][1]) + self.late_once[at]
            late += max(Fraction(0), self.early[at][1])
            most = most_lost = 0
            if isinstance(columns, ColumnsOnPools):
                if (places := unlike.get(columns.rows)) is None:
                    places = unlike[columns.rows] = columns.rows.places_by(per_unit)
                columns = [columns[place] for place in places]
            for column in columns:
                held = column.amounts
                if (prices := priced.get(column.rows)) is None:
                    prices = [(place, per_unit[row]) for place, row in enumerate(column.rows) if per_unit[row]]
                    priced[column.rows] = prices
                running = 0
                for place, price in prices:
                    running += price * held[place]
                most = max(most, parts[column.way.fixed_key] + column.slots * running)
                most_lost = max(most_lost, column.slots * sum(held) + MAX_LOST_BESIDE_USE)
            most_lost += slots if self.late[at][0] else 0
            most_lost += slots + 1 if self.early[at][0] else 0
            total += task.copies * max(abs(self.value[at]), Fraction(most, part) + late)
            lost += task.copies * max(1, most_lost)
        return total, lost

    def _most_of_nodes(self, rows: RowBuilder, slots: int) -> tuple[Fraction, int]:
        """Return the most that all nodes can cost, and the units that rounding down can lose of it."""
        total, lost = Fraction(0), 0
        for kind, size, commit in zip(rows.kinds, self.rates.sizes(), self.rates.commit, strict=True):
            total += max(kind.count, default=0) * size + kind.commit_max * commit
            lost += max(kind.count, default=0) * (4 * slots + 1)
        return total, lost

    def __call__(self, money: Fraction | Decimal) -> int:
        return floor(Fraction(money) / self.unit)

    def fixed(self, cost: Fraction | Decimal) -> int:
        """Return a fixed cost as it counts in the objective."""
        return self(self.weight * Fraction(cost))

    def up(self, money: Fraction) -> int:
        return -floor(-money / self.unit)

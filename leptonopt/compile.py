"""An instance to the integer arrays of a `Problem`, and a schedule of it back to tasks and times.

The pair is pure: the same instance always gives the same arrays. All arithmetic is exact; the money
unit is the largest one in which every price, fixed cost and value is a whole number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from graphlib import TopologicalSorter
from math import floor, gcd, lcm

import numpy as np

from leptonopt import units
from leptonopt.calendar import least_by_slot, mean_by_slot
from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import Instance, Task
from leptonopt.problem import UNLIMITED, Ints, Problem, Schedule
from leptonopt.work import Way, ways

# Totals of money units stay below this, so that also engines that count in doubles are exact.
MAX_TOTAL = 2**52
MAX_EDGES = 2_000_000
# A demand in units of its row (the finest amount used on it); sums of them stay far inside int64.
MAX_DEMAND = 2**36


@dataclass(frozen=True, eq=False)
class Compiled:
    """A problem with what is needed to speak of it in the user's words again.

    Attributes
    ----------
    unit : money (Fraction) of one objective unit.
    loss : money by which the problem's total may fall short of the exact one; 0 when exact.
    rows : (pool id, resource) of each row; `row_scale` its demand units per user's unit.
    kept : per task, the ways that can be taken; option i of a task's group is its i-th kept way.
    members : per group, (task index, first copy, number of copies); copies count from 1.
    impossible : in words, why no plan can exist; empty when nothing was found.
    """

    instance: Instance
    problem: Problem
    unit: Fraction
    loss: Fraction
    rows: tuple[tuple[str, str], ...]
    row_scale: tuple[int, ...]
    kept: tuple[tuple[Way, ...], ...]
    members: tuple[tuple[tuple[int, int, int], ...], ...]
    impossible: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One copy of a task as it runs: its way, and its half-open slots [start, end)."""

    task: int
    copy: int
    way: Way
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Column:
    """A way in slots and demand units, with the starts at which it fits the pools when alone."""

    way: Way
    slots: int
    rows: tuple[int, ...]
    amounts: tuple[int, ...]
    starts: Ints


def compile(instance: Instance) -> Compiled:
    """The problem of an instance.

    Raises
    ------
    InstanceError
        When the precedence between copies would need more than two million pairs, or an amount is
        too large against the finest one used of the same resource.
    """
    all_ways = [ways(instance, task) for task in instance.tasks]
    rows = _Rows(instance, all_ways)
    tasks = _Windows(instance, [rows.columns(found) for found in all_ways])
    tasks.tighten()
    groups = _groups(instance, tasks)
    money = _Money(instance, rows, tasks)
    problem = _arrays(instance, rows, tasks, groups, money)
    return Compiled(
        instance=instance,
        problem=problem,
        unit=money.unit,
        loss=money.loss,
        rows=tuple(rows.names),
        row_scale=tuple(rows.scale),
        kept=tuple(tuple(column.way for column in columns) for columns in tasks.columns),
        members=tuple(tuple(members) for members in groups),
        impossible=tuple(_reasons(instance, all_ways, tasks)),
    )


def decode(compiled: Compiled, schedule: Schedule) -> tuple[list[Run], list[tuple[int, int]]]:
    """What runs, and the (task index, copy) that are left out; the inverse of `encode`."""
    problem, runs = compiled.problem, []
    queues = [_copies(members) for members in compiled.members]
    for option, start, count in sorted(schedule, key=lambda entry: (entry[1], entry[0])):
        group = int(problem.group[option])
        for _ in range(count):
            task, copy = next(queues[group])
            way = compiled.kept[task][option - int(problem.option_ptr[group])]
            runs.append(Run(task, copy, way, start, start + int(problem.duration[option])))
    return runs, [left for queue in queues for left in queue]


def encode(compiled: Compiled, runs: Iterable[tuple[int, str, int]]) -> Schedule:
    """The schedule of (task index, way id, start slot) triples; unknown ones are passed over.

    Used to take a plan as a warm start: what no longer fits the instance is dropped, not repaired.
    """
    problem = compiled.problem
    option_of = {
        (task, way.id): int(problem.option_ptr[group]) + at
        for group, members in enumerate(compiled.members)
        for task, _, _ in members
        for at, way in enumerate(compiled.kept[task])
    }
    found = [(option_of[task, way], start) for task, way, start in runs if (task, way) in option_of]
    return Schedule.of([option for option, _ in found], [start for _, start in found])


def _copies(members: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    for task, first, count in members:
        for copy in range(first, first + count):
            yield task, copy


class _Rows:
    """Rows of capacity and price, and ways as columns on them."""

    def __init__(self, instance: Instance, all_ways: Sequence[Sequence[Way]]) -> None:
        self.time = instance.time
        self.names = [(pool.id, resource) for pool in instance.pools for resource in pool.capacity]
        self.index = {name: row for row, name in enumerate(self.names)}
        self.pool = {pool.id: at for at, pool in enumerate(instance.pools)}
        self.scale = [1] * len(self.names)
        for way in (way for found in all_ways for way in found):
            for resource, count in way.uses.items():
                row = self.index[way.pool, resource]
                self.scale[row] = lcm(self.scale[row], count.as_integer_ratio()[1])
        self.capacity = np.full((len(self.names), self.time.slots), UNLIMITED, np.int64)
        self.prices: list[list[Fraction]] = []
        for pool in instance.pools:
            for resource, series in pool.capacity.items():
                row = self.index[pool.id, resource]
                for slot, least in enumerate(least_by_slot(series, pool.maintenance, resource, self.time)):
                    if least is not None:
                        self.capacity[row, slot] = min(UNLIMITED, floor(least * self.scale[row]))
                per_unit = Fraction(self.time.slot, 3600 * self.scale[row])
                price = pool.price.get(resource)
                means = mean_by_slot(price, self.time) if price else [Fraction(0)] * self.time.slots
                self.prices.append([mean * per_unit for mean in means])
        self.used: set[int] = set()
        self._starts: dict[tuple[tuple[int, ...], tuple[int, ...], int], Ints] = {}

    def columns(self, found: Sequence[Way]) -> list[_Column]:
        made = []
        for way in found:
            if way.refused is None:
                slots = max(1, -(-way.duration // self.time.slot))
                held = sorted((self.index[way.pool, name], count) for name, count in way.uses.items() if count)
                rows = tuple(row for row, _ in held)
                amounts = tuple(int(count * self.scale[row]) for row, count in held)
                if max(amounts, default=0) > MAX_DEMAND:
                    raise InstanceError(
                        [
                            Finding(
                                f"option {way.id!r}: amounts of a resource may differ by at most {MAX_DEMAND:,} times",
                                ("tasks",),
                            )
                        ]
                    )
                self.used.update(rows)
                made.append(_Column(way, slots, rows, amounts, self.starts(rows, amounts, slots)))
        return made

    def starts(self, rows: tuple[int, ...], amounts: tuple[int, ...], slots: int) -> Ints:
        """Slots at which these demands fit the capacity alone for the whole duration, ascending."""
        key = (rows, amounts, slots)
        if key not in self._starts:
            if slots > self.time.slots:
                self._starts[key] = np.zeros(0, np.int64)
            else:
                blocked = (self.capacity[list(rows)] < np.array(amounts, np.int64)[:, None]).any(axis=0)
                total = np.concatenate([[0], np.cumsum(blocked)])
                self._starts[key] = np.flatnonzero(total[slots:] == total[:-slots])
        return self._starts[key]


class _Windows:
    """Per task: its columns, and the window [release, deadline] in slots, tightened through the graph."""

    def __init__(self, instance: Instance, columns: list[list[_Column]]) -> None:
        time = instance.time
        self.instance, self.columns = instance, columns
        self.release = [
            0 if task.release is None else max(0, -(-_after(task.release, time.start) // time.slot))
            for task in instance.tasks
        ]
        self.deadline = [
            time.slots if task.deadline is None else min(time.slots, _after(task.deadline, time.start) // time.slot)
            for task in instance.tasks
        ]
        index = {task.id: at for at, task in enumerate(instance.tasks)}
        self.edges = [
            (index[after.task], at, -(-after.lag // time.slot))
            for at, task in enumerate(instance.tasks)
            for after in task.after
        ]
        self.mandatory = [not task.optional for task in instance.tasks]

    def tighten(self) -> None:
        """Move releases and deadlines by what must come before and after; drop columns that no longer fit."""
        before, behind = defaultdict(list), defaultdict(list)
        for first, second, lag in self.edges:
            before[second].append((first, lag))
            behind[first].append((second, lag))
        order = list(
            TopologicalSorter(
                {at: [first for first, _ in before[at]] for at in range(len(self.columns))}
            ).static_order()
        )
        for task in order:
            for first, lag in before[task]:
                if not self.columns[first]:
                    self.columns[task] = []
                else:
                    self.release[task] = max(self.release[task], self._earliest_end(first) + lag)
            self._drop(task)
        for task in reversed(order):
            for second, lag in behind[task]:
                if self.mandatory[second]:
                    # What must run needs all that comes before it, optional or not.
                    self.mandatory[task] = True
                    if self.columns[second]:
                        self.deadline[task] = min(self.deadline[task], self._latest_start(second) - lag)
            self._drop(task)

    def fitting(self, task: int, column: _Column) -> Ints:
        low = np.searchsorted(column.starts, self.release[task])
        return column.starts[low : np.searchsorted(column.starts, self.deadline[task] - column.slots, "right")]

    def _drop(self, task: int) -> None:
        self.columns[task] = [column for column in self.columns[task] if len(self.fitting(task, column))]

    def _earliest_end(self, task: int) -> int:
        return min(int(self.fitting(task, column)[0]) + column.slots for column in self.columns[task])

    def _latest_start(self, task: int) -> int:
        return max(int(self.fitting(task, column)[-1]) for column in self.columns[task])


def _after(moment: datetime, start: datetime) -> int:
    return int((moment - start).total_seconds())


def _groups(instance: Instance, tasks: _Windows) -> list[list[tuple[int, int, int]]]:
    """Members (task, first copy, copies) of each group of identical tasks; those with precedence stay single."""
    linked = {at for first, second, _ in tasks.edges for at in (first, second)}
    groups: dict[object, list[tuple[int, int, int]]] = {}
    for at, task in enumerate(instance.tasks):
        if at in linked:
            for copy in range(1, task.copies + 1):
                groups[at, copy] = [(at, copy, 1)]
            continue
        content = tuple((c.way.pool, c.slots, c.rows, c.amounts, c.way.cost) for c in tasks.columns[at])
        due = (task.due, task.late_cost, task.value if tasks.mandatory[at] is False else None)
        key = (content, tasks.release[at], tasks.deadline[at], due)
        groups.setdefault(key, []).append((at, 1, task.copies))
    return list(groups.values())


class _Money:
    """The unit in which all money is whole, and the costs in it."""

    def __init__(self, instance: Instance, rows: _Rows, tasks: _Windows) -> None:
        hours_per_slot = Fraction(instance.time.slot, 3600)
        self.late = []
        for task in instance.tasks:
            rate = Fraction(task.late_cost or 0)
            due = Fraction(_after(task.due, instance.time.start), 3600) if task.due else Fraction(0)
            self.late.append((rate * hours_per_slot, rate * due))
        self.value = [
            Fraction(0) if must else Fraction(task.value or 0)
            for task, must in zip(instance.tasks, tasks.mandatory, strict=True)
        ]
        amounts = {Fraction(column.way.cost) for columns in tasks.columns for column in columns}
        amounts.update(*(rows.prices[row] for row in rows.used), *self.late, self.value)
        denominator = lcm(*(money.denominator for money in amounts))
        divisor = gcd(*(int(money * denominator) for money in amounts)) or 1
        unit = Fraction(divisor, denominator)
        dearest = [max((abs(price) for price in prices), default=Fraction(0)) for prices in rows.prices]
        slots, total, held = instance.time.slots, Fraction(0), 0
        for at, (task, columns) in enumerate(zip(instance.tasks, tasks.columns, strict=True)):
            late = max(Fraction(0), self.late[at][0] * slots - self.late[at][1])
            most, most_held = abs(self.value[at]), 0
            for column in columns:
                demands = list(zip(column.rows, column.amounts, strict=True))
                running = column.slots * sum((dearest[row] * amount for row, amount in demands), Fraction(0))
                most = max(most, abs(Fraction(column.way.cost)) + running + late)
                most_held = max(most_held, column.slots * sum(amount for _, amount in demands) + 3)
            total += task.copies * most
            held += task.copies * max(1, most_held)
        coarser = max(1, -(-total // (unit * MAX_TOTAL)))
        self.unit = unit * coarser
        # Rounding down loses less than one unit per demand unit and slot, fixed cost, lateness and value.
        self.loss = Fraction(0) if coarser == 1 else self.unit * held

    def __call__(self, money: Fraction | Decimal) -> int:
        return floor(Fraction(money) / self.unit)

    def up(self, money: Fraction) -> int:
        return -floor(-money / self.unit)


def _arrays(
    instance: Instance, rows: _Rows, tasks: _Windows, groups: Sequence[Sequence[tuple[int, int, int]]], money: _Money
) -> Problem:
    heads = [members[0][0] for members in groups]
    columns = [column for head in heads for column in tasks.columns[head]]
    starts = [tasks.fitting(head, column) for head in heads for column in tasks.columns[head]]

    def ints(values: Iterable[int]) -> Ints:
        return np.fromiter(values, np.int64)

    def pointers(lengths: Iterable[int]) -> Ints:
        return np.concatenate([[0], np.cumsum(ints(lengths))]).astype(np.int64)

    in_units = cache(money)
    unused = [0] * instance.time.slots
    price = [[in_units(p) for p in prices] if row in rows.used else unused for row, prices in enumerate(rows.prices)]
    edges = _edges(instance, tasks, groups)
    return Problem(
        capacity=rows.capacity,
        price=np.array(price, np.int64).reshape(rows.capacity.shape),
        copies=ints(sum(count for _, _, count in members) for members in groups),
        optional=np.array([not tasks.mandatory[head] for head in heads], bool),
        value=ints(money(tasks_value) for tasks_value in (money.value[head] for head in heads)),
        late_slope=ints(money(money.late[head][0]) for head in heads),
        late_base=ints(money.up(money.late[head][1]) for head in heads),
        option_ptr=pointers(len(tasks.columns[head]) for head in heads),
        pool=ints(rows.pool[column.way.pool] for column in columns),
        duration=ints(column.slots for column in columns),
        fixed=ints(money(column.way.cost) for column in columns),
        first=ints(int(found[0]) for found in starts),
        last=ints(int(found[-1]) for found in starts),
        demand_ptr=pointers(len(column.rows) for column in columns),
        demand_row=ints(row for column in columns for row in column.rows),
        demand=ints(amount for column in columns for amount in column.amounts),
        before=edges[0],
        after=edges[1],
        lag=edges[2],
    )


def _edges(instance: Instance, tasks: _Windows, groups: Sequence[Sequence[tuple[int, int, int]]]) -> Ints:
    """int64, shape (3, E): every copy of the later task waits for every copy of the earlier one."""
    of_task = defaultdict(list)
    for group, members in enumerate(groups):
        for task, _, _ in members:
            of_task[task].append(group)
    pairs = sum(len(of_task[first]) * len(of_task[second]) for first, second, _ in tasks.edges)
    if pairs > MAX_EDGES:
        raise InstanceError(
            [Finding(f"{pairs:,} pairs of copies wait for each other; at most {MAX_EDGES:,}", ("tasks",))]
        )
    found = {
        (before, after): lag
        for first, second, lag in sorted(tasks.edges, key=lambda edge: edge[2])
        for before in of_task[first]
        for after in of_task[second]
    }
    flat = [(before, after, lag) for (before, after), lag in sorted(found.items())]
    return np.array(flat, np.int64).reshape(-1, 3).T.copy()


def _reasons(instance: Instance, all_ways: Sequence[Sequence[Way]], tasks: _Windows) -> Iterator[str]:
    """Why tasks that must run cannot, in words."""
    for at, task in enumerate(instance.tasks):
        if tasks.mandatory[at] and not tasks.columns[at]:
            yield f"task {task.id!r} cannot run: {_reason(instance, task, all_ways[at])}"


def _reason(instance: Instance, task: Task, found: Sequence[Way]) -> str:
    refused = [way for way in found if way.refused]
    if len(refused) == len(found):
        return "; ".join(f"{way.id}: {way.refused}" for way in refused[:5]) + ("; …" if len(refused) > 5 else "")
    fastest = min((way for way in found if not way.refused), key=lambda way: way.duration)
    time = instance.time
    opens = max(task.release or time.start, time.start)
    close = "deadline" if task.deadline else "end of the horizon"
    closes = units.instant_text(task.deadline) if task.deadline else "which comes first"
    takes = units.duration_text(-(-fastest.duration // time.slot) * time.slot)
    return (
        f"its fastest way ({fastest.id}) takes {takes}, and no start from {units.instant_text(opens)} to its "
        f"{close} ({closes}) leaves it the time and the capacity after what it waits for and before what waits for it"
    )

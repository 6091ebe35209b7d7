"""An instance to the integer arrays of a `Problem`, and a schedule of it back to tasks and times.

The pair is pure: the same instance always gives the same arrays. All arithmetic is exact; the money
unit is the largest one in which every price, fixed cost and value is a whole number. Rows of capacity
and nodes are made in `rows`, the times at which tasks can run in `quota_windows`, money in `money`, quotas in
`compile_quotas`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import chain

import numpy as np

from leptonopt.compile.money import Money
from leptonopt.compile.quotas import QuotaWindow, compile_quotas, quota_windows
from leptonopt.compile.rows import CompiledOption, NodeKindInfo, Row, RowBuilder
from leptonopt.compile.windows import TaskWindows, infeasibility_reasons
from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import Instance
from leptonopt.problem.arrays import Ints
from leptonopt.problem.nodes import Nodes, no_nodes
from leptonopt.problem.problem import Problem, Quota
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.clock import check_time, check_time_each

__all__ = [
    "CompiledInstance",
    "CompiledOption",
    "NodeKindInfo",
    "QuotaWindow",
    "Row",
    "TaskRun",
    "compile_instance",
    "decode",
    "encode",
]

MAX_EDGES = 2_000_000
MAX_LOAD, MAX_SIZE = 2**60, 2**45
MAX_LINKED = 100_000  # copies in a precedence: each is a group of its own
OFTEN = 256  # columns or edges between two looks at the clock


@dataclass(frozen=True, eq=False)
class CompiledInstance:
    """A problem with what is needed to speak of it in the user's words again.

    Attributes
    ----------
    unit : money (Fraction) of one objective unit.
    loss : money by which the problem's total may fall short of the exact one; 0 when exact.
    rows : what each row of capacity stands for.
    kept : per task, the ways that can be taken; option i of a task's group is its i-th kept way.
    members : per group, (task index, first copy, number of copies); copies count from 1.
    kinds : kinds of nodes, in the problem's order.
    windows : of the problem's quotas, in its order, and `quota_units` what one unit of each is in the user's.
    stuck : tasks that must run and cannot, by index.
    impossible : in words, why no plan can exist; empty when nothing was found.
    """

    instance: Instance
    problem: Problem
    unit: Fraction
    loss: Fraction
    rows: tuple[Row, ...]
    kept: tuple[tuple[ConcreteOption, ...], ...]
    members: tuple[tuple[tuple[int, int, int], ...], ...]
    kinds: tuple[NodeKindInfo, ...]
    windows: tuple[QuotaWindow, ...]
    quota_units: tuple[Fraction, ...]
    stuck: tuple[int, ...]
    impossible: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskRun:
    """`copies` of a task, from `copy` on, that run alike: their way, and their half-open slots [start, end)."""

    task: int
    copy: int
    copies: int
    way: ConcreteOption
    start: int
    end: int


def compile_instance(instance: Instance) -> CompiledInstance:
    """The problem of an instance.

    Raises
    ------
    InstanceError
        When more than 100,000 copies wait or are waited for, or in more than two million pairs, when amounts are too
        fine against each other to be counted exactly, or a quota's day begins within a slot.
    """
    all_ways = [concrete_options(instance, task) for task in instance.tasks]
    rows = RowBuilder(instance, all_ways)
    columns = [rows.columns(task, found) for task, found in zip(instance.tasks, all_ways, strict=True)]
    tasks = TaskWindows(instance, columns)
    tasks.tighten()
    rows.used = {row for columns in tasks.columns for column in columns for row in column.rows}
    groups = _groups(instance, tasks)
    money = Money(instance, rows, tasks)
    heads = [members[0][0] for members in groups]
    copies = [sum(count for _, _, count in members) for members in groups]
    quotas = compile_quotas(instance, rows, list(zip(copies, (tasks.columns[head] for head in heads), strict=True)))
    problem = _arrays(instance, rows, tasks, groups, money, [limit for limit, _ in quotas])
    check_time()
    return CompiledInstance(
        instance=instance,
        problem=problem,
        unit=money.unit,
        loss=money.loss,
        rows=tuple(rows.described()),
        kept=tuple(tuple(column.way for column in columns) for columns in tasks.columns),
        members=tuple(tuple(members) for members in groups),
        kinds=tuple(rows.kinds),
        windows=tuple(quota_windows(instance)),
        quota_units=tuple(unit for _, unit in quotas),
        stuck=tuple(tasks.stuck()),
        impossible=tuple(infeasibility_reasons(instance, all_ways, tasks)),
    )


def decode(compiled: CompiledInstance, schedule: Schedule) -> tuple[list[TaskRun], list[tuple[int, int, int]]]:
    """What runs, and the (task index, first copy, number of copies) that are left out; the inverse of `encode`.

    Copies of a task are alike, so they are numbered by start and option; equal ones make one run, however many.
    """
    problem = compiled.problem
    waiting = [[(task, copies) for task, _, copies in reversed(members)] for members in compiled.members]
    alike: dict[tuple[int, int, int, int], int] = defaultdict(int)
    for option, start, count in sorted(schedule, key=lambda entry: (entry[1], entry[0])):
        group = int(problem.group[option])
        at, end = option - int(problem.option_ptr[group]), start + int(problem.duration[option])
        while count:
            task, there = waiting[group].pop()
            taken = min(there, count)
            alike[task, at, start, end] += taken
            count -= taken
            if there > taken:
                waiting[group].append((task, there - taken))
    runs, following = [], [1] * len(compiled.instance.tasks)
    for (task, at, start, end), copies in alike.items():
        runs.append(TaskRun(task, following[task], copies, compiled.kept[task][at], start, end))
        following[task] += copies
    tasks = enumerate(zip(compiled.instance.tasks, following, strict=True))
    return runs, [(at, first, task.copies - first + 1) for at, (task, first) in tasks if first <= task.copies]


def encode(compiled: CompiledInstance, runs: Iterable[tuple[int, str, tuple[str, ...], int, int]]) -> Schedule:
    """The schedule of (task index, way id, nodes, start slot, number of copies); unknown ones are passed over.

    Used to take a plan as a warm start: what no longer fits the instance is dropped, not repaired.
    """
    problem = compiled.problem
    offered: dict[tuple[int, str, tuple[str, ...]], list[int]] = defaultdict(list)
    for group, members in enumerate(compiled.members):
        for task, _, _ in members:
            for at, way in enumerate(compiled.kept[task]):
                offered[task, way.id, way.on_nodes].append(int(problem.option_ptr[group]) + at)
    found = []
    for task, id, nodes, start, copies in runs:
        options = offered.get((task, id, nodes), [])
        fits = [option for option in options if problem.first[option] <= start <= problem.last[option]]
        found += [(option, start, copies) for option in (fits or options)[:1]]
    return Schedule.of(*np.array(found, np.int64).reshape(-1, 3).T)


def _groups(instance: Instance, tasks: TaskWindows) -> list[list[tuple[int, int, int]]]:
    """Members (task, first copy, copies) of each group of identical tasks; those with precedence stay single."""
    linked = {at for first, second, _ in tasks.edges for at in (first, second)}
    many = [at for at in linked if instance.tasks[at].copies > 1]
    if (copies := sum(instance.tasks[at].copies for at in many)) > MAX_LINKED:
        at = max(many, key=lambda task: instance.tasks[task].copies)
        text = f"{copies:,} copies of tasks wait or are waited for, each on its own; at most {MAX_LINKED:,} are allowed"
        raise InstanceError([Finding(text, ("tasks", at, "copies"))])
    sets = defaultdict(list)
    for number, ids in enumerate((*instance.together, *instance.apart)):
        for id in set(ids):
            sets[id].append(number)
    groups: dict[object, list[tuple[int, int, int]]] = {}
    for at, task in enumerate(check_time_each(instance.tasks)):
        if at in linked:
            for copy in range(1, task.copies + 1):
                groups[at, copy] = [(at, copy, 1)]
            continue
        content = tuple(
            (c.way.pool, c.slots, c.rows, c.amounts, c.way.cost, c.once, c.starts.tobytes() if c.special else b"")
            for c in tasks.columns[at]
        )
        due = (task.due, task.late_cost, task.late_penalty, task.value if tasks.mandatory[at] is False else None)
        key = (content, tasks.release[at], tasks.deadline[at], due, tuple(sets[task.id]))
        groups.setdefault(key, []).append((at, 1, task.copies))
    return list(groups.values())


def _arrays(
    instance: Instance,
    rows: RowBuilder,
    tasks: TaskWindows,
    groups: Sequence[Sequence[tuple[int, int, int]]],
    money: Money,
    quotas: Sequence[Quota],
) -> Problem:
    heads = [members[0][0] for members in groups]
    columns = [column for head in heads for column in tasks.columns[head]]
    starts = [tasks.fitting(head, column) for head in check_time_each(heads) for column in tasks.columns[head]]

    def ints(values: Iterable[int]) -> Ints:
        return np.fromiter(values, np.int64)

    def pointers(lengths: Iterable[int]) -> Ints:
        return np.concatenate([[0], np.cumsum(ints(lengths))]).astype(np.int64)

    in_units = cache(money)
    unused = [0] * instance.time.slots
    price = [
        [in_units(p) for p in prices] if row in rows.used else unused
        for row, prices in enumerate(check_time_each(rows.prices))
    ]
    edges = _edges(instance, tasks, groups)
    return Problem(
        capacity=rows.capacity,
        price=np.array(price, np.int64).reshape(rows.capacity.shape),
        copies=ints(sum(count for _, _, count in members) for members in groups),
        optional=np.array([not tasks.mandatory[head] for head in heads], bool),
        value=ints(money(tasks_value) for tasks_value in (money.value[head] for head in heads)),
        late_slope=ints(money(money.late[head][0]) for head in heads),
        late_base=ints(money.up(money.late[head][1]) for head in heads),
        late_once=ints(money(money.late_once[head]) for head in heads),
        late_after=ints(money.late_after[head] for head in heads),
        option_ptr=pointers(len(tasks.columns[head]) for head in heads),
        pool=ints(rows.pool[column.way.pool] for column in check_time_each(columns, OFTEN)),
        duration=ints(column.slots for column in columns),
        fixed=ints(map(cache(money.fixed), (column.way.cost for column in columns))),
        first=ints(int(found[0]) for found in starts),
        last=ints(int(found[-1]) for found in starts),
        demand_ptr=pointers(len(column.rows) for column in columns),
        demand_row=ints(row for column in check_time_each(columns, OFTEN) for row in column.rows),
        demand=ints(amount for column in check_time_each(columns, OFTEN) for amount in column.amounts),
        before=edges[0],
        after=edges[1],
        lag=edges[2],
        nodes=_nodes(rows, money, _loads(rows, groups, tasks)),
        quotas=tuple(quotas),
        together=_sets(instance, instance.together, groups),
        apart=_sets(instance, instance.apart, groups),
    )


def _loads(rows: RowBuilder, groups: Sequence[Sequence[tuple[int, int, int]]], tasks: TaskWindows) -> list[int]:
    """The most that demands can add up to on each row; refuses what int64 could not add up."""
    found = [0] * len(rows.names)
    for members in groups:
        most: dict[int, int] = {}
        for column in tasks.columns[members[0][0]]:
            for row, amount in zip(column.rows, column.amounts, strict=True):
                most[row] = max(most.get(row, 0), amount)
        copies = sum(count for _, _, count in members)
        for row, amount in most.items():
            found[row] += copies * amount
    for row, load in enumerate(found):
        if load > MAX_LOAD:
            pool, name, _ = rows.names[row]
            step, most_used = Fraction(1, rows.scale[row]), Fraction(load, rows.scale[row])
            text = f"{float(most_used):.6g} of {name!r} may be used at once, in steps of {float(step):.6g}"
            where = f"pool {pool!r}: " if pool else ""
            raise InstanceError([Finding(f"{where}{text}; at most 2^60 steps can be counted", ("tasks",))])
    return found


def _nodes(rows: RowBuilder, money: Money, loads: Sequence[int]) -> Nodes:
    kinds, slot = rows.kinds, rows.time.slot

    def ints(values: Iterable[int]) -> Ints:
        return np.fromiter(values, np.int64)

    count = np.array([kind.count for kind in kinds], np.int64).reshape(len(kinds), rows.time.slots)
    return Nodes(
        count=count,
        on_demand=np.array([kind.stated.price is not None for kind in kinds], bool),
        reserved=ints(kind.reserved for kind in kinds),
        commit_max=ints(kind.commit_max if any(kind.count) else 0 for kind in kinds),
        boot=ints(-(-kind.stated.boot // slot) for kind in kinds),
        minimum=ints(-(-kind.stated.minimum // slot) for kind in kinds),
        costs=money.rates.whole(cache(money)) if kinds else no_nodes(rows.time.slots).costs,
        supply_node=ints(kind for kind, _, _ in rows.supply),
        supply_row=ints(row for _, row, _ in rows.supply),
        # A node that holds by far more than all that can be used holds all that can be used.
        supply_size=ints(min(rows.units(row, size), max(MAX_SIZE, loads[row])) for _, row, size in rows.supply),
    )


def _sets(
    instance: Instance, sets: Sequence[Sequence[str]], groups: Sequence[Sequence[tuple[int, int, int]]]
) -> tuple[Ints, ...]:
    """Groups of the tasks of each set."""
    if not sets:
        return ()
    of_task = defaultdict(set)
    for group, members in enumerate(check_time_each(groups)):
        for task, _, _ in members:
            of_task[instance.tasks[task].id].add(group)
    return tuple(
        np.array(sorted(set().union(*(of_task[id] for id in ids))), np.int64) for ids in check_time_each(sets) if ids
    )


def _edges(instance: Instance, tasks: TaskWindows, groups: Sequence[Sequence[tuple[int, int, int]]]) -> Ints:
    """int64, shape (3, E): every copy of the later task waits for every copy of the earlier one."""
    of_task = defaultdict(list)
    for group, members in enumerate(check_time_each(groups)):
        for task, _, _ in members:
            of_task[task].append(group)
    pairs = sum(len(of_task[first]) * len(of_task[second]) for first, second, _ in check_time_each(tasks.edges, OFTEN))
    if pairs > MAX_EDGES:
        raise InstanceError(
            [Finding(f"{pairs:,} pairs of copies wait for each other; at most {MAX_EDGES:,}", ("tasks",))]
        )
    edges = np.fromiter(chain.from_iterable(check_time_each(tasks.edges, OFTEN)), np.int64).reshape(-1, 3)
    base = np.array([of_task[at][0] for at in range(len(instance.tasks))], np.int64)  # copies that wait follow it
    copies = np.array([len(of_task[at]) for at in range(len(instance.tasks))], np.int64)
    each = copies[edges[:, 0]] * copies[edges[:, 1]]
    edge = np.repeat(np.arange(len(edges)), each)
    number = np.arange(pairs) - np.repeat(np.cumsum(each) - each, each)
    first, second, lags = edges[edge].T
    before, after = base[first] + number // copies[second], base[second] + number % copies[second]
    check_time()
    order = np.lexsort((lags, after, before))
    check_time()
    before, after, lags = before[order], after[order], lags[order]
    last = np.ones(pairs, bool)  # of equal pairs the one with the longest lag
    last[:-1] = (before[1:] != before[:-1]) | (after[1:] != after[:-1])
    return np.stack([before[last], after[last], lags[last]])

"""Compile tasks with segments: a chain of parts for each copy, and quotas that tie them.

Part k of a copy is its k-th segment. It is a task of its own, with an option for each way and length; every part after
the first may also be empty, which takes no time. Parts follow one another. The work of all parts is the whole task:
the part does its share in each option, and a quota asks for their sum. So methods see groups, options, precedence and
quotas, and no rule of its own.

    work      [part 1 runs] - sum over parts of their share <= 0
    family    [part k runs in family f] - [part 1 runs in family f] <= 0, where a task keeps its pool or its amounts
    complete  [part 1 runs] - [the last part runs] <= 0, for optional tasks
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, gcd, lcm

import numpy as np

from leptonopt.compile.groups import Members
from leptonopt.compile.rows import CompiledOption, RowBuilder
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import Instance, Task
from leptonopt.instance.tasks import After
from leptonopt.problem.chains import Chain
from leptonopt.problem.problem import Problem, Quota
from leptonopt.runtime.clock import check_time_each

MAX_OPTIONS = 500_000
MAX_SHARES = 2**50


@dataclass(frozen=True, slots=True)
class Part:
    """Segment `number` of a copy of a task, by its index; 0 for a task that is whole, with all its copies."""

    task: int
    copy: int = 1
    number: int = 0


@dataclass(frozen=True)
class CutInstance:
    """An instance whose tasks with segments are parts.

    Attributes
    ----------
    instance : with a task for every part
    parts, ways : by task of `instance`: what it is a part of, and its options
    """

    instance: Instance
    parts: tuple[Part, ...]
    ways: tuple[Sequence[ConcreteOption], ...]

    @property
    def has_parts(self) -> bool:
        """Return whether some task is cut."""
        return any(part.number for part in self.parts)

    def columns(self, instance: Instance, rows: RowBuilder) -> list[list[CompiledOption]]:
        """Return the columns of each task; `instance` has the tasks that are cut."""
        pairs = zip(self.parts, self.ways, strict=True)
        return [rows.columns(instance.tasks[part.task], ways) for part, ways in pairs]


def cut_instance(instance: Instance, all_ways: Sequence[Sequence[ConcreteOption]]) -> CutInstance:
    """Return the instance with parts for tasks that may be cut.

    Raises `InstanceError` where parts have more than `MAX_OPTIONS` options.
    """
    if not any(task.is_cut for task in instance.tasks):
        return CutInstance(instance, tuple(Part(at) for at in range(len(instance.tasks))), tuple(all_ways))
    _refuse_many(instance, all_ways)
    names = _Names(instance)
    tasks, parts, ways = list[Task](), list[Part](), list[Sequence[ConcreteOption]]()
    for at, task in enumerate(instance.tasks):
        after = tuple(names.waiting(task))
        if not task.is_cut:
            tasks.append(task.model_copy(update={"after": after}))
            parts.append(Part(at))
            ways.append(all_ways[at])
            continue
        by_number = [list(_segments(instance, task, all_ways[at], number)) for number in _numbers(task)]
        for copy in range(1, task.copies + 1):
            for number in _numbers(task):
                tasks.append(_part(task, names.of(task, copy, number), after, number, names.of(task, copy, number - 1)))
                parts.append(Part(at, copy, number))
                ways.append(by_number[number - 1])
    return CutInstance(instance.model_copy(update={"tasks": tuple(tasks)}), tuple(parts), tuple(ways))


def _numbers(task: Task) -> range:
    assert task.segments is not None
    return range(1, task.segments.most + 1)


def _refuse_many(instance: Instance, all_ways: Sequence[Sequence[ConcreteOption]]) -> None:
    options = 0
    for at, (task, ways) in enumerate(zip(instance.tasks, all_ways, strict=True)):
        if task.is_cut:
            lengths = sum(min(instance.time.slots, ceil(way.duration / instance.time.slot)) for way in ways)
            options += task.copies * len(_numbers(task)) * lengths
        if options > MAX_OPTIONS:
            text = f"copies x most x options x slots of all segments are more than {MAX_OPTIONS:,}"
            raise InstanceError([Finding(f"{text}; take longer slots, or fewer segments", ("tasks", at, "segments"))])


class _Names:
    """Ids of parts that no task of the instance has, and what waits for parts."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.tasks = {task.id: task for task in instance.tasks}
        self.mark = " segment "
        while any(self.mark in id for id in self.tasks):
            self.mark += "."

    def of(self, task: Task, copy: int, number: int) -> str:
        """Return the id of a part."""
        return f"{task.id}{f' copy {copy}' if task.copies > 1 else ''}{self.mark}{number}"

    def waiting(self, task: Task) -> Iterator[After]:
        """Yield what a task waits for: of a task that is cut, the last part of every copy."""
        for after in task.after:
            first = self.tasks[after.task]
            if not first.is_cut:
                yield after
                continue
            for copy in range(1, first.copies + 1):
                yield after.model_copy(update={"task": self.of(first, copy, _numbers(first)[-1])})


def _part(task: Task, id: str, after: tuple[After, ...], number: int, before: str) -> Task:
    """Return a part as a task: the first has the value, the last the lateness."""
    made: dict[str, object] = {"id": id, "copies": 1, "after": after}
    if number > 1:
        made["after"] = (After(task=before),)
        made["value"] = Decimal(0) if task.optional else task.value
    if number != _numbers(task)[-1]:
        made |= {"due": None, "late_cost": None, "late_penalty": None, "early_cost": None}
    return task.model_copy(update=made)


def shares(task: Task, duration: Fraction, number: int, seconds: int) -> Fraction:
    """Return the share of a task that a segment does in an option; below 0 where it only restarts."""
    lost = task.restart if number > 1 else 0
    return Fraction(seconds - lost) / duration


def lengths(instance: Instance, task: Task, duration: Fraction, number: int) -> range:
    """Return the lengths that a segment may have [slots]: from `shortest` to the rest of the task."""
    assert task.segments is not None
    slot, lost = instance.time.slot, task.restart if number > 1 else 0
    whole = ceil(duration / slot)
    least = min(ceil(Fraction(task.segments.shortest or slot) / slot), whole)
    return range(max(1, least, lost // slot + 1), min(instance.time.slots, ceil((duration + lost) / slot)) + 1)


def _segments(instance: Instance, task: Task, ways: Sequence[ConcreteOption], number: int) -> Iterator[ConcreteOption]:
    """Yield the options of a part: each way at each length, and an empty one after the first part."""
    assert task.segments is not None
    slot = instance.time.slot
    for way in check_time_each(ways):
        cost = way.cost + task.segments.cost if number > 1 else way.cost
        for length in lengths(instance, task, way.duration, number) if way.refused is None else ():
            work = shares(task, way.duration, number, length * slot)
            yield replace(way, duration=Fraction(length * slot), cost=cost, segment=number, work=work)
        if way.refused is not None:
            yield way
    if number > 1 and ways:
        nothing = {"uses": {}, "duration": Fraction(0), "cost": Decimal(0), "consumes": {}, "whole": 0}
        free = {"not_before": None, "not_after": None, "refused": None, "work": Fraction(0)}
        yield replace(ways[0], **nothing, **free, segment=number)  # type: ignore[arg-type]


# --- the quotas of a chain ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Option:
    """An option of a chain: its number in the problem, its part from 0 on, and its way."""

    at: int
    part: int
    way: ConcreteOption


def with_chains(
    problem: Problem, cut: CutInstance, columns: Sequence[Sequence[CompiledOption]], groups: Sequence[Members]
) -> Problem:
    """Return the problem with the quotas of all chains; `columns` are those of each task of `cut`."""
    if not cut.has_parts:
        return problem
    members, tasks = dict[tuple[int, int], list[int]](), [members[0][0] for members in groups]
    for group, at in enumerate(tasks):
        part = cut.parts[at]
        if part.number:
            members.setdefault((part.task, part.copy), []).append(group)
    quotas, found = list(problem.quotas), list[Chain]()
    for (number, _), chain in members.items():
        task = cut.instance.tasks[tasks[chain[0]]]
        options = [
            _Option(int(problem.option_ptr[group]) + at, part, column.way)
            for part, group in enumerate(chain)
            for at, column in enumerate(columns[tasks[group]])
        ]
        found.append(_chain(task, chain, options, len(quotas), cut.instance.time.slot, number))
        quotas.append(_work(options, found[-1], problem.slots))
        quotas += _families(task, options, len(chain), problem.slots)
        if task.optional:
            last = len(chain) - 1
            quotas.append(_quota({o.at: (o.part == 0) - (o.part == last) for o in options}, problem.slots))
    return replace(problem, quotas=tuple(quotas), chains=tuple(found))


def _quota(use: dict[int, int], slots: int) -> Quota:
    """Return the quota that the use by options is at most 0."""
    used = [(option, amount) for option, amount in use.items() if amount]
    table = np.array(used, np.int64).reshape(-1, 2)
    none = np.zeros(0, np.int64)
    return Quota(0, none, np.zeros((0, slots), np.int64), table[:, 0], table[:, 1], 0, slots - 1)


def _chain(task: Task, groups: Sequence[int], options: Sequence[_Option], quota: int, slot: int, number: int) -> Chain:
    """Return a chain; raises `InstanceError` where shares are too fine to be counted."""
    ways = dict[tuple[str, tuple[str, ...]], Fraction]()  # work of a second, by way
    for o in options:
        if o.way.duration:
            lost = task.restart if o.part else 0
            ways[_key(o.way)] = o.way.work / (o.way.duration - lost)
    unit = _unit(
        {Fraction(1), *(each * slot for each in ways.values()), *(each * task.restart for each in ways.values())}
    )
    if len(groups) / unit > MAX_SHARES:
        text = f"the shares of segments come in steps of {float(unit):.3g}; at most 2^50 steps can be counted"
        raise InstanceError([Finding(f"{text}, so state rounder durations", ("tasks", number, "segments"))])
    index = {key: at for at, key in enumerate(ways)}
    families = {_key(o.way): family(task, o.way) for o in options if o.way.duration}
    kinds = sorted(set(families.values()), key=repr)
    return Chain(
        groups=np.array(groups, np.int64),
        quota=quota,
        way=tuple(
            np.array(
                [index.get(_key(o.way), -1) if o.way.duration else -1 for o in options if o.part == part], np.int64
            )
            for part in range(len(groups))
        ),
        need=int(1 / unit),
        rate=np.array([int(each * slot / unit) for each in ways.values()], np.int64),
        lost=np.array([int(each * task.restart / unit) for each in ways.values()], np.int64),
        family=np.array([kinds.index(families[key]) for key in ways], np.int64),
    )


def _key(way: ConcreteOption) -> tuple[str, tuple[str, ...]]:
    return way.id, way.on_nodes


def _work(options: Sequence[_Option], chain: Chain, slots: int) -> Quota:
    """Return the quota of work, in units of the chain."""
    need = {o.at: (o.part == 0) - min(o.way.work, Fraction(1)) for o in options}
    return _quota({at: int(share * chain.need) for at, share in need.items()}, slots)


def _unit(amounts: Iterable[Fraction]) -> Fraction:
    """Return the largest unit of which all amounts are whole multiples."""
    values = list(amounts)
    denominator = lcm(*(value.denominator for value in values))
    return Fraction(gcd(*(int(value * denominator) for value in values)) or 1, denominator)


def _families(task: Task, options: Sequence[_Option], parts: int, slots: int) -> Iterator[Quota]:
    """Yield the quotas that keep all segments in the family of the first one, where there are several."""
    families = {family(task, o.way) for o in options if o.way.duration}
    if len(families) < 2:
        return
    for number in sorted(families, key=repr):
        own = [o for o in options if o.way.duration and family(task, o.way) == number]
        for part in range(1, parts):
            yield _quota({o.at: (o.part == part) - (o.part == 0) for o in own}, slots)


def family(task: Task, way: ConcreteOption) -> tuple[object, ...]:
    """Return what the segments of a task must have in common: the pool, and the amounts held."""
    assert task.segments is not None
    pool = () if task.segments.move else (way.pool,)
    held = () if task.segments.resize else tuple(sorted((name, count) for name, count in way.uses.items() if count))
    return pool + held

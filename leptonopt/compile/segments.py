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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, gcd, lcm

import numpy as np

from leptonopt.compile.data_moves import EXACT
from leptonopt.compile.groups import Members
from leptonopt.compile.pool_options import Columns
from leptonopt.compile.rows import RowBuilder
from leptonopt.compile.work_options import ConcreteOption, before_fetching
from leptonopt.errors import Finding, InstanceError, Path
from leptonopt.instance import Instance, Task
from leptonopt.instance.names import unknown_name
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
    left : by task that is cut, of the instance that was cut: the share of its work that is left
    """

    instance: Instance
    parts: tuple[Part, ...]
    ways: tuple[Sequence[ConcreteOption], ...]
    left: Mapping[int, Fraction] = field(default_factory=dict)

    @property
    def has_parts(self) -> bool:
        """Return whether some task is cut."""
        return any(part.number for part in self.parts)

    def columns(self, instance: Instance, rows: RowBuilder) -> list[Columns]:
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
    tasks, parts, ways, left = list[Task](), list[Part](), list[Sequence[ConcreteOption]](), dict[int, Fraction]()
    for at, task in enumerate(instance.tasks):
        after = tuple(names.waiting(task))
        if not task.is_cut:
            tasks.append(task.model_copy(update={"after": after}))
            parts.append(Part(at))
            ways.append(all_ways[at])
            continue
        bare = [before_fetching(way) for way in all_ways[at]]
        own = _allowed(task, bare, ("tasks", at, "segments", "begun", "option"))
        left[at] = _left(task, own)
        by_number = [list(_segments(instance, task, own, number, left[at])) for number in _numbers(task)]
        for copy in range(1, task.copies + 1):
            for number in _numbers(task):
                tasks.append(_part(task, names.of(task, copy, number), after, number, names.of(task, copy, number - 1)))
                parts.append(Part(at, copy, number))
                ways.append(by_number[number - 1])
    return CutInstance(instance.model_copy(update={"tasks": tuple(tasks)}), tuple(parts), tuple(ways), left)


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


def is_later(task: Task, number: int, goes_on: bool = False) -> bool:
    """Return whether a segment of that number, counted in the horizon, follows another one of its copy."""
    assert task.segments is not None
    return number > 1 or (task.segments.begun is not None and not goes_on)


def _left(task: Task, ways: Sequence[ConcreteOption]) -> Fraction:
    """Return the share of a task that is to be done in the horizon."""
    begun = task.segments.begun if task.segments is not None else None
    if begun is None or begun.left is None:
        return Fraction(1)
    return min(Fraction(1), begun.left / next(way.duration for way in ways if way.id == begun.option))


def lost_by(task: Task, way: ConcreteOption, number: int) -> Fraction:
    """Return the time that a segment loses before work goes on [seconds].

    The first fetches inputs, later ones restart.
    """
    return Fraction(task.restart) if is_later(task, number, way.goes_on) else way.fetching


def lengths(instance: Instance, task: Task, way: ConcreteOption, number: int, share: Fraction) -> range:
    """Return the lengths that a segment may have [slots]: from `shortest` to the rest of the task."""
    assert task.segments is not None
    slot, lost = instance.time.slot, lost_by(task, way, number)
    left, whole, shortest = way.duration * share, way.duration, task.segments.shortest
    if way.goes_on:
        assert task.segments.begun is not None
        whole, shortest = left, task.segments.begun.shortest
    least = max(1, min(ceil(Fraction(shortest or slot) / slot), ceil(whole / slot)), int(lost // slot) + 1)
    return range(least, min(instance.time.slots, max(least, ceil((left + lost) / slot))) + 1)


def _segments(
    instance: Instance, task: Task, ways: Sequence[ConcreteOption], number: int, left: Fraction
) -> Iterator[ConcreteOption]:
    """Yield the options of a part: each way at each length, and an empty one after the first part."""
    assert task.segments is not None
    slot = instance.time.slot
    for way in check_time_each(_beginning(instance, task, ways) if number == 1 else ways):
        lost = lost_by(task, way, number)
        if is_later(task, number, way.goes_on):
            paid = way._replace(cost=way.cost + task.segments.cost, data=())
        else:
            paid = way._replace(cost=EXACT.add(way.cost, sum((move.cost for move in way.data), Decimal(0))))
        for length in lengths(instance, task, way, number, left) if way.refused is None else ():
            work = (length * slot - lost) / way.duration
            yield paid._replace(duration=Fraction(length * slot), segment=number, work=work)
        if way.refused is not None:
            yield way
    if number > 1 and ways:
        nothing = {"uses": {}, "duration": Fraction(0), "cost": Decimal(0), "consumes": {}, "whole": 0, "data": ()}
        free = {"not_before": None, "not_after": None, "refused": None, "work": Fraction(0)}
        yield ways[0]._replace(**nothing, **free, segment=number)  # type: ignore[arg-type]


def _allowed(task: Task, ways: Sequence[ConcreteOption], place: Path) -> Sequence[ConcreteOption]:
    """Return the ways that a task may still run in: those of the family of what it ran in, if anything.

    Raises `InstanceError` where it ran in no option of its own.
    """
    begun = task.segments.begun if task.segments is not None else None
    if begun is None:
        return ways
    known = {way.id: way for way in ways}
    if begun.option not in known:
        raise InstanceError([Finding(unknown_name("option", begun.option, known), place)])
    if not known[begun.option].progress:
        raise InstanceError([Finding(f"{known[begun.option].refused}; allowed is another option", place)])
    return [way for way in ways if family(task, way) == family(task, known[begun.option])]


def _beginning(instance: Instance, task: Task, ways: Sequence[ConcreteOption]) -> Iterator[ConcreteOption]:
    """Yield the ways of a first segment.

    What runs may go on with the horizon, or must where it is to run for a time.
    """
    begun = task.segments.begun if task.segments is not None else None
    start = instance.time.start
    for way in ways:
        going = begun is not None and not begun.paused and way.id == begun.option
        if going:
            yield way._replace(goes_on=True, cost=Decimal(0), consumes={}, data=(), not_before=None, not_after=start)
        if begun is None or begun.shortest is None:
            after = start + timedelta(seconds=instance.time.slot) if going else start
            yield way._replace(not_before=max(way.not_before or after, after)) if going else way


# --- the quotas of a chain ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Option:
    """An option of a chain: its number in the problem, its part from 0 on, and its way."""

    at: int
    part: int
    way: ConcreteOption


def with_chains(problem: Problem, cut: CutInstance, columns: Sequence[Columns], groups: Sequence[Members]) -> Problem:
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
        counted = _counted(task, options, cut.instance.time.slot, number, cut.left[number])
        found.append(_chain(task, chain, options, len(quotas), counted))
        quotas.append(_work(options, found[-1], problem))
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


_Way = tuple[str, tuple[str, ...], bool]  # its name, its nodes, and whether it goes on


def _key(way: ConcreteOption) -> _Way:
    return way.id, way.on_nodes, way.goes_on


@dataclass(frozen=True)
class _Counted:
    """Work in whole units: of the task, and by way of a slot and what a first and a later segment lose."""

    need: int
    rate: dict[_Way, int]
    lost: tuple[dict[_Way, int], dict[_Way, int]]


def _counted(task: Task, options: Sequence[_Option], slot: int, number: int, left: Fraction) -> _Counted:
    """Return the work of a chain; raises `InstanceError` where shares are too fine to be counted."""
    second, opening = dict[_Way, Fraction](), dict[_Way, Fraction]()
    for o in options:
        if o.way.duration:
            lost = lost_by(task, o.way, o.part + 1)
            second[_key(o.way)] = o.way.work / (o.way.duration - lost)
            if not o.part:
                opening[_key(o.way)] = lost
    times = {key: (slot, task.restart, opening.get(key, 0)) for key in second}
    unit = _unit({Fraction(1), *(each * time for key, each in second.items() for time in times[key])})
    if task.segments is not None and task.segments.most / unit > MAX_SHARES:
        text = f"the shares of segments come in steps of {float(unit):.3g}; at most 2^50 steps can be counted"
        raise InstanceError([Finding(f"{text}, so state rounder durations", ("tasks", number, "segments"))])
    rate = {key: int(each * slot / unit) for key, each in second.items()}
    restart = {key: int(each * task.restart / unit) for key, each in second.items()}
    first = {key: int(each * times[key][2] / unit) for key, each in second.items()}
    return _Counted(ceil(left / unit), rate, (first, restart))


def _chain(task: Task, groups: Sequence[int], options: Sequence[_Option], quota: int, counted: _Counted) -> Chain:
    index = {key: at for at, key in enumerate(counted.rate)}
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
        need=counted.need,
        rate=np.array([*counted.rate.values()], np.int64),
        lost=np.array([[*each.values()] for each in counted.lost], np.int64),
        family=np.array([kinds.index(families[key]) for key in counted.rate], np.int64),
    )


def _work(options: Sequence[_Option], chain: Chain, problem: Problem) -> Quota:
    """Return the quota of work, in units of the chain."""
    use = {o.at: chain.need if o.part == 0 else 0 for o in options}
    for o, way in zip(options, np.concatenate(chain.way).tolist(), strict=True):
        if way >= 0:
            done = int(problem.duration[o.at] * chain.rate[way] - chain.lost[min(o.part, 1), way])
            use[o.at] -= min(done, chain.need)
    return _quota(use, problem.slots)


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

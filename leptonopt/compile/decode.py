"""Convert a schedule of a compiled instance to task runs, and task runs back to a schedule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.segments import CutInstance
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.problem.schedule import Schedule


@dataclass(frozen=True, slots=True)
class TaskRun:
    """`copies` of a task from `copy` on that run alike, in half-open slots [start, end).

    Of a copy that is cut, it is the segment of that number, counted from 1; `last` says whether it is the last one.
    """

    task: int
    copy: int
    copies: int
    way: ConcreteOption
    start: int
    end: int
    segment: int = 0
    last: bool = True

    @property
    def first(self) -> bool:
        """Return whether the copies begin with it."""
        return self.segment <= 1


Wanted = Mapping[tuple[int, str, int], int]  # copies by task index, option id and start slot


def decode(
    compiled: CompiledInstance, schedule: Schedule, wanted: Wanted | None = None
) -> tuple[list[TaskRun], list[tuple[int, int, int]]]:
    """Return the task runs and the copies left out; the inverse of `encode`.

    Copies left out are given as (task index, first copy, number of copies). Copies of a task are identical, so they
    are numbered by start and option; copies with equal start and option make one run. Of tasks that are identical,
    those that are `wanted` in a column get it, and the others come in their order.
    """
    problem, cut = compiled.problem, compiled.cut
    waiting = [[(task, copies) for task, _, copies in reversed(members)] for members in compiled.members]
    alike: dict[tuple[int, int, int, int], int] = defaultdict(int)
    entries = sorted(schedule, key=lambda entry: (entry[1], entry[0]))
    taken_first = (
        _wanted_first(compiled, entries, wanted, waiting, alike) if wanted and cut is None else [0] * len(entries)
    )
    for (option, start, whole), had in zip(entries, taken_first, strict=True):
        group, count = int(problem.group[option]), whole - had
        at, end = option - int(problem.option_ptr[group]), start + int(problem.duration[option])
        while count:
            task, there = waiting[group].pop()
            taken = min(there, count)
            alike[task, at, start, end] += taken
            count -= taken
            if there > taken:
                waiting[group].append((task, there - taken))
    stated = compiled.instance.tasks if cut is None else cut.instance.tasks
    runs, following = [], [1] * len(stated)
    for (task, at, start, end), copies in alike.items():
        runs.append(TaskRun(task, following[task], copies, compiled.kept[task][at], start, end))
        following[task] += copies
    tasks = enumerate(zip(stated, following, strict=True))
    left = [(at, first, task.copies - first + 1) for at, (task, first) in tasks if first <= task.copies]
    return (runs, left) if cut is None else (_joined(cut, runs), _left(cut, left))


def _joined(cut: CutInstance, runs: Iterable[TaskRun]) -> list[TaskRun]:
    """Return the runs of tasks from those of parts, without empty segments."""
    found, segments = list[TaskRun](), defaultdict[tuple[int, int], list[TaskRun]](list)
    for run in runs:
        part = cut.parts[run.task]
        if not part.number:
            found.append(replace(run, task=part.task))
        elif run.way.duration:
            segments[part.task, part.copy].append(run)
    for (task, copy), own in segments.items():
        for number, run in enumerate(sorted(own, key=lambda run: run.start), 1):
            found.append(replace(run, task=task, copy=copy, segment=number, last=number == len(own)))
    return found


def _left(cut: CutInstance, left: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """Return the copies left out, by the first part of those that are cut."""
    found = []
    for at, first, copies in left:
        part = cut.parts[at]
        if part.number <= 1:
            found.append((part.task, part.copy if part.number else first, copies))
    return found


def _wanted_first(
    compiled: CompiledInstance,
    entries: Sequence[tuple[int, int, int]],
    wanted: Wanted,
    waiting: list[list[tuple[int, int]]],
    alike: dict[tuple[int, int, int, int], int],
) -> list[int]:
    """Give columns to the tasks that are wanted in them; return how many copies of each entry are given."""
    problem, given = compiled.problem, []
    for option, start, count in entries:
        group, had = int(problem.group[option]), 0
        at, end = option - int(problem.option_ptr[group]), start + int(problem.duration[option])
        for place, (task, there) in enumerate(waiting[group]):
            taken = min(there, count - had, wanted.get((task, compiled.kept[task][at].id, start), 0))
            if taken > 0:
                alike[task, at, start, end] += taken
                waiting[group][place] = (task, there - taken)
                had += taken
        waiting[group] = [(task, there) for task, there in waiting[group] if there]
        given.append(had)
    return given


def encode(compiled: CompiledInstance, runs: Iterable[tuple[int, str, tuple[str, ...], int, int]]) -> Schedule:
    """Return the schedule of task runs; unknown ones are skipped.

    Task runs are given as (task index, option id, nodes, start slot, number of copies). A plan becomes a warm start in
    this way: entries that no longer fit the instance are dropped, not repaired. Where nodes are counted, those of a
    plan say nothing.
    """
    problem = compiled.problem
    offered: dict[tuple[int, str, tuple[str, ...]], list[int]] = defaultdict(list)
    for group, members in enumerate(compiled.members):
        for task, _, _ in members:
            for at, way in enumerate(compiled.kept[task]):
                offered[task, way.id, way.on_nodes].append(int(problem.option_ptr[group]) + at)
    found = []
    for task, id, nodes, start, copies in runs:
        options = offered.get((task, id, nodes)) or (offered.get((task, id, ()), []) if compiled.alike else [])
        fits = [option for option in options if problem.first[option] <= start <= problem.last[option]]
        found += [(option, start, copies) for option in (fits or options)[:1]]
    return Schedule.of(*np.array(found, np.int64).reshape(-1, 3).T)

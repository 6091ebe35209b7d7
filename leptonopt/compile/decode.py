"""Convert a schedule of a compiled instance to task runs, and task runs back to a schedule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.problem.schedule import Schedule


@dataclass(frozen=True, slots=True)
class TaskRun:
    """`copies` of a task from `copy` on that run alike, in half-open slots [start, end)."""

    task: int
    copy: int
    copies: int
    way: ConcreteOption
    start: int
    end: int


def decode(compiled: CompiledInstance, schedule: Schedule) -> tuple[list[TaskRun], list[tuple[int, int, int]]]:
    """Return the task runs and the copies left out; the inverse of `encode`.

    Copies left out are given as (task index, first copy, number of copies). Copies of a task are identical, so they
    are numbered by start and option; copies with equal start and option make one run.
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

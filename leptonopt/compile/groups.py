"""Merge identical tasks to groups, and translate sets and precedence of tasks to groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import chain

import numpy as np

from leptonopt.compile.pool_options import ColumnsOnPools, representatives
from leptonopt.compile.ties import Ties
from leptonopt.compile.windows import TaskWindows
from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import Instance
from leptonopt.problem.arrays import Ints
from leptonopt.runtime.clock import check_time, check_time_each

MAX_EDGES = 2_000_000
MAX_LINKED = 100_000  # copies of tasks with precedence: each is a group of its own
OFTEN = 256  # edges between two checks of the time limit
Members = list[tuple[int, int, int]]  # (task index, first copy, number of copies)


def group_tasks(instance: Instance, tasks: TaskWindows, ties: Ties) -> list[Members]:
    """Return the members of each group of identical tasks; those with precedence or segments stay single."""
    linked = {at for first, second, *_ in tasks.edges for at in (first, second)}
    many = [at for at in linked if instance.tasks[at].copies > 1]
    if (copies := sum(instance.tasks[at].copies for at in many)) > MAX_LINKED:
        at = max(many, key=lambda task: instance.tasks[task].copies)
        text = f"{copies:,} copies of tasks wait or are waited for, each on its own; at most {MAX_LINKED:,} are allowed"
        raise InstanceError([Finding(text, ("tasks", at, "copies"))])
    sets = defaultdict(list)
    for number, ids in enumerate((*instance.together, *instance.apart)):
        for id in set(ids):
            sets[id].append(number)
    groups: dict[object, Members] = {}
    for at, task in enumerate(check_time_each(instance.tasks)):
        if at in linked or task.is_cut:  # a part of a copy in segments may be all that is left of it
            for copy in range(1, task.copies + 1):
                groups[at, copy] = [(at, copy, 1)]
            continue
        columns = tasks.columns[at]
        pools = columns.rows if isinstance(columns, ColumnsOnPools) else None  # the first column stands for all
        content = tuple(
            (
                c.way.pool,
                c.slots,
                c.rows,
                c.amounts,
                c.way.fixed_key,
                c.once,
                c.starts.tobytes() if c.special else b"",
                ties.cost(c.way),
            )
            for c in representatives(columns)
        )
        left_out = task.value if tasks.mandatory[at] is False else None
        due = (task.due, task.late_cost, task.late_penalty, task.early_cost, left_out)
        key = (pools, content, tasks.release[at], tasks.deadline[at], due, tuple(sets[task.id]))
        groups.setdefault(key, []).append((at, 1, task.copies))
    return list(groups.values())


def group_sets(instance: Instance, sets: Sequence[Sequence[str]], groups: Sequence[Members]) -> tuple[Ints, ...]:
    """Return the groups of the tasks of each set."""
    if not sets:
        return ()
    of_task = defaultdict(set)
    for group, members in enumerate(check_time_each(groups)):
        for task, _, _ in members:
            of_task[instance.tasks[task].id].add(group)
    return tuple(
        np.array(sorted(set().union(*(of_task[id] for id in ids))), np.int64) for ids in check_time_each(sets) if ids
    )


def precedence_edges(instance: Instance, tasks: TaskWindows, groups: Sequence[Members]) -> Ints:
    """Return an edge for every pair of copies with precedence, int64, shape (4, E); then both lags."""
    of_task = defaultdict(list)
    for group, members in enumerate(check_time_each(groups)):
        for task, _, _ in members:
            of_task[task].append(group)
    pairs = sum(len(of_task[first]) * len(of_task[second]) for first, second, *_ in check_time_each(tasks.edges, OFTEN))
    if pairs > MAX_EDGES:
        raise InstanceError(
            [Finding(f"{pairs:,} pairs of copies wait for each other; at most {MAX_EDGES:,}", ("tasks",))]
        )
    edges = np.fromiter(chain.from_iterable(check_time_each(tasks.edges, OFTEN)), np.int64).reshape(-1, 4)
    base = np.array([of_task[at][0] for at in range(len(instance.tasks))], np.int64)  # copies that wait follow it
    copies = np.array([len(of_task[at]) for at in range(len(instance.tasks))], np.int64)
    each = copies[edges[:, 0]] * copies[edges[:, 1]]
    edge = np.repeat(np.arange(len(edges)), each)
    number = np.arange(pairs) - np.repeat(np.cumsum(each) - each, each)
    first, second, lags, most = edges[edge].T
    before, after = base[first] + number // copies[second], base[second] + number % copies[second]
    check_time()
    order = np.lexsort((lags, after, before))
    check_time()
    before, after, lags, most = before[order], after[order], lags[order], most[order]
    last = np.ones(pairs, bool)  # of equal pairs the strictest lags
    last[:-1] = (before[1:] != before[:-1]) | (after[1:] != after[:-1])
    first_of = np.flatnonzero(np.concatenate([np.ones(min(1, pairs), bool), last[:-1]]))
    most = np.minimum.reduceat(most, first_of) if pairs else most
    return np.stack([before[last], after[last], lags[last], most])

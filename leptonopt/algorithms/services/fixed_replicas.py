"""Fix the replicas of a problem: what is left is a problem of tasks, which any method can solve.

Replicas take their part of the capacity away. Rows that nodes supply keep their load instead, as groups that must run
and have no choice, since nodes are paid for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from leptonopt.problem.arrays import Ints, pointers
from leptonopt.problem.problem import UNLIMITED, Problem, Quota
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.services import ReplicaSchedule, no_services

Load = tuple[int, int, int, int]  # row, first slot, slots, amount


def around(problem: Problem, replicas: ReplicaSchedule) -> Problem | None:
    """Return the problem of the tasks around these replicas; None where replicas do not fit the capacity.

    Its groups and options are those of the problem, followed by the loads of rows that nodes supply.
    """
    held = problem.services.load(replicas.on, len(problem.capacity))
    if np.any(held > problem.capacity):
        return None
    supplied = np.zeros(len(held), bool)
    supplied[problem.nodes.supply_row] = True
    taken = (problem.capacity < UNLIMITED) & ~supplied[:, None]
    loads = list(_loads(np.where(supplied[:, None], held, 0)))
    return replace(
        problem,
        capacity=np.where(taken, problem.capacity - held, problem.capacity),
        quotas=tuple(_left(problem, quota, replicas, held, loads) for quota in problem.quotas),
        services=no_services(problem.slots),
        **_with_loads(problem, loads),
    )


def joined(problem: Problem, tasks: Schedule, replicas: ReplicaSchedule) -> Schedule:
    """Return the schedule of a problem from that of the tasks around its replicas."""
    own = tasks.option < problem.options
    return Schedule(tasks.option[own], tasks.start[own], tasks.count[own], tasks.rent, replicas)


def tasks_of(problem: Problem, schedule: Schedule, alone: Problem) -> Schedule:
    """Return the tasks of a schedule as one of the problem around its replicas."""
    more = np.arange(problem.options, alone.options)
    option, start = np.concatenate([schedule.option, more]), np.concatenate([schedule.start, alone.first[more]])
    return Schedule.of(option, start, np.concatenate([schedule.count, np.ones_like(more)]), schedule.rent)


def _loads(held: Ints) -> Iterator[Load]:
    """Yield the loads of rows, each from one change to the next."""
    for row in np.flatnonzero(held.any(axis=1)).tolist():
        edges = [0, *(np.flatnonzero(np.diff(held[row])) + 1).tolist(), held.shape[1]]
        for first, end in pairwise(edges):
            if held[row, first]:
                yield row, first, end - first, int(held[row, first])


def _with_loads(problem: Problem, loads: list[Load]) -> dict[str, Any]:
    """Return the arrays of groups and options with one more for each load."""
    row, first, slots, amount = np.array(loads, np.int64).reshape(-1, 4).T
    one, zero = np.ones_like(row), np.zeros_like(row)
    more = {
        "copies": one, "optional": zero.astype(bool), "value": zero, "late_slope": zero, "late_base": zero,
        "late_once": zero, "late_after": zero + problem.slots, "pool": zero, "duration": slots, "fixed": zero,
        "first": first, "last": first, "demand_row": row, "demand": amount,
    }  # fmt: skip
    found = {name: np.concatenate([getattr(problem, name), part]) for name, part in more.items()}
    sizes = {"option_ptr": np.diff(problem.option_ptr), "demand_ptr": np.diff(problem.demand_ptr)}
    return found | {name: pointers(np.concatenate([part, one])) for name, part in sizes.items()}


def _left(problem: Problem, quota: Quota, replicas: ReplicaSchedule, held: Ints, loads: list[Load]) -> Quota:
    """Return what replicas leave of a quota; loads use their part of it by themselves."""
    used = quota.replicas.of(replicas.on, problem.services.running) if quota.replicas else 0
    rates = dict(zip(quota.rows.tolist(), quota.rate, strict=True))
    used += sum(int(held[row] @ rate) for row, rate in rates.items())
    for row, first, slots, amount in loads:
        if row in rates:
            used -= amount * int(rates[row][first : first + slots].sum())
    return replace(quota, limit=quota.limit - used, replicas=None)

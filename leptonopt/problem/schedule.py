"""Define a schedule of a problem, and compute its cost, its load and its use of quotas.

Slots are half-open: an option of duration d started in slot s holds its demand in slots s, ..., s+d-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.node_commitment import cheapest_node_schedule
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.problem import Problem, Quota, held_entries
from leptonopt.problem.services import ReplicaSchedule


@dataclass(frozen=True, eq=False)
class Schedule:
    """The copies that run: `count` of `option` from slot `start`; int64, shape (N,) each.

    Copies of a group beyond its counts are left out. Entries are sorted by option and start,
    with counts above zero and no pair twice (`Schedule.of` ensures this). `rent` states the nodes that are on;
    None stands for the result of `leptonopt.problem.node_commitment.cheapest_node_schedule`. `replicas` states those of
    services; None stands for a problem without services.
    """

    option: Ints
    start: Ints
    count: Ints
    rent: NodeSchedule | None = None
    replicas: ReplicaSchedule | None = None

    @classmethod
    def of(
        cls,
        option: Any,
        start: Any,
        count: Any = None,
        rent: NodeSchedule | None = None,
        replicas: ReplicaSchedule | None = None,
    ) -> Schedule:
        """Return a schedule in canonical order from any entries; equal pairs are added up."""
        option, start = np.asarray(option, np.int64).ravel(), np.asarray(start, np.int64).ravel()
        count = np.ones_like(option) if count is None else np.asarray(count, np.int64).ravel()
        pairs, inverse = np.unique(np.stack([option, start], axis=1), axis=0, return_inverse=True)
        total = np.zeros(len(pairs), np.int64)
        np.add.at(total, inverse.ravel(), count)
        keep = total > 0
        return cls(pairs[keep, 0], pairs[keep, 1], total[keep], rent, replicas)

    def __iter__(self) -> Iterator[tuple[int, int, int]]:
        """Yield (option, start, count) as Python ints."""
        return zip(self.option.tolist(), self.start.tolist(), self.count.tolist(), strict=True)


def objective(problem: Problem, schedule: Schedule) -> int:
    """Return the exact objective: cost of columns, nodes, replicas and meters, and value left out.

    Raises `ValueError` when the nodes do not cover the load.
    """
    rent = node_schedule_of(problem, schedule)
    if rent is None:
        raise ValueError("the nodes do not cover the load")
    total: int = problem.nodes.costs.of(rent, problem.nodes) if len(problem.nodes) else 0
    used = metered_use(problem, schedule, rent)
    total += sum(meter.cost(use) for meter, use in zip(problem.meters, used, strict=True))
    total += sum(plan.cost(used) for plan in problem.savings)
    if schedule.replicas is not None:
        held = problem.services.load(schedule.replicas.on, len(problem.price))
        total += schedule.replicas.cost(problem.services) + _dot(held.ravel(), problem.price.ravel())
    ran = np.zeros(problem.groups, np.int64)
    each = column_costs(problem, schedule.option, schedule.start)
    np.add.at(ran, problem.group[schedule.option], schedule.count)
    return total + _dot(each, schedule.count) + _dot(problem.copies - ran, problem.value)


def _dot(one: Ints, other: Ints) -> int:
    """Return the exact sum of products, whatever its size."""
    if float(np.abs(one.astype(float)) @ np.abs(other.astype(float))) < 2**62:
        return int(one @ other)
    return sum(a * b for a, b in zip(one.tolist(), other.tolist(), strict=True))


def column_costs(problem: Problem, option: Ints, start: Ints, prefix: Any = None) -> Any:
    """Return the exact cost of one copy in each column, shape (N,).

    With `prefix`, prefix sums of other prices, shape (K, T + 1), it is the cost at those prices.
    """
    prefix = problem.price_sum if prefix is None else prefix
    at, of = held_entries(problem, option)
    row, end = problem.demand_row[at], start + problem.duration[option]
    total = (problem.fixed[option] + problem.late(problem.group[option], end)).astype(prefix.dtype)
    np.add.at(total, of, problem.demand[at] * (prefix[row, end[of]] - prefix[row, start[of]]))
    return total


def usage(problem: Problem, schedule: Schedule) -> Ints:
    """Return the demand on every row in every slot, int64, shape (K, T)."""
    change = np.zeros((problem.capacity.shape[0], problem.slots + 1), np.int64)
    at, of = held_entries(problem, schedule.option)
    begin, amount = schedule.start[of], problem.demand[at] * schedule.count[of]
    np.add.at(change, (problem.demand_row[at], begin), amount)
    np.subtract.at(change, (problem.demand_row[at], begin + problem.duration[schedule.option[of]]), amount)
    load: Ints = np.cumsum(change, axis=1)[:, :-1]
    if schedule.replicas is not None:
        load += problem.services.load(schedule.replicas.on, len(load))
    return load


def node_schedule_of(problem: Problem, schedule: Schedule, load: Ints | None = None) -> NodeSchedule | None:
    """Return the nodes of a schedule; None when there are too few."""
    if schedule.rent is not None:
        return schedule.rent
    if not len(problem.nodes):
        return NodeSchedule(np.zeros((0, problem.slots), np.int64), np.zeros(0, np.int64))
    return cheapest_node_schedule(problem.nodes, usage(problem, schedule) if load is None else load)


def with_node_schedule(problem: Problem, schedule: Schedule) -> Schedule:
    """Return the schedule with its node schedule filled in."""
    if schedule.rent is not None or not len(problem.nodes):
        return schedule
    return replace(schedule, rent=node_schedule_of(problem, schedule))


def metered_use(problem: Problem, schedule: Schedule, rent: NodeSchedule) -> list[int]:
    """Return the use of each meter by a schedule and its nodes."""
    load = usage(problem, schedule) if problem.meters else None
    return [quota_use(problem, meter.use, schedule, rent, load) for meter in problem.meters]


def quota_use(problem: Problem, quota: Quota, schedule: Schedule, rent: NodeSchedule, load: Ints | None = None) -> int:
    """Return the use of a quota by a schedule and its nodes; `load` is what it holds, where known."""
    load = usage(problem, schedule) if load is None else load
    total = _dot(load[quota.rows].ravel(), quota.rate.ravel())
    for option, start, count in schedule if quota.once_of else ():
        total += count * quota.once_of.get(option, 0) * (quota.first <= start <= quota.last)
    if schedule.replicas is not None and quota.replicas:
        total += quota.replicas.of(schedule.replicas.on, problem.services.running)
    return total + (quota.nodes.of(rent, problem.nodes) if quota.nodes else 0)

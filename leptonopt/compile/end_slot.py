"""Give milestones a slot at the end of the horizon.

A milestone has a duration of zero, so that it may start where the horizon ends. Methods index starts by slot: a problem
with milestones has one slot more, the end slot, in which nothing else can run and nodes cost nothing.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import Problem, Quota
from leptonopt.problem.services import ReplicaCosts, Services


def with_end_slot(problem: Problem) -> Problem:
    """Return the problem with an end slot where some option is a milestone; else the problem itself.

    Capacity and nodes are those of the last slot, so that nodes can stay on. What is used in the end slot is free, and
    switching nodes off behind it costs what it costs behind the last slot. Limits that hold in the last slot hold on.
    """
    if problem.duration.all():
        return problem
    last = problem.slots - 1
    nodes = problem.nodes
    return replace(
        problem,
        capacity=_again(problem.capacity),
        price=_zero(problem.price),
        nodes=replace(
            nodes,
            count=_again(nodes.count),
            costs=_costs(nodes.costs),
            least=_zero(nodes.least),
            held=_zero(nodes.held),
        ),
        quotas=tuple(_quota(quota, last) for quota in problem.quotas),
        meters=tuple(replace(meter, use=_quota(meter.use, last)) for meter in problem.meters),
        services=_services(problem.services),
    )


def _quota(quota: Quota, last: int) -> Quota:
    """Return a quota that counts what is used once in the end slot with the last one."""
    return replace(
        quota,
        rate=_zero(quota.rate),
        last=quota.last + (quota.last == last),
        nodes=None if quota.nodes is None else _costs(quota.nodes),
        replicas=None if quota.replicas is None else _replica_costs(quota.replicas),
    )


def _services(services: Services) -> Services:
    """Return services that are asked for nothing in the end slot, in which replicas can stay on."""
    return replace(
        services,
        most=_again(services.most),
        limit=_again(services.limit),
        costs=_replica_costs(services.costs),
        demand=_zero(services.demand),
    )


def _replica_costs(costs: ReplicaCosts) -> ReplicaCosts:
    return ReplicaCosts(_zero(costs.on), _again(costs.start), _again(costs.stop))


def _costs(costs: NodeCosts) -> NodeCosts:
    return replace(
        costs,
        on_demand=_zero(costs.on_demand),
        on=_zero(costs.on),
        start=_again(costs.start),
        stop=_again(costs.stop),
    )


def _again(grid: Ints) -> Ints:
    """Return a grid with its last slot twice."""
    return np.concatenate([grid, grid[:, -1:]], axis=1)


def _zero(grid: Ints) -> Ints:
    """Return a grid with a slot of zeros at its end."""
    return np.concatenate([grid, np.zeros((len(grid), 1), grid.dtype)], axis=1)

"""Cut a problem with services into parts: one service alone, or all services without the tasks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from leptonopt.problem.arrays import Bools, Ints, pointers
from leptonopt.problem.nodes import NodeCosts, Nodes
from leptonopt.problem.problem import Problem
from leptonopt.problem.restrict import restrict
from leptonopt.problem.services import Batches, ReplicaCosts, Services, Survival


def without_tasks(problem: Problem, room: Ints | None = None) -> Problem:
    """Return the problem of the services alone, in the capacity that is left to them."""
    if not problem.groups and room is None:
        return problem
    capacity = problem.capacity if room is None else room
    alone, _ = restrict(problem, np.zeros(problem.groups, bool), capacity, problem.copies)
    none = np.zeros(0, np.int64)
    quotas = tuple(replace(quota, options=none, once=none) for quota in problem.quotas)
    return replace(alone, before=none, after=none, lag=none, quotas=quotas, together=(), apart=())


def only_service(
    problem: Problem, service: int, kinds: tuple[int, ...], price: Ints, room: Ints | None = None
) -> Problem:
    """Return the problem of one service at prices of rows, shape (K, T), with the nodes that it pays for.

    `room`, shape (K, T), is the capacity left to it.
    """
    alone = replace(without_tasks(problem, room), price=price, quotas=(), services=_only(problem.services, service))
    return replace(alone, nodes=_kinds(problem.nodes, kinds))


def _kinds(nodes: Nodes, kinds: tuple[int, ...]) -> Nodes:
    """Return some kinds of nodes."""
    at = np.array(kinds, np.int64)
    kept = np.isin(nodes.supply_node, at)
    parts = (nodes.costs.on_demand, nodes.costs.on, nodes.costs.start, nodes.costs.stop, nodes.costs.commit)
    return Nodes(
        nodes.count[at], nodes.on_demand[at], nodes.reserved[at], nodes.commit_max[at], nodes.boot[at],
        nodes.minimum[at], NodeCosts(*(part[at] for part in parts)),
        np.searchsorted(at, nodes.supply_node[kept]), nodes.supply_row[kept], nodes.supply_size[kept], nodes.before[at],
    )  # fmt: skip


def other_kinds(nodes: Nodes, kinds: Bools) -> Nodes:
    """Return the kinds of nodes that are not among `kinds`, bool, shape (M,)."""
    return _kinds(nodes, tuple(np.flatnonzero(~kinds).tolist()))


def _only(services: Services, v: int) -> Services:
    """Return one service."""
    ways, classes = services.ways(v), services.classes(v)
    at, _ = services.holds(np.arange(ways.start, ways.stop))
    costs, batches = services.costs, services.batches
    mine = batches.service == v
    tables = {name: getattr(services, name)[ways, classes] for name in ("rate", "planned", "offline")}
    lines: dict[str, Any] = {
        name: getattr(services, name)[ways] for name in ("pool", "most", "running", "boot", "minimum", "least")
    }
    own = {
        name: getattr(services, name)[v : v + 1]
        for name in ("limit", "service_least", "spare", "whole", "one_way", "fill")
    }
    return replace(
        services,
        way_ptr=pointers([ways.stop - ways.start]),
        class_ptr=pointers([classes.stop - classes.start]),
        hold_ptr=pointers(np.diff(services.hold_ptr)[ways]),
        hold_row=services.hold_row[at],
        hold=services.hold[at],
        costs=ReplicaCosts(costs.on[ways], costs.start[ways], costs.stop[ways]),
        demand=services.demand[classes],
        missed=services.missed[classes],
        survivals=tuple(
            Survival(0, loss.kept - ways.start, loss.lost) for loss in services.survivals if loss.service == v
        ),
        batches=Batches(
            np.zeros(int(mine.sum()), np.int64), batches.first[mine], batches.last[mine],
            batches.amount[mine][:, classes], batches.optional[mine], batches.value[mine],
        ),
        **lines, **tables, **own,
    )  # fmt: skip

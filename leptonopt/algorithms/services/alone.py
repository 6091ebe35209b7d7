"""Services by themselves: the optimum of each service at the prices of its rows.

What only one service holds belongs to it: its rows, and the nodes that supply nothing else. Nodes of which only the
number paid matters are then part of its costs. Everything else is shared, and costs a service its price only. So the
sum of the optima is a lower bound on what services cost, and where they fit together it is their optimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.replicas import least_money
from leptonopt.problem.services import ReplicaSchedule


@dataclass(frozen=True, eq=False)
class Ownership:
    """Rows and kinds of nodes that belong to one service.

    Attributes
    ----------
    row : int64, shape (K,), the service that alone holds a row; -1 where there is none or another user
    kind : int64, shape (M,), the service that alone pays for a kind of nodes; -1 for others
    """

    row: Ints
    kind: Ints

    @classmethod
    def of(cls, problem: Problem) -> Ownership:
        """Return who owns what."""
        services, nodes = problem.services, problem.nodes
        way = np.repeat(np.arange(len(services.pool)), np.diff(services.hold_ptr))
        owner = np.repeat(np.arange(len(services)), np.diff(services.way_ptr))[way]
        row = np.full(len(problem.capacity), -1)
        for at in range(len(row)):
            users = np.unique(owner[services.hold_row == at])
            if len(users) == 1:
                row[at] = users[0]
        row[problem.demand_row] = -1
        kind = np.full(len(nodes), -1)
        suppliers = np.bincount(nodes.supply_row, minlength=len(row))
        for at in np.flatnonzero(problem.plain & (nodes.commit_max == 0) & nodes.on_demand).tolist():
            rows = nodes.supply_row[nodes.supply_node == at]
            users = np.unique(row[rows])
            if len(users) == 1 and np.all(suppliers[rows] == 1):
                kind[at] = users[0]
        return cls(row, kind)

    def kinds(self, service: int) -> tuple[int, ...]:
        """Return the kinds of nodes that a service pays for."""
        return tuple(np.flatnonzero(self.kind == service).tolist())


def replica_schedule(problem: Problem, on: Ints, done: Bools | None = None) -> ReplicaSchedule | None:
    """Return replicas on, (W, T), with the money for what is missed; None where they cannot serve.

    Without `done`, optional batches are left out.
    """
    services, usable = problem.services, problem.services.usable(on)
    missed = [least_money(problem, v, usable[services.ways(v)]) for v in range(len(services))]
    if any(np.any(money < 0) for money in missed):
        return None
    chosen = ~services.batches.optional if done is None else done
    return ReplicaSchedule(on, chosen, np.array(missed, np.int64).reshape(len(services), problem.slots))

"""The subproblem of nodes in the Lagrangian dual: unit commitment by dynamic programming.

With prices on the rows that nodes supply, every node decides on its own when to be on: it earns the price of the
capacity it offers. Nodes of a kind that exist in the same slots and are paid alike form one class of levels, solved
once and counted with its size. Levels are not nodes: where levels differ, a node that has to stay on may take the place
of one that goes. A minimum time on therefore holds only where all levels are alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.node_commitment import on_off_paths
from leptonopt.problem.nodes import NEVER, NodeCosts, Nodes


class NodeSubproblem:
    """The nodes of a problem, which respond to prices."""

    def __init__(self, nodes: Nodes, rows: int) -> None:
        self.nodes, self.rows = nodes, rows
        kinds, lows, highs = [], [], []
        for kind in range(len(nodes)):
            own = nodes.reserved[kind], nodes.reserved[kind] + nodes.commit_max[kind]
            top = max(nodes.count[kind].max(initial=0), nodes.before[kind])
            cuts = np.unique(np.concatenate([[0], np.minimum((*own, nodes.before[kind]), top), nodes.count[kind]]))
            kinds.append(np.full(len(cuts) - 1, kind))
            lows.append(cuts[:-1])
            highs.append(cuts[1:])
        empty = np.zeros(0, np.int64)
        self.kind: Ints = np.concatenate([empty, *kinds])
        low, high = np.concatenate([empty, *lows]), np.concatenate([empty, *highs])
        self.many: Ints = high - low
        self.there: Bools = nodes.count[self.kind] >= high[:, None]
        self.before: Bools = nodes.before[self.kind] >= high
        self.free: Bools = high <= nodes.reserved[self.kind]
        self.committable: Bools = ~self.free & (high <= (nodes.reserved + nodes.commit_max)[self.kind])
        self.paid: Bools = ~self.free & nodes.on_demand[self.kind]
        most: Ints = nodes.count.max(axis=1, initial=0)
        alone = (nodes.reserved + nodes.commit_max == 0) | ~nodes.on_demand
        steady = (nodes.count == most[:, None]).all(axis=1) & alone & ((nodes.before == 0) | (nodes.before >= most))
        self.minimum: Ints = np.where((most <= 1) | steady, nodes.minimum, 0)

    def solve(
        self, price: NDArray[Any], costs: NodeCosts, scale: int = 1, more: NDArray[Any] | None = None
    ) -> tuple[Any, Ints, Ints]:
        """Return the nodes' least cost less earnings [1/scale], the capacity offered, and the usable nodes.

        `price`, shape (rows, T), and `more`, shape (M, T), the other earnings of a usable node of each kind, are in the
        same units; integers give an exact result. The offer has shape (rows, T), the usable nodes (M, T).
        """
        nodes = replace(self.nodes, costs=costs)
        earned = np.zeros(nodes.count.shape, price.dtype)
        np.add.at(earned, nodes.supply_node, nodes.supply_size[:, None] * price[nodes.supply_row])
        if more is not None:
            earned = earned + more
        exact = price.dtype == np.int64
        never: Any = NEVER if exact else np.inf
        best = np.where(self.before, scale * costs.stop[self.kind, 0], 0).astype(price.dtype)
        usable = np.zeros(self.there.shape, np.int64)
        nothing = np.zeros(self.there.shape, bool)
        for chosen, paid in ((self.free | self.committable, False), (self.paid, True)):
            at = np.flatnonzero(chosen)
            if not len(at):
                continue
            kind = self.kind[at]
            found = on_off_paths(
                nodes, kind, nothing[at], self.there[at], paid, earned[kind], scale, self.minimum, self.before[at]
            )
            cost = np.where(found.cost >= never, 0, found.cost)
            if not paid:
                cost = cost + np.where(self.committable[at], scale * costs.commit[kind], 0)
            better = cost < best[at]
            best[at] = np.where(better, cost, best[at])
            usable[at] = np.where(better[:, None], found.usable, usable[at])
        offered = np.zeros((self.rows, nodes.count.shape[1]), np.int64)
        by_kind = np.zeros(nodes.count.shape, np.int64)
        np.add.at(by_kind, self.kind, self.many[:, None] * usable)
        np.add.at(offered, nodes.supply_row, nodes.supply_size[:, None] * by_kind[nodes.supply_node])
        if exact:
            return sum(int(cost) * int(many) for cost, many in zip(best, self.many, strict=True)), offered, by_kind
        return float(best @ self.many), offered, by_kind

"""Rent of nodes in a small problem, and a share of it that each column costs at least.

It covers nodes of which only the number paid matters (`Problem.plain`), without commitments, where each row has a
single supplier. A load then needs a number of nodes of each kind in each slot, and rent is their price by slot.

No load costs less than its share of the nodes that it fills, amount / size of one row that the kind supplies: numbers
of nodes are whole, and shares of all columns add up to at most that number. Reserved nodes cost nothing, so that
kinds with some have no share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem


def takes_nodes(problem: Problem) -> bool:
    """Return whether the rent of nodes is a matter of their number in each slot."""
    nodes = problem.nodes
    alone = len(np.unique(nodes.supply_row)) == len(nodes.supply_row)
    return alone and not nodes.commit_max.any() and bool(problem.plain.all())


@dataclass(frozen=True)
class NodeRent:
    """The rent of a kind of nodes.

    Attributes
    ----------
    rows, sizes : what it supplies, and how much of it a node offers [demand units]
    room : by row, the most that its nodes can offer in each slot; int64, shape (T,)
    price : by slot, of a node beyond those `reserved` [money units]
    shared : the row whose shares columns pay; -1 without one
    """

    rows: tuple[int, ...]
    sizes: tuple[int, ...]
    room: tuple[Ints, ...]
    price: tuple[int, ...]
    reserved: int
    shared: int

    def shares(self, problem: Problem, option: int, starts: Ints) -> Ints:
        """Return what an option costs at least at each start for its share of nodes, int64 [money units]."""
        rows, amounts = problem.demands(option)
        amount = int(amounts[rows == self.shared].sum())
        if not amount:
            return np.zeros_like(starts)
        prices, length = np.cumsum([0, *self.price]), int(problem.duration[option])
        found: Ints = amount * (prices[starts + length] - prices[starts]) // self.sizes[self.rows.index(self.shared)]
        return found


def node_rents(problem: Problem) -> list[NodeRent]:
    """Return the rent of each kind of nodes, with shares of the row of which most is asked."""
    nodes, found = problem.nodes, []
    most, held = nodes.most(), np.bincount(problem.demand_row, problem.demand, len(problem.capacity))
    for kind in range(len(nodes)):
        mine = np.flatnonzero(nodes.supply_node == kind)
        rows, sizes = nodes.supply_row[mine].tolist(), nodes.supply_size[mine].tolist()
        if not rows:
            continue
        shared = max(zip(rows, sizes, strict=True), key=lambda each: held[each[0]] / each[1])[0]
        room = tuple(size * most[kind] for size in sizes)
        price, reserved = tuple(nodes.costs.on_demand[kind].tolist()), int(nodes.reserved[kind])
        found.append(NodeRent(tuple(rows), tuple(sizes), room, price, reserved, -1 if reserved else shared))
    return found

"""Best fit over time: assign tasks with fixed starts to the nodes of a pool, larger tasks first.

It is best-fit decreasing of bin packing, where a bin is a node and an item occupies it in its slots alone. Among the
nodes with room, the one on which the task adds least to the cost of nodes is taken; then the one it fills most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from leptonopt.problem.arrays import Bools, Ints


@dataclass(frozen=True, eq=False)
class NodePool:
    """The single nodes of a pool; N nodes, R resources, T slots.

    Attributes
    ----------
    size : int64, shape (N, R) [demand units]
    usable : bool, shape (N, T): slots in which a node can be usable
    cost : int64, shape (N, T) [money units]: cost of being on in a slot
    start : int64, shape (N, T) [money units]: cost of being switched on at the beginning of a slot
    boot : int64, shape (N,) [slots]: a node is on for so long before it is usable
    """

    size: Ints
    usable: Bools
    cost: Ints
    start: Ints
    boot: Ints


@dataclass(frozen=True, eq=False)
class Items:
    """The tasks to assign; I items.

    Attributes
    ----------
    first, end : int64, shape (I,) [slots], half-open
    demand : int64, shape (I, R) [demand units] on a node
    whole : int64, shape (I,): nodes that an item holds alone; 0 for an item within one node
    """

    first: Ints
    end: Ints
    demand: Ints
    whole: Ints

    def __len__(self) -> int:
        return len(self.first)


class NodePacking:
    """The amounts held on each node, slot by slot.

    Attributes
    ----------
    cost : what being on is said to cost [money units]
    """

    def __init__(self, pool: NodePool) -> None:
        self.pool, self.cost = pool, 0
        self.is_free = not pool.cost.any() and not pool.start.any()
        # By slot, resource and node: the least of a window is then taken over thousands of nodes at a time.
        self._free = np.ascontiguousarray(np.where(pool.usable.T[:, None, :], pool.size.T[None], -1))
        self._on = np.zeros(pool.usable.shape, bool)
        self._scale = np.maximum(1, pool.size.max(axis=0, initial=1)).astype(float)[:, None]

    def place(self, first: int, end: int, demand: Ints, whole: int = 0) -> tuple[int, ...]:
        """Put an item on its best nodes in slots first .. end - 1; return them, or none without room."""
        pool, many = self.pool, max(1, whole)
        left = self._free[first:end].min(axis=0)
        nodes = np.flatnonzero((left == pool.size.T if whole else left >= demand[:, None]).all(axis=0))
        if len(nodes) < many:
            return ()
        room = (left[:, nodes] / self._scale).sum(axis=0)
        if self.is_free and many == 1:
            chosen = nodes[[room.argmin()]]
        else:
            added = _added_cost(pool, self._on, nodes, first, end)
            best = np.lexsort((nodes, room, added))[:many]
            chosen = nodes[best]
            self.cost += int(added[best].sum())
        held = pool.size[chosen].T if whole else demand[:, None]
        self._free[first:end, :, chosen] -= held
        for node in chosen.tolist():
            self._on[node, max(0, first - int(pool.boot[node])) : end] = True
        return tuple(chosen.tolist())


@dataclass(eq=False)
class Assignment:
    """The nodes of each item, an empty tuple for one without a node; and what the nodes hold."""

    packing: NodePacking
    nodes: list[tuple[int, ...]]
    failed: list[int] = field(default_factory=list)


def best_fit(pool: NodePool, items: Items) -> Assignment:
    """Return the best assignment of several orders: the fewest failures, then the least cost of nodes.

    No order is better than one that places all items where the nodes cost nothing.
    """
    found = list[Assignment]()
    for order in item_orders(pool, items):
        found.append(_in_order(pool, items, order))
        if found[-1].packing.is_free and not found[-1].failed:
            break
    return min(found, key=lambda each: (len(each.failed), each.packing.cost))


def item_orders(pool: NodePool, items: Items) -> list[list[int]]:
    """Return orders of the items: by share of a node, by share times slots, and by start."""
    largest = np.maximum(1, pool.size.max(axis=0, initial=1))
    share = (items.demand / largest).max(axis=1, initial=0.0)
    share = np.where(items.whole > 0, items.whole.astype(float), share)
    long = items.end - items.first
    keys: list[Sequence[np.ndarray]] = [
        (items.first, -long, -share),
        (items.first, -long * share),
        (-share, -long, items.first),
    ]
    return [np.lexsort(tuple(key)).tolist() for key in keys]


def _in_order(pool: NodePool, items: Items, order: Sequence[int]) -> Assignment:
    made = Assignment(NodePacking(pool), [() for _ in range(len(items))])
    for item in order:
        first, end, whole = int(items.first[item]), int(items.end[item]), int(items.whole[item])
        made.nodes[item] = made.packing.place(first, end, items.demand[item], whole)
        if not made.nodes[item]:
            made.failed.append(item)
    return made


def _added_cost(pool: NodePool, on: Bools, nodes: Ints, first: int, end: int) -> Ints:
    """Return what being on in these slots adds to the cost of each node, int64, shape (len(nodes),)."""
    added = np.zeros(len(nodes), np.int64)
    for boot in np.unique(pool.boot[nodes]).tolist():
        mine = np.flatnonzero(pool.boot[nodes] == boot)
        these, begin = nodes[mine], max(0, first - boot)
        off = ~on[these, begin:end]
        before = on[these, begin - 1] if begin else np.zeros(len(these), bool)
        switched = np.where(off[:, 0] & ~before, pool.start[these, begin], 0)
        added[mine] = np.where(off, pool.cost[these, begin:end], 0).sum(axis=1) + switched
    return added

"""Define nodes that are rented whole: what they offer, what they cost, and the rules they keep.

A kind m has up to count[m, t] nodes on in slot t. The nodes on, n, determine all other quantities:

    on demand    w[t] = max(0, n[t] - committed - reserved)
    switched on  u[t] = max(0, n[t] - n[t-1]),  off after slot t  v[t] = max(0, n[t] - n[t+1])
    outside      n[-1] = before, n[T] = 0; what goes off before slot 0 is paid as if it went off after slot 0
    usable       n[t] - sum of u over the last `boot` slots, t among them
    minimum      n[t] >= sum of u over the last `minimum` slots, t among them
    rest         n[t] + what went off in the last `rest` slots, t among them, <= the largest of count and before
    held         n[t] >= held[t]
    least        the demands on a row are at least the sum of least[t] x usable over its kinds
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from leptonopt.problem.arrays import Bools, Ints

NEVER = 2**62


@dataclass(frozen=True, eq=False)
class NodeCosts:
    """Costs of nodes, in money or in units of a quota.

    Attributes
    ----------
    on_demand : int64, shape (M, T), at least 0: per node on demand in a slot
    on : int64, shape (M, T): per node on in a slot, committed, reserved or on demand
    start : int64, shape (M, T), at least 0: per node switched on at the beginning of a slot
    stop : int64, shape (M, T), at least 0: per node switched off at the end of a slot
    commit : int64, shape (M,), at least 0: per node committed, for the whole horizon
    """

    on_demand: Ints
    on: Ints
    start: Ints
    stop: Ints
    commit: Ints

    def of(self, rent: NodeSchedule, nodes: Nodes) -> int:
        """Return the exact cost of a node schedule."""
        started, stopped = switched(rent.on, nodes.before)
        stopped[:, :1] += dropped(rent.on, nodes.before)
        paid = np.maximum(0, rent.on - (rent.committed + nodes.reserved)[:, None])
        parts = ((paid, self.on_demand), (rent.on, self.on), (started, self.start), (stopped, self.stop))
        total = sum(int(count @ price) for counts, prices in parts for count, price in zip(counts, prices, strict=True))
        return total + int(rent.committed @ self.commit)

    def any(self) -> bool:
        """Return True when any cost is not zero."""
        return any(part.any() for part in (self.on_demand, self.on, self.start, self.stop, self.commit))


@dataclass(frozen=True, eq=False)
class Nodes:
    """M kinds of nodes.

    Attributes
    ----------
    count : int64, shape (M, T), existing nodes
    on_demand : bool, shape (M,), whether nodes beyond committed and reserved ones are available
    reserved, commit_max : int64, shape (M,)
    boot, minimum : int64, shape (M,) [slots]; a node that boots stays on until it has, so `minimum` is at least `boot`
    costs : in money units
    supply_node, supply_row, supply_size : int64, shape (N,) [-, -, demand units]
        A usable node of kind supply_node[i] adds supply_size[i] to what row supply_row[i] offers. The
        demands on a row that any kind supplies must fit what usable nodes offer.
    before : int64, shape (M,), nodes on when the horizon begins, usable and free to go; none when absent
    rest : int64, shape (M,) [slots], for which a node that is switched off stays off; 0 when absent
    held : int64, shape (M, T), nodes that must be on, for the rest of their minimum time; without rows if 0
    least : int64, shape (N, T) [demand units], what must be in use of a usable node of a supply; without rows if 0
    """

    count: Ints
    on_demand: Bools
    reserved: Ints
    commit_max: Ints
    boot: Ints
    minimum: Ints
    costs: NodeCosts
    supply_node: Ints
    supply_row: Ints
    supply_size: Ints
    before: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    rest: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    held: Ints = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    least: Ints = field(default_factory=lambda: np.zeros((0, 0), np.int64))

    def __post_init__(self) -> None:
        for name in ("before", "rest"):
            if len(getattr(self, name)) < len(self.count):
                object.__setattr__(self, name, np.zeros(len(self.count), np.int64))
        if not len(self.held):
            object.__setattr__(self, "held", np.zeros_like(self.count))
        object.__setattr__(self, "minimum", np.maximum(self.minimum, self.boot))

    def __len__(self) -> int:
        return len(self.count)

    @property
    def loaded(self) -> Ints:
        """Return the supplies of which some must be in use, int64."""
        return np.flatnonzero(self.least.any(axis=1))

    @property
    def restrained(self) -> bool:
        """Return whether nodes have a time off, a least load or must be on, which exact models alone state."""
        return bool(self.rest.any() or self.least.any() or self.held.any())

    @property
    def least_cost(self) -> int:
        """Return a lower bound on the cost of nodes; below zero only where electricity is."""
        return int((np.minimum(0, self.costs.on) * self.count).sum())

    def most(self) -> Ints:
        """Return the nodes that can be usable in each slot, int64, shape (M, T)."""
        slots = np.arange(self.count.shape[1])
        paid = np.where(self.on_demand, NEVER, self.reserved + self.commit_max)[:, None]
        ready = np.where(slots >= self.boot[:, None], NEVER, self.before[:, None])
        return np.minimum(np.minimum(self.count, paid), ready)


@dataclass(frozen=True, eq=False)
class NodeSchedule:
    """Nodes on, int64, shape (M, T), and nodes committed, int64, shape (M,)."""

    on: Ints
    committed: Ints


def no_nodes(slots: int) -> Nodes:
    """Return nodes of no kind."""
    grid, line = np.zeros((0, slots), np.int64), np.zeros(0, np.int64)
    costs = NodeCosts(grid, grid, grid, grid, line)
    return Nodes(grid, np.zeros(0, bool), line, line, line, line, costs, line, line, line)


def switched(on: Ints, before: Ints | None = None) -> tuple[Ints, Ints]:
    """Return the nodes switched on at the start, and off at the end, of each slot; shapes (M, T).

    `before`, shape (M,), are on when the first slot begins; none when absent. See `dropped` for what goes off then.
    """
    edge = np.zeros((len(on), 1), np.int64)
    first = edge if before is None else before[:, None]
    change = np.diff(np.concatenate([first, on, edge], axis=1), axis=1)
    return np.maximum(0, change[:, :-1]), np.maximum(0, -change[:, 1:])


def dropped(on: Ints, before: Ints) -> Ints:
    """Return the nodes that are on before the first slot and off in it, int64, shape (M, min(1, T))."""
    return gone(on[:, :1], before)


def gone(on: Ints, before: Ints) -> Ints:
    """Return the nodes that are off in a slot and were on in the one before, int64, shape (M, T)."""
    past = np.concatenate([before[:, None], on], axis=1)
    off: Ints = np.maximum(0, past[:, :-1] - past[:, 1:])
    return off


def recent_sum(started: Ints, span: Ints) -> Ints:
    """Return the nodes switched on in the last span[m] slots, this one included; int64, shape (M, T)."""
    slots = started.shape[1]
    total = np.concatenate([np.zeros((len(started), 1), np.int64), np.cumsum(started, axis=1)], axis=1)
    low = np.maximum(0, np.arange(1, slots + 1) - span[:, None])
    sums: Ints = total[:, 1:] - np.take_along_axis(total, low, axis=1)
    return sums


def usable_nodes(nodes: Nodes, rent: NodeSchedule) -> Ints:
    """Return the nodes on that do not boot, int64, shape (M, T)."""
    return rent.on - recent_sum(switched(rent.on, nodes.before)[0], nodes.boot)


def supply(nodes: Nodes, rent: NodeSchedule, rows: int) -> Ints:
    """Return what usable nodes offer [demand units], int64, shape (rows, T)."""
    usable = usable_nodes(nodes, rent)
    offered = np.zeros((rows, rent.on.shape[1]), np.int64)
    np.add.at(offered, nodes.supply_row, nodes.supply_size[:, None] * usable[nodes.supply_node])
    return offered


def least_load(nodes: Nodes, rent: NodeSchedule, rows: int) -> Ints:
    """Return what must be in use of usable nodes [demand units], int64, shape (rows, T)."""
    asked = np.zeros((rows, rent.on.shape[1]), np.int64)
    if len(loaded := nodes.loaded):
        usable = usable_nodes(nodes, rent)
        np.add.at(asked, nodes.supply_row[loaded], nodes.least[loaded] * usable[nodes.supply_node[loaded]])
    return asked


def keeps_rules(nodes: Nodes, rent: NodeSchedule) -> bool:
    """Return True when a node schedule keeps all rules that do not depend on the load."""
    if np.any(rent.on < nodes.held) or np.any(rent.on > nodes.count):
        return False
    if np.any(rent.committed < 0) or np.any(rent.committed > nodes.commit_max):
        return False
    own = (rent.committed + nodes.reserved)[:, None]
    if np.any((rent.on > own) & ~nodes.on_demand[:, None]):
        return False
    if np.any(rent.on < recent_sum(switched(rent.on, nodes.before)[0], nodes.minimum)):
        return False
    most = np.maximum(nodes.before, nodes.count.max(axis=1, initial=0))[:, None]
    return bool(
        np.all((nodes.rest[:, None] == 0) | (rent.on + recent_sum(gone(rent.on, nodes.before), nodes.rest) <= most))
    )

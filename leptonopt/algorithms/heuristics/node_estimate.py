"""Estimate of the nodes under a partial schedule: number, cost, extra cost of a column.

Construction needs a figure that is fast and nearly exact. Levels of a kind are filled from below, gaps are bridged
where that is cheaper than switching, and the number of committed nodes is given. The exact cost of a finished schedule
is `leptonopt.problem.node_commitment.cheapest_node_schedule`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.nodes import NodeCosts, NodeSchedule
from leptonopt.problem.problem import Problem

BATCH = 8  # least number of similar options for a batch


class NodeDemand:
    """Nodes that each option needs; made once per problem.

    Attributes
    ----------
    rows : per kind, (row, size) of the rows that it alone supplies
    """

    def __init__(self, problem: Problem) -> None:
        nodes = problem.nodes
        suppliers = np.bincount(nodes.supply_row, minlength=len(problem.capacity))
        triples = zip(nodes.supply_node.tolist(), nodes.supply_row.tolist(), nodes.supply_size.tolist(), strict=True)
        kind_of = {row: (kind, size) for kind, row, size in triples if suppliers[row] == 1}
        self.rows: list[list[tuple[int, int]]] = [[] for _ in range(len(nodes))]
        for row, (kind, size) in kind_of.items():
            self.rows[kind].append((row, size))
        self.kind_of = {row: kind for row, (kind, _) in kind_of.items()}
        self.problem, self._kind_size = problem, kind_of
        self._of_option: dict[int, list[tuple[int, list[tuple[int, int, int]]]]] = {}

    def of_option(self, option: int) -> list[tuple[int, list[tuple[int, int, int]]]]:
        """Return (kind, [(row, amount, size), ...]) of the nodes that an option runs on."""
        if (known := self._of_option.get(option)) is None:
            demands: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
            for row, amount in zip(*(part.tolist() for part in self.problem.demands(option)), strict=True):
                if row in self._kind_size:
                    kind, size = self._kind_size[row]
                    demands[kind].append((row, amount, size))
            known = self._of_option[option] = list(demands.items())
        return known


@dataclass(frozen=True, eq=False)
class AlikeOptions:
    """Batch of n options of a group that differ in their pool alone: one duration, one window, R rows.

    Attributes
    ----------
    options, kinds : int64, shape (n,); kinds are those of the nodes in use, -1 without nodes
    rows, amounts, sizes : int64, shape (n, R); sizes are the supply of a node to the row, 0 for other rows
    duration, first, last : ints [slots]
    """

    options: Ints
    kinds: Ints
    rows: Ints
    amounts: Ints
    sizes: Ints
    duration: int
    first: int
    last: int


def batch_options(problem: Problem, hosts: NodeDemand | None, group: int) -> list[AlikeOptions] | None:
    """Return a group's options in batches; None if they are too few or need several kinds of nodes."""
    span = range(int(problem.option_ptr[group]), int(problem.option_ptr[group + 1]))
    if len(span) < BATCH:
        return None
    alike: dict[tuple[int, int, int, int, bool], list[int]] = defaultdict(list)
    for option in span:
        demands = hosts.of_option(option) if hosts is not None else []
        if len(demands) > 1:
            return None
        many = int(problem.demand_ptr[option + 1] - problem.demand_ptr[option])
        key = int(problem.duration[option]), int(problem.first[option]), int(problem.last[option]), many, bool(demands)
        alike[key].append(option)
    if len(alike) * BATCH > len(span):
        return None
    return [_batch(problem, hosts, options, *key[:4]) for key, options in alike.items()]


def _batch(
    problem: Problem, hosts: NodeDemand | None, options: list[int], duration: int, first: int, last: int, many: int
) -> AlikeOptions:
    """Return one batch of options."""
    at = problem.demand_ptr[np.array(options)][:, None] + np.arange(many)
    rows, sizes, kinds = problem.demand_row[at], np.zeros(at.shape, np.int64), np.full(len(options), -1)
    for line, option in enumerate(options if hosts is not None else ()):
        for kind, demands in hosts.of_option(option) if hosts is not None else ():
            kinds[line] = kind
            size_of = {row: size for row, _, size in demands}
            sizes[line] = [size_of.get(row, 0) for row in rows[line].tolist()]
    return AlikeOptions(np.array(options), kinds, rows, problem.demand[at], sizes, duration, first, last)


class NodeEstimate:
    """Nodes that a load needs.

    Attributes
    ----------
    owned : per kind, nodes without on-demand cost: reserved, and committed in the last node schedule
    """

    def __init__(self, problem: Problem, hosts: NodeDemand, free: Ints, quota: NodeCosts | None = None) -> None:
        """Estimate the cost of nodes, or with `quota` their use of a quota, in which booting counts too."""
        self.problem, self.demand, self.free = problem, hosts, free
        self.nodes, costs = problem.nodes, problem.nodes.costs if quota is None else quota
        self.commit = costs.commit
        self.owned = self.nodes.reserved.tolist()
        self.run = np.maximum(0, costs.on + costs.on_demand)
        self.idle = np.maximum(0, costs.on)
        self.switch = (costs.start + costs.stop).mean(axis=1).tolist() if problem.slots else []
        if quota is not None and problem.slots:
            booting = self.nodes.boot * self.run.mean(axis=1)
            self.switch = [pair + extra for pair, extra in zip(self.switch, booting.tolist(), strict=True)]
        self.buys = (~self.nodes.on_demand & (self.nodes.commit_max > 0)).tolist()
        self._need: list[Ints | None] = [None] * len(self.nodes)
        self._cost: list[int | None] = [None] * len(self.nodes)

    def set_committed(self, rent: NodeSchedule) -> None:
        """Take over the committed nodes of a node schedule."""
        own = self.nodes.reserved + np.where(self.buys, 0, rent.committed)
        self.owned = own.tolist()
        self._cost = [None] * len(self.nodes)

    def invalidate(self, option: int) -> None:
        """Discard cached figures of the kinds that an option runs on."""
        for kind, _ in self.demand.of_option(option):
            self._need[kind] = self._cost[kind] = None

    def required_nodes(self, kind: int) -> Ints:
        """Return the nodes that the load needs, int64, shape (T,)."""
        known = self._need[kind]
        if known is None:
            known = np.zeros(self.problem.slots, np.int64)
            for row, size in self.demand.rows[kind]:
                known = np.maximum(known, -((self.free[row] - self.problem.capacity[row]) // size))
            self._need[kind] = known
        return known

    def cost(self) -> int:
        """Return the estimated cost of all nodes."""
        for kind, known in enumerate(self._cost):
            if known is None:
                self._cost[kind] = self._kind_cost(kind, self.required_nodes(kind))
        return sum(cost for cost in self._cost if cost is not None)

    def _kind_cost(self, kind: int, need: Ints) -> int:
        """Return the estimated cost of one kind for these required nodes, int64, shape (T,)."""
        if not need.any():
            return 0
        if self.buys[kind]:
            peak = max(0, int(need.max()) - int(self.nodes.reserved[kind]))
            return peak * int(self.commit[kind]) + int(need @ self.idle[kind])
        own = self.owned[kind]
        total = int(np.minimum(need, own) @ self.idle[kind]) + int(np.maximum(0, need - own) @ self.run[kind])
        if self.switch[kind]:
            for level in range(1, int(need.max()) + 1):
                price = self.idle[kind] if level <= own else self.run[kind]
                total += self._switching_cost(need >= level, price, self.switch[kind])
        return total

    @staticmethod
    def _switching_cost(on: Bools, price: Ints, switch: float) -> int:
        """Return the cost of switching a level, with gaps bridged where that is cheaper."""
        edges = np.flatnonzero(np.diff(on.astype(np.int8), prepend=0, append=0))
        begins, ends = edges[::2], edges[1::2]
        total = np.concatenate([[0], np.cumsum(price)])
        gaps = total[begins[1:]] - total[ends[:-1]]
        return int(switch + np.minimum(gaps, switch).sum())

    def extra_cost_batched(self, batch: AlikeOptions, load: Ints, low: int, high: int) -> Ints:
        """Return `extra_cost` of a batch of options, int64, shape (n, high - low + 1).

        load : int64, shape (n, R, W), load of their rows in slots low .. high + duration - 1 with one copy added
        """
        length, kinds = batch.duration, batch.kinds
        need = np.stack([self.required_nodes(kind) for kind in kinds.tolist()])
        part = slice(low, high + length)
        on = np.where(batch.sizes[:, :, None] > 0, -(-load // np.maximum(1, batch.sizes[:, :, None])), 0).max(axis=1)
        more, now = np.maximum(need[:, part], on), need[:, part]
        own = np.array([self.owned[kind] for kind in kinds.tolist()])[:, None]
        paid = np.maximum(0, more - np.maximum(now, own)) * self.run[kinds, part]
        if own.any():
            paid = paid + np.maximum(0, np.minimum(more, own) - now) * self.idle[kinds, part]
        sums = np.concatenate([np.zeros((len(kinds), 1), np.int64), np.cumsum(paid, axis=1)], axis=1)
        total: Ints = sums[:, length:] - sums[:, : high - low + 1]
        switch = np.array([self.switch[kind] for kind in kinds.tolist()])[:, None]
        if switch.any():
            around = np.pad(need, ((0, 0), (1, 1)))
            around_max = sliding_max(around[:, low : high + length + 2], length + 2)
            total = total + (np.maximum(0, sliding_max(more, length) - around_max) * switch).astype(np.int64)
        return total

    def extra_cost(self, option: int, low: int, high: int) -> Ints | None:
        """Return the extra node cost of a copy at each start, int64, shape (high - low + 1,), or None."""
        length, total = int(self.problem.duration[option]), None
        for kind, demands in self.demand.of_option(option):
            part = slice(low, high + length)
            need = self.required_nodes(kind)
            more = need[part]
            for row, amount, size in demands:
                more = np.maximum(more, -((self.free[row, part] - amount - self.problem.capacity[row, part]) // size))
            if total is None:
                total = np.zeros(high - low + 1, np.int64)
            if self.buys[kind]:
                peak = max(int(need.max(initial=0)), int(self.nodes.reserved[kind]))
                over = np.maximum(0, sliding_max(more, length) - peak)
                total += over * int(self.commit[kind])
                continue
            own = self.owned[kind]
            paid = np.maximum(0, more - np.maximum(need[part], own)) * self.run[kind, part]
            if own:
                paid = paid + np.maximum(0, np.minimum(more, own) - need[part]) * self.idle[kind, part]
            sums = np.concatenate([[0], np.cumsum(paid)])
            total += sums[length:] - sums[: high - low + 1]
            if self.switch[kind]:
                around = np.zeros(self.problem.slots + 2, np.int64)
                around[1:-1] = need
                around_max = sliding_max(around[low : high + length + 2], length + 2)
                total += (np.maximum(0, sliding_max(more, length) - around_max) * self.switch[kind]).astype(np.int64)
        return total


def sliding_max(values: Ints, length: int) -> Ints:
    """Return the maximum over [s, s + length) for every s, along the last axis."""
    size, best = 1, values
    while 2 * size <= length:
        best = np.maximum(best[..., :-size], best[..., size:])
        size *= 2
    if size < length:
        best = np.maximum(best[..., : -(length - size)], best[..., length - size :])
    return best

"""Nodes under a schedule in the making: how many it needs now, what they cost, and what one more task would add.

What searches by placing tasks need is a figure that is quick and nearly right: levels of a kind are
filled from below, gaps are bridged where that is cheaper than switching off and on, and the number of
committed nodes is a given one. The exact bill of a finished schedule is `leptonopt.renting.rented`.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from leptonopt.problem import Ints, Problem
from leptonopt.renting import Rent


class Hosts:
    """Which nodes each option would be on; made once for a problem.

    Attributes
    ----------
    rows : per kind, (row, size) of the rows that it alone supplies
    of_option : per option, (kind, [(row, amount, size), ...])
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
        self.of_option: list[list[tuple[int, list[tuple[int, int, int]]]]] = []
        for option in range(problem.options):
            held: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
            for row, amount in zip(*(part.tolist() for part in problem.demands(option)), strict=True):
                if row in kind_of:
                    kind, size = kind_of[row]
                    held[kind].append((row, amount, size))
            self.of_option.append(list(held.items()))


class Hosting:
    """The nodes that a load needs.

    Attributes
    ----------
    own : per kind, nodes that cost nothing on demand: reserved, and committed as in the last rent
    """

    def __init__(self, problem: Problem, hosts: Hosts, free: Ints) -> None:
        self.problem, self.hosts, self.free = problem, hosts, free
        self.nodes, costs = problem.nodes, problem.nodes.costs
        self.own = self.nodes.reserved.tolist()
        self.run = np.maximum(0, costs.on + costs.on_demand)
        self.idle = np.maximum(0, costs.on)
        self.switch = (costs.start + costs.stop).mean(axis=1).tolist() if problem.slots else []
        self.buys = (~self.nodes.on_demand & (self.nodes.commit_max > 0)).tolist()
        self._need: list[Ints | None] = [None] * len(self.nodes)
        self._cost: list[int | None] = [None] * len(self.nodes)

    def settle(self, rent: Rent) -> None:
        """Takes over how many nodes are committed."""
        own = self.nodes.reserved + np.where(self.buys, 0, rent.committed)
        self.own = own.tolist()
        self._cost = [None] * len(self.nodes)

    def touch(self, option: int) -> None:
        """The load of an option has changed."""
        for kind, _ in self.hosts.of_option[option]:
            self._need[kind] = self._cost[kind] = None

    def need(self, kind: int) -> Ints:
        """int64, shape (T,): nodes that the load needs."""
        known = self._need[kind]
        if known is None:
            known = np.zeros(self.problem.slots, np.int64)
            for row, size in self.hosts.rows[kind]:
                known = np.maximum(known, -((self.free[row] - self.problem.capacity[row]) // size))
            self._need[kind] = known
        return known

    def cost(self) -> int:
        """About what the nodes cost now."""
        for kind, known in enumerate(self._cost):
            if known is None:
                self._cost[kind] = self._priced(kind, self.need(kind))
        return sum(cost for cost in self._cost if cost is not None)

    def _priced(self, kind: int, need: Ints) -> int:
        if not need.any():
            return 0
        if self.buys[kind]:
            peak = max(0, int(need.max()) - int(self.nodes.reserved[kind]))
            return peak * int(self.nodes.costs.commit[kind]) + int(need @ self.idle[kind])
        own = self.own[kind]
        total = int(np.minimum(need, own) @ self.idle[kind]) + int(np.maximum(0, need - own) @ self.run[kind])
        if self.switch[kind]:
            for level in range(1, int(need.max()) + 1):
                price = self.idle[kind] if level <= own else self.run[kind]
                total += self._switching(need >= level, price, self.switch[kind])
        return total

    @staticmethod
    def _switching(on: NDArray[np.bool_], price: Ints, switch: float) -> int:
        """What switching costs a level, or bridging the gaps where that is cheaper."""
        edges = np.flatnonzero(np.diff(on.astype(np.int8), prepend=0, append=0))
        begins, ends = edges[::2], edges[1::2]
        total = np.concatenate([[0], np.cumsum(price)])
        gaps = total[begins[1:]] - total[ends[:-1]]
        return int(switch + np.minimum(gaps, switch).sum())

    def extra(self, option: int, low: int, high: int) -> NDArray[np.int64] | None:
        """int64, shape (high - low + 1,): about what nodes cost more with a copy at each start; None for nothing."""
        length, total = int(self.problem.duration[option]), None
        for kind, held in self.hosts.of_option[option]:
            part = slice(low, high + length)
            need = self.need(kind)
            more = need[part]
            for row, amount, size in held:
                more = np.maximum(more, -((self.free[row, part] - amount - self.problem.capacity[row, part]) // size))
            if total is None:
                total = np.zeros(high - low + 1, np.int64)
            if self.buys[kind]:
                peak = max(int(need.max(initial=0)), int(self.nodes.reserved[kind]))
                over = np.maximum(0, most(more, length) - peak)
                total += over * int(self.nodes.costs.commit[kind])
                continue
            own = self.own[kind]
            paid = np.maximum(0, more - np.maximum(need[part], own)) * self.run[kind, part]
            if own:
                paid = paid + np.maximum(0, np.minimum(more, own) - need[part]) * self.idle[kind, part]
            sums = np.concatenate([[0], np.cumsum(paid)])
            total += sums[length:] - sums[: high - low + 1]
            if self.switch[kind]:
                around = np.zeros(self.problem.slots + 2, np.int64)
                around[1:-1] = need
                beside = most(around[low : high + length + 2], length + 2)
                total += (np.maximum(0, most(more, length) - beside) * self.switch[kind]).astype(np.int64)
        return total


def most(values: Ints, length: int) -> Ints:
    """Greatest value over [s, s + length) for every s."""
    size, best = 1, values
    while 2 * size <= length:
        best = np.maximum(best[:-size], best[size:])
        size *= 2
    if size < length:
        best = np.maximum(best[: -(length - size)], best[length - size :])
    return best

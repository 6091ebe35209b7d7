"""One service by itself: all its replica counts as states of a dynamic program.

The states are usable replicas. A replica that boots costs its own prices while it does, and those of nodes that it
needs whatever else is on: this is a cost of its start. Dropped are a minimum time on, and what booting replicas take of
capacity and of other nodes: the value is a lower bound, and the optimum where the replicas of its path keep these rules
at this cost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.services.state_program import NEVER, Grid, StateProgram
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.node_commitment import cheapest_node_schedule
from leptonopt.problem.nodes import NodeCosts, Nodes
from leptonopt.problem.problem import Problem
from leptonopt.problem.replicas import least_money, useful_counts
from leptonopt.runtime.clock import check_time_each

EXACT_ROUNDS = 10  # of adding cuts, until money for requests missed may be counted too low
CACHED = 10_000_000  # amounts of money that are kept at once


@dataclass(frozen=True, eq=False)
class ServiceStates:
    """The states of a service: counts 0 .. most[w] of usable replicas of its ways.

    Attributes
    ----------
    kinds : kinds of nodes that the service pays for, as nothing else uses them
    room : int64, shape (K, T), the capacity that is left to the service
    most_states : states at most; where there would be more, ways that serve dearly are left out, and the program is
        no bound
    guide : float, shape (K, T), prices of rows at which ways are compared for this; None for their own
    """

    problem: Problem
    service: int
    kinds: tuple[int, ...]
    room: Ints
    most_states: float = float("inf")
    guide: NDArray[Any] | None = None

    @cached_property
    def ways(self) -> slice:
        """Return the ways of the service."""
        return self.problem.services.ways(self.service)

    @cached_property
    def most(self) -> tuple[int, ...]:
        """Return the largest count of each way that may be of use."""
        found = useful_counts(self.problem, self.room, self.service)
        if np.prod(found + 1.0) > self.most_states:
            kept, many = np.zeros_like(found), 1.0
            for way in np.argsort(self._cost_of_serving(), kind="stable").tolist():
                limit = self.most_states * (1 if np.count_nonzero(kept) > 1 else 10)  # two ways as a whole
                kept[way] = min(int(found[way]), max(0, int(limit // many) - 1))
                many *= kept[way] + 1.0
            found = kept
        return tuple(found.tolist())

    def _with_nodes(self) -> NDArray[Any]:
        """Return the prices of rows, shape (K, T), with what a unit costs of the nodes that supply it."""
        nodes, price = self.problem.nodes, self.problem.price.astype(float)
        for kind, row, size in zip(nodes.supply_node, nodes.supply_row, nodes.supply_size, strict=True):
            price[row] += nodes.costs.on_demand[kind] / size
        return price

    def _cost_of_serving(self) -> NDArray[Any]:
        """Return about what each way costs for a unit of the demand, shape (W,)."""
        services, own = self.problem.services, self.problem.services.classes(self.service)
        cost = self.unit_cost(self._with_nodes() if self.guide is None else self.guide).mean(axis=1)
        mix = services.demand[own].mean(axis=1)
        rate = services.planned[self.ways, own]
        with np.errstate(divide="ignore", invalid="ignore"):
            served = (rate > 0) @ mix / np.where(rate > 0, mix / rate, 0.0).sum(axis=1)
        return np.where(np.isfinite(served) & (served > 0), cost / np.maximum(1e-300, served), np.inf)

    def _held(self, way: int) -> tuple[Ints, Ints]:
        services = self.problem.services
        part = slice(services.hold_ptr[way], services.hold_ptr[way + 1])
        return services.hold_row[part], services.hold[part]

    @property
    def size(self) -> int:
        """Return the number of states."""
        return int(np.prod([float(most) + 1 for most in self.most]))

    @property
    def cuts(self) -> int:
        """Return the number of cuts that decide about a state."""
        return self.problem.serving[self.service].size

    @cached_property
    def counts(self) -> Ints:
        """Return the counts of every state, int64, shape (N, W)."""
        grids = np.indices([most + 1 for most in self.most], np.int64)
        return grids.reshape(len(self.most), -1).T.copy()

    @cached_property
    def _supply(self) -> list[list[Ints]]:
        return self.problem.serving[self.service].supply(self.counts)

    @cached_property
    def money(self) -> dict[bytes, Ints]:
        """Return the money for missed requests by demand, int64, shape (N,).

        It is `NEVER` for states that cannot serve.
        """
        return {}

    @cached_property
    def _may_miss(self) -> bool:
        services = self.problem.services
        return any(cost for cost in services.missed[services.classes(self.service)])

    def _money(self, slot: int) -> Ints:
        services = self.problem.services
        demand = services.demand[services.classes(self.service), slot]
        if (found := self.money.get(key := demand.tobytes())) is None:
            found = self.problem.serving[self.service].least_money(self._supply, demand[None])
            found = np.where(found < 0, NEVER, found)
            if self.size * (len(self.money) + 1) <= CACHED:
                self.money[key] = found
        return found

    @cached_property
    def _steady(self) -> Bools:
        """Return the states that keep the least counts of the service."""
        services = self.problem.services
        allowed: Any = (self.counts >= services.least[self.ways]).all(axis=1)
        enough: Bools = self.counts.sum(axis=1) >= services.service_least[self.service]
        steady: Bools = allowed & enough
        return steady

    def allowed(self, slot: int) -> Bools:
        """Return the states that keep limits and capacity in a slot, bool, shape (N,)."""
        services, rows = self.problem.services, list(self.loads)
        most, running = services.most[self.ways, slot], services.running[self.ways]
        open_ = np.where(slot >= services.boot[self.ways], most, np.minimum(most, running))
        limit = services.limit[self.service, slot]
        key = np.concatenate([open_, [limit], self.room[rows, slot]]).tobytes()
        if key not in self._masks:
            allowed: Any = self._steady & (self.counts <= open_).all(axis=1) & (self.counts.sum(axis=1) <= limit)
            for row, load in self.loads.items():
                allowed &= load <= self.room[row, slot]
            self._masks[key] = allowed
        return self._masks[key]

    @cached_property
    def _masks(self) -> dict[bytes, Bools]:
        return {}

    @cached_property
    def loads(self) -> dict[int, Ints]:
        """Return what every state holds of each row, int64, shape (N,)."""
        found: dict[int, Ints] = {}
        for at, way in enumerate(range(self.ways.start, self.ways.stop)):
            for row, amount in zip(*(part.tolist() for part in self._held(way)), strict=True):
                found[row] = found.get(row, 0) + amount * self.counts[:, at]
        return found

    def unit_cost(self, price: NDArray[Any] | None = None, scale: int = 1) -> NDArray[Any]:
        """Return the cost of a replica that is on, shape (W, T), at prices of rows [1/scale money units]."""
        services = self.problem.services
        price = scale * self.problem.price if price is None else price
        cost = scale * services.costs.on[self.ways].astype(price.dtype)
        for at, way in enumerate(range(self.ways.start, self.ways.stop)):
            rows, amounts = self._held(way)
            cost[at] += amounts @ price[rows]
        return cost

    def solve(self, price: NDArray[Any] | None = None, scale: int = 1) -> tuple[Any, Ints] | None:
        """Return the least cost and usable replicas, (W, T), at prices of rows; None where there are none.

        Prices have shape (K, T) [1/scale money units]; without them rows cost what they cost. Where not all cuts are
        known, those that the answer violates are added until it serves.
        """
        states = self
        for number in check_time_each(count(1)):
            found = states._solved(price, scale)
            if found is None or states._is_served(found[1], number > EXACT_ROUNDS):
                return found
            states = replace(self, problem=replace(self.problem))
        return None

    def _is_served(self, usable: Ints, roughly: bool) -> bool:
        """Return whether usable replicas, (W, T), serve: `roughly`, or for the money that is counted."""
        services, serving = self.problem.services, self.problem.serving[self.service]
        if serving.complete:
            return True
        counted = serving.least_money(serving.supply(usable.T), services.demand[services.classes(self.service)].T)
        needed = least_money(self.problem, self.service, usable)
        return bool(np.all(needed >= 0) and (roughly or np.all(needed <= counted)))

    def _solved(self, price: NDArray[Any] | None, scale: int) -> tuple[Any, Ints] | None:
        """Return the least cost and usable replicas by the cuts that are known."""
        if not self.problem.services.one_way[self.service]:
            return self._program(None, price, scale).solve()
        each = [self._program(way, price, scale).solve() for way in range(len(self.most))]
        return min((found for found in each if found is not None), key=lambda found: found[0], default=None)

    def _program(self, only: int | None, price: NDArray[Any] | None, scale: int) -> StateProgram:
        """Return the program, with replicas of one way only or of all."""
        services, shape = self.problem.services, [most + 1 for most in self.most]
        unit = self.unit_cost(price, scale)
        start, stop = (
            scale * part[self.ways].astype(unit.dtype) for part in (services.costs.start, services.costs.stop)
        )

        used = np.array(self.most) > 0
        kept = np.arange(len(self.most)) == only if only is not None else np.ones(len(self.most), bool)
        others = (self.counts[:, ~kept] > 0).any(axis=1)

        def cost(slot: int) -> Grid:
            total = self.counts[:, used] @ unit[used, slot] + scale * self._nodes(slot)
            money = self._money(slot)
            total[~self.allowed(slot) | (money >= NEVER) | others] = NEVER
            paid = scale * np.where(money < NEVER, money, 0) if self._may_miss else 0
            grid: Grid = (total + paid).reshape(shape)
            return grid

        running, while_booting = services.running[self.ways], unit + scale * self._nodes_each()
        return StateProgram(self.most, cost, _booted(start, while_booting, services.boot[self.ways]), stop, running)

    def _nodes_each(self) -> Ints:
        """Return what every replica costs at least in nodes, whatever else is on, int64, shape (W, T)."""
        nodes, found = self.problem.nodes, np.zeros((len(self.most), self.problem.slots), np.int64)
        for at, way in enumerate(range(self.ways.start, self.ways.stop)):
            held = dict(zip(*(part.tolist() for part in self._held(way)), strict=True))
            for kind in self.kinds:
                supplies = np.flatnonzero(nodes.supply_node == kind)
                sizes = zip(nodes.supply_row[supplies].tolist(), nodes.supply_size[supplies].tolist(), strict=True)
                whole = min(held.get(row, 0) // size for row, size in sizes)
                if not nodes.reserved[kind]:
                    found[at] += whole * np.maximum(0, nodes.costs.on_demand[kind])
        return found

    def _nodes(self, slot: int) -> Any:
        """Return the cost of the nodes that states need in a slot, shape (N,)."""
        costs, total = self.problem.nodes.costs.on_demand, 0
        for kind, paid in self._paid.items():
            total = total + int(costs[kind, slot]) * paid
        return total

    @cached_property
    def _paid(self) -> dict[int, Any]:
        """Return the nodes that are paid for by kind, int64, shape (N,)."""
        nodes, found = self.problem.nodes, dict[int, Any]()
        for kind in self.kinds:
            need: Any = 0
            for at in np.flatnonzero(nodes.supply_node == kind).tolist():
                load = self.loads.get(int(nodes.supply_row[at]))
                if load is not None:
                    need = np.maximum(need, -(-load // int(nodes.supply_size[at])))
            found[kind] = np.maximum(0, need - int(nodes.reserved[kind]))
        return found

    def replicas(self, usable: Ints) -> Ints | None:
        """Return replicas on, (W, T), that make these usable at least cost by way; None where a way cannot."""
        services, running = self.problem.services, self.problem.services.running[self.ways]
        ways, line = len(usable), np.zeros(len(usable), np.int64)
        boot, minimum = services.boot[self.ways], services.minimum[self.ways]
        if not boot.any() and np.all(minimum <= 1):
            return usable
        before = int(max(boot.max(), minimum.max())) + 1  # slots in which what is running was started for nothing

        def longer(part: Ints, first: Ints) -> Ints:
            return np.concatenate([np.repeat(first[:, None], before, axis=1), part], axis=1)

        each = services.costs
        unit = np.rint(self.unit_cost(self._with_nodes())).astype(np.int64)
        costs = NodeCosts(
            longer(unit, line),
            longer(np.zeros_like(usable), line),
            longer(each.start[self.ways], line),
            longer(each.stop[self.ways], line),
            line,
        )
        nodes = Nodes(
            longer(services.most[self.ways], running), np.ones(ways, bool), line, line, boot, minimum, costs,
            np.arange(ways), np.arange(ways), np.ones(ways, np.int64),
        )  # fmt: skip
        need = longer(usable, line)
        need[:, before - 1] = running
        found = cheapest_node_schedule(nodes, need)
        return None if found is None else found.on[:, before:]


def _booted(start: NDArray[Any], unit: NDArray[Any], boot: Ints) -> NDArray[Any]:
    """Return the costs of becoming usable: the start `boot` slots before, and the cost of booting."""
    found = start.copy()
    for way, wait in enumerate(boot.tolist()):
        for slot in range(wait if wait else start.shape[1], start.shape[1]):
            found[way, slot] = start[way, slot - wait] + unit[way, slot - wait : slot].sum()
    return found

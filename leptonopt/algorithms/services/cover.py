"""Cover the demand and the batches of one service with replicas, one after the other.

A greedy heuristic for covering programs (Dobson 1982, doi:10.1287/moor.7.4.515): in each slot the way comes next that
reduces the shortage of the cuts most for its cost. Batches that are not done then get replicas in the cheapest slots of
their windows, where a replica that is on longer costs no start. Every check is exact.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.services.service_states import ServiceStates
from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import UNLIMITED
from leptonopt.problem.replicas import least_money
from leptonopt.runtime.clock import check_time_each

PART = 4  # replicas are added by this part of what is short, so that large fleets take few steps
LEAST_COST = 1e-9  # money units; a way that costs nothing comes before all others


class Cover:
    """The replicas of one service that can still be added to some.

    Attributes
    ----------
    states : the service, with the capacity that is left to it
    cost : float, shape (W, T), what a replica that is on costs [money units]
    """

    def __init__(self, states: ServiceStates, price: NDArray[Any] | None = None) -> None:
        self.states, self.problem, self.ways = states, states.problem, states.ways
        self.cost: Floats = np.maximum(LEAST_COST, states.unit_cost(price).astype(float))
        services = self.problem.services
        late = np.arange(self.problem.slots) >= services.boot[self.ways][:, None]
        most, running = services.most[self.ways], services.running[self.ways][:, None]
        self._most: Ints = np.where(late, most, np.minimum(most, running))

    def demand(self) -> Ints | None:
        """Return usable replicas, (W, T), that serve the demand; None where none are found."""
        if not self.problem.services.one_way[self.states.service]:
            return self._demand(np.ones(len(self._most), bool))
        each = [self._demand(np.arange(len(self._most)) == way) for way in range(len(self._most))]
        found = [usable for usable in each if usable is not None]
        return min(found, key=lambda usable: float((usable * self.cost).sum()), default=None)

    def _demand(self, ways: Bools) -> Ints | None:
        """Return usable replicas of some ways that serve the demand."""
        usable = np.repeat(self.problem.services.least[self.ways][:, None], self.problem.slots, axis=1)
        if (usable > self._most).any() or usable[~ways].any():
            return None
        lack = self._lack(usable)
        for _ in check_time_each(count(1)):
            if not (lack > 0).any():
                break
            room = np.where(ways[:, None] & (lack > 0), self.room(usable), 0)
            gain = np.array([lack - self._lack(usable + one) for one in self._each()])
            gain[room <= 0] = 0
            best, slots = np.argmax(gain / self.cost, axis=0), np.arange(len(lack))
            gained = gain[best, slots]
            if not gained.any():
                break
            asked = np.divide(lack, PART * gained, out=np.zeros_like(lack), where=gained > 0)
            most = np.minimum(room[best, slots], np.maximum(1, asked.astype(np.int64)))
            usable[best, slots] += np.where(gained > 0, most, 0)
            lack = self._lack(usable)
        return usable if self._served(usable) else None

    def _each(self) -> Ints:
        """Return one replica of each way, in all slots, shape (W, W, 1)."""
        one: Ints = np.eye(len(self._most), dtype=np.int64)[:, :, None]
        return one

    def _served(self, usable: Ints) -> bool:
        """Return whether usable replicas serve the demand, and are as many as there must be."""
        services, service = self.problem.services, self.states.service
        enough = usable.sum(axis=0) >= services.service_least[service]
        return bool(enough.all() and (least_money(self.problem, service, usable) >= 0).all())

    def _lack(self, usable: Ints) -> Floats:
        """Return how much is short in each slot, (T,): the sum of parts of the cuts; 0 where nothing is."""
        services, service = self.problem.services, self.states.service
        demand = services.demand[services.classes(service)].T
        least = services.service_least[service]
        total: Floats = np.maximum(0, least - usable.sum(axis=0)) / max(1, least)
        serving = self.problem.serving[service]
        for family, lost in serving.families:
            left = np.maximum(0, usable.T - lost)
            short = np.full(len(total), np.inf)
            for cuts in family:
                required = cuts.required(demand)
                parts = np.maximum(0, required - cuts.supply(left)) / np.maximum(1, required)
                short = np.minimum(short, parts.astype(float).sum(axis=1))
            total = total + short
        return total

    def room(self, usable: Ints) -> Ints:
        """Return how many replicas of each way can be added in each slot, shape (W, T)."""
        services, slots = self.problem.services, self.problem.slots
        limit = services.limit[self.states.service] - usable.sum(axis=0)
        left = np.minimum(self._most - usable, limit)
        load = {row: np.zeros(slots, np.int64) for row in np.unique(services.hold_row[self._held()[0]]).tolist()}
        places, way = self._held()
        for at, owner in zip(places.tolist(), way.tolist(), strict=True):
            load[int(services.hold_row[at])] += services.hold[at] * usable[owner]
        for at, owner in zip(places.tolist(), way.tolist(), strict=True):
            row = int(services.hold_row[at])
            free = np.where(self.states.room[row] < UNLIMITED, self.states.room[row] - load[row], UNLIMITED)
            left[owner] = np.minimum(left[owner], free // services.hold[at])
        some: Ints = np.maximum(0, left)
        return some

    def _held(self) -> tuple[Ints, Ints]:
        services = self.problem.services
        return services.holds(np.arange(self.ways.start, self.ways.stop))

    def work(self, usable: Ints) -> Ints | None:
        """Return usable replicas, (W, T), with those added that do the batches that must be done.

        None where not all of them can be done.
        """
        batches, offline = self.problem.services.batches, self.problem.offline.get(self.states.service)
        if offline is None:
            return usable
        must, before = ~batches.optional, None
        for _ in check_time_each(count(1)):
            money = least_money(self.problem, self.states.service, usable)
            undone = offline.undone(usable, money, must)
            if not undone:
                return usable
            left = sum(undone.values(), Fraction(0))
            if before is not None and left >= before:
                break
            before, usable = left, usable.copy()
            for (j, b), amount in undone.items():
                self._add(usable, j, b, float(amount))
        return None

    def _add(self, usable: Ints, j: int, b: int, amount: float) -> None:
        """Add replicas for an amount of a class of a batch, where each unit costs least with its starts."""
        services = self.problem.services
        window = slice(int(services.batches.first[j]), int(services.batches.last[j]) + 1)
        rate = services.offline[self.ways, services.classes(self.states.service).start + b][:, None]
        usual = self._chosen(usable)[:, None] & (rate > 0)
        while amount > 0:
            room = np.where(usual, self.room(usable), 0)[:, window]
            each = np.where(room > 0, self._extra(usable)[:, window] / np.maximum(1, rate), np.inf)
            way, slot = np.unravel_index(int(each.argmin()), each.shape)
            if not np.isfinite(each[way, slot]):
                return
            more = max(1, min(int(room[way, slot]), int(amount / rate[way, 0] / PART / each.shape[1])))
            usable[way, window.start + slot] += more
            amount -= more * int(rate[way, 0])

    def _chosen(self, usable: Ints) -> Bools:
        """Return the ways that may have replicas, bool, shape (W,)."""
        used: Bools = np.asarray(usable.any(axis=1), bool)
        if not self.problem.services.one_way[self.states.service] or not used.any():
            return np.ones(len(usable), bool)
        return used

    def _extra(self, usable: Ints) -> Floats:
        """Return what one more replica costs in each slot, with starts and stops, float, shape (W, T)."""
        services = self.problem.services
        start, stop = services.costs.start[self.ways], services.costs.stop[self.ways]
        before = np.concatenate([services.running[self.ways][:, None], usable[:, :-1]], axis=1)
        after = np.concatenate([usable[:, 1:], np.zeros((len(usable), 1), np.int64)], axis=1)
        later = np.concatenate([start[:, 1:], np.zeros((len(usable), 1), np.int64)], axis=1)
        earlier = np.concatenate([np.zeros((len(usable), 1), np.int64), stop[:, :-1]], axis=1)
        begins = np.where(usable >= before, start, -earlier)
        ends = np.where(usable >= after, stop, -later)
        return self.cost + begins + ends


def covered(states: ServiceStates, price: NDArray[Any] | None = None) -> Ints | None:
    """Return replicas on, (W, T), that serve the demand of a service; None where none are found.

    Cuts that are found on the way are taken into account from then on.
    """
    before = -1
    while (size := states.problem.serving[states.service].size) > before:
        if (usable := Cover(states, price).demand()) is not None:
            return states.replicas(usable)
        before, states = size, replace(states, problem=replace(states.problem))
    return None

"""Construct a first schedule of services, by themselves or one after the other.

Tasks are completed around the services.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.services.alone import Ownership, replica_schedule
from leptonopt.algorithms.services.cover import Cover, covered
from leptonopt.algorithms.services.integer_program import solve_integer
from leptonopt.algorithms.services.service_states import ServiceStates
from leptonopt.algorithms.services.subproblem import only_service
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.services import ReplicaSchedule
from leptonopt.runtime.clock import check_time_each

FEW_STATES = 8_000  # states of a service in a construction, at most
ROUNDS = 12  # of planning a service in less and less room
QUICK_STATES = 500  # the same where it must be quick
SECONDS, GAP = 3.0, 3e-3  # of the integer program of a service that finds no place, and its relative gap
MORE_STATES = 3_000_000  # states of a service whose optimum is asked, at most
MOST_WORK = 120_000_000  # states times slots, at most
QUICK_WORK = 4_000_000  # the same up to which the program over states is faster than an integer program


@dataclass(frozen=True, eq=False)
class Parts:
    """Services by themselves.

    Attributes
    ----------
    on : int64, shape (W, T), replicas on; None where some service has none
    bounds : by service a lower bound on its cost; None where its program is too large
    impossible : services that have no schedule
    """

    on: Ints | None
    bounds: tuple[int | None, ...]
    impossible: tuple[int, ...]


class Planner:
    """Plans services, each by its states."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.owned = problem, Ownership.of(problem)

    def states(self, service: int, room: Ints | None = None) -> ServiceStates:
        """Return the states of a service."""
        room = self.problem.capacity if room is None else room
        return ServiceStates(self.problem, service, self.owned.kinds(service), room)

    def planned(self, service: int, price: NDArray[Any], room: Ints | None = None, quick: bool = False) -> Ints | None:
        """Return replicas of a service on, (W, T), at prices of rows; None where none are found.

        States know nothing of replicas that boot or stay on for their minimum time. Where these do not fit, there is
        less room for usable ones around these slots in the next round.
        """
        room = self.problem.capacity if room is None else room
        tight = room
        for _ in range(ROUNDS):
            found = self._planned(service, price, tight, quick)
            if found is None or not (over := self._load(service, found) - room).max(initial=0) > 0:
                return found
            tight = np.maximum(0, tight - self._nearby(service, np.maximum(0, over)))
        return None

    def _nearby(self, service: int, over: Ints) -> Ints:
        """Return the largest excess near each slot, (K, T): while a replica boots, or must stay on."""
        services = self.problem.services
        ways = services.ways(service)
        near = int(max(services.boot[ways].max(), services.minimum[ways].max() - 1))
        padded = np.pad(over, ((0, 0), (near, near)))
        windows: Ints = np.lib.stride_tricks.sliding_window_view(padded, 2 * near + 1, axis=1)
        found: Ints = windows.max(axis=2)
        return found

    def _load(self, service: int, on: Ints) -> Ints:
        """Return what replicas of one service hold, int64, shape (K, T)."""
        services = self.problem.services
        whole = np.zeros_like(services.most)
        whole[services.ways(service)] = on
        return services.load(whole, len(self.problem.capacity))

    def _planned(self, service: int, price: NDArray[Any], room: Ints, quick: bool) -> Ints | None:
        """Return replicas of a service on, (W, T), at prices of rows; those that are usable fit the room.

        Where there are many states, it is over those of the cheapest ways; where these find none, HiGHS is asked,
        unless it must be `quick`, and then the demand is covered greedily.
        """
        exact = self.states(service, room)
        few = replace(exact, most_states=QUICK_STATES if quick else FEW_STATES, guide=price)
        if (solved := few.solve(price)) is not None and (found := few.replicas(solved[1])) is not None:
            return found
        if not quick:
            whole = np.rint(price).astype(np.int64)
            alone = only_service(self.problem, service, exact.kinds, whole, exact.room)
            schedule = solve_integer(alone, SECONDS, GAP).schedule
            if schedule is not None and schedule.replicas is not None:
                return schedule.replicas.on
        return covered(exact, price)

    def solvable(self, states: ServiceStates) -> bool:
        """Return whether a program is small enough to be solved."""
        return states.size <= MORE_STATES and self._work(states) <= MOST_WORK

    def quickly_solvable(self, states: ServiceStates) -> bool:
        """Return whether a program over states is faster than an integer program."""
        return self._work(states) <= QUICK_WORK

    def _work(self, states: ServiceStates) -> int:
        """Return how much there is to compute: for each state something in each slot, and about each cut."""
        return states.size * max(self.problem.slots, states.cuts)

    def alone(self) -> Parts:
        """Return the optimum of each service at its own prices."""
        services, price = self.problem.services, self.prices()
        on, bounds, impossible = np.zeros_like(services.most), list[int | None](), list[int]()
        whole = True
        for service in check_time_each(range(len(services))):
            exact = self.states(service)
            fits = self.solvable(exact)
            found = exact.solve() if fits else None
            if fits and found is None:
                impossible.append(service)
            bounds.append(int(found[0]) if found is not None else None)
            replicas = None if found is None else exact.replicas(found[1])
            if found is None or self._shares_nodes(service):
                replicas = self.planned(service, price)
            whole &= replicas is not None
            if replicas is not None:
                on[services.ways(service)] = replicas
        return Parts(on if whole else None, tuple(bounds), tuple(impossible))

    def prices(self) -> NDArray[Any]:
        """Return prices of rows, shape (K, T), with what a unit costs of the nodes that services share."""
        nodes, price = self.problem.nodes, self.problem.price.astype(float)
        for kind, row, size in zip(nodes.supply_node, nodes.supply_row, nodes.supply_size, strict=True):
            if self.owned.kind[kind] < 0:
                price[row] += (nodes.costs.on_demand[kind] + nodes.costs.on[kind]) / size
        return price

    def _shares_nodes(self, service: int) -> bool:
        """Return whether a service holds rows of nodes that it does not pay for alone."""
        services, nodes = self.problem.services, self.problem.nodes
        ways = np.arange(len(services.pool))[services.ways(service)]
        rows = services.hold_row[services.holds(ways)[0]]
        return bool(np.isin(rows, nodes.supply_row[self.owned.kind[nodes.supply_node] < 0]).any())

    def first(self, taken: Ints) -> Ints | None:
        """Return replicas that fit beside `taken`, (K, T), within a second or two; None where none are found.

        Services come one after the other; one that finds no place comes first in the next round.
        """
        order = list(range(len(self.problem.services)))
        for _ in range(1 + len(order)):
            on, missing = self._in_order(taken, self.prices(), None, order, quick=True)
            if missing is None:
                return self.worked(on, taken)
            if order[0] == missing:
                break
            order.remove(missing)
            order.insert(0, missing)
        return None

    def at_prices(self, price: NDArray[Any]) -> Ints | None:
        """Return replicas on, (W, T), found quickly at prices of rows; None where none are found."""
        services, none = range(len(self.problem.services)), np.zeros_like(self.problem.capacity)
        on, missing = self._in_order(none, price.astype(float), None, services, quick=True)
        return on if missing is None else None

    def together(self, on: Ints | None, taken: Ints | None = None) -> Ints | None:
        """Return replicas that fit the capacity together, (W, T); None where none are found."""
        services = self.problem.services
        taken = np.zeros_like(self.problem.capacity) if taken is None else taken
        return self.fitted(taken, self.prices(), on, range(len(services)))

    def improved(self, on: Ints, taken: Ints) -> Ints:
        """Return replicas on, (W, T), after each service was planned again in what the others leave."""
        services, rows, price = self.problem.services, len(self.problem.capacity), self.prices()
        for service in check_time_each(range(len(services))):
            others = on.copy()
            others[services.ways(service)] = 0
            replicas = self.planned(service, price, self.room(taken + services.load(others, rows)))
            if replicas is not None:
                others[services.ways(service)] = replicas
                on = others
        return on

    def fitted(self, taken: Ints, price: NDArray[Any], on: Ints | None, order: Sequence[int]) -> Ints | None:
        """Return replicas on, (W, T), that fit beside `taken`, (K, T); None where none are found.

        Services come one after the other in this order, at prices of rows; those that fit already keep their replicas.
        """
        found, missing = self._in_order(taken, price, on, order, quick=False)
        return found if missing is None else None

    def completed(self, on: Ints, taken: Ints, missing: Sequence[int]) -> Ints | None:
        """Return replicas on, (W, T), with those of services that have none yet; None where none are found."""
        rest = taken + self.problem.services.load(on, len(self.problem.capacity))
        more = self.fitted(rest, self.prices(), None, missing)
        return None if more is None else on + more

    def _in_order(
        self, taken: Ints, price: NDArray[Any], on: Ints | None, order: Sequence[int], quick: bool
    ) -> tuple[Ints, int | None]:
        """Return replicas on, (W, T), as in `fitted`, and the first service for which none are found."""
        services, rows = self.problem.services, len(self.problem.capacity)
        found = np.zeros_like(services.most)
        for service in check_time_each(order):
            ways = services.ways(service)
            room = self.room(taken + services.load(found, rows))
            if on is not None:
                mine = np.zeros_like(found)
                mine[ways] = on[ways]
                if np.all(services.load(mine, rows) <= room):
                    found[ways] = on[ways]
                    continue
            if (replicas := self.planned(service, price, room, quick)) is None:
                return found, service
            found[ways] = replicas
        return found, None

    def room(self, taken: Ints) -> Ints:
        """Return the capacity that is left, shape (K, T)."""
        capacity = self.problem.capacity
        left: Ints = np.where(capacity < UNLIMITED, np.maximum(0, capacity - taken), capacity)
        return left

    def schedule(self, on: Ints) -> ReplicaSchedule | None:
        """Return the schedule of replicas with the batches that fit, the most valuable first.

        None where replicas do not serve, or do not do a batch that must be done.
        """
        batches = self.problem.services.batches
        found = replica_schedule(self.problem, on, ~batches.optional)
        if found is None or not len(batches):
            return found
        if not self._fits_batches(found):
            return None
        for j in np.argsort(-batches.value, kind="stable").tolist():
            tried = replace(found, done=found.done | (np.arange(len(batches)) == j))
            if self._fits_batches(tried):
                found = tried
        return found

    def worked(self, on: Ints, taken: Ints) -> Ints | None:
        """Return replicas on, (W, T), with those added that do the batches; None where they find no place."""
        services, rows = self.problem.services, len(self.problem.capacity)
        for service in check_time_each(self.problem.offline):
            others, ways = on.copy(), services.ways(service)
            others[ways] = 0
            states = self.states(service, self.room(taken + services.load(others, rows)))
            before = services.usable(on)[ways]
            if (usable := Cover(states, self.prices()).work(before)) is None:
                return None
            if usable is not before:
                if (replicas := states.replicas(usable)) is None:
                    return None
                others[ways] = replicas
                on = others
        return on

    def with_batches(self, on: Ints, taken: Ints) -> Ints:
        """Return replicas on, (W, T), with services that have batches planned anew by HiGHS."""
        services, rows = self.problem.services, len(self.problem.capacity)
        price = np.rint(self.prices()).astype(np.int64)
        for service in check_time_each(self.problem.offline):
            others = on.copy()
            others[services.ways(service)] = 0
            room = self.room(taken + services.load(others, rows))
            alone = only_service(self.problem, service, self.owned.kinds(service), price, room)
            schedule = solve_integer(alone, SECONDS, GAP).schedule
            if schedule is not None and schedule.replicas is not None:
                others[services.ways(service)] = schedule.replicas.on
                on = others
        return on

    def _fits_batches(self, replicas: ReplicaSchedule) -> bool:
        """Return whether replicas do their batches beside the demand."""
        services, usable = self.problem.services, self.problem.services.usable(replicas.on)
        return all(
            offline.work(usable[services.ways(service)], replicas.missed[service], replicas.done) is not None
            for service, offline in self.problem.offline.items()
        )


def services_least(problem: Problem) -> int:
    """Return a lower bound on what services cost beside all else [money units]."""
    services, planner = problem.services, Planner(problem)
    way = np.repeat(np.arange(len(services.pool)), np.diff(services.hold_ptr))
    slot = services.costs.on.copy()
    np.add.at(slot, way, services.hold[:, None] * problem.price[services.hold_row])
    gains = (np.minimum(0, slot) * services.most).sum(axis=1)  # below zero only where prices are
    bounds = enumerate(planner.alone().bounds)
    return sum(int(gains[services.ways(at)].sum()) if bound is None else bound for at, bound in bounds)

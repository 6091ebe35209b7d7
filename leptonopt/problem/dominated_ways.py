"""Find ways to run replicas that no schedule needs, as copies of another way do the same for no more.

A way is dominated by k replicas of another one that together hold no more of any row, cost no more while they are on,
started or stopped, serve no less of every class, and are as quick to boot and to leave.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.services import ReplicaCosts, Services


@lru_cache(maxsize=2)
def dominated_ways(problem: Problem) -> Bools:
    """Return the ways that are dominated, bool, shape (W,)."""
    services = problem.services
    found = np.zeros(len(services.pool), bool)
    if (problem.nodes.costs.on < 0).any():  # using less may cost more
        return found
    holds = [_holds(services, way) for way in range(len(found))]
    costs = [services.costs, *(quota.replicas for quota in problem.quotas if quota.replicas)]
    for service in range(len(services)):
        ways = range(int(services.way_ptr[service]), int(services.way_ptr[service + 1]))
        apart = services.limit[service] < services.most[ways.start : ways.stop].sum(axis=0)
        for way in ways:
            found[way] = not services.least[way] and not services.running[way] and any(
                not found[other]
                and (copies := _copies(holds[way], holds[other])) > 0
                and not (copies > 1 and apart.any())
                and _is_free(problem, other, holds[other], needed_alone(services, service, other))
                and _is_as_good(problem, way, other, copies, costs)
                and not (other > way and _is_as_good(problem, other, way, 1, costs) and holds[way] == holds[other])
                for other in ways
                if other != way
            )  # fmt: skip
    return found


def _holds(services: Services, way: int) -> dict[int, int]:
    part = slice(services.hold_ptr[way], services.hold_ptr[way + 1])
    return dict(zip(services.hold_row[part].tolist(), services.hold[part].tolist(), strict=True))


def _copies(held: dict[int, int], other: dict[int, int]) -> int:
    """Return how many replicas of the other way hold no more than one; 0 where it holds another row."""
    if not set(other) <= set(held):
        return 0
    return min((held[row] // amount for row, amount in other.items()), default=1)


def _is_free(problem: Problem, way: int, held: dict[int, int], needed: int) -> bool:
    """Return whether only capacity and use limit the replicas of a way."""
    room = np.full(problem.slots, needed)
    for row, amount in held.items():
        room = np.minimum(room, np.where(problem.capacity[row] < UNLIMITED, problem.capacity[row] // amount, needed))
    return bool(np.all(problem.services.most[way] >= room))


def _is_as_good(problem: Problem, way: int, other: int, copies: int, costs: list[ReplicaCosts]) -> bool:
    """Return whether copies of the other way serve no less, as soon, and cost no more."""
    services, more = problem.services, np.zeros(problem.slots, np.int64)
    for table in (services.planned, services.rate, services.offline):
        if np.any(copies * table[other] < table[way]):
            return False
    if services.boot[other] > services.boot[way] or services.minimum[other] > services.minimum[way]:
        return False
    if any(way in loss.kept and other not in loss.kept for loss in services.survivals):
        return False
    for row, amount in _holds(services, way).items():
        less = amount - copies * _holds(services, other).get(row, 0)
        if np.any(problem.price[row] < 0) or any(
            np.any(_rate(quota.rows, quota.rate, row) < 0) for quota in problem.quotas
        ):
            return False
        more = more + less * problem.price[row]
    return all(
        np.all(copies * part[other] <= part[way] + extra)
        for each in costs
        for part, extra in ((each.on, more if each is services.costs else 0), (each.start, 0), (each.stop, 0))
    )


def _rate(rows: Ints, rate: Ints, row: int) -> Ints:
    found: Ints = rate[rows == row]
    return found


def needed_alone(services: Services, service: int, way: int) -> int:
    """Return the replicas with which a way serves all that it can serve, and does all batches in one slot."""
    own, batches = services.classes(service), services.batches
    rate, offline = services.planned[way, own], services.offline[way, own]
    peak = (services.demand[own][rate > 0] / rate[rate > 0][:, None]).sum(axis=0).max(initial=0.0)
    amount = batches.amount[batches.service == service][:, own].sum(axis=0)
    work = (amount[offline > 0] / offline[offline > 0]).sum()
    least = max(int(services.least[way]), int(services.service_least[service]))
    return max(int(np.ceil((peak + work) * (1 + 1e-12))) + int(services.spare[service]), least)

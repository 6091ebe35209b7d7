"""Check which rules of services a schedule of replicas violates."""

from __future__ import annotations

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.dominated_ways import dominated_ways, needed_alone
from leptonopt.problem.nodes import recent_sum
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.services import ReplicaSchedule, Services
from leptonopt.problem.serving import MAX_CUTS, MAX_MODES
from leptonopt.problem.tied_prices import TooManyCuts


def violated_service_rules(problem: Problem, replicas: ReplicaSchedule | None) -> set[str]:
    """Return which of the rules `replicas`, `serve` and `batches` are violated.

    Raises `TooManyCuts` where a service has too many ways and classes for an exact answer.
    """
    services = problem.services
    if replicas is None:
        return {"replicas"} if len(services) else set()
    if not _keeps_counts(services, replicas.on, problem.slots):
        return {"replicas"}
    broken, usable = set[str](), services.usable(replicas.on)
    for service in range(len(services)):
        ways = services.ways(service)
        needed = least_money(problem, service, usable[ways])
        paid = replicas.missed[service]
        if np.any(needed < 0) or np.any(needed > paid) or np.any(paid % services.missed_step):
            broken.add("serve")
    must = ~services.batches.optional & ~replicas.done
    if must.any() or ("serve" not in broken and not _does_batches(problem, usable, replicas)):
        broken.add("batches")
    return broken


def least_money(problem: Problem, service: int, usable: Ints) -> Ints:
    """Return what must be paid for missed requests by slot, (T,); -1 where no money is enough.

    `usable` has shape (W, T).
    """
    demand = problem.services.demand[problem.services.classes(service)]
    return problem.serving[service].exact_money(usable.T, demand.T)


def undecided(problem: Problem) -> str:
    """Return why the rules of services cannot be decided exactly; empty where they can."""
    try:
        _ = problem.serving, problem.offline
        return ""
    except TooManyCuts:
        most = max(np.diff(problem.services.way_ptr).tolist()), max(np.diff(problem.services.class_ptr).tolist())
        allowed = f"{MAX_CUTS:,} cuts beside batches, and {MAX_MODES} ways to assign classes with `routing: whole`"
        shown = f"services with up to {most[0]} ways and {most[1]} classes have too many cuts to be decided exactly"
        return f"{shown}; allowed are {allowed}"


def _keeps_counts(services: Services, on: Ints, slots: int) -> bool:
    """Return True when replicas keep the rule `replicas`."""
    if on.shape != (len(services.pool), slots) or np.any(on < 0) or np.any(on > services.most):
        return False
    if np.any(on < recent_sum(services.switched(on)[0], services.minimum)):
        return False
    usable = services.usable(on)
    return bool(np.all(usable >= services.least[:, None])) and all(
        _keeps_sums(services, service, on, usable) for service in range(len(services))
    )


def _keeps_sums(services: Services, service: int, on: Ints, usable: Ints) -> bool:
    """Return True when the replicas of a service together keep their limits."""
    ways = services.ways(service)
    used = on[ways].any(axis=1)
    if services.one_way[service] and used.sum() > 1:
        return False
    fits: Bools = on[ways].sum(axis=0) <= services.limit[service]
    return bool(fits.all()) and bool(np.all(usable[ways].sum(axis=0) >= services.service_least[service]))


def _does_batches(problem: Problem, usable: Ints, replicas: ReplicaSchedule) -> bool:
    """Return True when the batches of all services fit beside the demand."""
    return all(
        offline.work(usable[problem.services.ways(service)], replicas.missed[service], replicas.done) is not None
        for service, offline in problem.offline.items()
    )


def useful_counts(problem: Problem, room: Ints | None = None, only: int | None = None) -> Ints:
    """Return the replicas of each way beyond which none is of use, int64, shape (W,).

    With `only`, those of the ways of one service.

    With more than a way needs to serve all that it can serve, alone, replicas may be left off at no loss, unless they
    earn money. Dominated ways are of no use. `room`, shape (K, T), is the capacity left to replicas.
    """
    services, room = problem.services, problem.capacity if room is None else room
    dominated = dominated_ways(problem)
    found: Ints = services.most.max(axis=1, initial=0)
    owner = np.repeat(np.arange(len(services)), np.diff(services.way_ptr))
    ways = np.arange(len(owner)) if only is None else np.flatnonzero(owner == only)
    for way, service in zip(ways.tolist(), owner[ways].tolist(), strict=True):
        part = slice(services.hold_ptr[way], services.hold_ptr[way + 1])
        rows, amounts = services.hold_row[part], services.hold[part]
        fits = (room[rows] // amounts[:, None]).min(axis=0, initial=UNLIMITED)
        found[way] = 0 if dominated[way] else min(int(found[way]), max(0, int(fits.max(initial=0))))
        if not _earns(problem, way, rows):
            found[way] = min(int(found[way]), needed_alone(services, service, way))
    return found[ways]


def _earns(problem: Problem, way: int, rows: Ints) -> bool:
    """Return whether a replica may earn money while it is on."""
    own = (problem.services.costs.on[way] < 0).any() or (problem.price[rows] < 0).any()
    return bool(own or (problem.nodes.costs.on < 0).any())

"""Check which rules of services a schedule of replicas violates."""

from __future__ import annotations

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.nodes import recent_sum
from leptonopt.problem.problem import Problem
from leptonopt.problem.services import ReplicaSchedule, Services


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
    serving = problem.serving[service]
    return serving.least_money(serving.supply(usable.T), demand.T)


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

"""Prices on what services share, and the bound that they prove.

With prices u >= 0 on the rows that services share, each service and each task decides on its own:

    sum over services of their least cost at prices + u  +  the value of the tasks' Lagrangian dual at u

is a lower bound (`lagrangian.capacity_dual` has the second part, with - u * capacity). The prices are dual values of
the linear relaxation of the services, whose cuts are rounded for whole numbers. The
least cost of a service is exact where its states are few. Else it is the greatest bound of three: its slots by
themselves (`slot_bound`), HiGHS on its integer program, and what the cheapest way asks for each unit of the demand.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers, exact_bound
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.services.construction import Planner
from leptonopt.algorithms.services.integer_program import solve_integer
from leptonopt.algorithms.services.joint_relaxation import Relaxed
from leptonopt.algorithms.services.service_states import ServiceStates
from leptonopt.algorithms.services.slot_bound import slot_bound
from leptonopt.algorithms.services.subproblem import only_service, other_kinds
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem
from leptonopt.runtime.clock import run_side_by_side
from leptonopt.runtime.deadline import Deadline

SHORTEST = 0.3  # seconds for the integer program of a service, at least


def services_at(
    problem: Problem, planner: Planner, found: Relaxed, seconds: float, gap: float, threads: int = 1
) -> Iterator[int]:
    """Yield better and better bounds that the prices of a relaxation on shared rows prove.

    First each slot of each service by itself, then each service as a whole by some threads, the dearest first.
    """
    deadline, many = Deadline.after(seconds), len(problem.services)
    prices = np.where(planner.owned.row[:, None] < 0, found.prices, 0)
    states = [planner.states(service) for service in range(many)]
    slots = [slot_bound(each, prices, found.switching) for each in states]
    bounds = [
        _greatest(None if slot is None else slot.bound, fluid_bound(each, prices))
        for slot, each in zip(slots, states, strict=True)
    ]
    rest = _rest_at(problem, planner, prices)
    order = np.argsort([-float(bound or 0) for bound in bounds], kind="stable").tolist()

    def total() -> Iterator[int]:
        known = [bound for bound in (rest, *bounds) if bound is not None]
        yield from [sum(known)] if len(known) == 1 + many else []

    def solved(at: int) -> int | None:
        share = 2 * threads * deadline.left() / (many - at)  # some need less
        return service_at(problem, planner, order[at], prices, max(SHORTEST, share), gap)

    yield from total()
    for first in range(0, many, threads):
        some = range(first, min(many, first + threads))
        for at, bound in zip(some, run_side_by_side(solved, some, threads), strict=True):
            bounds[order[at]] = _greatest(bounds[order[at]], bound)
        yield from total()


def _greatest(*bounds: int | None) -> int | None:
    """Return the greatest bound; None without one."""
    return max((bound for bound in bounds if bound is not None), default=None)


def _rest_at(problem: Problem, planner: Planner, prices: Ints) -> int | None:
    """Return the bound at prices on what tasks and shared nodes cost."""
    rest = replace(problem, nodes=other_kinds(problem.nodes, planner.owned.kind >= 0))
    return exact_bound(rest, BlockPricer(rest), Multipliers(prices, np.zeros(len(problem.quotas), np.int64), 1))


def service_at(
    problem: Problem, planner: Planner, service: int, prices: Ints, seconds: float, gap: float
) -> int | None:
    """Return a lower bound on the cost of one service at its own prices and these."""
    states = planner.states(service)
    if planner.quickly_solvable(states):
        found = states.solve(problem.price + prices)
        return None if found is None else int(found[0])
    alone = only_service(problem, service, planner.owned.kinds(service), problem.price + prices)
    return solve_integer(alone, seconds, gap).bound


def fluid_bound(states: ServiceStates, prices: Ints) -> int | None:
    """Return what the cheapest way asks for each unit of the demand, without switching and rounding."""
    services, unit = states.problem.services, states.unit_cost(states.problem.price + prices).astype(float)
    if unit.min(initial=0.0) < 0:
        return None
    total = 0.0
    for b in range(*states.problem.services.classes(states.service).indices(len(services.demand))):
        rate = services.planned[states.ways, b]
        each = (unit[rate > 0] / rate[rate > 0][:, None]).min(axis=0, initial=np.inf)
        cost = services.missed[b]
        each = each if cost is None else np.minimum(each, float(cost))
        asked = services.demand[b] > 0
        total += float((each[asked] * services.demand[b][asked]).sum())
    return math.floor(total * (1 - 1e-9)) if math.isfinite(total) else None

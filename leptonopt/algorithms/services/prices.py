"""Prices on what services share, and the bound that they prove.

With prices u >= 0 on the rows that services share, each service and each task decides on its own:

    sum over services of their least cost at prices + u  +  the value of the tasks' Lagrangian dual at u

is a lower bound (`lagrangian.capacity_dual` has the second part, with - u * capacity). The prices are dual values of
the linear relaxation of the services, whose cuts are rounded for whole numbers. The
least cost of a service is exact where its states are few. Else it is the bound of HiGHS on its integer program, or what
the cheapest way asks for each unit of the demand.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers, exact_bound
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.services.construction import Planner
from leptonopt.algorithms.services.integer_program import solve_integer
from leptonopt.algorithms.services.service_states import ServiceStates
from leptonopt.algorithms.services.subproblem import only_service, other_kinds
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem
from leptonopt.runtime.clock import run_side_by_side
from leptonopt.runtime.deadline import Deadline

SHORTEST = 0.3  # seconds for the integer program of a service, at least


def services_at(
    problem: Problem, planner: Planner, prices: Ints, seconds: float, gap: float, threads: int = 1
) -> int | None:
    """Return the bound that prices on shared rows prove, by some threads; None where a service has none."""
    deadline, many = Deadline.after(seconds), len(problem.services)
    sizes = [fluid_bound(planner.states(service), prices) or 0 for service in range(many)]
    order = np.argsort(-np.array(sizes, float), kind="stable").tolist()

    def solved(at: int) -> int | None:
        share = 2 * threads * deadline.left() / (many - at)  # some need less
        return service_at(problem, planner, order[at], prices, max(SHORTEST, share), gap)

    bounds = [_rest_at(problem, planner, prices), *run_side_by_side(solved, range(many), threads)]
    known = [bound for bound in bounds if bound is not None]
    return sum(known) if len(known) == len(bounds) else None


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
    bounds = (solve_integer(alone, seconds, gap).bound, fluid_bound(states, prices))
    return max((bound for bound in bounds if bound is not None), default=None)


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

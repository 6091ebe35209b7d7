"""Bound the cost of a service by its slots, each by itself.

Starts and stops join the slots. At multipliers from 0 to their costs on the rows that count them (Lagrangian
relaxation; Geoffrion 1974, doi:10.1007/BFb0120690), they change what a replica costs in each slot:

    on[t] + start[t] - start[t + 1] + stop[t] - stop[t - 1],   and - running start[0] once

Then each slot is a knapsack that covers the demand with whole replicas. Booting, the minimum time, and all cuts but one
are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.services.cover_kernels import least_covers
from leptonopt.algorithms.services.service_states import ServiceStates
from leptonopt.problem.arrays import Floats, Ints

TRIES = 20_000  # of replicas in a slot, until its linear relaxation is taken
EXACT = 2**40  # of which sums of costs and weights are exact in floats
ROUNDING = 1e-9  # relative, above the rounding of floats


@dataclass(frozen=True, eq=False)
class SlotAnswer:
    """Hold a lower bound, and the replicas on in the cheapest cover of each slot, int64, (W, T)."""

    bound: int
    on: Ints


def slot_bound(states: ServiceStates, prices: Ints, switching: Ints) -> SlotAnswer | None:
    """Return a lower bound on the cost of a service at its own prices and these; None without one.

    `prices` has shape (K, T). `switching` are multipliers of starts and stops of all ways, int64, shape (2, W, T).
    """
    problem, services = states.problem, states.problem.services
    start, stop = (
        np.clip(part[states.ways], 0, np.maximum(0, cost[states.ways]))
        for part, cost in zip(switching, (services.costs.start, services.costs.stop), strict=True)
    )
    each = states.unit_cost(problem.price + prices) + start + stop
    each[:, :-1] -= start[:, 1:]
    each[:, 1:] -= stop[:, :-1]
    most = np.minimum(services.most[states.ways], np.array(states.most)[:, None])
    if states.kinds or max(np.abs(each).max(initial=0), most.max(initial=0)) >= EXACT:
        return None
    gained = np.where(each < 0, most, 0)
    fixed = (each * gained).sum() - services.running[states.ways] @ start[:, 0]
    least, on = _covers(states, np.maximum(0, each), most - gained, gained)
    total = float(least.sum())
    if not math.isfinite(total):
        return None
    return SlotAnswer(int(fixed) + math.ceil(total * (1 - ROUNDING)), gained + np.rint(on).astype(np.int64))


def _covers(states: ServiceStates, cost: Ints, most: Ints, gained: Ints) -> tuple[Floats, Floats]:
    """Return the dearest cover of a cut by slot beside what is gained: costs, (T,), counts, (W, T)."""
    problem, serving = states.problem, states.problem.serving[states.service]
    demand = problem.services.demand[problem.services.classes(states.service)].T
    found, on = np.zeros(problem.slots), np.zeros(cost.shape)
    for family in serving.stated:
        cuts = family[0]
        weight, need = np.abs(cuts.weight).astype(float), cuts.required(demand) - cuts.supply(gained.T)
        if len(family) > 1 or max(weight.max(initial=0), np.abs(need.astype(float)).max(initial=0)) >= EXACT:
            continue
        for number, paid in enumerate(cuts.paid.tolist()):
            asked = np.maximum(0.0, need[:, number].astype(float))
            least, cover = covered(cost.T, most.T, weight[number], asked, 1 / paid if paid else math.inf)
            on = np.where(least > found, cover.T, on)
            found = np.maximum(found, least)
    return found, on


def covered(cost: Ints, most: Ints, weight: Floats, need: Floats, missed: float) -> tuple[Floats, Floats]:
    """Return the least cost of covering each slot, float, shape (T,), and its counts, (T, W).

    `cost` and `most` have shape (T, W), `weight` (W,), `need` (T,).
    """
    every, kept = np.zeros(cost.shape), np.flatnonzero(weight > 0)
    cost, most, weight = cost[:, kept].astype(float), most[:, kept].astype(float), weight[kept]
    order = np.argsort(cost / weight, axis=1)
    cost, most = (np.take_along_axis(each, order, axis=1) for each in (cost, most))
    most[cost >= missed * weight[order]] = 0
    on = np.zeros(cost.shape)
    least = least_covers(cost, most, weight[order], need, missed, TRIES, np.zeros((3, len(weight) + 1)), on)
    np.put_along_axis(every, kept[order], on, axis=1)
    return least, every

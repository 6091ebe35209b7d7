"""Tests of routings: they keep the rules exactly, and miss no more than they have to."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest

from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.replicas import least_money
from leptonopt.problem.routing import Router, ServiceRouting, route_service
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.services import ReplicaSchedule
from tests.helpers import service_problems as made
from tests.helpers.marks import first
from tests.helpers.small_problems import problem

KINDS = ("headroom", "missed", "batches", "whole", "survive", "boot", "spare")


def schedules(found: Problem, most: int) -> list[ReplicaSchedule]:
    """Return the first schedules of replicas that violate no rule."""
    services, kept = found.services, []
    for on in itertools.product(*(range(limit + 1) for limit in services.most.ravel().tolist())):
        grid = np.array(on, np.int64).reshape(services.most.shape)
        usable = services.usable(grid)
        money = np.array([least_money(found, v, usable[services.ways(v)]) for v in range(len(services))])
        replicas = ReplicaSchedule(grid, np.ones(len(services.batches), bool), np.maximum(0, money))
        if not violated_rules(found, Schedule.of([], [], replicas=replicas)):
            kept.append(replicas)
        if len(kept) == most:
            break
    return kept


def check(found: Problem, replicas: ReplicaSchedule, service: int, routing: ServiceRouting) -> None:
    """Assert the rules `serve` and `batches` for a routing."""
    services = found.services
    ways, own = services.ways(service), services.classes(service)
    usable, demand = services.usable(replicas.on)[ways].tolist(), services.demand[own].tolist()
    rate, planned, offline = (grid[ways, own].tolist() for grid in (services.rate, services.planned, services.offline))
    for t, slot in enumerate(routing.slots):
        for b, line in enumerate(demand):
            served = [value for (c, _), value in slot.served.items() if c == b]
            assert sum(served) + slot.missed.get(b, 0) == line[t]
            assert not services.whole[service] or len(served) <= 1
        cost = sum(services.missed[own][b] * value for b, value in slot.missed.items())
        assert cost <= replicas.missed[service, t]
        filled = rate if services.fill[service] else planned
        for w, count in enumerate(line[t] for line in usable):
            mine = {b: value for (b, v), value in slot.served.items() if v == w}
            work = {b: value for (b, v), value in slot.done.items() if v == w}
            assert sum(value / planned[w][b] for b, value in mine.items()) <= count
            used = sum((value / filled[w][b] for b, value in mine.items()), Fraction(0))
            assert used + sum(value / offline[w][b] for b, value in work.items()) <= count
    for lost, slots in zip(services.survivals, routing.survivals, strict=True):
        kept = {w - ways.start for w in lost.kept.tolist()}
        for t, slot in enumerate(slots):
            assert {w for _, w in slot.served} <= kept
            assert not slot.missed
            assert [sum(v for (c, _), v in slot.served.items() if c == b) for b in range(len(demand))] == [
                line[t] for line in demand
            ]
    for j in range(len(services.batches)):
        total = dict.fromkeys(range(len(demand)), Fraction(0))
        for (k, b, _, slot), value in routing.batches.items():
            assert services.batches.first[k] <= slot <= services.batches.last[k]
            total[b] += value * (k == j)
        assert list(total.values()) == services.batches.amount[j, own].tolist()


@pytest.mark.parametrize("seed", first(8, range(100), ci=40))
def test_routings_of_all_schedules_keep_the_rules(seed: int) -> None:
    """What is infeasible by cuts has none, what is feasible has one."""
    features = tuple(kind for at, kind in enumerate(KINDS) if (seed >> at) & 1)
    found = made.random_problem(seed, features)
    for replicas in schedules(found, 8):
        check(found, replicas, 0, route_service(found, replicas, 0))


def test_too_few_replicas_have_no_routing() -> None:
    services = made.services(made.service([[2]], [[5]], holds=[{0: 1}]))
    found = problem(capacity=[[9]], price=[[1]], services=services)
    short = ReplicaSchedule(np.array([[2]]), np.zeros(0, bool), np.zeros((1, 1), int))
    with pytest.raises(ValueError, match="do not serve"):
        route_service(found, short, 0)


def test_shares_are_kept_while_they_fit() -> None:
    services = made.services(made.service([[2], [3]], [[5, 4, 6]], holds=[{0: 1}, {0: 1}]))
    router = Router(services, 0, [0, 1])
    one, two, three = (router.route([1, 1], [demand], 0, {}) for demand in (5, 4, 5))
    assert one == three
    assert one is not None
    assert two is not None
    assert {key: value / 4 for key, value in two.served.items()} == {
        key: value / 5 for key, value in one.served.items()
    }
    assert router.route([1, 1], [6], 0, {}) is None

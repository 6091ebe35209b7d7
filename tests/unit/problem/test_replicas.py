"""Tests of the rules of services: against enumeration, and each rule alone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.replicas import least_money
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.problem.services import ReplicaSchedule
from tests.helpers import service_problems as made
from tests.helpers.marks import first

ALONE = tuple(name for name in made.FEATURES if name not in ("tasks", "missed"))


def cheapest(found: Problem) -> int | None:
    """Return the least objective over all counts of replicas that violate no rule."""
    of, costs = found.services, []
    for on in itertools.product(*(range(most + 1) for most in of.most.ravel().tolist())):
        grid = np.array(on, np.int64).reshape(of.most.shape)
        usable = of.usable(grid)
        money = np.array([least_money(found, v, usable[of.ways(v)]) for v in range(len(of))])
        for done in itertools.product(*([True, False] if may else [True] for may in of.batches.optional)):
            schedule = Schedule.of([], [], replicas=ReplicaSchedule(grid, np.array(done, bool), np.maximum(0, money)))
            if not violated_rules(found, schedule):
                costs.append(objective(found, schedule))
    return min(costs, default=None)


@pytest.mark.parametrize("seed", first(8, range(60), ci=30))
def test_the_rules_are_those_of_the_enumeration(seed: int) -> None:
    features = tuple(name for at, name in enumerate(ALONE) if (seed * 7 + at * 5) % 3 == 0 and name != "two_services")
    found = made.random_problem(seed, features)
    assert cheapest(found) == made.least_cost(found)

"""Tests of prices on shared rows: what they prove is never above the optimum."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from leptonopt.algorithms.services.construction import Planner
from leptonopt.algorithms.services.joint_relaxation import relaxed
from leptonopt.algorithms.services.prices import fluid_bound, services_at
from tests.helpers import service_problems as made
from tests.helpers.marks import first


@pytest.mark.parametrize("seed", first(10, range(200), ci=16))
def test_bounds_are_valid(seed: int) -> None:
    rng = random.Random(seed)
    names = ("tasks", "nodes", "switching", "boot", "minimum", "missed", "headroom", "batches", "running")
    found = made.random_problem(seed, ("two_services", *(name for name in names if rng.random() < 0.4)))
    least = made.least_cost(found)
    if least is None:
        return
    planner = Planner(found)
    solution = relaxed(found, 5)
    assert solution is not None
    prices = np.where(planner.owned.row[:, None] < 0, solution.prices, 0)
    for each in (prices, np.zeros_like(prices), np.where(prices > 0, prices + 1, 0)):
        bounds = list(services_at(found, planner, replace(solution, prices=each), 5, 0.0))
        assert bounds
        assert bounds == sorted(bounds)
        assert bounds[-1] <= least


def test_the_cheapest_way_bounds_a_service() -> None:
    found = made.random_problem(24, ("switching",))
    states = Planner(found).states(0)
    solved, bound = states.solve(), fluid_bound(states, np.zeros_like(found.price))
    assert solved is not None
    assert bound is not None
    assert 0 < bound <= solved[0]

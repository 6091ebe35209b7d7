"""Tests of bounds by slots: never above the optimum, and equal to it where nothing joins the slots."""

from __future__ import annotations

import random

import numpy as np
import pytest

from leptonopt.algorithms.services.construction import Planner
from leptonopt.algorithms.services.slot_bound import slot_bound
from tests.helpers import service_problems as made
from tests.helpers.marks import first

NAMES = ("switching", "boot", "minimum", "missed", "headroom", "running", "whole", "one_way", "spare")


@pytest.mark.parametrize("seed", first(12, range(200), ci=24))
def test_any_multipliers_bound_a_service(seed: int) -> None:
    rng = random.Random(seed)
    found = made.random_problem(seed, tuple(name for name in NAMES if name in made.FEATURES and rng.random() < 0.3))
    states, prices = Planner(found).states(0), np.zeros_like(found.price)
    solved = states.solve(found.price + prices)
    if solved is None:
        return
    drawn = np.random.default_rng(seed).integers(0, 50, (2, *found.services.most.shape))
    for switching in (np.zeros_like(drawn), drawn):
        bound = slot_bound(states, prices, switching)
        assert bound is None or bound.bound <= solved[0]


@pytest.mark.parametrize("seed", first(8, range(100), ci=16))
def test_slots_by_themselves_are_the_optimum_where_starts_cost_nothing(seed: int) -> None:
    found = made.random_problem(seed, ("headroom",))
    states = Planner(found).states(0)
    nothing = np.zeros((2, *found.services.most.shape), np.int64)
    solved, bound = states.solve(), slot_bound(states, np.zeros_like(found.price), nothing)
    if solved is not None and all(len(family[0].paid) == 1 for family in found.serving[0].stated):
        assert bound is not None
        assert bound.bound == solved[0]
        assert bound.on.shape == solved[1].shape

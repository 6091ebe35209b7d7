"""Tests of parts of rows: they sum to the room, and what is planned in them fits together."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from leptonopt.algorithms.services.allotment import allotted, planned_in_parts
from leptonopt.algorithms.services.construction import Planner
from leptonopt.algorithms.services.joint_relaxation import relaxed
from leptonopt.problem.problem import UNLIMITED
from tests.helpers import service_problems as made
from tests.helpers.marks import first
from tests.helpers.small_problems import problem


@pytest.mark.parametrize("seed", first(10, range(200), ci=40))
def test_parts_fit_the_room_together(seed: int) -> None:
    rng = random.Random(seed)
    names = tuple(name for name in ("tasks", "switching", "boot", "missed") if rng.random() < 0.4)
    found = made.random_problem(seed, ("two_services", *names))
    solution, nothing = relaxed(found, 5), np.zeros_like(found.capacity)
    if solution is None or not len(solution.on):
        return
    parts, limited = allotted(found, solution.on, found.capacity), found.capacity < UNLIMITED
    assert (parts >= 0).all()
    assert (parts.sum(axis=0)[limited] <= found.capacity[limited]).all()
    on = planned_in_parts(Planner(found), solution.on, nothing)
    if on is not None:
        assert (found.services.load(on, len(found.capacity)) <= found.capacity).all()


def test_a_part_is_whole_replicas_and_the_rest_goes_to_who_lost_most() -> None:
    each = [made.service([[1]], [[2]], holds=[{0: 4}]), made.service([[1]], [[1]], holds=[{0: 1}])]
    found = replace(problem(capacity=[[10]]), services=made.services(*each))
    parts = allotted(found, np.array([[1.8], [0.4]]), found.capacity)
    assert parts[:, 0, 0].tolist() == [8, 1]

"""Tests of fixed replicas: a schedule around them costs what it costs in the whole problem."""

from __future__ import annotations

import random

import pytest

from leptonopt.algorithms.services.fixed_replicas import around, joined, tasks_of
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import objective
from leptonopt.solvers import cpsat
from tests.helpers import service_problems as made

LIMITS = Limits(20)


@pytest.mark.parametrize("seed", range(12))
def test_tasks_around_the_replicas_of_an_optimum_are_an_optimum(seed: int) -> None:
    rng = random.Random(seed)
    features = ("tasks", *(name for name in ("nodes", "switching", "running", "missed") if rng.random() < 0.6))
    found = made.random_problem(seed, features)
    best = cpsat.solve(found, None, LIMITS, NullMonitor()).schedule
    if best is None:
        return
    assert best.replicas is not None
    alone = around(found, best.replicas)
    assert alone is not None
    assert not violated_rules(alone, tasks_of(found, best, alone))
    tasks = cpsat.solve(alone, None, LIMITS, NullMonitor()).schedule
    assert tasks is not None
    again = joined(found, tasks, best.replicas)
    assert not violated_rules(found, again)
    assert objective(found, again) == objective(found, best)


def test_replicas_beyond_the_capacity_leave_no_problem() -> None:
    found = made.random_problem(1, ())
    best = cpsat.solve(found, None, LIMITS, NullMonitor()).schedule
    assert best is None or best.replicas is not None
    if best is not None and best.replicas is not None:
        object.__setattr__(best.replicas, "on", best.replicas.on + 99)
        assert around(found, best.replicas) is None

"""Tests of parts of a problem: services without tasks, and one service alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from leptonopt.algorithms.services.subproblem import only_service, other_kinds, without_tasks
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.solvers import cpsat
from tests.helpers import service_problems as made
from tests.helpers.small_problems import ints, nodes

LIMITS = Limits(20)


def test_without_tasks_only_services_are_left() -> None:
    found = made.random_problem(5, ("tasks", "nodes"))
    alone = without_tasks(found, found.capacity - 1)
    assert alone.groups == alone.options == 0
    assert alone.services is found.services
    assert alone.capacity.tolist() == (found.capacity - 1).tolist()
    assert without_tasks(alone) is alone


@pytest.mark.parametrize("seed", range(8))
def test_services_alone_cost_at_most_what_they_cost_together(seed: int) -> None:
    found = made.random_problem(seed, ("two_services", "missed", "switching", "survive"))
    whole = cpsat.solve(found, None, LIMITS, NullMonitor())
    parts = [cpsat.solve(only_service(found, v, (), found.price), None, LIMITS, NullMonitor()) for v in range(2)]
    if whole.status is Status.OPTIMAL:
        assert whole.bound is not None
        assert all(part.status is Status.OPTIMAL for part in parts)
        assert sum(part.bound or 0 for part in parts) <= whole.bound
    for v, part in enumerate(parts):
        if part.schedule is not None:
            assert not violated_rules(only_service(found, v, (), found.price), part.schedule)


def test_other_kinds_of_nodes_are_left() -> None:
    found = made.random_problem(5, ("nodes",))
    assert len(other_kinds(found.nodes, dataclasses.replace(found).nodes.on_demand)) == 0


def test_kinds_that_are_left_keep_what_is_on_before_the_horizon() -> None:
    """A kind that runs already pays no start, so a bound without that would claim too much."""
    found = nodes([[2], [2]], [(0, 0, 1), (1, 1, 1)], price=[[1], [1]])
    running = dataclasses.replace(found, before=ints([1, 2]))
    assert other_kinds(running, np.array([True, False])).before.tolist() == [2]

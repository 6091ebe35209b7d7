"""The aggregate of single nodes is smaller, and no schedule of the problem costs less than its bound."""

from __future__ import annotations

import numpy as np
import pytest

import leptonopt
from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.single_nodes.aggregate import aggregate_nodes, shared_rows
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import Schedule, objective, with_node_schedule
from leptonopt.solvers import greedy, lagrangian
from tests.helpers import servers


@pytest.mark.parametrize("seed", range(4))
def test_a_schedule_is_one_of_the_aggregate_at_the_same_cost(seed: int) -> None:
    """Starts and nodes carry over: every rule holds there, and the objective is no higher."""
    problem = servers.problem(seed)
    smaller = aggregate_nodes(problem)
    assert smaller is not None
    assert smaller.options < problem.options
    found = greedy.solve(problem, None, Limits(5, deterministic=True), NullMonitor()).schedule
    assert found is not None
    option = smaller.option_ptr[problem.group[found.option]]
    same = Schedule.of(option, found.start, found.count, with_node_schedule(problem, found).rent)
    assert (np.diff(smaller.option_ptr) == 1).all()
    assert not violated_rules(smaller, same)
    assert objective(smaller, same) == objective(problem, found)


@pytest.mark.parametrize("seed", range(3))
def test_its_bound_is_a_bound_and_no_weaker_after_few_rounds(seed: int) -> None:
    """The method `lagrangian` climbs on the aggregate; greedy's plan costs no less than what it proves."""
    problem = servers.problem(seed)
    plan = greedy.solve(problem, None, Limits(5, deterministic=True), NullMonitor()).schedule
    assert plan is not None
    proven = lagrangian.solve(problem, None, Limits(1, deterministic=True), NullMonitor()).bound
    assert proven is not None
    ascent = DualAscent(problem, BlockPricer(problem))
    for _ in range(3):
        ascent.step()
    short = ascent.exact()
    assert short is not None
    assert short <= proven <= objective(problem, plan)


def test_rows_are_shared_by_place_and_price() -> None:
    """Three servers with two resources and power at one tariff: three shared rows."""
    problem = servers.problem(0)
    assert shared_rows(problem).tolist() == [0, 1, 2] * 3


def test_others_have_no_aggregate() -> None:
    """A problem without nodes, and one server alone."""
    assert aggregate_nodes(compile_instance(leptonopt.generate("gaia", tasks=10)).problem) is None
    assert aggregate_nodes(servers.problem(0, servers=1, tasks=5)) is None

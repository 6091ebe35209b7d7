"""Costs that guide heuristics."""

from __future__ import annotations

from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.schedule import Schedule, objective
from tests.helpers.small_problems import group, option, problem


def test_the_true_costs() -> None:
    """The least of each option is that of its cheapest start; a paced copy is another guide."""
    made = problem(group(option(1, {0: 1})), capacity=[[1, 1]], price=[[7, 3]])
    guide = CostGuide.true(made, BlockPricer(made))
    assert list(guide.least) == [3] == [objective(made, Schedule.of([0], [1]))]
    assert guide.paced(5) is not guide

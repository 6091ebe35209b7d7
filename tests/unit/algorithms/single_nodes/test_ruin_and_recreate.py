"""Ruin and recreate keeps its own account of the cost, and never loses the best schedule."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.single_nodes.ruin_and_recreate import RuinAndRecreate
from leptonopt.algorithms.single_nodes.search import first_schedule
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import objective, with_node_schedule
from tests.helpers import servers


@pytest.mark.parametrize("seed", range(3))
def test_the_cost_is_counted_exactly(seed: int) -> None:
    """After many steps the account equals the objective, and the best is not worse than the beginning."""
    problem = servers.problem(seed)
    placing = first_schedule(problem, 0, lambda: False)
    assert placing is not None
    search = RuinAndRecreate(placing, seed)
    begun = search.cost
    for _ in range(60):
        search.step(0.05 * begun)
    assert search.cost == objective(problem, with_node_schedule(problem, placing.schedule()))
    best = with_node_schedule(problem, search.best)
    assert not violated_rules(problem, best)
    assert search.best_cost == objective(problem, best) <= begun


def test_a_step_that_fails_is_taken_back() -> None:
    """With a threshold below 0 nothing is accepted, and the schedule stays."""
    problem = servers.problem(4)
    placing = first_schedule(problem, 0, lambda: False)
    assert placing is not None
    before, free = placing.schedule(), placing.free.copy()
    search = RuinAndRecreate(placing, 0)
    for _ in range(20):
        search.step(-(10**12))
    assert list(placing.schedule()) == list(before)
    assert np.array_equal(placing.free, free)

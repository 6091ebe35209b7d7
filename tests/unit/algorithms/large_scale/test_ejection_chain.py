"""Ejection chains over arrays: the account of an item's column, and exchanges that single moves cannot make."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale.ejection_chain import assign, run_ejection_chains, unassign
from leptonopt.algorithms.large_scale.ejection_search import EjectionSearch
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import column_costs, usage
from tests.helpers.pooled_problems import three_pools
from tests.helpers.small_problems import group, option, problem


def searching(made: Problem) -> EjectionSearch:
    """Return a search from an empty assignment at true costs."""
    price = np.zeros(made.capacity.shape)
    return EjectionSearch(made, Assignment.empty(made, price), ClassPricer(made), price)


def exchange() -> EjectionSearch:
    """Return two items, demands 1 and 2, in slots of room 2: the smaller one holds the cheap slot."""
    made = searching(problem(group(option(1, {0: 1})), group(option(1, {0: 2})), capacity=[[2, 2]], price=[[1, 5]]))
    assign(made.placed.options, made.state, made.prices, made.pool, 0, 0, 0)
    assign(made.placed.options, made.state, made.prices, made.pool, 1, 1, 1)
    return made


def test_the_account_of_an_item() -> None:
    """Its column, capacity, place in the list of its pool, and cost above its cheapest column."""
    made = exchange()
    state = made.state
    assert state.free.tolist() == [[1, 0]]
    assert state.count.tolist() == [2]
    assert state.member[state.position[:2]].tolist() == [0, 1]
    assert state.excess.tolist() == [0.0, 8.0]  # 10 in slot 1, 2 in slot 0
    unassign(made.placed.options, state, made.prices, made.pool, 0)
    assert state.free.tolist() == [[2, 0]]
    assert state.option.tolist() == [-1, 1]
    assert state.count.tolist() == [1]
    assert state.member[state.begin[0] + state.position[1]] == 1
    assert state.excess[0] == made.prices.out[0] - 1.0


def test_two_items_change_places() -> None:
    """From 1 + 10 to 5 + 2, which is a change of -4."""
    made = exchange()
    change, tried = run_ejection_chains(
        made.placed.options, made.state, made.prices, made.pool, np.arange(2), 1, 400, 0.0
    )
    assert (change, tried) == (-4.0, 400)
    assert made.placed.start.tolist() == [1, 0]


@pytest.mark.parametrize("temperature", [0.0, 20.0])
@pytest.mark.parametrize("seed", range(10))
def test_the_change_is_that_of_the_true_cost(seed: int, temperature: float) -> None:
    """With items left out at their leave-out cost; the free capacity is what the schedule leaves."""
    made = searching(three_pools(seed))

    def cost() -> float:
        placed = made.placed
        some = placed.option >= 0
        ran = column_costs(made.problem, placed.option[some], placed.start[some]).sum()
        return float(ran + made.out[placed.group[~some]].sum())

    before = cost()
    change, _ = run_ejection_chains(
        made.placed.options, made.state, made.prices, made.pool, made.all, seed, 300, temperature
    )
    assert cost() - before == pytest.approx(change)
    assert temperature > 0 or change <= 0
    assert np.array_equal(made.placed.free, made.problem.capacity - usage(made.problem, made.placed.schedule()))
    assert (made.placed.free >= 0).all()
    for item in np.flatnonzero(made.placed.option >= 0).tolist():
        assert made.state.member[made.state.position[item]] == item

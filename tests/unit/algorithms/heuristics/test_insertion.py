"""Insertion of copies at their cheapest columns, cost limits, and precedence orders."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.heuristics.insertion import (
    cost_limit,
    family_pools,
    insert_copies,
    never,
    precedence_order,
    topological,
)
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST
from tests.helpers.guides import true_guide
from tests.helpers.small_problems import group, ints, option, problem


def test_as_many_copies_as_fit_at_the_cheapest_start() -> None:
    """Two of three copies fit the cheap slot; below a limit of 5 the last one stays out."""
    made = problem(group(option(1, {0: 1}), copies=3), capacity=[[2, 2]], price=[[1, 5]])
    placing, guide = PartialSchedule(made), true_guide(made)
    assert insert_copies(placing, 0, guide)
    assert placing.runs[0] == {(0, 0): 2, (0, 1): 1}
    limited = PartialSchedule(made)
    assert not insert_copies(limited, 0, guide, 5)
    assert limited.runs[0] == {(0, 0): 2}
    assert limited.missing[0] == 1


@pytest.mark.parametrize("copies", [3, 40, 90])
def test_many_columns_are_the_cheapest(copies: int) -> None:
    """One copy fits a slot: the copies take the cheapest slots, one by one and ranked at once."""
    price = [(37 * slot) % 101 for slot in range(100)]
    made = problem(group(option(1, {0: 1}), copies=copies), capacity=[[1] * 100], price=[price])
    placing = PartialSchedule(made)
    assert insert_copies(placing, 0, true_guide(made))
    assert sorted(price[start] for _, start in placing.runs[0]) == sorted(price)[:copies]


def test_more_copies_than_columns() -> None:
    """The copies that fit run, and the rest is missing."""
    made = problem(group(option(1, {0: 1}), copies=50), capacity=[[1] * 40])
    placing = PartialSchedule(made)
    assert not insert_copies(placing, 0, true_guide(made))
    assert placing.missing[0] == 10


def test_the_stop_test_ends_an_insertion() -> None:
    """After 15 columns chosen one by one, ranked columns ask before the first one."""
    made = problem(group(option(1, {0: 1}), copies=50), capacity=[[1] * 60])
    placing = PartialSchedule(made)
    assert not insert_copies(placing, 0, true_guide(made), over=lambda: True)
    assert placing.missing[0] == 50 - 15
    assert not never()


def test_limits_of_cost() -> None:
    """A mandatory group has none, nor has the predecessor of a running group; an optional group has its value."""
    made = problem(
        group(option(1, {0: 1})),
        group(option(1, {0: 1}), value=7),
        group(option(1, {0: 1}), value=9),
        capacity=[[3] * 3],
        edges=[(1, 2, 0)],
    )
    placing = PartialSchedule(made)
    assert [cost_limit(placing, each) for each in range(3)] == [INFEASIBLE_COST, 7, 9]
    placing.insert(1, 0)
    placing.insert(2, 1)
    assert cost_limit(placing, 1) == INFEASIBLE_COST


def test_pools_of_a_family_by_joint_cost() -> None:
    """Pool 1 costs 2 + 3, pool 0 costs 1 + 6, and pool 2 has no option of one member."""
    one = (option(1, {0: 1}, fixed=1, pool=0), option(1, {0: 1}, fixed=2, pool=1), option(1, {0: 1}, pool=2))
    other = (option(1, {0: 1}, fixed=6, pool=0), option(1, {0: 1}, fixed=3, pool=1))
    made = problem(group(*one), group(*other), capacity=[[9]], together=(ints([0, 1]),))
    assert family_pools(made, true_guide(made)) == [[(5, 1), (7, 0)]]
    alone = problem(group(*one), capacity=[[9]])
    assert family_pools(alone, true_guide(alone)) == []


def test_orders_keep_precedence() -> None:
    """Of the groups that are ready the least rank comes first; group 0 waits for group 2."""
    alone = group(option(1, {0: 1}))
    placing = PartialSchedule(problem(alone, alone, alone, capacity=[[3] * 3], edges=[(2, 0, 0)]))
    assert list(precedence_order(placing, [0.0, 2.0, 3.0])) == [1, 2, 0]
    assert list(precedence_order(placing, [0.0, 2.0, 1.0])) == [2, 0, 1]
    assert topological(placing) == [1, 2, 0]


def test_a_successor_may_run_from_the_first_slot() -> None:
    """Its predecessor has no limit of cost either."""
    made = problem(
        group(option(1, {0: 1}), value=7), group(option(1, {0: 1}), value=9), capacity=[[3] * 3], edges=[(0, 1, -1)]
    )
    placing = PartialSchedule(made)
    placing.insert(1, 0)
    assert cost_limit(placing, 0) == INFEASIBLE_COST

"""Kernels of the assignment Lagrangian: open agents, subgradient, direction."""

from __future__ import annotations

import itertools

import numpy as np

from leptonopt.algorithms.assignment.knapsack import NEVER
from leptonopt.algorithms.assignment.lagrangian import BranchNode, NodeRelaxation
from leptonopt.algorithms.assignment.lagrangian_kernels import (
    NO_PLAN,
    PARAMETERS,
    SCALE,
    choose_agents,
    deflect,
    forced_agent_values,
    lagrangian_value,
    subgradient,
)
from tests.helpers.assignment_problems import knapsack, two_agents


def test_open_agents_are_the_cheapest_that_hold_all() -> None:
    """No choice of agents that is large enough costs less, with an agent forced open or closed and without."""
    random = np.random.default_rng(3)
    for turn in range(300):
        cost, size = random.integers(-3, 9, 5), random.integers(1, 6, 5)
        paid, total = random.random(5) < 0.2, int(random.integers(0, 20))
        forced, excluded = ((-1, -1), (turn % 4, -1), (-1, turn % 4))[turn % 3]
        lists = knapsack(cost, size, 0, -1)._replace(opening=cost, size=size, paid=paid, total=total)
        if excluded >= 0 and paid[excluded]:
            continue
        used, choices = np.zeros(5, bool), []
        for each in map(np.array, itertools.product([False, True], repeat=5)):
            kept = each[paid].all() and (forced < 0 or each[forced]) and (excluded < 0 or not each[excluded])
            if kept and size[each].sum() >= total:
                choices.append(int(cost[each].sum()))
        found = choose_agents(lists, np.zeros(5, np.int64), np.int64(forced), np.int64(excluded), used)
        assert found == min(choices, default=-NEVER)
        assert not choices or (cost[used].sum() == found and size[used].sum() >= total)


def test_the_value_and_its_subgradient_by_hand() -> None:
    """Two agents of room 1 and two tasks: each agent takes the task that earns most at the prices.

    At prices 5 and 4, agent 0 (costs 1, 2) earns 4 with task 0, and agent 1 (costs 3, 1) earns 3 with task 1. The
    value is 5 + 4 - 4 - 3 = 2, which is an assignment: the subgradient is zero.
    """
    lists = NodeRelaxation(two_agents(), BranchNode.root(two_agents())).lists
    used, worth, inside = lists.paid.copy(), np.zeros(2, np.int64), np.zeros(4, bool)
    price = np.array([5, 4]) * SCALE
    assert lagrangian_value(lists, price, used, worth, inside) == 2 * SCALE
    assert (worth // SCALE).tolist() == [4, 3]
    gradient, share, used_share = np.zeros(2), np.zeros(4), np.zeros(2)
    assert subgradient(lists, used, inside, gradient, share, used_share) == 0.0
    assert share.sum() == 2
    assert used_share.tolist() == [1, 1]


def test_a_task_that_both_agents_take() -> None:
    """At prices 9 and 0 both take task 0: its subgradient is 1 - 2, that of task 1 is 1."""
    lists = NodeRelaxation(two_agents(), BranchNode.root(two_agents())).lists
    used, inside = lists.paid.copy(), np.zeros(4, bool)
    lagrangian_value(lists, np.array([9, 0]) * SCALE, used, np.zeros(2, np.int64), inside)
    gradient = np.zeros(2)
    assert subgradient(lists, used, inside, gradient, np.zeros(4), np.zeros(2)) == 2.0
    assert gradient.tolist() == [-1.0, 1.0]


def test_directions_are_deflected_only_forwards() -> None:
    """A part of the previous direction is added unless it points the other way."""
    direction = np.array([1.0, 0.0])
    length = deflect(np.array([2.0, 1.0]), direction)
    assert direction.tolist() == [2.0 + PARAMETERS.deflection, 1.0]
    assert length == (direction**2).sum()
    assert deflect(np.array([-1.0, 0.0]), direction) == 1.0
    assert direction.tolist() == [-1.0, 0.0]


def test_agents_that_are_paid_cannot_be_closed() -> None:
    """Without openings every agent is paid: forced open the value stays, closed there is no plan."""
    lists = NodeRelaxation(two_agents(), BranchNode.root(two_agents())).lists
    opened, shut = np.zeros(2, np.int64), np.zeros(2, np.int64)
    forced_agent_values(lists, np.zeros(2, np.int64), np.zeros(2, np.int64), 7, opened, shut)
    assert opened.tolist() == [7, 7]
    assert shut.tolist() == [NO_PLAN, NO_PLAN]

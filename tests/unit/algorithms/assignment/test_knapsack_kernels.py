"""Knapsacks, and bounds with an item forced in or out, against all sets."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from leptonopt.algorithms.assignment.knapsack import NEVER
from leptonopt.algorithms.assignment.knapsack_kernels import (
    PARAMETERS,
    exact_bound,
    exact_value,
    fill_knapsack,
    forward_table,
    knapsack_table,
    linear_relaxation_bound,
    relaxed_bound,
    sort_by_ratio,
    split_at_break_item,
)
from leptonopt.algorithms.assignment.lagrangian import BranchNode, NodeRelaxation, first_prices
from leptonopt.algorithms.assignment.lagrangian_kernels import SCALE
from tests.helpers.assignment_problems import found, knapsack, places
from tests.helpers.small_problems import ints


def test_knapsacks_equal_all_sets() -> None:
    """Value and set are those of the best of all sets, with a largest unused capacity and without."""
    random = np.random.default_rng(1)
    for turn in range(300):
        tasks, room = int(random.integers(1, 8)), int(random.integers(0, 12))
        price, demand = random.integers(-5, 12, tasks), random.integers(1, 6, tasks)
        slack, inside = (-1, 0, 1, 2, 5)[turn % 5], np.zeros(tasks, bool)
        lists = knapsack(np.zeros(tasks, np.int64), demand, room, slack)
        best = NEVER
        for chosen in map(np.array, itertools.product([False, True], repeat=tasks)):
            if (0 if slack < 0 else room - slack) <= demand[chosen].sum() <= room:
                best = max(best, int(price[chosen].sum()))
        worth = exact_value(lists, 0, price, inside)
        assert worth == best or max(worth, best) <= NEVER // 2
        if best > NEVER // 2:
            assert price[inside].sum() == best
            assert (0 if slack < 0 else room - slack) <= demand[inside].sum() <= room


def test_reduced_knapsacks_have_the_value_of_whole_ones() -> None:
    """The best value of 40 items is that of dynamic programming over all of them, and so is that of the set."""
    random = np.random.default_rng(4)
    for turn in range(60):
        demand = random.integers(1, (4, 30)[turn % 2], 40)
        profit = demand * 50 + random.integers(1, (3, 900)[turn % 3 > 0], 40)
        room = int(random.integers(30, 400))
        inside = np.zeros(40, bool)
        worth = fill_knapsack(profit, demand, room, inside)
        table = np.zeros(room + 1, np.int64)
        for gain, need in zip(profit, demand, strict=True):
            table[need:] = np.maximum(table[need:], table[: room + 1 - need] + gain)
        assert worth == table[-1]
        assert profit[inside].sum() == worth
        assert demand[inside].sum() <= room


def test_bounds_with_each_item_forced() -> None:
    """Worth with each item and without it is at least the best of all sets, and exactly that where it matters."""
    for seed in range(30):
        made = found(places(seed, nodes=bool(seed % 2), size=(3, 7)))
        relaxed, price = NodeRelaxation(made, BranchNode.root(made)), first_prices(made)
        if not relaxed.possible:
            continue
        lists = relaxed.lists
        with_it, without = np.zeros(len(lists.task), np.int64), np.zeros(len(lists.task), np.int64)
        for agent in range(len(lists.room)):
            items = np.arange(lists.ptr[agent], lists.ptr[agent + 1])
            gain, need = price[lists.task[items]] - lists.cost[items], lists.demand[items]
            choices = [np.array(each, bool) for each in itertools.product([False, True], repeat=len(items))]
            least = lists.room[agent] - lists.slack if 0 <= lists.slack <= PARAMETERS.exact_slack else 0
            fit = [each for each in choices if least <= need[each].sum() <= lists.room[agent]]
            if not fit:
                continue
            best = max(int(gain[each].sum()) for each in fit)
            low = best - int(SCALE * (seed % 5))
            exact_bound(lists, agent, price, best, low, with_it, without)
            for place, item in enumerate(items.tolist()):
                for told, inside in ((with_it, True), (without, False)):
                    true = max((int(gain[each].sum()) for each in fit if each[place] == inside), default=NEVER)
                    assert told[item] >= true or max(told[item], true) <= NEVER // 2
                    assert told[item] == true or told[item] < low


@pytest.mark.parametrize(("room", "fitting", "left"), [(0, set(), 0), (5, {1}, 2), (7, {1, 2}, 0), (8, {1, 2}, 1)])
def test_the_break_item(room: int, fitting: set[int], left: int) -> None:
    """Items of most value per unit come first: 3, 2 and 1 per unit, with demands 3, 4 and 5."""
    ratio, demand, order = np.array([1.0, 3.0, 2.0]), ints([5, 3, 4]), np.arange(3)
    many, rest = split_at_break_item(ratio, demand, order, room)
    assert set(order[:many].tolist()) == fitting
    assert rest == left
    assert sorted(order.tolist()) == [0, 1, 2]


def test_the_table_of_a_knapsack() -> None:
    """Of values 6, 10 and 12 with demands 1, 2 and 3, the last two fill a room of 5."""
    inside = np.zeros(3, bool)
    assert knapsack_table(ints([6, 10, 12]), ints([1, 2, 3]), np.arange(3), 3, 5, inside) == 22
    assert inside.tolist() == [False, True, True]


def test_the_relaxation_of_a_knapsack() -> None:
    """The first two items and two thirds of the last fill a room of 5, worth 24; a margin may round it up to 25."""
    assert linear_relaxation_bound(ints([6, 10, 12]), ints([1, 2, 3]), 5) in (24, 25)
    assert linear_relaxation_bound(ints([6, 10]), ints([1, 2]), 9) == 16


def test_sorting_is_stable() -> None:
    """Equal ratios keep their order, and entries beyond the size stay."""
    core = ints([0, 1, 2, 3])
    sort_by_ratio(np.array([1.0, 2.0, 1.0, 9.0]), core, 3)
    assert core.tolist() == [1, 0, 2, 3]


def test_the_forward_table() -> None:
    """By load, the best value of no item and of one of value 7 and demand 2; with slack 0 only exact loads."""
    assert forward_table(ints([7]), ints([2]), 3, -1).tolist() == [[0, 0, 0, 0], [0, 0, 7, 7]]
    tight = forward_table(ints([7]), ints([2]), 3, 0)
    assert tight[1, 2] == 7
    assert (tight[1, [1, 3]] <= NEVER // 2).all()


def test_the_relaxed_bound_is_at_least_the_value() -> None:
    """For random items of one agent at random prices."""
    random = np.random.default_rng(6)
    for _ in range(100):
        many = int(random.integers(1, 9))
        price, demand = random.integers(-5, 12, many), random.integers(1, 6, many)
        lists = knapsack(np.zeros(many, np.int64), demand, int(random.integers(0, 12)), -1)
        assert relaxed_bound(lists, 0, price) >= exact_value(lists, 0, price, np.zeros(many, bool))

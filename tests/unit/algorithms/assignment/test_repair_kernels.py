"""Shifts and swaps of an assignment, on numbers computed by hand."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.assignment.repair_kernels import (
    FORBIDDEN,
    PARAMETERS,
    best_shift,
    best_swap,
    move_task,
    overload_change,
    shift_and_swap,
)
from tests.helpers.small_problems import ints

COST = np.array([[1.0, 5.0], [4.0, 2.0]])  # by agent and task
DEMAND = ints([[2, 3], [2, 3]])


def test_only_load_above_the_room_is_priced() -> None:
    """At room 4, a load of 3 and 3 more is 2 above; a load of 6 and 3 less is no longer above."""
    room, price = ints([4]), np.array([10.0])
    assert overload_change(room, ints([3]), price, 0, 3) == 20.0
    assert overload_change(room, ints([6]), price, 0, -3) == -20.0
    assert overload_change(room, ints([1]), price, 0, 3) == 0.0


def test_the_best_shift() -> None:
    """Task 0 on agent 1 saves 3 on agent 0; where it fills agent 0 beyond its room, it stays."""
    where, price = ints([1, 1]), np.array([10.0, 0.0])
    assert best_shift(COST, DEMAND, ints([9, 9]), ints([0, 5]), where, price, 0) == (-3.0, 0)
    assert best_shift(COST, DEMAND, ints([1, 9]), ints([0, 5]), where, price, 0) == (-PARAMETERS.min_gain, -1)


def test_the_best_swap() -> None:
    """With both tasks on their dearer agents a swap saves 6; where both are well placed there is none."""
    room, load, price = ints([3, 3]), ints([3, 2]), np.array([10.0, 10.0])
    assert best_swap(COST, DEMAND, room, load, ints([1, 0]), price, 0, -PARAMETERS.min_gain) == 1
    assert best_swap(COST, DEMAND, room, ints([2, 3]), ints([0, 1]), price, 0, -PARAMETERS.min_gain) == -1


def test_a_move_changes_both_loads() -> None:
    """The demand leaves one agent and reaches the other."""
    load, where = ints([0, 5]), ints([1, 1])
    move_task(DEMAND, load, where, 0, 0)
    assert load.tolist() == [2, 3]
    assert where.tolist() == [0, 1]


def test_shifts_and_swaps_until_all_fits() -> None:
    """Both tasks on agent 0, whose room holds one: the result is the optimum; too small rooms give none."""
    where = ints([0, 0])
    assert shift_and_swap(COST, DEMAND, ints([3, 3]), where, np.array([1.0, 1.0]), 1e9, 100)
    assert where.tolist() == [0, 1]
    assert not shift_and_swap(COST, DEMAND, ints([1, 1]), ints([0, 0]), np.array([1.0, 1.0]), 1e9, 50)


def test_forbidden_agents_are_no_solution() -> None:
    """A task whose only allowed agent has no room ends without a solution."""
    cost = np.array([[FORBIDDEN], [1.0]])
    assert not shift_and_swap(cost, ints([[1], [5]]), ints([1, 1]), ints([1]), np.array([1.0, 1.0]), 1e9, 50)

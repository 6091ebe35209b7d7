"""Insertion in batches: the same columns as the compiled loops for one item, and no more than fits for many."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale.batch_insertion import insert_in_batches
from leptonopt.algorithms.large_scale.kernels import insert_in_order
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import usage
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, ints, option, problem


def inserted(made: Problem, by: Any = insert_in_batches, limit: float = np.inf, most: float = np.inf) -> Assignment:
    """Return an assignment into which all items were inserted at true costs, in their order."""
    placed = Assignment.empty(made, np.zeros(made.capacity.shape))
    insert(placed, np.arange(len(placed.group)), by, limit, most)
    return placed


def insert(placed: Assignment, items: Any, by: Any, limit: float = np.inf, most: float = np.inf) -> int:
    """Insert some items of volume 1 at true costs; return the number of items tried."""
    prefix, many = placed.prefix(), len(placed.group)
    least = ClassPricer(placed.problem).each(prefix)
    tried: int = by(
        placed.options, items, placed.group, placed.free, prefix, least, np.full(many, limit), np.ones(many), most,
        placed.option, placed.start,
    )  # fmt: skip
    return tried


ROW = problem(group(option(1, {0: 1}), copies=3), capacity=[[1, 1, 1]], price=[[4, 1, 2]])


def test_items_take_the_cheapest_slots_that_are_left() -> None:
    """All choose slot 1; those that no longer fit choose again."""
    assert inserted(ROW).start.tolist() == [1, 2, 0]


def test_limits_and_volumes() -> None:
    """Columns at the limit or above are not taken; the insertion ends once the volume is reached."""
    assert inserted(ROW, limit=4.0).start.tolist() == [1, 2, -1]
    assert inserted(ROW, most=2.0).start.tolist() == [1, 2, -1]


def test_items_without_a_column_are_tried() -> None:
    """Four items for three places."""
    made = problem(group(option(1, {0: 1}), copies=4), capacity=[[1, 1, 1]])
    placed = Assignment.empty(made, np.zeros((1, 3)))
    assert insert(placed, np.arange(4), insert_in_batches) == 4
    assert (placed.option < 0).tolist() == [False, False, False, True]


def plain(seed: int) -> Problem:
    """Return a random problem without precedence."""
    return replace(drawn(seed, groups=10, slots=8), before=ints([]), after=ints([]), lag=ints([]))


@pytest.mark.parametrize("seed", range(15))
def test_one_item_at_a_time_is_placed_as_by_the_loops(seed: int) -> None:
    """Option and start are equal, item by item."""
    made = plain(seed)
    one, other = (Assignment.empty(made, np.zeros(made.capacity.shape)) for _ in range(2))
    for item in range(len(one.group)):
        insert(one, ints([item]), insert_in_batches)
        insert(other, ints([item]), insert_in_order)
    assert one.option.tolist() == other.option.tolist()
    assert one.start.tolist() == other.start.tolist()
    assert np.array_equal(one.free, other.free)


@pytest.mark.parametrize("seed", range(15))
def test_batches_keep_the_capacity(seed: int) -> None:
    """The free capacity is what the schedule leaves, and no rule but `once` is broken."""
    made = plain(seed)
    placed = inserted(made)
    assert np.array_equal(placed.free, made.capacity - usage(made, placed.schedule()))
    assert violated_rules(made, placed.schedule()) <= {"once"}

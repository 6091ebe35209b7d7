"""Search by ejection: batches, leave-out costs, repair and improvement."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale.ejection_search import (
    TUNING,
    EjectionSearch,
    leave_out_costs,
    next_batch_size,
)
from leptonopt.algorithms.large_scale.kernels import add_load
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.problem.problem import Problem
from tests.helpers.small_problems import group, option, problem


@pytest.mark.parametrize(
    ("steps", "seconds", "following"), [(100, 0.1, 200), (1000, 0.4, 500), (100, 10.0, 100), (1000, 0.0, 2000)]
)
def test_batches_take_a_fifth_of_a_second(steps: int, seconds: float, following: int) -> None:
    """At most twice the last one, and at least 100 steps."""
    assert next_batch_size(steps, seconds) == following
    assert following >= TUNING.least_steps


def test_the_cost_of_leaving_out() -> None:
    """A value where there is one; for a mandatory group 3 x 6, the mean of 6 and 2, and 1."""
    made = problem(
        group(option(1, {0: 1}), option(1, {0: 1})), group(option(1, {0: 1}), value=9), capacity=[[3]]
    )  # fmt: skip
    assert leave_out_costs(made, np.array([4.0, 6.0, 2.0])).tolist() == [3 * 6 + 4 + 1, 9.0]
    assert leave_out_costs(made, np.array([4.0, np.inf, 2.0])).tolist() == [3 * 4 + 3 + 1, 9.0]


def searching(made: Problem, *columns: tuple[int, int, int]) -> EjectionSearch:
    """Return a search at true costs from (item, option, start)."""
    price = np.zeros(made.capacity.shape)
    placed = Assignment.empty(made, price)
    for item, each, start in columns:
        placed.option[item], placed.start[item] = each, start
        add_load(placed.options, each, start, 1, placed.free)
    return EjectionSearch(made, placed, ClassPricer(made), price)


BLOCKED = problem(group(option(1, {0: 1})), group(option(1, {0: 1}, last=0)), capacity=[[1, 1]])


def test_a_blocked_item_is_inserted_by_ejection() -> None:
    """The first item holds the only slot of the second, and moves to the next slot."""
    made = searching(BLOCKED, (0, 0, 0))
    made.repair(lambda: False, most=1000)
    assert made.placed.start.tolist() == [1, 0]


def test_a_stopped_repair_changes_nothing() -> None:
    """Nor does one without steps."""
    made = searching(BLOCKED, (0, 0, 0))
    made.repair(lambda: True)
    made.repair(lambda: False, most=0)
    assert made.placed.missing_mandatory().tolist() == [False, True]


def test_an_improvement_is_returned() -> None:
    """From slot 0 at 9 to slot 1 at 1."""
    made = searching(problem(group(option(1, {0: 1})), capacity=[[1, 1]], price=[[9, 1]]), (0, 0, 0))
    assert made.run(200, 0.0) == -8.0
    assert made.placed.start.tolist() == [1]


def test_items_worth_a_trial() -> None:
    """An unassigned item whose value exceeds its cheapest column; not one whose value is below."""
    made = searching(
        problem(
            group(option(1, {0: 1}), value=5), group(option(1, {0: 1}), value=2), group(option(1, {0: 1})),
            capacity=[[3]], price=[[3]],
        ),
        (2, 2, 0),
    )  # fmt: skip
    assert made.worthwhile_unplaced().tolist() == [0]

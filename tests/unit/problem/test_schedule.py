"""Schedules: their canonical form, cost, load, nodes and use of quotas."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.problem import Problem, Quota
from leptonopt.problem.schedule import (
    Schedule,
    column_costs,
    node_schedule_of,
    objective,
    quota_use,
    usage,
    with_node_schedule,
)
from tests.helpers.small_problems import group, ints, nodes, option, problem


def example(**more: object) -> Problem:
    """Return two groups on one row of three slots."""
    return problem(
        group(option(2, {0: 3}, fixed=5)), group(option(1, {0: 1}), copies=3, value=9),
        capacity=[[9, 9, 9]], price=[[1, 2, 3]], **more,
    )  # fmt: skip


def test_the_canonical_form() -> None:
    """Sorted by option and start, equal pairs added up, none with a count of zero."""
    made = Schedule.of([1, 0, 1, 1], [2, 0, 2, 0], [1, 1, 2, 0])
    assert list(made) == [(0, 0, 1), (1, 2, 3)]
    assert list(Schedule.of([1, 1], [0, 0])) == [(1, 0, 2)]
    assert list(Schedule.of([], [])) == []


def test_cost_and_load() -> None:
    """5 + 3 * (2 + 3) for the first group, 2 * 2 for two copies, 9 for the one that is left out."""
    made = Schedule.of([0, 1], [1, 1], [1, 2])
    assert objective(example(), made) == 20 + 4 + 9
    assert usage(example(), made).tolist() == [[0, 3 + 2, 3]]
    assert column_costs(example(), made.option, made.start).tolist() == [20, 2]


def test_costs_at_other_prices() -> None:
    """Prices of floats give costs of floats."""
    found = column_costs(example(), ints([0]), ints([0]), np.array([[0.0, 0.5, 1.0, 1.5]]))
    assert found.tolist() == [5 + 3.0]
    assert found.dtype == np.float64


def test_costs_beyond_64_bits_are_exact() -> None:
    """Sums of products are computed exactly, whatever their size."""
    made = problem(group(option(1, {0: 1}), copies=10**6), capacity=[[10**6]], price=[[10**15]])
    assert objective(made, Schedule.of([0], [0], [10**6])) == 10**21


def test_nodes_are_filled_in() -> None:
    """The cheapest nodes that cover the load; none where there are too few."""
    made = example(nodes=nodes([[2, 2, 2]], [(0, 0, 4)], price=[[10, 10, 10]]))
    schedule = Schedule.of([0, 1], [1, 1], [1, 2])
    filled = with_node_schedule(made, schedule)
    assert filled.rent is not None
    assert filled.rent.on.tolist() == [[0, 2, 1]]
    assert with_node_schedule(made, filled) is filled
    assert objective(made, schedule) == objective(made, filled) == 33 + 30
    scarce = example(nodes=nodes([[1, 1, 1]], [(0, 0, 4)]))
    assert node_schedule_of(scarce, schedule) is None
    with pytest.raises(ValueError, match="the nodes do not cover the load"):
        objective(scarce, schedule)


def test_without_nodes_there_is_nothing_to_fill_in() -> None:
    """The schedule stays as it is; its nodes are of no kind."""
    schedule = Schedule.of([0], [0])
    assert with_node_schedule(example(), schedule) is schedule
    found = node_schedule_of(example(), schedule)
    assert found is not None
    assert found.on.shape == (0, 3)


def test_the_use_of_a_quota() -> None:
    """Columns by their counts, and nodes where the quota covers them."""
    made = example(nodes=nodes([[2, 2, 2]], [(0, 0, 4)]))
    quota = Quota(99, ints([0]), ints([[0, 1, 0]]), ints([]), ints([]), 0, 2)
    schedule, rent = Schedule.of([0, 1], [1, 1], [1, 2]), NodeSchedule(ints([[0, 2, 1]]), ints([0]))
    assert quota_use(made, quota, schedule, rent) == 3 + 2
    power = Quota(
        99, ints([0]), ints([[0, 1, 0]]), ints([]), ints([]), 0, 2, nodes([[2] * 3], [], on=[[1, 1, 1]]).costs
    )
    assert quota_use(made, power, schedule, rent) == 5 + 3

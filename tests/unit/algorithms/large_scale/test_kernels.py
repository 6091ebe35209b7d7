"""Compiled loops over options: costs, capacity, cheapest columns."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.large_scale.kernels import add_load, column_cost, expand_items, fits, option_arrays
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, option, problem


@pytest.mark.parametrize("seed", range(8))
def test_costs_are_those_of_the_problem(seed: int) -> None:
    """For every option and start."""
    made = drawn(seed)
    options = option_arrays(made)
    for each in range(made.options):
        costs = [
            column_cost(options, made.group[each], each, start, made.price_sum.astype(float))
            for start in range(int(made.first[each]), int(made.last[each]) + 1)
        ]
        assert costs == pytest.approx(made.start_costs(each).tolist())


def test_loads_fill_and_free_the_capacity() -> None:
    """A column fits until it does not."""
    made = problem(group(option(2, {0: 3})), capacity=[[4, 4, 4]])
    options, free = option_arrays(made), made.capacity.copy()
    assert fits(options, 0, 0, free)
    add_load(options, 0, 0, 1, free)
    assert free.tolist() == [[1, 1, 4]]
    assert not fits(options, 0, 1, free)
    add_load(options, 0, 0, -1, free)
    assert np.array_equal(free, made.capacity)


def test_an_item_for_each_copy() -> None:
    """With its group."""
    made = problem(group(option(1, {0: 1}), copies=3), group(option(1, {0: 1})), capacity=[[9]])
    assert expand_items(made).tolist() == [0, 0, 0, 1]

"""Cheapest columns at prices, by trying every start."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.pricing import BlockPricer, group_least, sliding_least, uncapacitated_bound
from tests.helpers.answers import optimum
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, ints, option, problem


@pytest.mark.parametrize("length", [1, 2, 4])
def test_least_values_of_windows(length: int) -> None:
    """Along the last axis."""
    values = np.random.default_rng(1).integers(0, 9, (2, 6))
    found = sliding_least(values, length)
    assert found.tolist() == [[min(line[at : at + length]) for at in range(7 - length)] for line in values.tolist()]


@pytest.mark.parametrize("seed", range(20))
def test_cheapest_starts_are_those_of_every_start(seed: int) -> None:
    """At the prices of the problem; options without a start are infeasible."""
    made = drawn(seed)
    pricer = BlockPricer(made)
    cost, start = pricer.cheapest(made.price_sum)
    assert cost.tolist() == pricer.least.tolist()
    for each in range(made.options):
        open_ = np.flatnonzero(made.startable(each))
        if len(open_):
            costs = made.start_costs(each)[open_]
            assert cost[each] == costs.min()
            assert start[each] == made.first[each] + open_[costs.argmin()]


@pytest.mark.parametrize("seed", range(20))
def test_the_bound_without_capacity(seed: int) -> None:
    """It never exceeds the optimum."""
    made = drawn(seed, groups=3, slots=5)
    bound, best = uncapacitated_bound(made, BlockPricer(made).least), optimum(made)
    assert best is None or (bound is not None and bound <= best)


def test_least_costs_of_groups() -> None:
    """Of their options; a value for groups without one."""
    made = problem(group(option(1, {0: 1}), option(1, {0: 1})), group(), capacity=[[1]])
    assert group_least(made, ints([5, 3]), 99).tolist() == [3, 99]

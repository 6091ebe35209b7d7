"""Kernels over cost curves, each against its plain formula."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.class_pricing_kernels import (
    LEVELS,
    EndCosts,
    cheapest_dated_start,
    cheapest_start,
    class_span,
    fill_curve,
    fill_minima,
    power_table,
)
from tests.helpers import naive
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import ints


def test_powers_of_two() -> None:
    """The exponent of each width is the logarithm, rounded down."""
    assert power_table(70)[1:].tolist() == [width.bit_length() - 1 for width in range(1, 72)]


def test_the_span_of_options() -> None:
    """Of windows 2..5 and 4..4: starts from 2 to 5, the widest has 4, and all have 5."""
    first, last = np.array([9, 2, 4], np.int32), np.array([9, 5, 4], np.int32)
    assert class_span(first, last, 1, 3) == (2, 5, 4, 5)


@pytest.mark.parametrize("seed", range(10))
def test_curves_are_window_sums(seed: int) -> None:
    """A unit costs the sum of the prices over its slots; starts without room for `tight` units are shut."""
    random = np.random.default_rng(seed)
    slots, length = 12, int(random.integers(1, 5))
    price, room, tight = random.uniform(0, 9, slots), random.integers(0, 5, slots), int(random.integers(0, 4))
    line = np.concatenate([[0.0], np.cumsum(price)])
    curve, shut = np.full(slots, -1.0), np.zeros(slots, bool)
    end = slots - length
    fill_curve(line, room, length, tight, 1, end, np.inf, curve, shut)
    for start in range(1, end + 1):
        closed = tight > 0 and bool((room[start : start + length] < tight).any())
        assert shut[start] == closed
        assert curve[start] == (np.inf if closed else pytest.approx(price[start : start + length].sum()))
    assert curve[0] == -1.0


@pytest.mark.parametrize("seed", range(10))
def test_minima_of_windows(seed: int) -> None:
    """By the table and by a scan: the first start of least cost, of equal ones too."""
    random = np.random.default_rng(seed)
    slots = 33
    curve, table, depth = random.integers(0, 6, slots), np.zeros((LEVELS, slots), np.int32), power_table(slots)
    fill_minima(curve, 0, slots - 1, int(depth[slots]), table)
    for first in range(slots):
        for last in range(first, slots):
            plain = first + int(curve[first : last + 1].argmin())
            assert cheapest_start(curve, table, depth, True, first, last) == plain
            assert cheapest_start(curve, table, depth, False, first, last) == plain


@pytest.mark.parametrize("seed", range(10))
def test_dated_starts(seed: int) -> None:
    """The least of amount x curve + scale x lateness and earliness over the open starts."""
    random = np.random.default_rng(seed)
    curve, shut = random.integers(0, 30, 12), random.random(12) < 0.3
    slope, base, once, after, early_slope, early_base = 3, 18, 5, 9, 2, 13
    ends = EndCosts(*(np.array([0, each]) for each in (slope, base, once, after, early_slope, early_base)))
    length, amount, scale, never = 2, 4, 2, 2**60

    def cost(start: int) -> int:
        end = start + length
        late = max(0, slope * end - base) + once * (end > after) + max(0, early_base - early_slope * end)
        return int(curve[start]) * amount + late * scale

    open_ = [start for start in range(2, 10) if not shut[start]]
    best = min(open_, key=cost)
    found = cheapest_dated_start(curve, shut, 2, 9, length, amount, ends, 1, scale, never)
    assert found == (best, cost(best))
    none = cheapest_dated_start(curve, np.ones(12, bool), 2, 9, length, amount, ends, 1, scale, never)
    assert none == (-1, never)


@pytest.mark.parametrize("seed", range(15))
def test_least_costs_are_those_of_all_columns(seed: int) -> None:
    """By group, on random problems, with option and start of a column that has that cost."""
    made = drawn(seed, groups=6, slots=8)
    cost, chosen, start = ClassPricer(made).best(made.price_sum.astype(float))
    for one in range(made.groups):
        columns = [each for each in naive.columns(made) if each[0] == one]
        costs = [naive.column_cost(made, *each) for each in columns]
        assert cost[one] == min(costs, default=np.inf)
        if costs:
            assert naive.column_cost(made, one, int(chosen[one]), int(start[one])) == cost[one]
    assert ints(chosen).shape == (made.groups,)

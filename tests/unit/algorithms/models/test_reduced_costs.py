"""Whatever the multipliers, the bound is valid, and no cheap schedule uses a column that is called useless."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.models.reduced_costs import ReducedCosts, reduced_costs
from leptonopt.algorithms.models.time_indexed import build_model, encode, normalise_costs
from tests.helpers import bruteforce, random_problems


@pytest.mark.parametrize("block", range(2))
def test_any_multipliers_prove_a_bound(block: int) -> None:
    """Random multipliers on random problems with nodes, quotas and affinity; the optimum keeps both claims."""
    tried = removed = 0
    for seed, problem, best in bruteforce.solved(range(2000 + 40 * block, 2040 + 40 * block), 300_000):
        rng = np.random.default_rng(seed)
        linear = build_model(problem)
        costs, divisor, constant = normalise_costs(linear)
        least = (best[0] - constant) // divisor
        used = encode(linear, best[1]) > 0
        for sharp in (0.0, 0.3, 3.0):
            duals = -sharp * rng.exponential(size=len(linear.upper))
            found = reduced_costs(linear, costs, linear.matrix.data, linear.upper, duals)
            assert found is not None
            assert found.bound_in_units <= least
            useless = found.useless(least)
            assert not used[useless].any()
            removed += len(useless)
        tried += 1
    assert tried > 20
    assert removed > 50


def test_bounds_are_rounded_up_and_columns_compared_exactly() -> None:
    """A bound of 10.5 in units of 1/2 means 11; a column that costs 1.5 more is useless below 12."""
    found = ReducedCosts(2, 21, np.array([0, 2, 3]))
    assert found.bound_in_units == 11
    assert found.useless(11).tolist() == [1, 2]
    assert found.useless(12).tolist() == []


def test_numbers_too_large_are_refused() -> None:
    """Sums beyond 62 bits, or multipliers that are no numbers, give no claim."""
    linear = build_model(random_problems.problem(3))
    costs, *_ = normalise_costs(linear)
    for value in (2.0**60, np.inf, np.nan):
        duals = np.full(len(linear.upper), -value)
        assert reduced_costs(linear, costs, linear.matrix.data, linear.upper, duals) is None

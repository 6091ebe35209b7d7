"""Savings plans of problems: the largest of linear functions, and the best commitment."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from leptonopt.problem.savings import Savings, SavingsWindow, cheapest_steps
from tests.helpers.small_problems import ints

# Two things at 4 and 3 that a plan has at 2 and 2; a step commits 2. Lines for money worth 0, 3/2 and 2, in halves.
HOUR = SavingsWindow(ints([0, 1]), ints([[-4, -4], [2, 2], [4, 2]]), ints([[4], [-2], [-4]]), ints([0, 0, 0]))


@pytest.mark.parametrize(
    ("used", "steps", "cost"),
    [
        ((0, 0), 0, 0),
        ((0, 0), 3, 12),  # all of 6 is lost
        ((1, 0), 0, 4),  # 4 instead of 2
        ((1, 1), 1, 2),  # the larger discount is covered, the other pays 3 instead of 2
        ((1, 1), 2, 0),
        ((1, 1), 3, 4),
    ],
)
def test_fills_the_larger_discount_first(used: tuple[int, int], steps: int, cost: int) -> None:
    """Lost money and uses without cover cost more than the lower prices; in halves of money."""
    assert HOUR.cost(used, [steps]) == cost
    assert HOUR.most(ints(used), ints([3])) >= cost


def test_the_best_commitment() -> None:
    """Two hours of one unit and two of two: the second step is worth its money, the third is not."""
    plan = Savings(ints([9]), (HOUR, HOUR))
    assert plan.best_steps((1, 1)).tolist() == [2]
    assert plan.cost((1, 1)) == 0
    assert plan.at((1, 1), [1]) == 4


@pytest.mark.parametrize("least", range(8))
def test_least_of_a_convex_cost(least: int) -> None:
    """Also at the ends, and where it is flat."""
    step = ints([[[1], [-1]]])
    assert cheapest_steps(ints([[-least, least]]), step, ints([7])).tolist() == [least]
    assert cheapest_steps(ints([[0, least]]), ints([[[0], [-1]]]), ints([7])).tolist() == [least]


@pytest.mark.parametrize("seed", range(6))
def test_terms_that_overlap(seed: int) -> None:
    """Three starts, each active for three of five hours: the best steps are those of brute force."""
    rng = np.random.default_rng(seed)
    active = np.array([[start <= hour < start + 3 for start in range(3)] for hour in range(5)], np.int64)
    slopes = np.sort(rng.integers(-5, 4, (5, 3)), axis=1)
    fixed, step = rng.integers(0, 20, (5, 3)), slopes[:, :, None] * active[:, None, :]
    best = cheapest_steps(fixed, step, ints([4, 4, 4]))
    costs = {
        steps: int(np.maximum(0, (fixed + step @ ints(steps)).max(axis=1)).sum())
        for steps in product(range(5), repeat=3)
    }
    assert costs[tuple(best.tolist())] == min(costs.values())

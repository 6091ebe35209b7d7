"""Savings plans of problems: the largest of linear functions, and the best commitment."""

from __future__ import annotations

import pytest

from leptonopt.problem.savings import Savings, SavingsWindow, cheapest_steps
from tests.helpers.small_problems import ints

# Two things at 4 and 3 that a plan has at 2 and 2; a step commits 2. Lines for money worth 0, 3/2 and 2, in halves.
HOUR = SavingsWindow(ints([0, 1]), ints([[-4, -4], [2, 2], [4, 2]]), ints([4, -2, -4]), ints([0, 0, 0]))


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
    assert HOUR.cost(used, steps) == cost
    assert HOUR.most(ints(used), 3) >= cost


def test_the_best_commitment() -> None:
    """Two hours of one unit and two of two: the second step is worth its money, the third is not."""
    plan = Savings(9, (HOUR, HOUR))
    assert plan.best_steps((1, 1)) == 2
    assert plan.cost((1, 1)) == 0
    assert plan.at((1, 1), 1) == 4


@pytest.mark.parametrize("least", range(8))
def test_least_of_a_convex_cost(least: int) -> None:
    """Also at the ends, and where it is flat."""
    assert cheapest_steps(lambda steps: abs(steps - least), 7) == least
    assert cheapest_steps(lambda steps: max(0, least - steps), 7) == least

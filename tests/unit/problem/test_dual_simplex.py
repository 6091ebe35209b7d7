"""Tests of the exact dual simplex method."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from scipy.optimize import linprog

from leptonopt.problem.dual_simplex import DualSimplex


def test_a_program_of_two_variables() -> None:
    """Least x + 2 y with x + y >= 3/2 and x <= 1."""
    assert DualSimplex([[-1, -1], [1, 0]], [1, 2]).solve([Fraction(-3, 2), 1]) == [1, Fraction(1, 2)]


def test_no_solution() -> None:
    assert DualSimplex([[-1], [1]], [0]).solve([-2, 1]) is None


@pytest.mark.parametrize("seed", range(20))
def test_right_sides_follow_one_another(seed: int) -> None:
    """Each is solved as if it were the first, also after one without a solution."""
    rng = random.Random(seed)
    rows, columns = rng.randint(1, 5), rng.randint(1, 6)
    matrix = [[rng.randint(-4, 4) for _ in range(columns)] for _ in range(rows)]
    costs = [rng.choice([0, 0, 1, 3]) for _ in range(columns)]
    kept = DualSimplex(matrix, costs)
    for _ in range(6):
        right = [Fraction(rng.randint(-9, 9), rng.randint(1, 3)) for _ in range(rows)]
        found = kept.solve(right)
        other = linprog(costs, matrix, [float(value) for value in right])
        assert (found is None) == (other.status == 2)
        if found is not None:
            assert min(found) >= 0
            sums = [sum(a * x for a, x in zip(line, found, strict=True)) for line in matrix]
            assert all(value <= most for value, most in zip(sums, right, strict=True))
            assert abs(float(sum(c * x for c, x in zip(costs, found, strict=True))) - other.fun) < 1e-9

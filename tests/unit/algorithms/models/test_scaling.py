"""Tests of scaled rows: powers of two, for large sums only, and what HiGHS finds with them."""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy.sparse import csr_matrix

from leptonopt.algorithms.models.scaling import LARGEST, row_units, scaled_entries
from leptonopt.algorithms.services.integer_program import solve_integer
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.solvers import highs
from tests.helpers import service_problems as made
from tests.helpers.small_problems import problem

PRIMES = (1_000_003, 1_299_709, 2_750_159)  # rates without a common divisor make cuts of many digits


def test_large_rows_are_divided_by_powers_of_two() -> None:
    """Rows of small sums stay; the entries of the others are exact."""
    entries = np.array([3, 5, 2**50 + 1, 7], np.int64)
    matrix, most = csr_matrix((entries, [0, 1, 0, 1], [0, 2, 4])), np.array([9, 9])
    units = row_units(entries, matrix, most)
    assert units[0] == 1
    assert np.log2(units[1]) % 1 == 0
    scaled = scaled_entries(entries, matrix, units)
    assert scaled[:2].tolist() == [3, 5]
    assert (scaled[2:] * units[1]).tolist() == [2**50 + 1, 7]
    assert scaled[2:] @ most <= LARGEST


def fine_problem() -> Problem:
    """Return a service of three ways, three classes and two batches, with cuts of up to 60 bits."""
    rate = [[prime * (7 + (way + 2 * at) % 3) // 7 for at, prime in enumerate(PRIMES)] for way in range(3)]
    demand = [[prime * (1 + slot) for slot in range(3)] for prime in PRIMES]
    one = made.service(rate, demand, holds=[{0: 1}] * 3, most=20, on=[5, 6, 7], start=[3, 2, 1])
    batches = (made.batch(0, [5 * PRIMES[0], 0, 0], 0, 1), made.batch(0, [0, 3 * PRIMES[1], 0], 1, 2))
    return dataclasses.replace(problem(capacity=[[60] * 3]), services=made.services(one, batches=batches))


def test_batches_with_cuts_of_many_digits_are_solved() -> None:
    """HiGHS called such models optimal and had no solution."""
    found = fine_problem()
    exact = highs.solve(found, None, Limits(20, threads=1), NullMonitor())
    assert exact.schedule is not None
    assert exact.status == "optimal"
    assert not violated_rules(found, exact.schedule)
    part = solve_integer(found, 20, 0.0)
    assert part.schedule is not None
    assert not violated_rules(found, part.schedule)
    assert part.bound == exact.bound

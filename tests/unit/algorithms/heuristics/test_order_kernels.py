"""Descent over orders: neighbours, local optima, and the best of all orders of a few jobs."""

from itertools import permutations

import numpy as np
import pytest

from leptonopt.algorithms.heuristics.job_arrays import JobSet
from leptonopt.algorithms.heuristics.order_kernels import KINDS, descend
from tests.helpers.job_states import cost_of
from tests.helpers.one_machine import THREE, one_machine


def test_the_cost_of_an_order_is_its_weighted_tardiness():
    """Jobs of 4, 2 and 6 slots due at 10, 12 and 6: in the order 0, 1, 2 the last ends at 12, six slots late at 3."""
    assert cost_of(JobSet(one_machine(THREE)), [0, 1, 2]) == 18
    assert cost_of(JobSet(one_machine(THREE)), [2, 0, 1]) == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_descent_ends_where_no_neighbour_is_cheaper(seed):
    random = np.random.default_rng(seed)
    made = [
        {"length": int(random.integers(1, 7)), "due": int(random.integers(1, 20)), "cost": int(random.integers(1, 9))}
        for _ in range(6)
    ]
    jobs, order, state = JobSet(one_machine(made)), np.arange(6), None
    before, state = cost_of(jobs, order.tolist()), jobs.state()
    progress = np.zeros(2, np.int64)
    found = descend(jobs.arrays, state, order, jobs.penalty, 5, progress, 10**6)
    assert found <= before
    assert progress[1] >= KINDS * 6 * 5
    assert found == cost_of(jobs, order.tolist())
    for i, j in permutations(range(6), 2):
        other = order.tolist()
        other.insert(j, other.pop(i))
        assert cost_of(jobs, other) >= found - 1e-6


def test_a_descent_stops_when_its_work_is_done():
    jobs, progress = JobSet(one_machine(THREE)), np.zeros(2, np.int64)
    descend(jobs.arrays, jobs.state(), np.arange(3), jobs.penalty, 2, progress, 4)
    assert progress[1] < KINDS * 3 * 2

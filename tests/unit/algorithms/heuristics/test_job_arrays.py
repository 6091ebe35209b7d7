"""The arrays of kernels say what the problem says."""

import numpy as np
import pytest

from leptonopt.algorithms.heuristics.job_arrays import JobLimits, JobSet, fits_kernels, least_weights
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.problem.schedule import Schedule
from tests.helpers import random_problems
from tests.helpers.small_problems import group, option, problem


def test_every_copy_is_a_job():
    jobs = JobSet(problem(group(option(2, {0: 1}), copies=3), group(option(1, {0: 2}), value=7), capacity=[[4] * 6]))
    assert jobs.arrays.group.tolist() == [0, 0, 0, 1]
    assert jobs.arrays.must.tolist() == [True, True, True, False]
    assert jobs.penalty[3] == 7
    assert jobs.penalty[0] > 7


def test_cost_and_quota_use_of_each_start_are_those_of_the_problem():
    for seed in range(20):
        made = random_problems.rich(seed)
        if not made.options:
            continue
        arrays = JobSet(made).arrays
        for at in range(made.options):
            part = arrays.cost[arrays.cost_ptr[at] : arrays.cost_ptr[at + 1]]
            assert part.tolist() == made.start_costs(at).tolist()
            assert arrays.least[at] == part.min()
            assert arrays.regular[at] == (np.diff(part) >= 0).all()
            for number, quota in enumerate(made.quotas):
                uses, begin = quota.uses(made, at, int(made.first[at]), int(made.last[at])), arrays.use_at[at, number]
                assert (begin < 0) == (not uses.any())
                assert begin < 0 or arrays.use[begin : begin + len(uses)].tolist() == uses.tolist()


def test_predecessors_come_first_in_every_order():
    made = problem(*(group(option(1, {0: 1})) for _ in range(3)), capacity=[[1] * 6], edges=[(2, 0, 0), (0, 1, 1)])
    assert JobSet(made).order_of(np.array([0.0, 1.0, 2.0])).tolist() == [2, 0, 1]


def test_jobs_become_a_schedule_with_counts():
    jobs = JobSet(problem(group(option(2, {0: 1}), copies=3), capacity=[[4] * 6]))
    made = jobs.schedule(np.array([0, 0, -1]), np.array([1, 1, -1]))
    assert list(made) == list(Schedule.of([0], [1], [2]))


@pytest.mark.parametrize(
    ("limits", "fits"), [(JobLimits(), True), (JobLimits(jobs=2), False), (JobLimits(columns=4), False)]
)
def test_large_problems_are_left_to_other_methods(limits, fits):
    made = problem(group(option(2, {0: 1}), copies=3), capacity=[[4] * 6])
    assert fits_kernels(made, limits) is fits


def test_first_weights_of_quotas_are_positive():
    for seed in range(30):
        made = random_problems.rich(seed)
        assert (least_weights(made) > 0).all()


def test_guiding_costs_are_the_multipliers_of_what_a_start_uses():
    """Three units for two slots; multipliers 0.5, 0, 2 and 1, and 4 for the option at any start."""
    made = problem(group(option(2, {0: 3})), capacity=[[4] * 4], price=[[1, 2, 3, 4]])
    prices = 2 * np.array([[1, 2, 3, 4]]) + np.array([[1, 0, 4, 2]])
    prefix = np.pad(np.cumsum(prices, axis=1), ((0, 0), (1, 0)))
    jobs = JobSet(made)
    assert not jobs.arrays.guide.any()
    jobs.take_guide(CostGuide(made, prefix, np.array([0]), scale=2, once=np.array([8])))
    assert jobs.arrays.guide.tolist() == [4 + 1.5, 4 + 6, 4 + 9]


def test_kinds_of_nodes_that_cost_nothing_are_no_kinds_of_rows():
    """Owned nodes that cost nothing need no account of how many are on."""
    for seed in range(30):
        made = random_problems.rich(seed)
        if not made.options or not made.copies.sum():
            continue
        arrays = JobSet(made).arrays
        free = ~(arrays.paid.any(axis=1) | arrays.idle.any(axis=1) | (arrays.rise != 0))
        for kind in arrays.kind[arrays.kind >= 0]:
            assert not free[kind] or arrays.quota_kinds.any()

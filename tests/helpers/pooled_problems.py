"""Problems of three pools on which many small tasks fit, for methods that take a problem apart by pools."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.large_scale.kernels import fits
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.problem.problem import Problem
from tests.helpers.small_problems import group, option, problem


def three_pools(seed: int, groups: int = 12, slots: int = 6) -> Problem:
    """Return groups with an option on each of three pools, a row each, at random prices; a third is optional."""
    random = np.random.default_rng(seed)
    return problem(
        *(
            group(
                *(
                    option(int(random.integers(1, 3)), {pool: int(random.integers(1, 4))}, pool=pool)
                    for pool in range(3)
                ),
                value=60 if each % 3 == 0 else None,
            )
            for each in range(groups)
        ),
        capacity=[[9] * slots] * 3,
        price=random.integers(1, 9, (3, slots)).tolist(),
    )


def first_fit(made: Problem) -> Assignment:
    """Return an assignment of every item to the first column that fits, the last pool first."""
    placed = Assignment.empty(made, np.zeros(made.capacity.shape))
    for item, one in enumerate(placed.group.tolist()):
        for each in reversed(range(int(made.option_ptr[one]), int(made.option_ptr[one + 1]))):
            start = int(made.last[each])
            if placed.option[item] < 0 and fits(placed.options, each, start, placed.free):
                placed.option[item], placed.start[item] = each, start
                rows, amounts = made.demands(each)
                placed.free[rows, start : start + int(made.duration[each])] -= amounts[:, None]
    return placed

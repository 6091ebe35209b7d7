"""States of the kernels over jobs, and costs of orders."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.heuristics.job_arrays import JobSet
from leptonopt.algorithms.heuristics.job_kernels import JobState
from leptonopt.algorithms.heuristics.order_kernels import descend
from leptonopt.problem.problem import Problem
from tests.helpers import random_problems


def listed(made: Problem) -> tuple[JobSet, JobState]:
    """Return the list schedule of the jobs in their order."""
    jobs = JobSet(made)
    return jobs, list_schedule(jobs)


def list_schedule(jobs: JobSet, guide: float = 0.0) -> JobState:
    """Return the list schedule of the jobs in their order, with a factor on guiding costs."""
    state = jobs.state()
    state.noise[3] = guide
    order = jobs.order_of(np.zeros(jobs.problem.groups))
    descend(jobs.arrays, state, order, jobs.penalty, 1, np.array([0, 10**9]), 0)
    return state


def problems(count: int = 60) -> list[Problem]:
    """Return random problems with every rule that have an option."""
    made = [random_problems.rich(seed) for seed in range(count)]
    return [each for each in made if each.options and each.copies.sum()]


def cost_of(jobs: JobSet, order: list[int]) -> float:
    """Return the cost of the list schedule of an order."""
    empty, done = jobs.state(), np.array([0, 10**9])
    return float(descend(jobs.arrays, empty, np.array(order), jobs.penalty, len(order) - 1, done, 0))

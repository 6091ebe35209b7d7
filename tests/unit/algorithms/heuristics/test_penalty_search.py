"""Search under penalties: planted plans under tight budgets are found."""

import dataclasses

import numpy as np
import pytest

from leptonopt.algorithms.heuristics.job_arrays import JobSet
from leptonopt.algorithms.heuristics.penalty_search import Cooling, PenaltySearch, columns_of
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule, node_schedule_of, quota_use, with_node_schedule
from tests.helpers import bruteforce, random_problems


def tightened(made: Problem, planted: Schedule) -> Problem:
    """Return a problem whose quotas allow exactly what a plan uses."""
    rent = node_schedule_of(made, planted)
    assert rent is not None
    quotas = [dataclasses.replace(quota, limit=quota_use(made, quota, planted, rent)) for quota in made.quotas]
    return dataclasses.replace(made, quotas=tuple(quotas))


def optimum(made: Problem) -> tuple[int, Schedule] | None:
    """Return the best of all schedules; None where there is none, or too many."""
    try:
        return bruteforce.optimum(made)
    except OverflowError:
        return None


def test_plans_that_use_a_quota_whole_are_found():
    """The optimum of small random problems is planted: quotas allow no more than it uses."""
    tried = found = 0
    for seed in range(150):
        made = random_problems.rich(seed)
        if not made.quotas or not made.copies.sum() or made.nodes.before.any() or (best := optimum(made)) is None:
            continue  # the estimate of nodes knows none that are on before the horizon
        tight = tightened(made, best[1])
        seen: list[Schedule] = []
        search = PenaltySearch(JobSet(tight), [np.zeros(tight.groups)], seed, seen.append)
        search.run_steps(0.3, lambda seen=seen: bool(seen))
        tried += 1
        found += any(not violated_rules(tight, with_node_schedule(tight, each)) for each in seen)
    assert tried >= 15
    assert found >= 0.9 * tried, f"{found} of {tried}"


@pytest.mark.parametrize("seed", [3, 4])
def test_the_same_seed_gives_the_same_schedule(seed):
    made = random_problems.bins(seed, items=12, slots=20)
    ends = []
    for _ in range(2):
        search = PenaltySearch(JobSet(made), [np.zeros(made.groups)], seed, lambda _: None)
        search.run_steps(0.05, lambda: False)
        ends.append((search.best.option.tolist(), search.best.start.tolist()))
    assert ends[0] == ends[1]


def test_columns_of_a_schedule_become_it_again():
    made = random_problems.bins(1, items=10, slots=20)
    jobs = JobSet(made)
    given = Schedule.of([0, 3, 5], [2, 1, 0])
    option, start = columns_of(jobs, given)
    assert list(jobs.schedule(option, start)) == list(given)


def test_coolings_are_each_twice_as_long_and_the_last_ends_with_the_search():
    cooling = Cooling(100.0)
    cooling.fit(10.0)
    cooling.fit(77.0)  # only the first length counts
    shares = [cooling.share(float(now)) for now in range(101)]
    assert [now for now in range(101) if shares[now] == 0] == [0, 10, 30]
    assert shares[9] == 0.9
    assert shares[20] == 0.5
    assert shares[65] == 0.5
    assert shares[100] == 1


def test_a_search_that_is_too_short_for_a_cooling_is_one():
    cooling = Cooling(5.0)
    cooling.fit(10.0)
    assert [cooling.share(now) for now in (0.0, 2.5, 5.0)] == [0.0, 0.5, 1.0]

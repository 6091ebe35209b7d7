"""Both searches by kernels report schedules that keep the rules, and begin where they are told."""

import numpy as np

from leptonopt.algorithms.heuristics.job_search import JobSearch
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import objective
from tests.helpers import random_problems
from tests.helpers.one_machine import one_machine, weighted_tardiness


def search_of(problem, seen: list) -> JobSearch:
    """Return a deterministic search that keeps what it reports."""
    return JobSearch(problem, BlockPricer(problem), Limits(1.0, deterministic=True), lambda: False, seen.append)


def test_orders_report_cheaper_and_cheaper_schedules():
    problem, seen = one_machine(weighted_tardiness(1, 20), horizon=400), []
    search_of(problem, seen).search_orders(1.0)
    costs = [objective(problem, each) for each in seen]
    assert costs
    assert costs == sorted(costs, reverse=True)
    assert not any(violated_rules(problem, each) for each in seen)


def test_the_first_schedule_is_enough_where_only_that_is_sought():
    problem, seen = random_problems.bins(2, items=12, slots=30), []
    search_of(problem, seen).search_with_penalties(2.0, first=True)
    assert len(seen) == 1
    assert not violated_rules(problem, seen[0])


def test_a_search_begins_with_the_schedule_it_is_given():
    problem, seen = random_problems.bins(2, items=12, slots=30), []
    search = search_of(problem, seen)
    search.search_with_penalties(0.2)
    again = search_of(problem, [])
    again.enter(seen[-1])
    assert (again.option >= 0).all()
    assert np.array_equal(np.sort(again.start), np.sort(search.start))

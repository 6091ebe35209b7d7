"""Iterated local search over orders: the optimum of small instances, and never worse than the start."""

from itertools import permutations

import pytest

from leptonopt.algorithms.heuristics.due_date_rules import due_date_orders
from leptonopt.algorithms.heuristics.job_arrays import JobSet
from leptonopt.algorithms.heuristics.order_descent import OrderDescent
from tests.helpers.job_states import cost_of
from tests.helpers.one_machine import one_machine, weighted_tardiness


def searched(jobs: JobSet, problem, seed: int = 0) -> OrderDescent:
    """Return a search from the orders for lateness."""
    search = OrderDescent(jobs, seed, lambda: False)
    search.run([jobs.order_of(rank) for rank in due_date_orders(problem)], 10**7, 10)
    return search


@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_of_six_jobs_is_found(seed):
    problem = one_machine(weighted_tardiness(seed, 6), horizon=130)
    jobs = JobSet(problem)
    least = min(cost_of(jobs, list(order)) for order in permutations(range(6)))
    assert searched(jobs, problem).best.cost == least


def test_the_best_is_never_worse_than_any_start_and_every_gain_is_reported():
    problem = one_machine(weighted_tardiness(7, 30), horizon=700)
    jobs, seen = JobSet(problem), []
    orders = [jobs.order_of(rank) for rank in due_date_orders(problem)]
    search = OrderDescent(jobs, 1, lambda: False, lambda best: seen.append(best.cost))
    search.run(orders, 10**7, 5)
    assert search.best.cost <= min(cost_of(jobs, order.tolist()) for order in orders)
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] == search.best.cost


def test_the_same_seed_gives_the_same_order():
    problem = one_machine(weighted_tardiness(3, 20), horizon=500)
    jobs = JobSet(problem)
    one, other = searched(jobs, problem, 5), searched(jobs, problem, 5)
    assert one.best.order.tolist() == other.best.order.tolist()


def test_a_search_that_is_over_ends_at_once():
    problem = one_machine(weighted_tardiness(3, 20), horizon=500)
    jobs = JobSet(problem)
    search = OrderDescent(jobs, 0, lambda: True)
    search.run([jobs.order_of(rank) for rank in due_date_orders(problem)], 10**7, 10)
    assert search.placed <= 40

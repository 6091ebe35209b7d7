"""The dual of capacity: values, steps and exact bounds on random problems and by hand."""

from __future__ import annotations

import dataclasses

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent, estimate_rounds, exact_bound, unused_worth
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.problem.problem import Problem
from tests.helpers import random_problems
from tests.helpers.bruteforce import optimum
from tests.helpers.random_problems import ints


def due(tasks: int, cost: int) -> Problem:
    """Tasks of 4 slots that need 2 of 3 units of a free machine, and are late after the sixth slot."""
    none, ones = np.zeros(tasks, np.int64), np.ones(tasks, np.int64)
    slots = 4 * tasks
    return Problem(
        capacity=np.full((1, slots), 3), price=np.zeros((1, slots), np.int64), copies=ones, optional=none > 0, value=none,
        late_slope=cost * ones, late_base=6 * cost * ones, late_once=none, late_after=none + slots,
        option_ptr=np.arange(tasks + 1), pool=none, duration=4 * ones, fixed=none, first=none, last=none + slots - 4,
        demand_ptr=np.arange(tasks + 1), demand_row=none, demand=2 * ones, before=ints([]), after=ints([]), lag=ints([]),
    )  # fmt: skip


def test_prices_rise_where_the_cheapest_columns_cost_nothing() -> None:
    """With lateness alone, and 3 units of which 2 can be used, the ascent leaves 0 and stays below the optimum."""
    problem = due(4, 100)
    best = 100 * sum(max(0, 4 * place - 6) for place in range(1, 5))
    ascent = DualAscent(problem, BlockPricer(problem))
    for _ in range(400):
        ascent.step()
    bound = ascent.exact()
    assert bound is not None
    assert 0.5 * best < bound <= best


def test_only_what_can_be_used_is_paid_for() -> None:
    """The bound on the whole capacity is lower by the worth of what no demands can use up, and no more."""
    problem = due(3, 7)
    pricer = BlockPricer(problem)
    ascent = DualAscent(problem, pricer)
    ascent.judge(np.full(problem.capacity.shape, 5.0), np.zeros(0))
    multipliers = ascent.multipliers(ascent.scale())
    bound, unused = exact_bound(problem, pricer, multipliers), unused_worth(problem, multipliers)
    assert unused == 5 * problem.slots
    whole = dataclasses.replace(problem)
    object.__setattr__(whole, "reachable", problem.capacity)
    assert bound is not None
    assert exact_bound(whole, pricer, multipliers) == bound - unused


def test_given_multipliers_are_judged_and_taken_over() -> None:
    """`judge` returns the value, which `exact` confirms, and `polish` goes on from the best."""
    seen = 0
    for seed in range(60):
        problem = random_problems.problem(seed)
        best = optimum(problem)
        if best is None or not problem.options:
            continue
        ascent = DualAscent(problem, BlockPricer(problem))
        first = ascent.judge(np.zeros(problem.capacity.shape), np.zeros(0))
        random = np.random.default_rng(seed).uniform(0, 3, problem.capacity.shape)
        value = ascent.judge(random, np.zeros(0))
        assert ascent.best == max(first, value)
        ascent.polish(1.0)
        for _ in range(20):
            ascent.step()
        assert ascent.best >= max(first, value)
        bound = ascent.exact()
        assert bound is not None
        assert bound <= best[0], seed
        assert abs(bound - ascent.best) <= 1 + 1e-6 * abs(bound)
        seen += 1
    assert seen > 20


def test_rounds_follow_from_the_size() -> None:
    """More effort means more rounds, and more columns mean fewer; there are at least 20."""
    problem = due(4, 1)
    assert estimate_rounds(problem, 10**6, 60.0) > estimate_rounds(problem, 10**7, 60.0)
    assert estimate_rounds(problem, 10**6, 60.0) > estimate_rounds(problem, 10**6, 6.0)
    assert estimate_rounds(problem, 10**9, 0.1) == 20

"""Linear relaxations: their value, and what their dual values prove."""

from __future__ import annotations

import dataclasses

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lagrangian.relaxation import proven_bound, relaxation_duals
from leptonopt.problem.problem import Problem, StartColumns
from tests.helpers import random_problems
from tests.helpers.bruteforce import optimum, solved
from tests.helpers.small_problems import group, option
from tests.helpers.small_problems import problem as made


def bare(seed: int) -> Problem:
    """A random problem without rules that multipliers of capacity leave out."""
    problem = random_problems.problem(seed)
    none = np.zeros(0, np.int64)
    return dataclasses.replace(problem, before=none, after=none, lag=none)


def test_duals_of_the_whole_relaxation_prove_its_value() -> None:
    """Strong duality: judged on all columns, the multipliers have the value of the relaxation, at most the optimum."""
    seen = 0
    for seed in range(40):
        problem = bare(seed)
        best = optimum(problem)
        if best is None or not problem.options:
            continue
        duals = relaxation_duals(problem, 10.0)
        assert duals is not None
        assert duals.value <= best[0] + 1e-6 * (1 + abs(best[0]))
        ascent = DualAscent(problem, BlockPricer(problem))
        assert abs(ascent.judge(duals.capacity, duals.quota) - duals.value) <= 1e-6 * (1 + abs(duals.value))
        bound = ascent.exact()
        assert bound is not None
        assert bound <= best[0]
        seen += 1
    assert seen > 20


def test_buckets_of_any_width_give_valid_multipliers() -> None:
    """Constant within a bucket, at least 0, with nodes and quotas; their bound is at most the optimum."""
    seen = 0
    for seed, problem, best in solved(range(60)):
        if not problem.options:
            continue
        for width in (2, 3, problem.slots):
            duals = relaxation_duals(problem, 10.0, width=width)
            assert duals is not None
            for first in range(0, problem.slots, width):
                assert (np.ptp(duals.capacity[:, first : first + width], axis=1) == 0).all()
            assert (duals.capacity >= 0).all()
            ascent = DualAscent(problem, BlockPricer(problem))
            ascent.judge(duals.capacity, duals.quota)
            bound = ascent.exact()
            assert bound is None or bound <= best[0], seed
        seen += 1
    assert seen > 20


def test_too_few_columns_make_no_relaxation_infeasible() -> None:
    """With the first column of each group there are duals, though tasks may not fit side by side."""
    for seed in range(20):
        problem = bare(seed)
        _, first = np.unique(problem.group[problem.columns.option], return_index=True)
        columns = problem.columns
        few = StartColumns(columns.option[first], columns.start[first], columns.cost[first])
        duals = relaxation_duals(problem, 10.0, few)
        assert duals is not None
        assert np.isfinite(duals.capacity).all()


def test_without_time_there_are_no_duals() -> None:
    """A limit of iterations that is too low returns None."""
    problem = random_problems.bins(3)
    assert relaxation_duals(problem, None, iterations=0) is None


def mixed(seed: int) -> Problem:
    """A problem without nodes and quotas, or with them."""
    return random_problems.problem(seed) if seed % 2 else random_problems.rich(seed)


def test_all_duals_prove_a_bound_where_order_binds() -> None:
    """The bound is at most the optimum, and above what multipliers of capacity alone prove on some problems."""
    seen = higher = 0
    for seed, problem, best in solved(range(60), draw=mixed):
        if not problem.options:
            continue
        bound, duals = proven_bound(problem, 10.0), relaxation_duals(problem, 10.0)
        assert bound is not None
        assert duals is not None
        assert bound <= best[0], seed
        ascent = DualAscent(problem, BlockPricer(problem))
        ascent.judge(duals.capacity, duals.quota)
        seen, higher = seen + 1, higher + (bound > (ascent.exact() or bound))
    assert seen > 20
    assert higher


def test_a_chain_pays_for_its_speed_once() -> None:
    """Two tasks in three slots, slow and cheap or fast and dear: one of them must be fast."""
    ways = (option(2, {}, fixed=1, last=1), option(1, {}, fixed=11, last=2))
    chain = made(group(*ways), group(*ways), capacity=[[9, 9, 9]], edges=[(0, 1, 0)])
    assert proven_bound(chain, 10.0) == 12


def test_without_time_nothing_is_proven() -> None:
    """A limit of iterations that is too low returns None."""
    assert proven_bound(random_problems.bins(3), None, iterations=0) is None

"""Interval sub-problems of large-neighbourhood search: exact where they say so, and chosen only where they apply."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lns import interval_model as subintervals
from leptonopt.algorithms.lns.subproblem import Subproblem
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import objective
from leptonopt.solvers.registry import load_method
from tests.helpers import bruteforce, random_instances
from tests.helpers.recording_monitor import Ear


def steady(seeds: range) -> list[tuple[int, Problem, int | None]]:
    """Random problems at constant prices, with lateness, options to leave out, copies and precedence; their optima."""
    found = []
    for seed in seeds:
        made = compile_instance(validate(random_instances.instance(seed, tasks=3, slots=5)))
        if made.impossible or not subintervals.has_constant_prices(made.problem):
            continue
        try:
            best = bruteforce.optimum(made.problem)
        except OverflowError:
            continue
        found.append((seed, made.problem, None if best is None else best[0]))
    return found


@pytest.fixture(scope="module")
def problems() -> list[tuple[int, Problem, int | None]]:
    found = steady(range(500))
    assert len(found) >= 25
    return found


def test_freeing_all_tasks_finds_the_optimum(problems: list[tuple[int, Problem, int | None]]) -> None:
    """With nothing that stays, the sub-problem is the problem: its answer keeps every rule and costs the optimum."""
    for seed, problem, best in problems:
        placing, guide = PartialSchedule(problem), CostGuide.true(problem, BlockPricer(problem))
        groups = list(range(problem.groups))
        jobs, edges = Subproblem(placing, guide, groups, {group: {} for group in groups}).interval_jobs()
        found = subintervals.solve(placing, jobs, edges, 5.0, 20.0, seed)
        assert (found is None) == (best is None), seed
        if found is None:
            continue
        for option, start, count in found.columns:
            placing.insert(option, start, count)
        schedule = placing.schedule()
        assert not violated_rules(problem, schedule), seed
        cost = objective(problem, schedule)
        assert best is not None
        assert cost >= best, seed
        if found.proven:
            assert cost == best, seed
    assert any(problem.late_slope.any() or problem.late_once.any() for _, problem, _ in problems)
    assert any(len(problem.before) for _, problem, _ in problems)
    assert any(problem.optional.any() for _, problem, _ in problems)


def test_search_over_intervals_reaches_tiny_optima(problems: list[tuple[int, Problem, int | None]]) -> None:
    """`lns` on such problems ends at the optimum, and claims none that is not."""
    for seed, problem, best in problems[:20]:
        solution = load_method("lns")(problem, None, Limits(time_limit=1.0, seed=seed), Ear())
        if solution.schedule is not None:
            assert best is not None
            assert objective(problem, solution.schedule) == best, seed
            assert solution.bound is None or solution.bound <= best, seed

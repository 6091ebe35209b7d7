"""The compiled searches as methods: never worse than the warm start, refused where a problem is too large."""

import dataclasses

import pytest

import leptonopt
from leptonopt.algorithms.heuristics import job_arrays
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Status, Stop
from leptonopt.problem.schedule import objective
from leptonopt.solvers import compiled_search, greedy

SEARCHES = (compiled_search.solve, compiled_search.descend_orders)
LIMITS = Limits(1.0, deterministic=True, work=0.3)


@pytest.fixture
def problem() -> Problem:
    return compile_instance(leptonopt.generate("gavel", tasks=30, seed=2)).problem


@pytest.mark.parametrize("search", SEARCHES)
def test_the_plan_keeps_the_rules_and_is_never_worse_than_the_warm_start(search, problem):
    start = greedy.solve(problem, None, Limits(5.0), NullMonitor()).schedule
    found = search(problem, start, LIMITS, NullMonitor())
    assert found.status in (Status.FEASIBLE, Status.OPTIMAL)
    assert not violated_rules(problem, found.schedule)
    assert objective(problem, found.schedule) <= objective(problem, start)


@pytest.mark.parametrize("search", SEARCHES)
def test_the_search_finds_a_plan_of_its_own(search, problem):
    found = search(problem, None, LIMITS, NullMonitor())
    assert found.schedule is not None
    assert not violated_rules(problem, found.schedule)


def test_a_problem_beyond_the_limits_is_refused(monkeypatch, problem):
    small = dataclasses.replace(job_arrays.LIMITS, jobs=3)
    monkeypatch.setattr(compiled_search, "fits_kernels", lambda given: job_arrays.fits_kernels(given, small))
    found = compiled_search.solve(problem, None, LIMITS, NullMonitor())
    assert found.stop is Stop.FAILED
    assert "large-scale" in found.note

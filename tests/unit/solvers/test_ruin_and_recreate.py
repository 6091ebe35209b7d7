"""The method ruin-and-recreate: refuses what it cannot express, and repeats itself without a clock."""

from __future__ import annotations

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.problem.schedule import objective
from leptonopt.solvers import greedy
from leptonopt.solvers.ruin_and_recreate import solve
from tests.helpers import servers


def test_refuses_by_name() -> None:
    """Without nodes the note names the rule."""
    found = solve(compile_instance(leptonopt.generate("gaia", tasks=10)).problem, None, Limits(1), NullMonitor())
    assert found.status is Status.UNKNOWN
    assert "cannot express the rule nodes" in found.note


def test_deterministic_runs_agree_and_are_not_worse_than_greedy() -> None:
    """Two runs of one seed give the same schedule, which costs no more than where it began."""
    problem = servers.problem(3)
    first = greedy.solve(problem, None, Limits(1, deterministic=True), NullMonitor()).schedule
    assert first is not None
    runs = [solve(problem, first, Limits(0.3, deterministic=True), NullMonitor()).schedule for _ in range(2)]
    assert runs[0] is not None
    assert runs[1] is not None
    assert list(runs[0]) == list(runs[1])
    assert objective(problem, runs[0]) <= objective(problem, first)


def test_ends_with_its_time() -> None:
    """By the clock it ends soon after its limit."""
    found = solve(servers.problem(4), None, Limits(0.3), NullMonitor())
    assert found.status is Status.FEASIBLE


def test_the_plan_passes_the_checker() -> None:
    """From file to plan through the session, which checks what it writes."""
    result = leptonopt.solve(servers.document(5), method="ruin-and-recreate", time_limit=2)
    assert result.plan is not None

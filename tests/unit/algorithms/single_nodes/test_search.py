"""First schedules on single nodes: wherever a day was planted, one is found, and no rule is broken."""

from __future__ import annotations

import pytest

import leptonopt
from leptonopt.algorithms.single_nodes.search import SingleNodeSearch, first_plan, first_schedule, step_seconds
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor, Status, Stop
from leptonopt.problem.schedule import objective
from tests.helpers import servers
from tests.helpers.recording_monitor import Ear


@pytest.mark.parametrize("seed", range(12))
def test_every_planted_day_gets_a_plan(seed: int) -> None:
    """Days of few and many servers, tight and loose windows."""
    sizes = [{"servers": 2, "tasks": 36}, {"servers": 3, "tasks": 45, "slack": 4}, {"servers": 8, "tasks": 90}]
    problem = servers.problem(seed, **sizes[seed % 3])
    found = first_plan(problem, None, Limits(30, deterministic=True), NullMonitor(), 1.0)
    assert found is not None
    assert found.schedule is not None
    assert not violated_rules(problem, found.schedule)


def test_reports_are_better_each_time_and_true() -> None:
    """The monitor hears falling costs; the last is that of the solution."""
    problem, monitor = servers.problem(1), Ear()
    found = first_plan(problem, None, Limits(30, deterministic=True), monitor, 1.0)
    assert found is not None
    costs = monitor.costs
    assert costs == sorted(set(costs), reverse=True)
    assert found.schedule is not None
    assert costs[-1] == objective(problem, found.schedule)


def test_other_problems_are_left_alone() -> None:
    """Without nodes there is nothing for it to do."""
    problem = compile_instance(leptonopt.generate("gaia", tasks=10)).problem
    assert first_plan(problem, None, Limits(1), NullMonitor(), 1.0) is None


def test_stops_at_once() -> None:
    """A monitor that wants a stop gets no schedule, and the reason."""
    problem = servers.problem(0)
    assert first_schedule(problem, 0, lambda: True) is None
    search = SingleNodeSearch(problem, NullMonitor(lambda: True), 0)
    assert not search.start(None)
    assert search.stop is Stop.LIMIT


def test_a_given_schedule_is_kept_or_improved() -> None:
    """It never ends worse than it began."""
    problem = servers.problem(2)
    first = first_schedule(problem, 0, lambda: False)
    assert first is not None
    search = SingleNodeSearch(problem, NullMonitor(), 0)
    assert search.start(first.schedule())
    begun = search.cost
    search.improve(search.steps(0.05))
    assert search.cost <= begun
    assert search.solution().status is Status.FEASIBLE
    assert step_seconds(problem) > 0

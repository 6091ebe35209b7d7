"""Policies at work: what they plan of what is known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import leptonopt
from leptonopt.simulation.execution import Execution
from leptonopt.simulation.policies import Planner, ThresholdRule
from leptonopt.simulation.world import moment_of, with_soft_deadlines
from tests.unit.simulation.worlds import day, option


def solved(document: Any, warm: Any) -> Any:
    """Solve with the construction heuristic."""
    return leptonopt.solve(document, method="greedy", time_limit=60, threads=1, warm_start=warm, isolate=False)


def test_once_and_rolling() -> None:
    """At the start both plan what is known; later one places what is new, the other plans again."""
    world = with_soft_deadlines(day(), Decimal(50), 0)
    for once in (True, False):
        execution, planner = Execution(world), Planner(world, solved, once)
        planner.plan(0, execution)
        first = dict(planner.wanted)
        assert {task for task, _ in first} >= {"job0", "sweep", "last"}
        assert ("job1", 1) not in first
        planner.plan(2, execution)
        assert ("job1", 1) in planner.wanted
        if once:
            assert planner.wanted[("job1", 1)] == ("own", moment_of(world, 2))
            assert {key: planner.wanted[key] for key in first} == first


def test_what_runs_is_not_planned_again() -> None:
    """Copies that have begun keep their place in the state; only the others are wanted."""
    world = with_soft_deadlines(day(), Decimal(50), 0)
    execution, planner = Execution(world), Planner(world, solved, once=False)
    planner.plan(0, execution)
    for copy in (1, 2):
        assert execution.try_to_start(("sweep", copy), "own", 0)
    planner.plan(2, execution)
    assert all(start >= moment_of(world, 2) for key, (_, start) in planner.wanted.items() if key not in execution.begun)


def test_rolling_plans_where_something_has_changed() -> None:
    """A plan that goes as planned is not made again; one whose start is missed, or with a new task, is."""
    world, solves = with_soft_deadlines(day(), Decimal(50), 0), []

    def counted(document: Any, warm: Any) -> Any:
        solves.append(document)
        return solved(document, warm)

    execution, planner = Execution(world), Planner(world, counted, once=False)
    planner.plan(0, execution)
    for key, (way, start) in planner.wanted.items():
        if start == moment_of(world, 0):
            assert execution.try_to_start(key, way, 0)
    planner.plan(1, execution)
    assert len(solves) == 1
    planner.plan(2, execution)
    assert len(solves) == 2
    late = max(start for _, start in planner.wanted.values())
    planner.plan(int((late - world.time.start).total_seconds()) // world.time.slot + 1, execution)
    assert len(solves) == 3


def _rented(deadline: str) -> list[int]:
    """Return the slots in which a job starts on rented nodes, while others hold the devices of its own until hour 6."""
    job = {"id": "job", "deadline": deadline, "options": [option("own", 4, 2), option("rent", 4, 2)]}
    busy = {"id": "busy", "options": [option("own", 4, 6)]}
    world = day(tasks=[busy, job])
    execution, rule = Execution(world), ThresholdRule(world)
    execution.try_to_start(("busy", 1), "own", 0)
    for slot in range(world.time.slots):
        rule.start(slot, execution)
    run = execution.begun["job", 1]
    return [run.start] if execution.way(("job", 1))[1] == "rent" else []


def test_dear_options_when_time_is_short() -> None:
    """With a deadline at 6:00 it rents once less than an hour is to spare; with one at 12:00 it waits for its own."""
    assert _rented("2026-01-05T06:00Z") == [4]
    assert _rented("2026-01-05T12:00Z") == []


def test_optional_tasks_pay_at_most_their_value() -> None:
    """What costs more than it is worth is left out."""
    task = {"id": "extra", "optional": True, "value": 1, "options": [option("rent", 4, 2)]}
    world = day(tasks=[task, {"id": "other", "options": [option("own", 1, 1)]}])
    execution, rule = Execution(world), ThresholdRule(world)
    rule.start(15, execution)
    assert set(execution.begun) == {("other", 1)}

"""Completion of partial schedules."""

from __future__ import annotations

from leptonopt.algorithms.heuristics.completion import complete
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import Schedule


def test_what_is_missing_is_inserted_and_the_rest_may_move() -> None:
    """Two tasks of two hours and one that must run in the first hour, one at a time, in six hours."""
    way = {"pool": "p", "uses": {"gpu": 1}}
    stated = {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "6h"},
        "pools": [{"id": "p", "capacity": {"gpu": 1}}],
        "tasks": [
            {"id": "a", "copies": 2, "options": [{**way, "duration": "2h"}]},
            {"id": "b", "deadline": "2026-01-05T01:00Z", "options": [{**way, "duration": "1h"}]},
        ],
    }
    problem = compile_instance(validate(stated)).problem
    done = complete(problem, Schedule.of([0], [0]), Limits(5.0), NullMonitor())
    assert done is not None
    assert violated_rules(problem, done) == set()

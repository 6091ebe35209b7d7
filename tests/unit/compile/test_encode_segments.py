"""A plan with segments becomes the schedule from which it was written."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.encode_segments import Line, encode_segments
from leptonopt.instance import Instance
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective

DOCUMENT: dict[str, Any] = {
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "6h"},
    "pools": [
        {
            "id": "a",
            "capacity": {"gpu": 1},
            "price": {"gpu": {"steps": {"2026-01-05T00:00Z": 1, "2026-01-05T01:00Z": 9, "2026-01-05T04:00Z": 1}}},
        }
    ],
    "tasks": [
        {"id": "cut", "segments": True, "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "3h"}]},
        {"id": "whole", "copies": 2, "after": ["cut"], "options": [{"pool": "a", "duration": "0s"}]},
    ],
}
LINES = [
    Line("cut", 1, 1, "a", 0, 1),
    Line("cut", 1, 1, "a", 4, 6),
    Line("whole", 1, 2, "a", 6, 6),
    Line("gone", 1, 1, "a", 0, 1),
]


NODES: dict[str, Any] = {"id": "a", "nodes": {"id": "n", "size": {"gpu": 1}, "count": 2, "price": 1}}
PLACED: dict[str, Any] = DOCUMENT | {"placement": "one-node", "pools": [NODES]}


def encoded(lines: list[Line]) -> tuple[Any, Schedule]:
    """Return the compiled instance, and the schedule of lines."""
    compiled = compile_instance(Instance.model_validate(DOCUMENT))
    assert compiled.cut is not None
    return compiled, encode_segments(compiled, compiled.cut, lines)


def test_a_whole_plan_keeps_every_rule() -> None:
    """Segments, empty ones behind them, and copies of whole tasks are all there."""
    compiled, schedule = encoded(LINES)
    assert violated_rules(compiled.problem, schedule) == set()
    assert objective(compiled.problem, schedule) * compiled.unit == 3


def test_lines_that_do_not_fit_are_skipped() -> None:
    """What no option of the instance states is not in the schedule."""
    compiled, schedule = encoded([Line("cut", 1, 1, "b", 0, 1), Line("cut", 1, 1, "a", 1, 2)])
    assert [compiled.problem.group[option] for option in schedule.option] == [1, 2, 3]


def test_a_task_that_cannot_run_any_more_is_skipped() -> None:
    """The pool of its segments has lost all it had."""
    pools = [{**DOCUMENT["pools"][0], "capacity": {"gpu": 0}}]
    compiled = compile_instance(Instance.model_validate({**DOCUMENT, "pools": pools}))
    assert compiled.cut is not None
    schedule = encode_segments(compiled, compiled.cut, LINES)
    assert len(schedule.option) < len(LINES)


@pytest.mark.parametrize("document", [DOCUMENT, PLACED])
def test_a_warm_start_is_taken(document: dict[str, Any]) -> None:
    """A plan with segments, on nodes or not, is kept as it is where that costs nothing."""
    first = leptonopt.solve(document, method="cpsat", time_limit=20, isolate=False)

    def kept(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        return Solution(Status.FEASIBLE, Stop.DONE, warm_start)

    again = leptonopt.solve(document, method=kept, time_limit=10, warm_start=first.document, isolate=False)
    assert first.cost == again.cost == 3

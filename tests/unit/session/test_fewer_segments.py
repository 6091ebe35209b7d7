"""Join segments that touch."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.encode_segments import Line, encode_segments
from leptonopt.instance import Instance
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule

NODES = {"id": "n", "size": {"gpu": 1}, "count": 2, "price": 1}


@pytest.mark.parametrize(
    ("pool", "nodes"),
    [
        ({"capacity": {"gpu": 1}, "price": {"gpu": 1}}, [(), (), ()]),
        ({"nodes": NODES}, [("n/1",), ("n/1",), ("n/2",)]),
        ({"nodes": NODES}, [("n/1",), ("n/2",), ("n/2",)]),
    ],
)
def test_segments_that_touch_are_joined(pool: dict[str, Any], nodes: list[tuple[str, ...]]) -> None:
    """Of three segments of an hour the first two touch, on one node or on two; they are one, and the pause stays."""
    task = {"id": "t", "segments": True, "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "3h"}]}
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "6h"}
    document = {"time": time, "pools": [{"id": "a"} | pool], "tasks": [task], "placement": "one-node"}
    compiled = compile_instance(Instance.model_validate(document))
    assert compiled.cut is not None
    lines = [Line("t", 1, 1, "a", start, start + 1, on) for start, on in zip((1, 2, 5), nodes, strict=True)]
    split = encode_segments(compiled, compiled.cut, lines)

    def method(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        return Solution(Status.FEASIBLE, Stop.DONE, split)

    found = leptonopt.solve(document, method=method, time_limit=10, isolate=False)
    times = [(int(line["start"][11:13]), int(line["end"][11:13])) for line in found.document["tasks"]]
    assert (found.cost, times) == (3, [(1, 3), (5, 6)])

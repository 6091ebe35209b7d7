"""Tasks end earlier where that costs nothing."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule

DOCUMENT: dict[str, Any] = {
    "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "12h"},
    "pools": [{"id": "own", "nodes": {"size": {"gpu": 8}, "count": 1, "reserved": 1}}],
    "tasks": [{"id": "b", "work": {"hours": 8, "speed": {"own": 1}, "devices": {"1": 1, "8": 8}}}],
}


def late(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return the plan on one device, as late as it may be."""
    slowest = int(problem.duration.argmax())
    return Solution(Status.FEASIBLE, Stop.DONE, Schedule.of([slowest], [problem.last[slowest]]))


@pytest.mark.parametrize(
    ("price", "hours"), [(None, (0, 1)), ({"gpu": 1}, (0, 1)), ({"gpu": {"daily": {"00:00": 2, "04:00": 1}}}, (4, 5))]
)
def test_ties_go_to_early_ends(price: Any, hours: tuple[int, int]) -> None:
    """What idles is used, and no dearer hour."""
    pools = [DOCUMENT["pools"][0]] if price is None else [{"id": "own", "capacity": {"gpu": 8}, "price": price}]
    found = leptonopt.solve({**DOCUMENT, "pools": pools}, method=late, time_limit=10)
    (line,) = found.document["tasks"]
    assert (int(line["start"][11:13]), int(line["end"][11:13])) == hours


def test_a_warm_start_goes_first() -> None:
    """Where there is an earlier plan, fewest changes go before early ends."""
    first = leptonopt.solve(DOCUMENT, method=late, time_limit=10)
    assert first.document["tasks"][0]["start"][11:13] == "00"
    old = first.document | {"tasks": [{"id": "b", "option": "own x8", "start": "2026-01-05T03:00Z"}]}
    again = leptonopt.solve(DOCUMENT, warm_start={"leptonopt_plan": 1, "tasks": old["tasks"]}, time_limit=10)
    assert again.document["tasks"][0]["start"][11:13] == "03"

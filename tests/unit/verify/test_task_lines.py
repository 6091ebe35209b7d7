"""Entries of tasks: options, times, nodes and money."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.problem.schedule import Schedule
from leptonopt.verify.exact import Findings, Malformed
from leptonopt.verify.task_lines import Run, TaskLineReader, named, span
from tests.helpers.stated import judged
from tests.helpers.tiny_instances import pool, task


def read(**change: Any) -> tuple[Run | None, set[str], list[str]]:
    """Return the run of a changed entry, the rules it breaks, and what is said."""
    stated_task = task(
        release="2026-01-05T01:00Z", deadline="2026-01-05T03:00Z", due="2026-01-05T01:00Z", late_cost=2, copies=3
    )
    made, plan = judged(Schedule.of([0], [1], [3]), stated_task, pools=[pool(gpu=9, price={"gpu": 0.5})])
    line = plan["tasks"][0] | change
    findings = Findings()
    run = TaskLineReader(made, [], findings, {}).read(line)
    return run, {found.rule for found in findings.found}, [found.message for found in findings.found]


def test_a_right_entry() -> None:
    """All copies in one run, with what each costs."""
    run, rules, _ = read()
    assert rules == set()
    assert run is not None
    assert (run.id, run.copy, run.copies, run.start, run.end, run.cost) == ("t", 1, 3, 1, 2, 1 + 2)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"id": "u"}, "once"),
        ({"option": "b"}, "option"),
        ({"pool": "b"}, "option"),
        ({"variant": "v"}, "option"),
        ({"quality": 2}, "option"),
        ({"uses": {"gpu": 1}}, "option"),
        ({"nodes": ["k/1"]}, "option"),
        ({"end": "2026-01-05T03:00:00Z"}, "option"),
        ({"start": "2026-01-05T01:30:00Z", "end": "2026-01-05T02:30:00Z"}, "window"),
        ({"start": "2026-01-05T00:00:00Z", "end": "2026-01-05T01:00:00Z"}, "window"),
        ({"start": "2026-01-05T03:00:00Z", "end": "2026-01-05T04:00:00Z"}, "window"),
        ({"start": "2026-01-04T23:00:00Z", "end": "2026-01-05T00:00:00Z"}, "window"),
        ({"cost": 4}, "cost"),
        ({"late_hours": 2}, "cost"),
        ({"parts": {"running": 1, "fixed": 0, "late": 3}}, "cost"),
        ({"energy_kwh": 1}, "cost"),
    ],
)
def test_wrong_entries(change: dict[str, Any], rule: str) -> None:
    """Each breaks its rule."""
    assert rule in read(**change)[1]


def test_names_of_copies() -> None:
    """A task without others goes by its id."""
    assert named("t", {}, 1, 1) == "task 't'"
    assert named("t", {"copies": 9}, 2, 2) == "task 't' copy 2"
    assert named("t", {"copies": 9}, 2, 5) == "task 't' copies 2 to 5"
    assert span({"copy": 2, "copies": 4}) == (2, 4)
    with pytest.raises(Malformed):
        span({"copy": 0})

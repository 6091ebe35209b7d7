"""Schedules as runs of tasks, and back."""

from __future__ import annotations

import pytest

from leptonopt.compile.decode import decode, encode
from leptonopt.problem.schedule import Schedule
from tests.helpers.tiny_instances import compiled, pool, task

EQUAL = (task("x", copies=2), task("y", copies=3))


def test_copies_are_handed_out_by_start() -> None:
    """Two tasks of one group: the first task gets the earliest runs; the rest is left out."""
    made = compiled(*EQUAL, pools=[pool(gpu=9)])
    assert made.problem.groups == 1
    runs, left = decode(made, Schedule.of([0, 0], [1, 3], [3, 1]))
    assert [(run.task, run.copy, run.copies, run.start, run.end) for run in runs] == [
        (0, 1, 2, 1, 2), (1, 1, 1, 1, 2), (1, 2, 1, 3, 4),
    ]  # fmt: skip
    assert left == [(1, 3, 1)]


def test_back_to_a_schedule() -> None:
    """`encode` is the inverse; what the instance does not offer is dropped."""
    made = compiled(*EQUAL, pools=[pool(gpu=9)])
    schedule = Schedule.of([0, 0], [1, 3], [4, 1])
    runs, _ = decode(made, schedule)
    stated = [(run.task, run.way.id, run.way.on_nodes, run.start, run.copies) for run in runs]
    assert list(encode(made, stated)) == list(schedule)
    assert list(encode(made, [(0, "no such", (), 1, 1), (0, "a", (), 2, 1)])) == [(0, 2, 1)]
    assert list(encode(made, [])) == []


@pytest.mark.parametrize("start", [0, 9])
def test_a_start_outside_the_window_is_kept(start: int) -> None:
    """It is for a method to refuse it, not for the reader."""
    made = compiled(task(release="2026-01-05T01:00Z"))
    assert list(encode(made, [(0, "a", (), start, 1)])) == [(0, start, 1)]


def test_nothing_runs() -> None:
    """All copies are left out."""
    made = compiled(task(copies=4, optional=True, value=1))
    assert decode(made, Schedule.of([], [])) == ([], [(0, 1, 4)])

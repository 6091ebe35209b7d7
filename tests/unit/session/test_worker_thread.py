"""A method in a thread: its messages, its stop, its failures."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.session.worker_thread import WorkerThread
from tests.helpers.small_problems import group, option, problem

ONE = problem(group(option(1, {0: 1})), capacity=[[1]])


def worker(function: Any, warm_start: Schedule | None = None) -> WorkerThread:
    """Return a thread with a method."""
    return WorkerThread("own", function, ONE, warm_start, Limits(time_limit=60))


def test_reports_arrive_in_order() -> None:
    """The end is the last of them; better schedules of others are passed on."""
    plan = Schedule.of([0], [0])

    def method(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        monitor.bound(1)
        monitor.incumbent(plan, 2)
        while not monitor.should_stop():
            pass
        return Solution(Status.FEASIBLE, Stop.INTERRUPT, monitor.best())

    child = worker(method)
    assert child.messages.get(timeout=10) == ("bound", 1)
    assert child.messages.get(timeout=10) == ("incumbent", plan, 2)
    child.pass_on(plan)
    child.stop()
    kind, solution = child.messages.get(timeout=10)
    assert (kind, solution.schedule) == ("done", plan)
    child.kill()


@pytest.mark.parametrize(
    ("error", "note"), [(MemoryError(), "own ran out of memory"), (ValueError("bad"), "own failed: ValueError: bad")]
)
def test_failures_are_messages(error: Exception, note: str) -> None:
    """They cost the plan, not the program."""

    def method(*given: Any) -> Solution:
        raise error

    kind, solution = worker(method).messages.get(timeout=10)
    assert (kind, solution.stop, solution.note) == ("done", Stop.FAILED, note)


def test_a_thread_is_asked_to_end() -> None:
    """It cannot be killed."""

    def method(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
        while not monitor.should_stop():
            pass
        return Solution(Status.UNKNOWN, Stop.INTERRUPT)

    child = worker(method)
    child.slay()
    child.kill()
    assert child.messages.get(timeout=1)[1].stop is Stop.INTERRUPT

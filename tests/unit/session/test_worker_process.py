"""A method in a process of its own: messages, stops, and ends without an answer."""

from __future__ import annotations

import os
import queue
import signal
from contextlib import suppress
from typing import Any

from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.session.worker_process import WorkerProcess
from tests.helpers.random_problems import bins
from tests.helpers.small_problems import group, option, problem


def last(child: WorkerProcess) -> Any:
    """Return the solution with which a worker ends."""
    while True:
        kind, *rest = child.messages.get(timeout=60)
        if kind == "done":
            return rest[0]


def test_an_answer_from_another_process() -> None:
    """The optimum of a small problem, from a warm start."""
    made = problem(group(option(1, {0: 1})), capacity=[[1, 1]], price=[[3, 2]])
    child = WorkerProcess("cpsat", made, Schedule.of([0], [0]), Limits(time_limit=30))
    solution = last(child)
    assert (solution.status, solution.bound, list(solution.schedule)) == (Status.OPTIMAL, 2, [(0, 1, 1)])
    child.kill()


def test_a_stop_gives_the_result_so_far() -> None:
    """Long before the limit."""
    child = WorkerProcess("lns", bins(1), None, Limits(time_limit=600))
    while child.messages.get(timeout=60)[0] != "incumbent":
        pass
    child.stop()
    assert last(child).stop in (Stop.INTERRUPT, Stop.DONE, Stop.LIMIT)
    child.kill()


def test_a_suspended_process_goes_on() -> None:
    """It reports nothing meanwhile, and then searches on; one that has finished cannot be suspended."""
    child = WorkerProcess("lns", bins(1), None, Limits(time_limit=600))
    while child.messages.get(timeout=60)[0] != "incumbent":
        pass
    assert child.suspend()
    child.stop()
    with suppress(queue.Empty):  # what was sent before
        while child.messages.get(timeout=0.3)[0] != "done":
            pass
    assert not child.finished
    child.resume()
    assert last(child).schedule is not None
    assert not child.suspend()
    child.kill()


def test_prices_of_a_bound_are_reported() -> None:
    """`lagrangian` hands them over before it ends."""
    child = WorkerProcess("lagrangian", bins(1), None, Limits(time_limit=60))
    while (message := child.messages.get(timeout=60))[0] != "prices":
        assert message[0] != "done"
    assert message[1] <= last(child).bound
    child.kill()


def test_a_killed_process_reports_its_end() -> None:
    """A message, not a hang; its process group is gone."""
    child = WorkerProcess("lns", bins(1), None, Limits(time_limit=600))
    os.killpg(child._process.pid, signal.SIGKILL)
    solution = last(child)
    assert solution.stop is Stop.FAILED
    assert "ended without an answer" in solution.note
    child.kill()
    child.kill()

"""The program of a worker process: what it answers for results, errors and engines that fail their self-test."""

from __future__ import annotations

import io
import pickle
from typing import Any

import pytest

from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.runtime.deadline import Deadline
from leptonopt.session import worker_main
from leptonopt.session.message_monitor import MessageMonitor
from tests.helpers.small_problems import group, option, problem

TASK = problem(group(option(1, {0: 1})), capacity=[[1]])


def answer(monkeypatch: pytest.MonkeyPatch, function: Any, unfit: str = "") -> tuple[str, Any]:
    """Return the last message of a worker whose method is a function."""
    monkeypatch.setattr(worker_main.selftest, "failed_selftest", lambda name, stop: unfit)
    monkeypatch.setattr(worker_main, "load_method", lambda name: function)
    deadline = Deadline.after(20)
    return worker_main._last_message("own", TASK, None, Limits(), deadline, MessageMonitor(print, deadline))


def test_the_result_of_a_method(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the time that is left as its limit."""
    given: list[Limits] = []

    def method(task: Any, warm_start: Any, limits: Limits, monitor: Any) -> Solution:
        given.append(limits)
        return Solution(Status.UNKNOWN, Stop.DONE)

    assert answer(monkeypatch, method) == ("done", Solution(Status.UNKNOWN, Stop.DONE))
    assert 0 < given[0].time_limit <= 20


def test_an_engine_that_fails_its_self_test_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is the answer."""
    assert answer(monkeypatch, None, "it lies") == ("unfit", "it lies")


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (MemoryError(), "own ran out of memory"),
        (RuntimeError("no licence"), "own failed: RuntimeError: no licence"),
        (SystemExit(3), "own failed: SystemExit: 3"),
        (RuntimeError("std::bad_alloc"), "own ran out of memory"),
    ],
)
def test_errors_are_failed_solutions(monkeypatch: pytest.MonkeyPatch, error: BaseException, note: str) -> None:
    """In words."""

    def method(*given: Any) -> Solution:
        raise error

    kind, solution = answer(monkeypatch, method)
    assert (kind, solution.stop, solution.note) == ("done", Stop.FAILED, note)


def test_messages_are_pickled_one_by_one() -> None:
    """Each can be read on its own."""
    out = io.BytesIO()
    pipe = worker_main._Pipe(out)
    pipe.send(("bound", 1))
    pipe.send(("bound", 2))
    out.seek(0)
    assert [pickle.load(out), pickle.load(out)] == [("bound", 1), ("bound", 2)]

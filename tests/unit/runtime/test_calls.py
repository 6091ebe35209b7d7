"""Calls to an executor: answers in order, calls sent again, executors that are lost."""

from __future__ import annotations

import os
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from leptonopt.runtime.calls import TRIES, CallFailed, ExecutorLost, RetryingCalls, num_workers


class Script(Executor):
    """An executor whose calls end at once as a script says: a value, or an error that is raised."""

    def __init__(self, *ends: Any) -> None:
        self.ends = list(ends)
        self.seen: list[tuple[Any, ...]] = []

    def submit(self, function: Any, /, *given: Any, **named: Any) -> Future[Any]:
        """End the call as the script says."""
        self.seen.append(given)
        future: Future[Any] = Future()
        end = self.ends.pop(0)
        if end is None:
            return future  # goes on forever
        if isinstance(end, BaseException):
            future.set_exception(end)
        else:
            future.set_result(end)
        return future


def test_answers_have_the_tag_of_their_call() -> None:
    """In the order sent, whatever a tag is."""
    calls = RetryingCalls[str](Script("one", "two"))
    calls.send("a", len, "x")
    calls.send("b", len, "y")
    assert len(calls) == 2
    assert calls.answers() == [("a", "one"), ("b", "two")]
    assert len(calls) == 0


def test_a_call_that_fails_is_sent_again() -> None:
    """With the same arguments; only the answer is reported."""
    script = Script(OSError("lost"), "done")
    calls = RetryingCalls[int](script)
    calls.send(7, len, "x", "y")
    assert calls.answers() == []
    assert calls.answers() == [(7, "done")]
    assert (calls.again, script.seen) == (1, [("x", "y")] * 2)


def test_a_call_that_fails_each_time_is_given_up() -> None:
    """The last error is its answer, on one line."""
    calls = RetryingCalls[int](Script(*[ValueError("bad\nmore")] * TRIES))
    calls.send(1, len)
    found = [answer for _ in range(TRIES) for answer in calls.answers()]
    assert found == [(1, CallFailed("ValueError: bad"))]
    assert calls.again == TRIES - 1


@pytest.mark.parametrize("error", [BrokenExecutor("gone"), BrokenExecutor()])
def test_a_broken_executor_is_lost(error: Exception) -> None:
    """No call is sent again to it."""
    calls = RetryingCalls[int](Script(error))
    calls.send(1, len)
    with pytest.raises(ExecutorLost, match=r"BrokenExecutor(: gone)?"):
        calls.answers()


def test_an_executor_that_takes_no_calls_is_lost() -> None:
    """As after its end."""
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(ExecutorLost, match="RuntimeError"):
        RetryingCalls[int](pool).send(1, len, "x")


def test_cancelled_calls_mean_a_lost_executor() -> None:
    """Somebody else has cancelled them."""
    calls = RetryingCalls[int](Script(None))
    calls.send(1, len)
    for future in calls._out:
        future.cancel()
        future.set_running_or_notify_cancel()  # as an executor does that reaches it
    with pytest.raises(ExecutorLost, match="calls were cancelled"):
        calls.answers()


def test_waiting_ends() -> None:
    """Without an answer within the time there are none; dropped calls are forgotten."""
    calls = RetryingCalls[int](Script(None))
    calls.send(1, len)
    assert calls.answers(timeout=0) == []
    calls.drop()
    assert len(calls) == 0


def test_the_width_of_executors() -> None:
    """As stated, by a number or a function; else the cores of this machine; at least one."""
    script = Script()
    assert num_workers(script) == (os.cpu_count() or 1)
    script.width = lambda: 5  # type: ignore[attr-defined]
    assert num_workers(script) == 5
    script.width = lambda: 0  # type: ignore[attr-defined]
    assert num_workers(script) == 1
    with ThreadPoolExecutor(3) as pool:
        assert num_workers(pool) == 3

"""Signals while `leptonopt.solve` runs in a program of others: left alone unless asked, and never lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import uuid
from pathlib import Path
from typing import Any

import pytest

import leptonopt
from leptonopt.problem.protocol import Solution, Status, Stop
from leptonopt.runtime.deadline import Deadline
from leptonopt.runtime.signals import Signals, interruptible_until
from tests.helpers import traces

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux who is whose child")
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def sending(number: int, seen: list[Any] | None = None) -> Any:
    """A method that has a plan from greedy, sends a signal to its own process, and goes on until it has to stop."""

    def method(problem: Any, warm_start: Any, limits: Any, monitor: Any) -> Solution:
        found = leptonopt.solvers.registry.load_method("greedy")(problem, warm_start, limits, monitor)
        assert found.schedule is not None
        monitor.incumbent(found.schedule, 10**6)
        os.kill(os.getpid(), number)
        while not monitor.should_stop():
            if seen:
                break
        return Solution(Status.FEASIBLE, Stop.LIMIT, found.schedule)

    return method


@pytest.fixture
def handled() -> Any:
    """Handlers of the program's own for both signals, and what they have heard."""
    heard: list[int] = []

    def hear(number: int, frame: object) -> None:
        heard.append(number)

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    yield heard, hear
    for number, handler in before.items():
        signal.signal(number, handler)


@BOTH
@pytest.mark.parametrize("thread", [False, True], ids=["main thread", "another thread"])
def test_signals_are_left_alone(number: signal.Signals, thread: bool, handled: Any) -> None:
    """The program's own handler hears the signal at once, and the search goes on."""
    heard, hear = handled
    method, results = sending(number, heard), list[Any]()

    def run() -> None:
        results.append(leptonopt.solve(traces.crowded(), method=method, time_limit=60))

    if thread:
        other = threading.Thread(target=run)
        other.start()
        other.join()
    else:
        run()
    assert heard == [number]
    assert results[0].signal is None
    assert results[0].stop != Stop.INTERRUPT
    assert signal.getsignal(number) is hear


@BOTH
def test_a_handler_of_ones_own_is_called_when_the_plan_is_kept(number: signal.Signals, handled: Any) -> None:
    """With `handle_signals` the search ends with its plan, and the signal goes on to whom it was for."""
    heard, hear = handled
    result = leptonopt.solve(traces.crowded(), method=sending(number), time_limit=60, handle_signals=True)
    assert (result.signal, result.stop, result.plan is not None) == (number, Stop.INTERRUPT, True)
    assert heard == [number]
    assert signal.getsignal(number) is hear


def test_a_default_action_does_not_take_the_plan() -> None:
    """Where Ctrl-C would raise, the result says which signal came instead; the handler is as before."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = leptonopt.solve(traces.crowded(), method=sending(signal.SIGINT), time_limit=60, handle_signals=True)
        assert (result.signal, result.plan is not None) == (signal.SIGINT, True)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("loops", [1, 3], ids=["one block", "blocks in each other"])
def test_without_a_result_the_signal_is_delivered(loops: int) -> None:
    """Caught while the instance is read, Ctrl-C is what it would have been."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            nested(loops)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def nested(loops: int) -> None:
    """Blocks in each other; in the innermost a signal comes while something is read."""
    with Signals() as signals:
        if loops > 1:
            nested(loops - 1)
        with interruptible_until(Deadline.after(60), signals):
            signal.raise_signal(signal.SIGINT)
            leptonopt.load(traces.ROOT / "instances" / "article.yaml")


def test_an_ignored_signal_stays_ignored() -> None:
    """What the program does not want to hear does not end its solve."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with Signals() as signals:
            signal.raise_signal(signal.SIGTERM)
            assert signals.number is None
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


HOST = """
import os, signal, sys, threading, time
import leptonopt, traces
from leptonopt.runtime.child_process import child_pids
signal.signal(signal.SIGINT, signal.default_int_handler)
engines = []
def press(progress):
    if not engines and (child_pids() or "{how}" == "here"):
        engines.append(progress.phase)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.{number})).start()
try:
    leptonopt.solve({solve}, time_limit=50, threads=1, on_progress=press)
    print("no interrupt")
except KeyboardInterrupt:
    print("KeyboardInterrupt", flush=True)
"""


@pytest.mark.parametrize(
    ("how", "number", "said", "codes"),
    [
        ("process", "SIGINT", "KeyboardInterrupt\n", (0, -2)),
        ("process", "SIGTERM", "", (-15,)),
        ("here", "SIGINT", "KeyboardInterrupt\n", (0, -2)),
    ],
)
def test_a_job_that_is_interrupted_leaves_nothing(
    how: str, number: str, said: str, codes: tuple[int, ...], tmp_path: Path
) -> None:
    """`KeyboardInterrupt` comes through, SIGTERM ends the program; no engine survives, in a process or a thread.

    Python itself ends by SIGINT, though the exception was caught, if that came within `exec` of a text, as in dataclasses
    that are imported just then.
    """
    solve = "traces.crowded(), method='hangs'"
    if how == "here":
        solve = "str(traces.ROOT / 'instances' / 'elasticflow-100.yaml'), method='cpsat', isolate=False"
    mark = uuid.uuid4().hex
    environment = traces.environment(tmp_path, mark, "")
    environment["PYTHONPATH"] += os.pathsep + str(traces.HELPERS)
    script = textwrap.dedent(HOST.format(how=how, number=number, solve=solve))
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=45)
    assert done.stdout == said, done.stderr
    assert done.returncode in codes, done.stderr
    assert not traces.left(mark, tmp_path)

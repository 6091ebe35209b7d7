"""Engines as they should not be, each a function like any method."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.solvers.registry import load_method

Start = Schedule | None


def crashes(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Dies of a fault in memory."""
    os.kill(os.getpid(), signal.SIGSEGV)
    return _nothing()


def aborts(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Dies of its own assertion, after a last word."""
    os.write(2, b"Check failed: 1 == 2\n")
    os.abort()


def leaves(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Ends the process as if all were well."""
    os._exit(0)


def exits(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Ends the interpreter."""
    raise SystemExit(3)


def raises(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Raises what nobody expects."""
    raise RuntimeError("no licence")


def garbles(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Writes into the channel itself, and lives on."""
    monitor._send.__self__._out.write(b"garbage\n" * 99)
    monitor._send.__self__._out.flush()
    time.sleep(60)
    return _nothing()


def closes(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Closes the channel, and lives on."""
    os.close(monitor._send.__self__._out.fileno())
    time.sleep(60)
    return _nothing()


def babbles(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Sends what is no message."""
    monitor._send(
        (
            "greetings",
            {"from": "an engine"},
        )
    )
    time.sleep(60)
    return _nothing()


def misshapes(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Reports a schedule of ragged arrays."""
    monitor._send(
        (
            "incumbent",
            Schedule(np.arange(3), np.arange(2), np.arange(5)),
            0,
        )
    )
    time.sleep(60)
    return _nothing()


def strays(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Reports options that there are not, and answers with them."""
    stray = Schedule.of([0, problem.options + 7], [0, 0])
    monitor.incumbent(stray, -1)
    return Solution(Status.FEASIBLE, Stop.DONE, stray)


def cancels(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Runs one copy minus once, and another twice, for less than nothing."""
    good = _good(problem)
    option, first = good.option, good.start
    schedule = Schedule(
        np.concatenate([option, option]),
        np.concatenate([first, first]),
        np.concatenate([good.count * 2, -good.count]),
        good.rent,
    )
    monitor._send(
        (
            "incumbent",
            replace(schedule, count=schedule.count * 3),
            -5,
        )
    )
    return Solution(Status.FEASIBLE, Stop.DONE, schedule)


def flatters(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """States its cost five units too low."""
    good = _good(problem)
    monitor.incumbent(good, objective(problem, good) - 5)
    return Solution(Status.FEASIBLE, Stop.DONE, good)


def hangs(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Heeds no word and no signal that can be ignored."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(1)


def clings(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Hangs without letting any other thread of its process run."""
    re.match(r"(a+)+$", "a" * 64 + "b")
    return _nothing()


def freezes(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Stops dead."""
    os.kill(os.getpid(), signal.SIGSTOP)
    return _nothing()


def spawns(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Starts a program and hangs."""
    subprocess.run(["sleep", "60"], check=False)
    return _nothing()


def floods(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Prints and reports without end, then answers."""
    for _ in range(300):
        os.write(1, b"x" * 100_000)
        sys.stderr.write("y" * 10_000)
    for at in range(20_000):
        monitor.bound(-at)
    return Solution(Status.FEASIBLE, Stop.DONE, _good(problem))


def pours(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Reports without ever coming to an end."""
    good = _good(problem)
    while True:
        monitor.incumbent(good, objective(problem, good))


def eats(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Takes all memory there is."""
    eaten = []
    while True:
        eaten.append(np.ones(4_000_000))


def denies(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Says that what has a plan has none."""
    return Solution(Status.INFEASIBLE, Stop.PROOF)


def overbids(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Claims a bound one unit above a plan that exists."""
    good = _good(problem)
    return Solution(Status.FEASIBLE, Stop.DONE, good, bound=objective(problem, good) + 1)


def boasts(problem: Problem, start: Start, limits: Limits, monitor: Any) -> Solution:
    """Calls the first plan optimal."""
    good = start or _good(problem)
    return Solution(Status.OPTIMAL, Stop.PROOF, good, bound=objective(problem, good))


def _good(problem: Problem) -> Schedule:
    """Greedy's schedule."""
    found = load_method("greedy")(problem, None, Limits(5.0), _Nobody()).schedule
    assert found is not None
    return found


def _nothing() -> Solution:
    return Solution(Status.UNKNOWN, Stop.DONE)


class _Nobody:
    """A monitor that nobody listens to."""

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Nobody listens."""

    def bound(self, value: int) -> None:
        """Nobody listens."""

    def best(self) -> None:
        """None."""

    def should_stop(self) -> bool:
        """Never."""
        return False

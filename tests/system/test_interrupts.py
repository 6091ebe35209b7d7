"""Stopped at random moments: the best checked plan and a valid bound, the exit code, and nothing left behind.

The campaign behind the marker `long` prints its figures (`pytest -m long -rP tests/test_interrupts.py`); how many stops
it makes per method and kind of signal says LEPTONOPT_STOPS, two hundred without it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from leptonopt.io.load import load_with_document
from leptonopt.solvers.registry import TABLE
from leptonopt.verify import verify
from tests.helpers import traces

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux who is whose child")
METHODS = ["auto", *TABLE]
INSTANCE = traces.ROOT / "instances" / "elasticflow-20.yaml"
LEAST = Fraction(5887789, 22500)  # proven by CP-SAT, and by CBC
LONGEST = 4.0  # seconds after the start until which stops fall, at most as long as the shortest run took
OFTEN = ["auto", "cpsat", "cbc"]  # a conductor with several engines, one in a process, one that starts a program
PROMISE = 2.0  # seconds between a signal and the end, on a machine with a core to spare


def started(words: list[str], environment: dict[str, str], cwd: Path) -> subprocess.Popen[bytes]:
    """A command line at work that hears Ctrl-C; jobs in the background of a shell inherit that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return traces.started(words, environment, cwd)
    finally:
        signal.signal(signal.SIGINT, before)


class Stops:
    """One method, stopped again and again."""

    def __init__(self, method: str, folder: Path, longest: float = LONGEST) -> None:
        self.method, self.folder, self.longest = method, folder, longest
        self.stated = load_with_document(INSTANCE)[1]
        self.random = random.Random(method)
        self.seen: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.late = 0

    def stop(self, number: signal.Signals) -> None:
        """Start a solve, send a signal at a random moment, and judge what comes of it."""
        mark, begun = uuid.uuid4().hex, time.monotonic()
        room, out = self.folder / f"{mark} tmp", self.folder / f"{mark} out"
        room.mkdir()
        out.mkdir()
        words = traces.command("solve", INSTANCE, "-m", self.method, "-t", "60", "-q", "-o", out / "plan.json")
        moment = self.random.uniform(0.0, self.longest)
        with started(words, traces.environment(room, mark), self.folder) as process:
            try:
                process.wait(timeout=moment)
                self.longest = min(self.longest, time.monotonic() - begun)
            except subprocess.TimeoutExpired:
                process.send_signal(number)
            sent = time.monotonic()
            _, errors = process.communicate(timeout=60)
            seconds = time.monotonic() - sent
        self.judge(number, process.returncode, seconds, out / "plan.json", errors.decode())
        (out / "plan.json").unlink(missing_ok=True)
        assert not traces.left(mark, room, out), (self.method, number, moment)

    def judge(self, number: signal.Signals, code: int, seconds: float, plan: Path, errors: str) -> None:
        """The exit code says how it ended; a plan that was written is right, with a valid bound."""
        document = json.loads(plan.read_text(), parse_float=Decimal) if plan.exists() else None
        if document and document["status"] != "unknown":
            verdict = verify(self.stated, document)
            assert verdict.ok, verdict.violations
            assert Fraction(document["bound_exact"] or 0) <= LEAST <= Fraction(document["cost_exact"])
        if number is not signal.SIGKILL:
            self.seconds.append(seconds)
            self.late += seconds > PROMISE * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        if code in (0, 5):
            assert document
            self.seen["ended before"] += 1
        elif number is signal.SIGKILL:
            assert code == -number
            self.seen["killed"] += 1
        else:
            if code not in (128 + number, -number):  # Python itself was interrupted, before it came to our first line
                assert "KeyboardInterrupt" in errors, (code, errors)
                assert ", in _run\n" not in errors, errors
                assert document is None
            assert code != 128 + number or "Traceback" not in errors, errors
            planned = document and document["tasks"]
            self.seen["with a plan" if planned else "before the first plan"] += 1


def figures(stops: Stops) -> str:
    """A line of them."""
    longest = max(stops.seconds, default=0.0)
    seen = ", ".join(f"{count} {what}" for what, count in sorted(stops.seen.items()))
    return f"{stops.method}: {seen}; longest {longest:.2f} s, {stops.late} late"


@pytest.mark.parametrize("method", OFTEN)
def test_some_random_stops(method: str, tmp_path: Path) -> None:
    """Ctrl-C, SIGTERM and kill -9, once each."""
    stopped(method, tmp_path)


@pytest.mark.ci
@pytest.mark.long
@pytest.mark.parametrize("method", sorted({*METHODS} - {*OFTEN}))
def test_some_random_stops_of_all_others(method: str, tmp_path: Path) -> None:
    """The same for every other method."""
    stopped(method, tmp_path)


def stopped(method: str, tmp_path: Path) -> None:
    """Once by each signal."""
    stops = Stops(method, tmp_path, 1.5)
    stops.random.seed(f"{method} briefly")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        stops.stop(number)
    assert sum(stops.seen.values()) == 3


@pytest.mark.long
@pytest.mark.parametrize("method", METHODS)
def test_many_random_stops(method: str, tmp_path: Path) -> None:
    """Two hundred stops of each method by Ctrl-C or SIGTERM, half as many by kill -9; all end within two seconds.

    A run that ended before its stop does not count, and later stops fall earlier.
    """
    stops, count = Stops(method, tmp_path), int(os.environ.get("LEPTONOPT_STOPS", "200"))
    while sum(stops.seen.values()) - stops.seen["ended before"] < count:
        stops.stop((signal.SIGINT, signal.SIGTERM)[sum(stops.seen.values()) % 2])
    while stops.seen["killed"] < count // 2:
        stops.stop(signal.SIGKILL)
    print(f"\n{figures(stops)}")  # noqa: T201 (its figures are what a campaign is for)
    assert not stops.late, stops.seconds

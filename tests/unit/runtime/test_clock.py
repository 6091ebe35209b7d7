"""The clock of a process: when it began, and what ran in it before."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time

import pytest

from leptonopt.errors import OutOfTime
from leptonopt.runtime import clock
from leptonopt.runtime.deadline import Deadline

SCRIPT = """
import time
from leptonopt.errors import OutOfTime
from leptonopt.runtime import clock
print(time.monotonic() - clock.process_start_time())
"""


def test_a_process_knows_when_it_began() -> None:
    """What is counted from the start of a process lies within what is counted around it."""
    begun = time.monotonic()
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    age, around = float(said.stdout), time.monotonic() - begun
    assert 0 < age <= around + 0.02  # the kernel counts in hundredths


def test_what_a_process_was_before_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A script that waits for an hour and then becomes the program has not used up its time."""
    loaded = time.monotonic() + 3600
    monkeypatch.setattr(clock, "_loaded", loaded)
    assert clock.process_start_time() == loaded


def test_sweeping_comes_back() -> None:
    """Also where it was off before, it is as it was."""
    for before in (True, False):
        (gc.enable if before else gc.disable)()
        try:
            with clock.gc_disabled():
                assert not gc.isenabled()
            assert gc.isenabled() == before
        finally:
            gc.enable()


def test_a_limit_is_found_at_the_next_look() -> None:
    """Limits are nested; each names what it interrupted, and ends with its block."""
    with clock.time_limited(Deadline.after(99), "outer"):
        clock.check_time()
        with (
            clock.time_limited(Deadline.after(-1), "inner"),
            pytest.raises(OutOfTime, match="time limit ended while inner"),
        ):
            clock.check_time()
        clock.check_time()
    with (
        clock.time_limited(Deadline.after(99), "waiting", lambda: True),
        pytest.raises(OutOfTime, match="interrupted while waiting"),
    ):
        clock.check_time()
    clock.check_time()


def test_each_thread_has_its_own_limit() -> None:
    """A limit of this thread holds in threads that it starts, not in those that ran before."""
    with clock.time_limited(Deadline(0), "here"):
        with pytest.raises(OutOfTime):
            clock.run_in_thread(clock.check_time)()
        outcome: list[str] = []
        other = threading.Thread(target=lambda: (clock.check_time(), outcome.append("free")))
        other.start()
        other.join()
    assert outcome == ["free"]


def test_values_pass_with_looks_between() -> None:
    """Every second value is preceded by a look at the clock."""
    seen: list[int] = []
    with clock.time_limited(Deadline.after(99), "reading", lambda: len(seen) > 2), pytest.raises(OutOfTime):
        seen.extend(clock.check_time_each(range(9), every=2))
    assert seen == [0, 1, 2, 3]


def test_a_call_that_looks_at_no_clock_is_left() -> None:
    """The limit raises here; results and errors of the call arrive otherwise."""
    end = threading.Event()
    with clock.time_limited(Deadline.after(0.05), "parsing"), pytest.raises(OutOfTime, match="parsing"):
        clock.run_interruptible(end.wait, 60)
    end.set()
    assert clock.run_interruptible(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        clock.run_interruptible(divmod, 7, 0)


@pytest.mark.parametrize("threads", [1, 3])
def test_side_by_side_answers_come_in_the_order_of_the_values(threads: int) -> None:
    assert clock.run_side_by_side(lambda value: value * value, range(7), threads) == [0, 1, 4, 9, 16, 25, 36]


@pytest.mark.parametrize("threads", [1, 3])
def test_an_exception_side_by_side_is_raised(threads: int) -> None:
    with pytest.raises(ZeroDivisionError):
        clock.run_side_by_side(lambda value: 1 // value, range(3), threads)

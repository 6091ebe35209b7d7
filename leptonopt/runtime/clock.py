"""Limit the time of long loops, find the start of this process, and pause the garbage collector.

Nothing interrupts running code. Loops that can run long call `check_time`, which raises an ordinary exception at a
known place, in any thread, when the limit is reached. Each thread has its own limit.
"""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from leptonopt.errors import OutOfTime
from leptonopt.runtime.deadline import Deadline

LONGEST = 5.0  # seconds that an interpreter takes to start at most; what is older was another program before

TICK = 0.02  # seconds between two looks at the clock while another thread works

_loaded = time.monotonic()
P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True)
class _Limit:
    """A limit by the clock and by a function; `what` names the work in errors."""

    deadline: Deadline
    ended: Callable[[], bool]
    what: str


_limits: ContextVar[tuple[_Limit, ...]] = ContextVar("limits", default=())


@contextmanager
def time_limited(deadline: Deadline, what: str, ended: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Let `check_time` raise once a deadline has passed, or once `ended()` is true.

    Limits around this one hold as well.
    """
    token = _limits.set((*_limits.get(), _Limit(deadline, ended, what)))
    try:
        yield
    finally:
        _limits.reset(token)


def check_time() -> None:
    """Raise `OutOfTime` where a limit of this thread is reached; does nothing where there is none."""
    for limit in _limits.get():
        if limit.deadline.expired():
            raise OutOfTime(f"the time limit ended while {limit.what}")
        if limit.ended():
            raise OutOfTime(f"interrupted while {limit.what}")


def check_time_each(values: Iterable[T], every: int = 1) -> Iterator[T]:
    """Yield the values, with a look at the clock before every so many of them.

    >>> sum(check_time_each([1, 2, 3]))
    6
    """
    for at, value in enumerate(values):
        if at % every == 0:
            check_time()
        yield value


def run_interruptible(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Call a function that checks no clock in its own thread, with `check_time` until it has ended.

    What is given up goes on in its thread until it ends by itself.
    """
    return _joined(check_time, function, *given, **named)


def run_side_by_side(function: Callable[[S], T], values: Iterable[S], threads: int) -> list[T]:
    """Return what a function gives for each value, by so many threads.

    `check_time` is called until all have ended. It gains time where the function waits for engines that work outside
    the interpreter's lock.
    """
    if threads <= 1:
        return [function(value) for value in check_time_each(values)]
    pool = ThreadPoolExecutor(threads)
    try:
        calls = [pool.submit(copy_context().run, function, value) for value in values]
        while wait(calls, TICK, FIRST_EXCEPTION).not_done:
            check_time()
            if any(call.done() and call.exception() for call in calls):
                break
        return [call.result() for call in calls]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def run_in_thread(function: Callable[P, T]) -> Callable[P, T]:
    """Return the function to be run in its own thread, so that the main thread still receives signals."""

    def run(*given: P.args, **named: P.kwargs) -> T:
        return _joined(lambda: None, function, *given, **named)

    return run


def _joined(meanwhile: Callable[[], None], function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Call a function in a thread and wait for its end.

    An exception of `meanwhile` ends the waiting, not the thread.
    """
    found: list[T] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(function(*given, **named))
        except BaseException as error:  # raised again by whoever waits
            failed.append(error)

    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)
    thread.start()
    while thread.is_alive():
        meanwhile()
        thread.join(TICK)
    if failed:
        raise failed[0]
    return found[0]


def process_start_time() -> float:
    """Return the moment at which this process began, on the scale of `time.monotonic`.

    Linux counts it from the boot of the machine, to a hundredth of a second (proc(5), `starttime`). Elsewhere, and
    where the process had run something else before it became this program (`exec` in a script keeps the start),
    the moment at which this module was loaded.
    """
    with suppress(OSError, ValueError, IndexError, AttributeError):
        with open("/proc/self/stat", encoding="ascii", errors="replace") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
        began = time.monotonic() - age
        if 0 <= _loaded - began <= LONGEST:
            return began
    return _loaded


@contextmanager
def gc_disabled() -> Iterator[None]:
    """Disable the garbage collector, which takes a third of the time where all objects stay."""
    swept = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if swept:
            gc.enable()

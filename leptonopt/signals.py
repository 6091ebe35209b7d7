"""Signals and the clock while a solve runs."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType
from typing import Any, ParamSpec, TypeVar

from leptonopt.errors import NoPlan

RING = 0.3  # seconds between two looks at the clock and for signals while the instance is read
TICK = 0.02
P = ParamSpec("P")
T = TypeVar("T")


class Signals:
    """SIGINT and SIGTERM while a solve runs on the main thread: the first asks for an end, the second kills."""

    def __init__(self) -> None:
        self.caught: int | None = None
        self._before: dict[int, Any] = {}
        self.on_second: Callable[[], None] = lambda: None

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *exc: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.caught is not None:
            self.on_second()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.caught = number


class _Late(BaseException):
    """No more reading and building; nothing that does so may take it for an error of its own."""


@contextmanager
def within(seconds: float, signals: Signals) -> Iterator[None]:
    """End what reads and builds with the time limit or by a signal, where this thread can have an alarm clock."""
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getitimer(signal.ITIMER_REAL)[0]:
        yield
        return
    until = time.monotonic() + seconds

    def ring(number: int, frame: object) -> None:
        if signals.caught is not None or time.monotonic() > until:
            raise _Late  # and again at the next ring, for some C code swallows exceptions

    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, RING, RING)
        yield
        signal.setitimer(signal.ITIMER_REAL, 0)
    except _Late:
        signal.setitimer(signal.ITIMER_REAL, 0)
        if signals.caught is not None:  # there is no plan to give: who called us decides what it means
            signals.__exit__()
            signal.raise_signal(signals.caught)
        raise NoPlan("the time limit ended while the instance was read and built") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def aside(function: Callable[P, T]) -> Callable[P, T]:
    """The function in a thread of its own: while foreign code runs in the main thread, no signal is heard."""

    def run(*given: P.args, **named: P.kwargs) -> T:
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(function, *given, **named)
            while not answer.done():
                wait([answer], TICK)
            return answer.result()

    return run

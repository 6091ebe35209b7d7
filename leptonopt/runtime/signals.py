"""Handle signals while a solve runs."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from leptonopt.runtime.clock import time_limited
from leptonopt.runtime.deadline import Deadline


class Signals:
    """Handle SIGINT and SIGTERM on the main thread: the first one asks for an end, the second one kills.

    Without `handle`, and in other threads, signals are left alone. At the end the handlers are what they were before.
    A signal that was caught is then delivered again, so that it is not lost: where there is no result to say so, and
    to a handler that the program had set. The default actions would end the program, and the result with it; whoever
    asked for `handle` finds the signal in the result instead. `cancelled` is asked whether to end as well, without a
    signal.
    """

    def __init__(self, handle: bool = True, cancelled: Callable[[], bool] | None = None) -> None:
        self.number: int | None = None  # of the signal that was caught
        self._cancelled = cancelled
        self.on_second: Callable[[], None] = lambda: None
        self._handle, self._before, self._received = handle, dict[int, Any](), False

    @property
    def caught(self) -> bool:
        """Return True once a signal was caught, or the solve was cancelled."""
        return self.number is not None or (self._cancelled is not None and self._cancelled())

    def __enter__(self) -> Signals:
        if self._handle and threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                before = signal.getsignal(number)
                if before is not None and before != signal.SIG_IGN:  # None: not set from Python
                    self._before[number] = before
                    signal.signal(number, self._catch)
                    around = getattr(before, "__self__", None)
                    if isinstance(around, Signals):  # its signal ends this solve as well, and is delivered by it
                        self.number = self.number or around.number
        return self

    def __exit__(self, kind: object = None, error: object = None, trace: object = None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self.number is not None and self._received and (error is not None or self._own(self.number)):
            signal.raise_signal(self.number)

    def _own(self, number: int) -> bool:
        """Return True where the program had set a handler of its own."""
        return self._before[number] not in (signal.SIG_DFL, signal.default_int_handler)

    def _catch(self, number: int, frame: FrameType | None) -> None:
        if self.number is not None:
            self.on_second()
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.number, self._received = number, True


@contextmanager
def interruptible_until(deadline: Deadline, signals: Signals) -> Iterator[None]:
    """End reading and compiling at the deadline or by a caught signal; see `clock.check_time`."""
    with time_limited(deadline, "the instance was read and built", lambda: signals.caught):
        yield

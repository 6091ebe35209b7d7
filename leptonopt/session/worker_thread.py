"""A method in a thread of this process, with the interface of `WorkerProcess`.

A thread serves a method whose work is done by other processes, or whose problem is too large to be copied. Nothing can
kill a thread: such a method must end soon after a stop is requested.
"""

from __future__ import annotations

import queue
import threading
from typing import Any

from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.session.message_monitor import MessageMonitor
from leptonopt.solvers.registry import Method

JOIN_TIMEOUT = 1.0  # seconds to wait for the thread after a stop was requested
GRACE_PER_GROUP = 2e-5  # additional seconds for each group of the problem, to write down the result


class WorkerThread:
    """One method at work; `messages` receives its reports."""

    def __init__(
        self, method: str, function: Method, problem: Problem, warm_start: Schedule | None, limits: Limits
    ) -> None:
        self.method = method
        self.messages: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.grace = GRACE_PER_GROUP * problem.groups
        self._monitor = MessageMonitor(self.messages.put, limits.start(), warm_start)
        self._thread = threading.Thread(target=self._work, args=(function, problem, warm_start, limits), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Request a stop; the method then hands over its result."""
        self._monitor.request_stop()

    def suspend(self) -> bool:
        """Return False: a thread cannot be halted."""
        return False

    def resume(self) -> None:
        """Do nothing."""

    def pass_on(self, schedule: Schedule) -> None:
        """Pass on a better schedule that another method has found."""
        self._monitor.pass_on(schedule)

    def slay(self) -> None:
        """Request a stop; safe in a signal handler."""
        self._monitor.request_stop()

    def kill(self) -> None:
        """Request a stop and wait for the thread, for a limited time."""
        self._monitor.request_stop()
        self._thread.join(JOIN_TIMEOUT + self.grace)

    def _work(self, function: Method, problem: Problem, warm_start: Schedule | None, limits: Limits) -> None:
        try:
            solution = function(problem, warm_start, limits, self._monitor)
        except MemoryError:
            solution = Solution(Status.UNKNOWN, Stop.FAILED, note=f"{self.method} ran out of memory")
        except Exception as error:
            note = f"{self.method} failed: {type(error).__name__}: {error}"
            solution = Solution(Status.UNKNOWN, Stop.FAILED, note=note)
        self.messages.put(("done", solution))

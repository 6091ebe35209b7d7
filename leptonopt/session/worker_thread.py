"""A method at work in a thread of this process, spoken to as a `leptonopt.session.worker_process.WorkerProcess` is.

For one whose heavy work is done elsewhere, or whose problem is too large for a copy in a process of its own: it must
answer soon when it is asked to stop, for nothing can kill it.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.solvers.registry import Method

PATIENCE = 1.0  # seconds for it to come to an end
LATER = 2e-5  # seconds a group that it may take in addition to write down what it has


class WorkerThread:
    """One method at work; `messages` fills up as it reports. It is its method's monitor."""

    def __init__(
        self, method: str, function: Method, problem: Problem, warm_start: Schedule | None, limits: Limits
    ) -> None:
        self.method = method
        self.messages: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.grace = LATER * problem.groups
        self._stop, self._best = threading.Event(), warm_start
        self._end = time.monotonic() + limits.time_limit
        self._thread = threading.Thread(target=self._work, args=(function, problem, warm_start, limits), daemon=True)
        self._thread.start()

    # --- what the conductor asks ---

    def stop(self) -> None:
        """Ask the method to come to an end and hand over what it has."""
        self._stop.set()

    def tell(self, schedule: Schedule) -> None:
        """Let the method know of a better plan that somebody else found."""
        self._best = schedule

    def slay(self) -> None:
        """The same as to stop; safe in a signal handler."""
        self._stop.set()

    def kill(self) -> None:
        """Ask it to stop, and wait a little."""
        self._stop.set()
        self._thread.join(PATIENCE + self.grace)

    # --- what the method asks ---

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """A schedule was found."""
        self.messages.put(("incumbent", schedule, int(cost)))

    def bound(self, value: int) -> None:
        """No schedule can cost less."""
        self.messages.put(("bound", int(value)))

    def prices(self, value: int, multipliers: Multipliers) -> None:
        """Prices on capacity prove a bound."""
        self.messages.put(("prices", value, multipliers))

    def best(self) -> Schedule | None:
        """The best schedule anybody has told."""
        return self._best

    def should_stop(self) -> bool:
        """Whether it is asked to stop, or its time is up."""
        return self._stop.is_set() or time.monotonic() > self._end

    def _work(self, function: Method, problem: Problem, warm_start: Schedule | None, limits: Limits) -> None:
        try:
            solution = function(problem, warm_start, limits, self)
        except MemoryError:
            solution = Solution(Status.UNKNOWN, Stop.FAILED, note=f"{self.method} ran out of memory")
        except Exception as error:
            note = f"{self.method} failed: {type(error).__name__}: {error}"
            solution = Solution(Status.UNKNOWN, Stop.FAILED, note=note)
        self.messages.put(("done", solution))

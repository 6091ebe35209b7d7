"""The monitor of a method that runs apart from the session: reports become messages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Deadline


class MessageMonitor:
    """Send each report as a tuple; stop on request or at the deadline. Thread-safe where `send` is."""

    def __init__(
        self,
        send: Callable[[tuple[Any, ...]], None],
        deadline: Deadline,
        best: Schedule | None = None,
        multipliers: Multipliers | None = None,
    ) -> None:
        self._send, self._deadline, self._best, self._multipliers = send, deadline, best, multipliers
        self._stop = threading.Event()

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Report a schedule that keeps every rule, with its cost in units."""
        self._send(("incumbent", schedule, int(cost)))

    def bound(self, value: int) -> None:
        """Report a lower bound in units."""
        self._send(("bound", int(value)))

    def best(self) -> Schedule | None:
        """Return the best schedule that the session has passed on."""
        return self._best

    def known_multipliers(self) -> Multipliers | None:
        """Return the best multipliers that the session knew when the method began."""
        return self._multipliers

    def should_stop(self) -> bool:
        """Return whether a stop was requested or the deadline has passed."""
        return self._stop.is_set() or self._deadline.expired()

    def request_stop(self) -> None:
        """Make `should_stop` return True; safe in a signal handler."""
        self._stop.set()

    def pass_on(self, schedule: Schedule) -> None:
        """Make `best` return a better schedule that another method has found."""
        self._best = schedule

    def prices(self, value: int, multipliers: Multipliers) -> None:
        """Report multipliers of the capacities, with the bound in units that they prove."""
        self._send(("prices", value, multipliers))

"""Reports as messages, and requests to stop."""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.message_monitor import MessageMonitor

ONE = Schedule.of([0], [0])


def test_reports_are_messages() -> None:
    """With Python's own numbers."""
    sent: list[tuple[Any, ...]] = []
    monitor = MessageMonitor(sent.append, Deadline.after(60))
    monitor.incumbent(ONE, np.int64(3))  # type: ignore[arg-type]
    monitor.bound(np.int64(2))  # type: ignore[arg-type]
    monitor.prices(1, None)  # type: ignore[arg-type]
    assert sent == [("incumbent", ONE, 3), ("bound", 2), ("prices", 1, None)]
    assert [type(each[-1]) for each in sent[:2]] == [int, int]


def test_the_best_schedule_is_passed_on() -> None:
    """From the warm start to what others have found."""
    monitor = MessageMonitor(print, Deadline.after(60), ONE)
    assert monitor.best() is ONE
    monitor.pass_on(other := Schedule.of([1], [1]))
    assert monitor.best() is other


def test_it_stops_on_request_and_at_the_deadline() -> None:
    """Either is enough."""
    monitor = MessageMonitor(print, Deadline.after(60))
    assert not monitor.should_stop()
    monitor.request_stop()
    assert monitor.should_stop()
    assert MessageMonitor(print, Deadline.after(-1)).should_stop()

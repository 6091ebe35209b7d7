"""Suspended workers: which are kept, and that they go on with the best schedule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Deadline
from leptonopt.session import suspended_workers
from leptonopt.session.lane import SETTINGS
from leptonopt.session.suspended_workers import SuspendedWorkers
from tests.helpers.small_problems import group, option, problem

ONE = problem(group(option(1, {0: 1})), capacity=[[1]])


class Worker:
    """A worker that notes what it is told."""

    def __init__(self, method: str = "lns", able: bool = True) -> None:
        self.method, self.able, self.told = method, able, list[Any]()

    def suspend(self) -> bool:
        """Note it, and tell whether that was possible."""
        self.told.append("suspend")
        return self.able

    def resume(self) -> None:
        """Note it."""
        self.told.append("resume")

    def pass_on(self, schedule: Schedule) -> None:
        """Note the schedule."""
        self.told.append(schedule)


def test_a_search_goes_on_with_the_best_schedule() -> None:
    """Once, in its lane, with the end of its time."""
    kept, worker, best = SuspendedWorkers(ONE), Worker(), Schedule.of([0], [0])
    assert kept.put(0, worker, until := Deadline.never())  # type: ignore[arg-type]
    assert kept.take(1, "lns", best) is None
    assert kept.take(0, "lns", best) == (worker, until)
    assert worker.told == ["suspend", "resume", best]
    assert kept.take(0, "lns", best) is None


@pytest.mark.parametrize("worker", [Worker("lagrangian"), Worker(able=False)])
def test_some_are_stopped_instead(worker: Any) -> None:
    """Methods that report at their end, and threads."""
    assert not SuspendedWorkers(ONE).put(0, worker, Deadline.never())


def test_engines_of_large_models_do_not_wait_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not even suspended."""
    monkeypatch.setattr(suspended_workers, "SETTINGS", replace(SETTINGS, suspended_nonzeros=0))
    worker: Any = Worker()
    assert not SuspendedWorkers(ONE).put(0, worker, Deadline.never())
    assert worker.told == []

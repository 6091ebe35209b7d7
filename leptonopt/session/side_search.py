"""Run a method on a problem beside that of a session: its schedules count, its bounds do not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import SHORTEST_CALL, NullMonitor
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.clock import run_in_thread
from leptonopt.session.session import SolveSession
from leptonopt.session.times import TIMES
from leptonopt.session.worker_pool import WorkerPool
from leptonopt.solvers.registry import load_method


class _Best(NullMonitor):
    """Monitor that keeps the best schedule, and stops at a target or with the session."""

    def __init__(self, target: int | None, ended: Callable[[], bool]) -> None:
        super().__init__(lambda: ended() or (target is not None and self.cost is not None and self.cost <= target))
        self.found: Schedule | None = None
        self.cost: int | None = None

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Keep a better schedule."""
        if self.cost is None or cost < self.cost:
            self.found, self.cost = schedule, cost

    def best(self) -> Schedule | None:
        """Return the best schedule."""
        return self.found


def best_schedule(
    session: SolveSession,
    method: str,
    problem: Problem,
    start: Schedule | None,
    seconds: float,
    target: int | None = None,
    multipliers: Multipliers | None = None,
) -> Schedule | None:
    """Return the best schedule that a method finds from `start` within some seconds.

    It ends with one that costs `target` at most, and is guided by known multipliers. Deterministic solves count
    `seconds` as work.
    """
    limits = session.limits_for(max(SHORTEST_CALL, session.left()))
    limits = replace(limits, work=seconds) if session.limits.deterministic else session.limits_for(seconds)
    monitor = _Best(target, session.ended)
    if not session.isolate:
        return run_in_thread(load_method(method))(problem, start, limits, monitor).schedule or monitor.best()
    pool = WorkerPool(problem, None, session.state.notes)
    pool.multipliers = multipliers
    worker = pool.start(method, start, limits)
    try:
        deadline = limits.start().plus(session.grace)
        while worker is not None and not monitor.should_stop() and not deadline.expired():
            while worker.messages.qsize():
                match worker.messages.get():
                    case ("incumbent", schedule, cost):
                        monitor.incumbent(schedule, cost)
                    case ("done", solution):
                        last: Schedule | None = solution.schedule
                        return last or monitor.best()
                    case ("unfit", _):
                        return None
            time.sleep(TIMES.tick)
        return monitor.best()
    finally:
        pool.kill()
        session.signals.on_second = session.workers.slay

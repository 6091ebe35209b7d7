"""Keep workers of stages that gave way in memory, and let them go on where they were."""

from __future__ import annotations

from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.size import problem_size
from leptonopt.runtime.deadline import Deadline
from leptonopt.session.lane import SETTINGS
from leptonopt.session.worker_process import WorkerProcess
from leptonopt.session.worker_thread import WorkerThread

Worker = WorkerProcess | WorkerThread


class SuspendedWorkers:
    """The suspended workers of a solve, with the ends of their time, by lane and method."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._kept: dict[tuple[int, str], tuple[Worker, Deadline]] = {}

    def put(self, lane: int, worker: Worker, deadline: Deadline) -> bool:
        """Suspend a worker; return False where it would lose reports, or where its memory may be missed."""
        if worker.method not in SETTINGS.lasting:
            return False
        if problem_size(self._problem).nonzeros > SETTINGS.suspended_nonzeros or not worker.suspend():
            return False
        self._kept[lane, worker.method] = worker, deadline
        return True

    def take(self, lane: int, method: str, best: Schedule | None) -> tuple[Worker, Deadline] | None:
        """Let the worker of a lane and method go on with the best schedule; return None where there is none."""
        found = self._kept.pop((lane, method), None)
        if found is not None:
            found[0].resume()
            if best is not None:
                found[0].pass_on(best)
        return found

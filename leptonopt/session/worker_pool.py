"""The worker processes and worker threads of a solve."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import cached_property

from leptonopt.algorithms.lagrangian.capacity_dual import Multipliers
from leptonopt.confirm import NAME, Question
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule
from leptonopt.session import warm_workers
from leptonopt.session.memory import share_of_memory
from leptonopt.session.worker_process import WorkerProcess
from leptonopt.session.worker_thread import WorkerThread
from leptonopt.solvers.registry import OWN, Method, load_method, lookup, shared


class WorkerPool:
    """The workers of a solve.

    Two kinds of methods run in a thread of this process: one that distributes its work over an `executor`, and an own
    method whose problem is large, because a copy would take too much memory and time. Foreign engines never do.

    Attributes
    ----------
    memory : bytes for each worker process; None for an equal share of the machine's
    multipliers : the best known prices on capacity, which new processes start from
    sharing : the method that uses the executor; empty for the one that the size of the problem asks for
    """

    def __init__(
        self, problem: Problem, memory: int | None, notes: list[str], executor: Executor | None = None
    ) -> None:
        self.problem, self.memory, self.notes, self.executor = problem, memory, notes, executor
        self.sharing = ""
        self.multipliers: Multipliers | None = None
        self._children: list[WorkerProcess | WorkerThread] = []
        self._keys: dict[WorkerProcess | WorkerThread, warm_workers.Key] = {}

    @cached_property
    def large(self) -> bool:
        """Return whether the problem is too large for a copy."""
        from leptonopt.session import portfolio

        return portfolio.large(self.problem)

    def start(
        self, method: str, warm_start: Schedule | None, limits: Limits, workers: int = 1
    ) -> WorkerProcess | WorkerThread | None:
        """Start one of `workers` methods that run at the same time.

        Returns None, and makes a note, where the machine refuses it.
        """
        try:
            child: WorkerProcess | WorkerThread
            if self._shares(method) or (self.large and lookup(method).package == OWN):
                child = WorkerThread(method, self.function(method), self.problem, warm_start, limits)
            else:
                child = self._process(method, warm_start, limits, self.memory or share_of_memory(workers))
        except (OSError, RuntimeError, MemoryError) as error:  # no process, no thread
            self.notes.append(f"{method} could not be started: {error}")
            return None
        self._children.append(child)
        return child

    def _process(self, method: str, warm_start: Schedule | None, limits: Limits, memory: int) -> WorkerProcess:
        """Return a worker process: one that is kept warm, or else a new one."""
        key = (lookup(method).package, memory)
        child = warm_workers.take(key)
        given = method, self.problem, warm_start, limits, memory, self.multipliers
        if child is None or not child.again(*given):
            if child is not None:
                child.kill()
            child = WorkerProcess(*given)
        self._keys[child] = key
        return child

    def start_confirmation(self, question: Question, limits: Limits) -> WorkerProcess | None:
        """Start the confirmation on the second model; None, and a note, where the machine refuses it."""
        try:
            child = WorkerProcess(NAME, question, None, limits, self.memory or share_of_memory(1))
        except (OSError, RuntimeError, MemoryError) as error:
            self.notes.append(f"the {NAME} could not be started: {error}")
            return None
        self._children.append(child)
        return child

    def function(self, method: str) -> Method:
        """Return the function of a method, bound to the executor where the method uses it."""
        if self.executor is None or not self._shares(method):
            return load_method(method)
        return shared(method, self.executor)

    def _shares(self, method: str) -> bool:
        """Return whether a method distributes its work over the executor."""
        usual = "large-scale" if self.large else "lns-parallel"
        return self.executor is not None and method == (self.sharing or usual)

    def end(self, child: WorkerProcess | WorkerThread) -> None:
        """Kill one worker, or keep its process for the next solve."""
        self._children.remove(child)
        key = self._keys.pop(child, None)
        if key is None or not isinstance(child, WorkerProcess) or not warm_workers.keep(key, child):
            child.kill()

    def kill(self) -> None:
        """Kill all workers."""
        while self._children:
            self.end(self._children[-1])

    def slay(self) -> None:
        """Send SIGKILL to all workers without waiting; for signal handlers."""
        for child in list(self._children):
            child.slay()

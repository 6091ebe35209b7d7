"""Branch and bound on sets of columns, by linear relaxations of the time-indexed model.

Strong where some large tasks decide: a branch excludes half of the starts or options of a task, and the bound rises at
once (`algorithms.branch_and_bound`). The search runs in a program of its own (`solvers.branching_program`), which
reports bounds and schedules through files and can be killed.
"""

from __future__ import annotations

import pickle
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.algorithms.branch_and_bound.tree import BranchingTask
from leptonopt.algorithms.heuristics.completion import complete
from leptonopt.algorithms.models.time_indexed import build_model, decode, has_no_columns, predicted_size
from leptonopt.problem.arrays import Floats
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, NullMonitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.child_process import python_command, run_child, temporary_folder
from leptonopt.runtime.deadline import Deadline, Stopwatch
from leptonopt.solvers.mip_run import EngineAnswer, MipRun, highs_name

PROGRAM = "leptonopt.solvers.branching_program"
MAX_NONZEROS = 10_000_000  # largest model that is built
GLANCE = 0.25  # seconds between two looks at the reports
COMPLETION = 2.0  # seconds to complete a schedule, at most
PAUSE = 8.0  # seconds between completions of solutions that are not whole, in multiples of what the last one took


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Search to a proof or a limit."""
    deadline, engine = limits.start(), highs_name()
    if why := unsupported_rule(problem):
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=why)
    if has_no_columns(problem):
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine)
    linear = build_model(problem, (), limits.cutoff, coarse=True)
    with temporary_folder(tempfile.gettempdir()) as room:
        run = _Run(room, "sos-branching", problem, linear, warm_start, limits, monitor, deadline, True)
        return run.solution(engine)


def unsupported_rule(problem: Problem) -> str:
    """Return what the method cannot do; empty if it can do all."""
    if len(problem.services):
        return "sos-branching does not take services"
    if problem.meters:
        return "sos-branching does not take meters"
    if problem.chains:
        return "sos-branching does not take tasks in segments"
    if (nonzeros := predicted_size(problem)[1]) > MAX_NONZEROS:
        return f"the model may have {nonzeros:,} nonzeros; sos-branching takes at most {MAX_NONZEROS:,}"
    return ""


class _Run(MipRun):
    """Search one model in a child process."""

    def __init__(self, room: str, *made: Any) -> None:
        super().__init__(*made)
        self.room, self._looked = Path(room), Stopwatch(0.0)
        self._waiting = Deadline(0.0)
        self._read: dict[str, int] = {}
        self._told: int | None = None

    def call(self, careful: bool) -> EngineAnswer:
        """Run the program until it ends; what it has reported counts."""
        if not len(self.costs):  # nothing to decide
            return EngineAnswer("optimal", np.zeros(0))
        task = BranchingTask(self.linear, self.costs, self.data, self.upper, self.target())
        (self.room / "model.pickle").write_bytes(pickle.dumps(task))
        command, log = python_command(PROGRAM, str(self.room), f"{max(0.05, self.left()):.2f}"), self.room / "log"
        run_child(command, str(self.room), log, self._glance)
        self._exchange()
        return EngineAnswer("stopped", None, (), log.read_text(errors="replace"))

    def _glance(self) -> bool:
        """Return whether it must stop; exchange bounds and schedules now and then."""
        if self._looked.rings(GLANCE):
            self._exchange()
        return self.should_end() or self._closed() or self._near_enough()

    def _exchange(self) -> None:
        """Take the bound and the schedule of the program, and give it the cost that has to be beaten."""
        self._take_found()
        self.improve_incumbent()
        with suppress(OSError, ValueError):
            self.ceiling = None if self.best is None else objective(self.problem, self.best)
            self.raise_to(int((self.room / "bound").read_text()))
        if (target := self.target()) != self._told:
            self._told = target
            (self.room / "part").write_text(str(target))
            (self.room / "part").replace(self.room / "target")

    def _take_found(self) -> None:
        """Take the last schedule of the program, and what becomes of the one that is not whole yet."""
        for name in ("found.npy", "hint.npy"):
            if name == "hint.npy" and not self._waiting.expired():
                continue
            with suppress(OSError, ValueError):
                written = (self.room / name).stat().st_mtime_ns
                if written != self._read.get(name):
                    self._read[name] = written
                    self._complete(np.load(self.room / name))

    def _complete(self, values: Floats) -> None:
        """Take the schedule of the whole part of a solution; tasks that it leaves out are inserted."""
        whole = np.floor(values + 1e-6).astype(np.int64)
        whole[len(self.linear.group) :] = 0  # the cheapest nodes follow from the schedule
        kept = replace(decode(self.linear, whole), rent=None)
        limits = replace(self.limits, time_limit=max(0.1, min(COMPLETION, self.left())))
        watch = Stopwatch()
        schedule = complete(self.problem, kept, limits, NullMonitor(self.should_end))
        self._waiting = Deadline.after(PAUSE * watch.seconds())
        if schedule is not None:
            self.take_schedule(schedule)

"""Engines that compute in doubles with tolerances: their input, and the trust in their answers.

Their words are not taken as they come. What counts is the solution itself, checked here, the bound they
state, less what their tolerances may hide, and an infeasibility that a second run without preprocessing
confirms. What they are given is kept small: costs and amounts are rounded down to coarser units where they
are large. That relaxes the model: every bound stays valid, and `optimal` is claimed only where the exact
cost of a checked solution meets the bound.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.algorithms.models.scaling import coarsened
from leptonopt.algorithms.models.time_indexed import (
    IntegerProgram,
    decode,
    encode,
    largest_objective,
    normalise_costs,
    objective_lower_limit,
)
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.rounding import round_up_safely
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.child_process import isolated_command
from leptonopt.runtime.deadline import Deadline

ALMOST = 1e-6  # what an engine may miss whole numbers by
MAX_RANGE = 10**9  # largest sum of an objective or a row that doubles with tolerances are trusted with
LATE = 0.3  # seconds after its limit until an engine is stopped from outside
PROGRAM = Path(__file__).resolve().with_name("highs_program.py")
START = "import runpy; runpy.run_path(sys.argv.pop(1), run_name='__main__')"


@dataclass(frozen=True)
class EngineAnswer:
    """Answer of an engine.

    The status is `optimal`, `stopped` (with a solution), `infeasible` or `nothing`; then values and bounds.
    """

    word: str
    values: Any = None
    bounds: tuple[float, ...] = ()
    log: str = ""


def highs_command(room: str, task: str, seconds: float, gap: float, threads: int, presolve: bool = True) -> list[str]:
    """Return the command that runs `solvers.highs_program` on the model in a folder."""
    words = [room, task, f"{max(0.05, seconds):.2f}", repr(gap), "1" if presolve else "0", str(max(1, threads))]
    return isolated_command(START, str(PROGRAM), *words)


def highs_name() -> str:
    """Return the name of HiGHS with its version."""
    try:
        return f"HiGHS {version('highspy')}"
    except PackageNotFoundError:
        return "HiGHS, not installed"


class MipRun(ABC):
    """One model, one engine.

    Attributes
    ----------
    costs, data, upper : the objective, the matrix' entries (CSR) and the right sides, as the engine gets them
    hint : int64, shape (V,), a known solution; None without one
    ceiling : no bound above it is claimed, as the model lacks schedules of that cost or more; None where it has all
    """

    confirms = True  # whether the engine can be asked again without preprocessing

    def __init__(
        self,
        name: str,
        problem: Problem,
        linear: IntegerProgram,
        warm_start: Schedule | None,
        limits: Limits,
        monitor: Monitor,
        deadline: Deadline,
        guarded: bool,
    ) -> None:
        self.name, self.problem, self.linear = name, problem, linear
        self.limits, self.monitor, self.deadline, self.guarded = limits, monitor, deadline, guarded
        costs, self.divisor, self.constant = normalise_costs(linear)
        self.coarser = max(1, -(-largest_objective(linear, costs) // MAX_RANGE))
        self.costs = costs // self.coarser
        self.lowest = objective_lower_limit(linear, self.costs)
        self.data, self.upper, self.relaxed = coarsened(linear, MAX_RANGE)
        self.best = (
            warm_start if warm_start is not None and guarded and not violated_rules(problem, warm_start) else None
        )
        self.hint = None if self.best is None else encode(linear, self.best)
        self._known = self.best
        self.lower: int | None = None
        self.ceiling: int | None = None
        self.stopped = ""
        self.log, self.notes = "", list[str]()

    @abstractmethod
    def call(self, careful: bool) -> EngineAnswer:
        """Run the engine once; `careful` without preprocessing."""

    def slack(self, found: int) -> float:
        """Return how far above the least cost the engine may call a cost optimal."""
        return 0.0

    def solution(self, engine: str) -> Solution:
        """Build, run, and say what is proven."""
        self.raise_to(self.lowest)
        if self._closed() or self._near_enough():
            return self._said(EngineAnswer("nothing"), engine)
        answer = self._called(careful=False)
        if answer.word == "infeasible" and not self.limited():
            if not self.confirms:
                self.notes.append(f"{self.name} says infeasible, which is not confirmed")
            elif self._called(careful=True).word == "infeasible" and not self.limited():
                return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine, log=self.log)
            else:
                self.notes.append("said infeasible, but not again without preprocessing")
        values = self._values(answer)
        self._bound(answer, values)
        if values is not None:
            self._take(values)
        return self._said(answer, engine)

    def _called(self, careful: bool) -> EngineAnswer:
        answer = self.call(careful)
        self.log += answer.log
        return answer

    def _said(self, answer: EngineAnswer, engine: str) -> Solution:
        note, stop = "; ".join(self.notes), self._stop(answer)
        if self.best is None:
            note = note or ("" if self.limited() else f"ended without a solution ({answer.word})")
        cost = None if self.best is None else objective(self.problem, self.best)
        return Solution.claim(self.best, cost, self.lower, stop, engine, note, self.log)

    def _stop(self, answer: EngineAnswer) -> Stop:
        if self._near_enough():
            return Stop.GAP
        if self.stopped == "monitor" and self.left() > 0.05 * self.limits.time_limit:
            return Stop.INTERRUPT
        if self.limited():
            return Stop.LIMIT
        return Stop.FAILED if answer.word == "nothing" else Stop.DONE

    def _closed(self) -> bool:
        return self.best is not None and self.lower is not None and self.lower >= objective(self.problem, self.best)

    def _near_enough(self) -> bool:
        if not self.limits.gap or self.best is None or self.lower is None:
            return False
        cost = objective(self.problem, self.best)
        return cost - self.lower <= Fraction(self.limits.gap) * abs(cost)

    def limited(self) -> bool:
        """Return True when it was stopped, or its time is up."""
        return bool(self.stopped) or self.left() <= 0.02 * self.limits.time_limit

    def left(self) -> float:
        """Return the seconds until the limit."""
        return self.deadline.left()

    def should_end(self) -> bool:
        """Return True when an engine has to be stopped from outside."""
        if self.monitor.should_stop():
            self.stopped = "monitor"
        elif self.left() < -LATE:
            self.stopped = "limit"
        return bool(self.stopped)

    def gaps(self) -> tuple[float, float]:
        """Return the gaps of the shifted objective, relative and absolute, that imply the gap asked for.

        0 where the sign of the objective is unknown. What the engine sees is the objective less `constant`: where that
        is not below zero, a gap of the engine's own is no larger than ours, nor is the share of the constant in
        absolute terms.
        """
        if not self.limits.gap or self.constant < 0 or self.lowest < 0:
            return 0.0, 0.0
        return self.limits.gap, self.limits.gap * (self.constant / (self.divisor * self.coarser))

    def improve_incumbent(self) -> bool:
        """Take the incumbent of other methods, if it is better; return whether it is."""
        other = self.monitor.best()
        if other is None or other is self._known or not self.guarded:
            return False
        self._known = other
        if self.best is not None and objective(self.problem, other) >= objective(self.problem, self.best):
            return False
        if violated_rules(self.problem, other):
            return False
        self.best, self.hint = other, encode(self.linear, other)
        return True

    def target(self) -> int:
        """Return the largest sum of the costs given that a schedule cheaper than the incumbent can have."""
        if self.best is None:
            return largest_objective(self.linear, self.costs)
        return (objective(self.problem, self.best) - 1 - self.constant) // (self.divisor * self.coarser)

    # --- what it found ---

    def _values(self, answer: EngineAnswer) -> Any:
        """Return the solution, int64, shape (V,); None without one, or where it is not integral."""
        if answer.word not in ("optimal", "stopped") or answer.values is None:
            return None
        whole = np.where(self.linear.whole, np.rint(answer.values), np.floor(answer.values + ALMOST))
        if not np.all(np.abs(answer.values - whole)[self.linear.whole] <= 1e-5):
            self.notes.append("the solution was refused: it is not in whole numbers")
            return None
        return whole.astype(np.int64)

    def _bound(self, answer: EngineAnswer, values: Any) -> None:
        """Return a valid bound: the proven optimum of the rounded costs, or the bound of the engine."""
        found = None if values is None else int(values @ self.costs)
        if answer.word == "optimal" and found is not None:
            slack = self.slack(found)
            least = found if not slack else math.floor(found - slack) - 1
        else:
            least = max(map(round_up_safely, answer.bounds), default=self.lowest)
            least = least if found is None else min(least, found)
        self.raise_to(least)

    def raise_to(self, value: int) -> None:
        """Take a bound on the shifted, rounded costs, which are never below `objective_lower_limit`."""
        bound = self.constant + self.divisor * self.coarser * max(self.lowest, value)
        bound = bound if self.ceiling is None else min(bound, self.ceiling)
        if self.lower is None or bound > self.lower:
            self.lower = bound
            if self.guarded:
                self.monitor.bound(bound)

    def _take(self, values: Any) -> bool:
        """Take the solution, if it keeps every rule and is better than the incumbent; return whether it is."""
        return self.take_schedule(decode(self.linear, values))

    def take_schedule(self, schedule: Schedule) -> bool:
        """Take a schedule, if it keeps every rule and is better than the incumbent; return whether it is."""
        if self.guarded and (broken := violated_rules(self.problem, schedule)):
            why = ", whose amounts had to be rounded" if self.relaxed else ""
            self.notes.append(f"the solution was refused: it breaks {', '.join(sorted(broken))}{why}")
            return False
        cost = objective(self.problem, schedule)
        if self.best is not None and cost >= objective(self.problem, self.best):
            return False
        self.best = schedule
        if self.guarded:
            self.monitor.incumbent(schedule, cost)
        return True

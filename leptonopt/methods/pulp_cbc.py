"""CBC, or any other solver that PuLP can call, on the time-indexed model.

PuLP's words are not taken as they come: after a limit it says "Optimal", and a limited CBC has said
"Infeasible" of problems that have plans. What counts is the solution itself, checked here, the bound in
CBC's log, and an infeasibility that a second run without preprocessing confirms.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.formulation import FREE, Linear, decode, encode, formulate, has_no_columns, shifted
from leptonopt.problem import Limits, Monitor, Problem, Schedule, Solution, Status, Stop, broken_rules, objective

MAX_NONZEROS = 500_000  # PuLP needs about 7 seconds and 350 bytes per nonzero for a million of them
MAX_RANGE = 10**9  # CBC counts in doubles with tolerances; larger objectives are rounded down to units of this many
POLL = 0.05


def solve(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, without: tuple[str, ...] = ()
) -> Solution:
    """CBC. `without` switches rules off, for tests only."""
    return _solve("PULP_CBC_CMD", problem, warm_start, limits, monitor, without)


def solver(name: str) -> Callable[[Problem, Schedule | None, Limits, Monitor], Solution]:
    """The method that uses the PuLP solver of that name."""
    return partial(_solve, name)


def _solve(
    name: str, problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, without: tuple[str, ...] = ()
) -> Solution:
    import pulp

    known = pulp.listSolvers(onlyAvailable=True)
    if name not in known:
        note = f"PuLP reaches no solver {name!r} here; it reaches {', '.join(known)}"
        return Solution(Status.UNKNOWN, Stop.FAILED, note=note)
    engine = f"{'CBC 2.10.3' if name == 'PULP_CBC_CMD' else name} through PuLP {pulp.__version__}"
    if has_no_columns(problem):
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine)
    begun = time.monotonic()
    linear = formulate(problem, without)
    if linear.matrix.nnz > MAX_NONZEROS:
        note = f"the model has {linear.matrix.nnz:,} nonzeros; through PuLP at most {MAX_NONZEROS:,}"
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=note)
    with tempfile.TemporaryDirectory(prefix="leptonopt-", dir=_folder()) as folder:
        run = _Run(name, problem, linear, warm_start, limits, monitor, folder, begun, not without)
        return run.solution(engine)


def _folder() -> str | None:
    """A folder for CBC's files; its command line cannot carry a path with a space."""
    return next((path for path in (tempfile.gettempdir(), "/tmp", "/var/tmp") if " " not in path and os.path.isdir(path)), None)


class _Run:
    """One model through PuLP."""

    def __init__(
        self,
        name: str,
        problem: Problem,
        linear: Linear,
        warm_start: Schedule | None,
        limits: Limits,
        monitor: Monitor,
        folder: str,
        begun: float,
        guarded: bool,
    ) -> None:
        self.name, self.problem, self.linear, self.limits, self.monitor = name, problem, linear, limits, monitor
        self.folder, self.begun, self.guarded = folder, begun, guarded
        costs, self.divisor, self.constant = shifted(linear)
        largest = sum(int(cost) * int(most) for cost, most in zip(costs, linear.most, strict=True))
        # Rounding costs down keeps every bound valid.
        self.coarser = max(1, -(-largest // MAX_RANGE))
        self.costs = costs // self.coarser
        self.hint = None if warm_start is None else encode(linear, warm_start)
        self.log = ""

    def solution(self, engine: str) -> Solution:
        """Build, run, and say what is proven."""
        import pulp

        variables, model = self._model(pulp)
        status, found = self._call(pulp, model, [])
        if found is None and not self._limited() and status == pulp.LpStatusInfeasible:
            again, found = self._call(pulp, model, ["preprocess off", "presolve off"])
            if found is None and again == pulp.LpStatusInfeasible and not self._limited():
                return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine, log=self.log)
        stop = Stop.LIMIT if self._limited() else Stop.DONE
        schedule = self._schedule(variables) if found is not None else None
        proven = found == pulp.LpSolutionOptimal and not self._limited()
        bound = self._bound(schedule if proven else None)
        if schedule is None:
            note = "" if stop is Stop.LIMIT else f"ended without a solution ({pulp.LpStatus[status]})"
            return Solution(Status.UNKNOWN, stop, bound=bound, engine=engine, log=self.log, note=note)
        closed = bound is not None and bound >= objective(self.linear.problem, schedule)
        return Solution(
            Status.OPTIMAL if closed else Status.FEASIBLE, Stop.PROOF if closed else stop, schedule, bound, engine, self.log
        )

    def _model(self, pulp: Any) -> tuple[list[Any], Any]:
        model = pulp.LpProblem("leptonopt", pulp.LpMinimize)
        most = self.linear.most.tolist()
        variables = [pulp.LpVariable(f"v{at}", 0, high, cat=pulp.LpInteger) for at, high in enumerate(most)]
        model.setObjective(pulp.LpAffineExpression((variables[at], int(self.costs[at])) for at in np.flatnonzero(self.costs)))
        model.addVariables(variables)
        matrix, add = self.linear.matrix, model.addConstraint
        pointers, indices, data = matrix.indptr.tolist(), matrix.indices.tolist(), matrix.data.tolist()
        for row, (low, high) in enumerate(zip(self.linear.lower.tolist(), self.linear.upper.tolist(), strict=True)):
            part = range(pointers[row], pointers[row + 1])
            terms = pulp.LpAffineExpression((variables[indices[at]], data[at]) for at in part)
            if not len(part) and low <= 0 <= high:
                continue
            if low == high:
                add(pulp.LpConstraint(terms, pulp.LpConstraintEQ, rhs=low), f"r{row}")
                continue
            if high < FREE:
                add(pulp.LpConstraint(terms, pulp.LpConstraintLE, rhs=high), f"r{row}")
            if low > -FREE:
                add(pulp.LpConstraint(terms, pulp.LpConstraintGE, rhs=low), f"s{row}")
        if self.hint is not None:
            for variable, value in zip(variables, self.hint.tolist(), strict=True):
                variable.setInitialValue(value)
        return variables, model

    def _call(self, pulp: Any, model: Any, options: list[str]) -> tuple[int, int | None]:
        """(status, solution status, None where there is none), with CBC stopped when the monitor says so."""
        seconds = max(0.05, self.limits.time_limit - (time.monotonic() - self.begun))
        log = Path(self.folder, "engine.log")
        given: dict[str, Any] = {"msg": False, "timeLimit": round(seconds, 2), "gapRel": self.limits.gap or None}
        if self.name == "PULP_CBC_CMD":
            given |= {"logPath": str(log), "warmStart": self.hint is not None, "threads": None}
            if self.limits.threads > 1:
                given["threads"] = self.limits.threads
            given["options"] = [f"randomSeed {self.limits.seed + 1}", f"randomCbcSeed {self.limits.seed + 1}", *options]
        elif self.name.startswith("HiGHS"):
            given["gapRel"] = self.limits.gap
        made = pulp.getSolver(self.name, **given)
        made.tmpDir = self.folder
        answer: list[Any] = []
        worker = threading.Thread(target=self._guarded, args=(model, made, answer), daemon=True)
        worker.start()
        asked = 0.0
        while worker.is_alive():
            worker.join(POLL)
            if self.monitor.should_stop() or time.monotonic() - self.begun > self.limits.time_limit + 1:
                self._stop_children(signal.SIGINT if not asked or time.monotonic() - asked < 1 else signal.SIGKILL)
                asked = asked or time.monotonic()
                self.limited = True
        if log.exists():
            self.log += log.read_text(errors="replace")
        if answer and isinstance(answer[0], str):
            self.log += f"\n{answer[0]}"
            return 0, None
        has = model.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
        return model.status, model.sol_status if has else None

    limited = False

    def _limited(self) -> bool:
        return self.limited or "Result - Stopped on" in self.log or time.monotonic() - self.begun >= self.limits.time_limit * 0.98

    @staticmethod
    def _guarded(model: Any, made: Any, answer: list[Any]) -> None:
        try:
            model.solve(made)
            answer.append(0)
        except Exception as error:
            answer.append(f"{type(error).__name__}: {error}")

    @staticmethod
    def _stop_children(number: signal.Signals) -> None:
        """Signal the solver that PuLP started (Linux; elsewhere the conductor kills the whole group)."""
        for task in Path("/proc/self/task").glob("*/children"):
            with contextlib.suppress(OSError, ValueError):
                for child in task.read_text().split():
                    if b"cbc" in Path(f"/proc/{child}/cmdline").read_bytes():
                        os.kill(int(child), number)

    def _schedule(self, variables: list[Any]) -> Schedule | None:
        """The solution in whole numbers, if it keeps every rule."""
        values = np.array([variable.varValue or 0.0 for variable in variables])
        schedule = decode(self.linear, np.rint(values).astype(np.int64))
        if self.guarded and broken_rules(self.problem, schedule):
            self.log += "\nthe solution breaks a rule and was refused"
            return None
        if self.guarded:
            self.monitor.incumbent(schedule, objective(self.problem, schedule))
        return schedule

    def _bound(self, optimum: Schedule | None) -> int | None:
        """A valid bound: from the proven optimum of the rounded costs, or from CBC's log."""
        lowest: int | None = None
        if optimum is not None and not self.limits.gap:
            lowest = int(encode(self.linear, optimum) @ self.costs)
        elif found := re.findall(r"^Lower bound:\s+([-+.\de]+)", self.log, re.MULTILINE):
            value = float(found[-1])
            lowest = math.floor(value - 1e-7 * max(1.0, abs(value)))
        if lowest is None:
            return None
        bound = self.constant + self.divisor * self.coarser * max(0, lowest)
        if self.guarded:
            self.monitor.bound(bound)
        return bound

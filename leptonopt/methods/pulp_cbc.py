"""CBC, or any other solver that PuLP can call, on the time-indexed model.

PuLP's words are not taken as they come: after a limit it says "Optimal", and a limited CBC has said
"Infeasible" of problems that have schedules. What counts is the solution itself, checked here, the bound
in CBC's log, and an infeasibility that a second run without preprocessing confirms.

CBC counts in doubles with tolerances. What it is given is therefore kept small: costs and amounts are
rounded down to coarser units where they are large. That relaxes the model: every bound stays valid, and
`optimal` is claimed only where the exact cost of a checked solution meets the bound.
"""

from __future__ import annotations

import inspect
import math
import os
import re
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.attending import PATIENCE, POLL, attend, children, folder, send
from leptonopt.formulation import (
    FREE,
    Linear,
    dearest,
    decode,
    encode,
    formulate,
    has_no_columns,
    lowest,
    predicted,
    shifted,
)
from leptonopt.problem import Limits, Monitor, Problem, Schedule, Solution, Status, Stop, broken_rules, objective

MAX_NONZEROS = 500_000  # PuLP needs about 7 seconds and 350 bytes per nonzero for a million of them
MAX_BUILT = 40 * MAX_NONZEROS  # a prediction above it is believed without building
MAX_RANGE = 10**9  # largest sum of an objective or a row that doubles with tolerances are trusted with
# These stop at a relative gap of 0 when asked to; of others a proof is worth what is left after theirs.
TO_THE_END = {"PULP_CBC_CMD", "COIN_CMD", "GLPK_CMD", "SCIP_CMD", "FSCIP_CMD", "HiGHS", "HiGHS_CMD"}
USUAL_GAP = 1e-4


def solve(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, without: tuple[str, ...] = ()
) -> Solution:
    """CBC. `without` switches rules off, for tests only."""
    return _solve("PULP_CBC_CMD", problem, warm_start, limits, monitor, without)


def solver(name: str) -> Callable[[Problem, Schedule | None, Limits, Monitor], Solution]:
    """The method that uses the PuLP solver of that name."""
    return partial(_solve, name)


def _solve(
    name: str,
    problem: Problem,
    warm_start: Schedule | None,
    limits: Limits,
    monitor: Monitor,
    without: tuple[str, ...] = (),
) -> Solution:
    import pulp

    begun = time.monotonic()
    known = pulp.listSolvers(onlyAvailable=True)
    if name not in known:
        note = f"PuLP reaches no solver {name!r} here; it reaches {', '.join(known)}"
        return Solution(Status.UNKNOWN, Stop.FAILED, note=note)
    engine = f"{'CBC 2.10.3' if name == 'PULP_CBC_CMD' else name} through PuLP {pulp.__version__}"
    if has_no_columns(problem):
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine)
    nonzeros = predicted(problem)[1]
    linear = formulate(problem, without) if nonzeros <= MAX_BUILT else None
    if linear is None or linear.matrix.nnz > MAX_NONZEROS:
        found = nonzeros if linear is None else linear.matrix.nnz
        note = f"the model has {found:,} nonzeros; through PuLP at most {MAX_NONZEROS:,}"
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=note)
    with folder(_place()) as room:
        run = _Run(pulp, name, problem, linear, warm_start, limits, monitor, room, begun, guarded=not without)
        return run.solution(engine)


def _place() -> str | None:
    """A folder for CBC's files; its command line cannot carry a path with a space."""
    return next(
        (path for path in (tempfile.gettempdir(), "/tmp", "/var/tmp") if " " not in path and os.path.isdir(path)), None
    )


@dataclass(frozen=True)
class Answer:
    """What an engine said: `optimal`, `stopped` (with a solution), `infeasible`, or `nothing`."""

    word: str
    log: str = ""


class _Run:
    """One model through PuLP."""

    def __init__(
        self,
        pulp: Any,
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
        self.pulp, self.name, self.problem, self.linear = pulp, name, problem, linear
        self.limits, self.monitor, self.folder, self.begun, self.guarded = limits, monitor, folder, begun, guarded
        costs, self.divisor, self.constant = shifted(linear)
        self.coarser = max(1, -(-dearest(linear, costs) // MAX_RANGE))
        self.costs = costs // self.coarser
        self.lowest = lowest(linear, self.costs)
        self.best = warm_start if warm_start is not None and guarded and not broken_rules(problem, warm_start) else None
        self.hint = None if self.best is None else encode(linear, self.best)
        self.lower: int | None = None
        self.stopped = ""
        self.log, self.notes = "", list[str]()

    def solution(self, engine: str) -> Solution:
        """Build, run, and say what is proven."""
        self._raise_to(self.lowest)
        if self._closed() or self._near_enough():
            return self._said(Answer("nothing"), engine)
        variables, model = self._model()
        answer = self._call(model, [])
        if answer.word == "infeasible" and not self._limited():
            if self.name not in ("PULP_CBC_CMD", "COIN_CMD"):
                self.notes.append(f"{self.name} says infeasible, which is not confirmed")
            elif self._call(model, ["preprocess off", "presolve off"]).word == "infeasible" and not self._limited():
                return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine, log=self.log)
            else:
                self.notes.append("said infeasible, but not again without preprocessing")
        values = self._values(variables) if answer.word in ("optimal", "stopped") else None
        self._bound(answer, values)
        if values is not None:
            self._take(values)
        return self._said(answer, engine)

    def _said(self, answer: Answer, engine: str) -> Solution:
        note, stop = "; ".join(self.notes), self._stop(answer)
        if self.best is None:
            note = note or ("" if self._limited() else f"ended without a solution ({answer.word})")
            return Solution(Status.UNKNOWN, stop, bound=self.lower, engine=engine, log=self.log, note=note)
        if self._closed():
            return Solution(Status.OPTIMAL, Stop.PROOF, self.best, self.lower, engine, self.log, note)
        return Solution(Status.FEASIBLE, stop, self.best, self.lower, engine, self.log, note)

    def _stop(self, answer: Answer) -> Stop:
        if self._near_enough():
            return Stop.GAP
        if self.stopped == "monitor" and time.monotonic() - self.begun < 0.95 * self.limits.time_limit:
            return Stop.INTERRUPT
        if self._limited():
            return Stop.LIMIT
        return Stop.FAILED if answer.word == "nothing" else Stop.DONE

    def _closed(self) -> bool:
        return (
            self.best is not None and self.lower is not None and self.lower >= objective(self.linear.problem, self.best)
        )

    def _near_enough(self) -> bool:
        if not self.limits.gap or self.best is None or self.lower is None:
            return False
        cost = objective(self.linear.problem, self.best)
        return cost - self.lower <= Fraction(self.limits.gap) * abs(cost)

    def _limited(self) -> bool:
        return bool(self.stopped) or time.monotonic() - self.begun >= 0.98 * self.limits.time_limit

    # --- the model in PuLP ---

    def _model(self) -> tuple[list[Any], Any]:
        pulp = self.pulp
        model = pulp.LpProblem("leptonopt", pulp.LpMinimize)
        most = self.linear.most.tolist()
        variables = [pulp.LpVariable(f"v{at}", 0, high, cat=pulp.LpInteger) for at, high in enumerate(most)]
        model.setObjective(
            pulp.LpAffineExpression((variables[at], int(self.costs[at])) for at in np.flatnonzero(self.costs))
        )
        # Variables in no row and free of cost would be missing from the file that PuLP writes.
        spoken = (self.costs != 0) | (np.diff(self.linear.matrix.tocsc().indptr) > 0)
        model.addVariables([variables[at] for at in np.flatnonzero(spoken)])
        matrix, lower, upper = self.linear.matrix, self.linear.lower.tolist(), self._upper()
        pointers, indices, data = matrix.indptr.tolist(), matrix.indices.tolist(), self._data.tolist()
        for row, (low, high) in enumerate(zip(lower, upper, strict=True)):
            part = range(pointers[row], pointers[row + 1])
            if not len(part) and low <= 0 <= high:
                continue
            terms = pulp.LpAffineExpression((variables[indices[at]], data[at]) for at in part)
            equal = pulp.LpConstraintEQ if low == high else pulp.LpConstraintLE if high < FREE else pulp.LpConstraintGE
            model.addConstraint(pulp.LpConstraint(terms, equal, rhs=low if high >= FREE else high), f"r{row}")
        if self.hint is not None:
            for variable, value in zip(variables, self.hint.tolist(), strict=True):
                variable.setInitialValue(value)
        for at in np.flatnonzero(~spoken):
            variables[at].varValue = 0
        return variables, model

    def _upper(self) -> list[int]:
        """Right sides, with rows of large amounts in coarser units, both sides rounded down: a relaxation."""
        matrix, upper = self.linear.matrix, self.linear.upper
        sums = matrix.astype(float) @ self.linear.most
        large = (upper < FREE) & (self.linear.lower <= -FREE) & (sums > MAX_RANGE)
        unit = np.where(large, np.ceil(sums / MAX_RANGE), 1).astype(np.int64)
        self._data = matrix.data // np.repeat(unit, np.diff(matrix.indptr))
        self.relaxed = bool(large.any())
        found: list[int] = (upper // unit).tolist()
        return found

    # --- calling ---

    def _call(self, model: Any, options: list[str]) -> Answer:
        """One run of the engine, ended from outside when it must."""
        pulp, seconds = self.pulp, self.limits.time_limit - (time.monotonic() - self.begun)
        kind = type(pulp.getSolver(self.name))
        given: dict[str, Any] = {
            "msg": False,
            "timeLimit": round(max(0.05, seconds), 2),
            **self._gaps(),
            "threads": self.limits.threads if self.limits.threads > 1 and not self.limits.deterministic else None,
            "warmStart": self.hint is not None,
            "options": options,
        }
        takes = inspect.signature(kind.__init__).parameters
        given = {key: value for key, value in given.items() if key in takes and value is not None}
        coin = issubclass(kind, pulp.COIN_CMD)
        if coin:
            seed = self.limits.seed % (2**31 - 1) + 1
            given["options"] = [f"randomSeed {seed}", f"randomCbcSeed {seed}", *options]
            kind = self._watched(kind)
        made = kind(**given)
        made.tmpDir = self.folder
        answer = self._coin(made, model) if coin else self._any(made, model)
        self.log += answer.log
        return answer

    def _gaps(self) -> dict[str, float]:
        """Gaps of the shifted objective that imply the gap asked for; none where its sign is not known.

        What the engine sees is the objective less `constant`: where that is not below zero, a gap of
        the engine's own is no larger than ours, nor is the share of the constant in absolute terms.
        """
        if not self.limits.gap or self.constant < 0 or self.lowest < 0:
            return {"gapRel": 0.0, "gapAbs": 0.0}
        return {"gapRel": self.limits.gap, "gapAbs": self.limits.gap * (self.constant / (self.divisor * self.coarser))}

    def _watched(self, kind: Any) -> Any:
        """PuLP's CBC, its files and options, with a child that can be stopped and does not outlive us."""
        run = self

        class Watched(kind):  # type: ignore[misc]
            def solve_CBC(self, lp: Any, use_mps: bool = True) -> int:
                mps, sol, mst = self.create_tmp_files(lp.name, "mps", "sol", "mst")
                vs, names, rows, _ = lp.writeMPS(mps, rename=1)
                words = [self.path, mps]
                if self.optionsDict.get("warmStart"):
                    self.writesol(mst, lp, vs, names, rows)
                    words += ["-mips", mst]
                words += ["-sec", str(self.timeLimit)]
                words += [word for option in [*self.options, *self.getOptions()] for word in f"-{option}".split()]
                words += ["-solve", "-printingOptions", "all", "-solution", sol]
                attend(words, run.folder, run._log_file(), run._should_end)
                if os.path.exists(sol) and os.path.getsize(sol):
                    self.said = first_word(Path(sol).read_text().splitlines()[0])
                    lp.assignVarsVals(self.readsol_MPS(sol, lp, vs, names, rows)[1])
                return 0

        return Watched

    def _should_end(self) -> bool:
        if self.monitor.should_stop():
            self.stopped = "monitor"
        elif time.monotonic() - self.begun > self.limits.time_limit + 0.3:
            self.stopped = "limit"
        return bool(self.stopped)

    def _log_file(self) -> Path:
        return Path(self.folder, "engine.log")

    def _coin(self, made: Any, model: Any) -> Answer:
        made.said = "nothing"
        model.solve(made)
        log = self._log_file().read_text(errors="replace")
        if re.search(r"^Result - (Stopped|User)", log, re.MULTILINE) or "Exiting on maximum" in log:
            self.stopped = self.stopped or "limit"
        word = made.said
        if word == "optimal" and (self.stopped or "within gap tolerance" in log):
            word = "stopped"
        return Answer(word, log)

    def _any(self, made: Any, model: Any) -> Answer:
        """Another solver, in a thread: it may be a library in this process, or a child of PuLP's."""
        pulp, said = self.pulp, list[str]()

        def work() -> None:
            try:
                model.solve(made)
            except Exception as error:
                said.append(f"{type(error).__name__}: {error}")

        thread, asked = threading.Thread(target=work, daemon=True), 0.0
        own = children()
        thread.start()
        while thread.is_alive() and not (asked and time.monotonic() - asked > 2 * PATIENCE):
            thread.join(POLL)
            if self._should_end():
                asked = asked or time.monotonic()
                send(children() - own, signal.SIGINT if time.monotonic() - asked < PATIENCE else signal.SIGKILL)
        if thread.is_alive() or said:
            self.notes.append(said[0] if said else "did not stop when asked")
            return Answer("nothing", "\n".join(said))
        words = {pulp.LpSolutionOptimal: "optimal", pulp.LpSolutionIntegerFeasible: "stopped"}
        infeasible = "infeasible" if model.status == pulp.LpStatusInfeasible else "nothing"
        word = words.get(model.sol_status, infeasible)
        return Answer("stopped" if word == "optimal" and self._limited() else word)

    # --- what it found ---

    def _values(self, variables: list[Any]) -> Any:
        """int64, shape (V,): the engine's solution; None where it is not in whole numbers."""
        values = np.array([math.nan if variable.varValue is None else variable.varValue for variable in variables])
        whole = np.rint(values)
        if not np.all(np.abs(values - whole) <= 1e-5):
            self.notes.append("the solution was refused: it is not in whole numbers")
            return None
        return whole.astype(np.int64)

    def _bound(self, answer: Answer, values: Any) -> None:
        """A valid bound: the proven optimum of the rounded costs, or what CBC's log says."""
        found = None if values is None else int(values @ self.costs)
        if answer.word == "optimal" and found is not None:
            gaps = self._gaps()
            relative = max(gaps["gapRel"], 0.0 if self.name in TO_THE_END else USUAL_GAP)
            slack = max(relative * abs(found), gaps["gapAbs"])
            least = found if not slack else math.floor(found - slack) - 1
        else:
            said = re.findall(
                r"^(?:Lower bound:|Continuous objective value is)\s+([-+.\de]+)", answer.log, re.MULTILINE
            )
            least = max((whole_above(float(value)) for value in said), default=self.lowest)
            least = least if found is None else min(least, found)
        self._raise_to(least)

    def _raise_to(self, value: int) -> None:
        """A bound on the shifted and rounded costs, which are never below `lowest`."""
        bound = self.constant + self.divisor * self.coarser * max(self.lowest, value)
        if self.lower is None or bound > self.lower:
            self.lower = bound
            if self.guarded:
                self.monitor.bound(bound)

    def _take(self, values: Any) -> None:
        """The solution, if it keeps every rule and is better than what is at hand."""
        schedule = decode(self.linear, values)
        if self.guarded and (broken := broken_rules(self.problem, schedule)):
            why = ", whose amounts had to be rounded" if self.relaxed else ""
            self.notes.append(f"the solution was refused: it breaks {', '.join(sorted(broken))}{why}")
            return
        cost = objective(self.linear.problem, schedule)
        if self.best is None or cost < objective(self.linear.problem, self.best):
            self.best = schedule
            if self.guarded:
                self.monitor.incumbent(schedule, cost)


def first_word(line: str) -> str:
    """What the first line of CBC's solution file means; only what is known to be a proof counts as one."""
    match line.split():
        case ["Optimal", *_]:
            return "optimal"
        case ["Infeasible", *_] | ["Integer", "infeasible", *_]:
            return "infeasible"
        case ["Stopped", *_] if "no integer solution" not in line:
            return "stopped"
        case _:
            return "nothing"


def whole_above(value: float) -> int:
    """The least whole number that an integer objective must reach when `value` is a bound of it.

    CBC prints three digits and computes with tolerances: that much is taken off first.
    """
    return math.ceil(value - 1e-3 - 1e-7 * abs(value)) if math.isfinite(value) else -(2**62)

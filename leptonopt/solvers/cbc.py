"""CBC, or any other solver that PuLP can call, on the time-indexed model.

PuLP's words are not taken as they come: after a limit it says "Optimal", and a limited CBC has said
"Infeasible" of problems that have schedules. What is believed says `leptonopt.solvers.mip_run`.
"""

from __future__ import annotations

import inspect
import math
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.algorithms.models.time_indexed import NO_LIMIT, build_model, has_no_columns, predicted_size
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.replicas import undecided
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.child_process import (
    PATIENCE,
    PIPE,
    POLL,
    ChildError,
    child_pids,
    isolated_command,
    run_child,
    send_signal,
    start_process,
    temporary_folder,
)
from leptonopt.runtime.deadline import Deadline
from leptonopt.solvers.mip_run import EngineAnswer, MipRun


@dataclass(frozen=True)
class CbcSettings:
    """Limits of what PuLP is given.

    Attributes
    ----------
    max_nonzeros : largest model; PuLP needs about 7 s and 350 MB for a million nonzeros
    max_built : predicted nonzeros above which the model is not even built
    usual_gap : relative gap at which solvers stop that take no other
    looking : seconds for finding out which solvers there are
    """

    max_nonzeros: int = 500_000
    max_built: int = 20_000_000
    usual_gap: float = 1e-4
    looking: float = 20.0


SETTINGS = CbcSettings()


# These stop at a relative gap of 0 when asked to; of others a proof is worth what is left after theirs.
TO_THE_END = {"PULP_CBC_CMD", "COIN_CMD", "GLPK_CMD", "SCIP_CMD", "SCIP_PY", "FSCIP_CMD", "HiGHS", "HiGHS_CMD"}
SCRIPT = """
import sys, pulp
for name in sys.argv[1:] or pulp.listSolvers():
    try:
        there = name in pulp.listSolvers() and pulp.getSolver(name, msg=False).available()
    except Exception:  # one that is there and broken
        there = False
    if there:
        print("\\n:" + name)
"""


def solve(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, without: tuple[str, ...] = ()
) -> Solution:
    """CBC. `without` switches rules off, for tests only."""
    return _solve("PULP_CBC_CMD", problem, warm_start, limits, monitor, without)


def solver(name: str) -> Callable[[Problem, Schedule | None, Limits, Monitor], Solution]:
    """Return the method that uses the PuLP solver of that name."""
    return partial(_solve, name)


def available_solvers(*names: str) -> list[str] | None:
    """Return those of these solvers, or of all, that PuLP reaches here.

    None where it does not come to an answer. Asked in a process group of its own: PuLP starts some solvers to look for
    them, and they greet, fail or hang.
    """
    try:
        with start_process(isolated_command(SCRIPT, *names), stdout=PIPE, start_new_session=True) as asked:
            try:
                said, _ = asked.communicate(timeout=SETTINGS.looking)
            finally:
                with suppress(OSError):  # what PuLP has started goes too
                    os.killpg(asked.pid, signal.SIGKILL)
    except (OSError, ChildError):
        return None
    found = [line[1:] for line in said.decode(errors="replace").splitlines() if line.startswith(":")]
    return found if not asked.returncode else None


def unavailable_message(name: str) -> str:
    """Say that PuLP reaches no solver of this name, and which it reaches."""
    there = available_solvers()
    others = "" if there is None else f"; it reaches {', '.join(there)}"
    return f"PuLP reaches no solver {name!r} here{others}"


def _pulp(name: str) -> Any:
    """Import and return PuLP.

    It imports highspy, which can crash beside ortools in one process: only where HiGHS is asked for.
    """
    if not name.startswith("HiGHS"):
        sys.modules.setdefault("highspy", None)  # type: ignore[arg-type]  # an import of it then fails, and PuLP goes on
    import pulp

    return pulp


def _reaches(pulp: Any, name: str) -> bool:
    """Return whether PuLP reaches a solver.

    It looks for no other: one that hangs or fails costs this one nothing.
    """
    return name in pulp.listSolvers() and bool(pulp.getSolver(name, msg=False).available())


def _solve(
    name: str,
    problem: Problem,
    warm_start: Schedule | None,
    limits: Limits,
    monitor: Monitor,
    without: tuple[str, ...] = (),
) -> Solution:
    pulp = _pulp(name)
    deadline = limits.start()
    if not _reaches(pulp, name):
        return Solution(Status.UNKNOWN, Stop.FAILED, note=unavailable_message(name))
    engine = f"{'CBC 2.10.3' if name == 'PULP_CBC_CMD' else name} through PuLP {pulp.__version__}"
    if why := undecided(problem):
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=why)
    if has_no_columns(problem):
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine)
    nonzeros = predicted_size(problem)[1]
    linear = build_model(problem, without, limits.cutoff, coarse=True) if nonzeros <= SETTINGS.max_built else None
    if linear is None or linear.matrix.nnz > SETTINGS.max_nonzeros:
        found = nonzeros if linear is None else linear.matrix.nnz
        note = f"the model has {found:,} nonzeros; through PuLP at most {SETTINGS.max_nonzeros:,}"
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=note)
    with temporary_folder(_place()) as room:
        made = (name, problem, linear, warm_start, limits, monitor, deadline, not without)
        return _Run(pulp, room, *made).solution(engine)


def _place() -> str | None:
    """Return a folder for CBC's files; its command line cannot carry a path with a space."""
    return next(
        (path for path in (tempfile.gettempdir(), "/tmp", "/var/tmp") if " " not in path and os.path.isdir(path)), None
    )


class _Run(MipRun):
    """Solve one model through PuLP."""

    def __init__(self, pulp: Any, room: str, *made: Any) -> None:
        super().__init__(*made)
        self.pulp, self.folder = pulp, room
        self.confirms = self.name in ("PULP_CBC_CMD", "COIN_CMD")
        self._built: tuple[list[Any], Any] | None = None

    def call(self, careful: bool) -> EngineAnswer:
        """Run the engine once, and end it from outside when it must stop."""
        variables, model = self._built = self._built or self._model()
        pulp, (relative, absolute) = self.pulp, self.gaps()
        kind, options = type(pulp.getSolver(self.name)), ["preprocess off", "presolve off"] if careful else []
        given: dict[str, Any] = {
            "msg": False,
            "timeLimit": round(max(0.05, self.left()), 2),
            "gapRel": relative,
            "gapAbs": absolute,
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
        word, log = self._coin(made, model) if coin else self._any(made, model)
        values = np.array([math.nan if variable.varValue is None else variable.varValue for variable in variables])
        said = re.findall(r"^(?:Lower bound:|Continuous objective value is)\s+([-+.\de]+)", log, re.MULTILINE)
        return EngineAnswer(word, values, tuple(map(printed_above, said)), log)

    def slack(self, found: int) -> float:
        """Return the gaps given, or those of the engine where it takes no relative gap of 0."""
        relative, absolute = self.gaps()
        return max(max(relative, 0.0 if self.name in TO_THE_END else SETTINGS.usual_gap) * abs(found), absolute)

    def _model(self) -> tuple[list[Any], Any]:
        pulp = self.pulp
        model = pulp.LpProblem("leptonopt", pulp.LpMinimize)
        most, kinds = self.linear.most.tolist(), (pulp.LpContinuous, pulp.LpInteger)
        variables = [
            pulp.LpVariable(f"v{at}", 0, high, cat=kinds[whole])
            for at, (high, whole) in enumerate(zip(most, self.linear.whole.tolist(), strict=True))
        ]
        model.setObjective(
            pulp.LpAffineExpression((variables[at], int(self.costs[at])) for at in np.flatnonzero(self.costs))
        )
        # Variables in no row and free of cost would be missing from the file that PuLP writes.
        spoken = (self.costs != 0) | (np.diff(self.linear.matrix.tocsc().indptr) > 0)
        model.addVariables([variables[at] for at in np.flatnonzero(spoken)])
        matrix, lower, upper = self.linear.matrix, self.linear.lower.tolist(), self.upper.tolist()
        pointers, indices, data = matrix.indptr.tolist(), matrix.indices.tolist(), self.data.tolist()
        for row, (low, high) in enumerate(zip(lower, upper, strict=True)):
            part = range(pointers[row], pointers[row + 1])
            if not len(part) and low <= 0 <= high:
                continue
            terms = pulp.LpAffineExpression((variables[indices[at]], data[at]) for at in part)
            equal = (
                pulp.LpConstraintEQ if low == high else pulp.LpConstraintLE if high < NO_LIMIT else pulp.LpConstraintGE
            )
            model.addConstraint(pulp.LpConstraint(terms, equal, rhs=low if high >= NO_LIMIT else high), f"r{row}")
        if self.hint is not None:
            for variable, value in zip(variables, self.hint.tolist(), strict=True):
                variable.setInitialValue(value)
        for at in np.flatnonzero(~spoken):
            variables[at].varValue = 0
        return variables, model

    def _watched(self, kind: Any) -> Any:
        """Run PuLP's CBC on its files, as a child that can be stopped and does not outlive this process."""
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
                run_child(words, run.folder, run._log_file(), run.should_end)
                if os.path.exists(sol) and os.path.getsize(sol):
                    self.said = first_word(Path(sol).read_text().splitlines()[0])
                    lp.assignVarsVals(self.readsol_MPS(sol, lp, vs, names, rows)[1])
                return 0

        return Watched

    def _log_file(self) -> Path:
        return Path(self.folder, "engine.log")

    def _coin(self, made: Any, model: Any) -> tuple[str, str]:
        made.said = "nothing"
        model.solve(made)
        log = self._log_file().read_text(errors="replace")
        if re.search(r"^Result - (Stopped|User)", log, re.MULTILINE) or "Exiting on maximum" in log:
            self.stopped = self.stopped or "limit"
        word = made.said
        if word == "optimal" and (self.stopped or "within gap tolerance" in log):
            word = "stopped"
        return word, log

    def _any(self, made: Any, model: Any) -> tuple[str, str]:
        """Run another solver in a thread; it may be a library in this process or a child of PuLP's."""
        pulp, said = self.pulp, list[str]()

        def work() -> None:
            try:
                model.solve(made)
            except Exception as error:
                said.append(f"{type(error).__name__}: {error}")

        thread, asked = threading.Thread(target=work, daemon=True), Deadline.never()
        own = child_pids()
        thread.start()
        while thread.is_alive() and asked.left() > -PATIENCE:
            thread.join(POLL)
            if self.should_end():
                asked = asked.within(PATIENCE)
                send_signal(child_pids() - own, signal.SIGKILL if asked.expired() else signal.SIGINT)
        if thread.is_alive() or said:
            self.notes.append(said[0] if said else "did not stop when asked")
            return "nothing", "\n".join(said)
        words = {pulp.LpSolutionOptimal: "optimal", pulp.LpSolutionIntegerFeasible: "stopped"}
        infeasible = "infeasible" if model.status == pulp.LpStatusInfeasible else "nothing"
        word = words.get(model.sol_status, infeasible)
        return "stopped" if word == "optimal" and self.limited() else word, ""


def printed_above(text: str) -> float:
    """Return the least number that prints as `text`, with six significant digits or more."""
    shown = Decimal(text)
    digits = max(6, len(shown.as_tuple().digits))
    return float(shown - Decimal(5).scaleb(shown.adjusted() - digits))


def first_word(line: str) -> str:
    """Return the meaning of the first line of CBC's solution file; only known proofs count as proofs."""
    match line.split():
        case ["Optimal", *_]:
            return "optimal"
        case ["Infeasible", *_] | ["Integer", "infeasible", *_]:
            return "infeasible"
        case ["Stopped", *_] if "no integer solution" not in line:
            return "stopped"
        case _:
            return "nothing"

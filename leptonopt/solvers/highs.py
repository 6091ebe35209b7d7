"""HiGHS, through highspy, on the time-indexed model.

Strong where opening, renting or buying decides: its cuts close what CP-SAT leaves. It starts from the incumbent. Where
the model is large, its linear relaxation comes first: the reduced costs remove the columns that no cheaper schedule
can use, in exact integers (`models.reduced_costs`). It runs as a program of its own (`solvers.highs_program`), which
reports bounds and solutions through files and can be killed. `leptonopt.solvers.mip_run` checks its answers.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.algorithms.models.block_cuts import with_binding
from leptonopt.algorithms.models.reduced_costs import ReducedCosts, reduced_costs
from leptonopt.algorithms.models.scaling import coarsened, engine_arrays, row_units
from leptonopt.algorithms.models.time_indexed import (
    IntegerProgram,
    build_model,
    has_no_columns,
    predicted_size,
)
from leptonopt.algorithms.models.window_cuts import with_violated
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.replicas import undecided
from leptonopt.problem.rounding import round_up_safely
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.child_process import run_child, temporary_folder
from leptonopt.runtime.deadline import Deadline, Stopwatch
from leptonopt.solvers.mip_run import LATE, MAX_RANGE, EngineAnswer, MipRun, highs_command, highs_name


@dataclass(frozen=True)
class HighsSettings:
    """Settings of the exchange with HiGHS.

    Attributes
    ----------
    max_nonzeros : largest model that is built, about 1 GB in HiGHS
    glance : seconds between two looks at its reports
    relax_columns : variables from which on the relaxation is solved first; below, HiGHS ends within seconds
    relax_share : share of the time left for the relaxation at most; without it the search has to solve it again
    useful_share : share of columns that must be removed for the smaller model to be used
    cut_rounds : relaxations with further cuts (`models.window_cuts`, `models.block_cuts`), at most
    cut_gain : rise of the relaxation, relative to its value, below which no others follow
    kernel_columns, kernel_each : columns of least reduced cost in the first kernel, at least, and for each group
    kernel_growth : factor from one kernel to the next. On elasticflow-100, whose relaxation costs 6,660, 1,213 columns
        give 6,771 in 2.0 s of CPU time, and 4,549 give 6,760 in 6.1 s
    kernel_share : share of the time left for a kernel at most
    kernel_gap : relative gap at which a kernel is left for the next one
    """

    max_nonzeros: int = 10_000_000
    glance: float = 0.25
    relax_columns: int = 2_000
    relax_share: float = 0.7
    useful_share: float = 0.02
    cut_rounds: int = 20
    cut_gain: float = 2e-4
    kernel_columns: int = 1_000
    kernel_each: int = 10
    kernel_growth: int = 4
    kernel_share: float = 0.5
    kernel_gap: float = 2e-4


SETTINGS = HighsSettings()


def solve(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, without: tuple[str, ...] = ()
) -> Solution:
    """Search to a proof or a limit. `without` switches rules off, for tests only."""
    deadline, engine = limits.start(), highs_name()
    if why := undecided(problem):
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=why)
    if has_no_columns(problem):
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine)
    if (nonzeros := predicted_size(problem)[1]) > SETTINGS.max_nonzeros:
        note = f"the model may have {nonzeros:,} nonzeros; highs takes at most {SETTINGS.max_nonzeros:,}"
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=note)
    linear = build_model(problem, without, limits.cutoff, coarse=True)
    with temporary_folder(tempfile.gettempdir()) as room:
        return _Run(room, "highs", problem, linear, warm_start, limits, monitor, deadline, not without).solution(engine)


class _Run(MipRun):
    """Solve one model through highspy, in a child process.

    Attributes
    ----------
    most : int64, shape (V,), the largest values given to HiGHS: 0 for columns that were removed
    """

    def __init__(self, room: str, *made: Any) -> None:
        super().__init__(*made)
        self.room, self._looked, self._found = Path(room), Stopwatch(0.0), 0
        self.written = self.room / "engine.log"
        self.most: Ints = self.linear.most.copy()
        self._relaxed_first, self._in_kernel = False, False

    def call(self, careful: bool) -> EngineAnswer:
        """Run once; when the child is killed its last reports count."""
        if not len(self.costs):  # nothing to decide
            return EngineAnswer("optimal", np.zeros(0))
        if not careful and not self._relaxed_first and self._worth_relaxing():
            self._relaxed_first = True
            self._relax()
            if self._closed() or self._near_enough() or self.limited():
                return EngineAnswer("nothing", None, (), self._log())
        answer = self._asked("solve", careful, self.left())
        values = None if answer is None else answer["values"]
        if values is None or not len(values):
            with suppress(OSError, ValueError):
                values = np.load(self.room / "found.npy")
        values = None if values is None or not len(values) else values
        word = "nothing" if answer is None else str(answer["word"])
        if word in ("stopped", "nothing"):
            word = "nothing" if values is None else "stopped"
        if word == "infeasible" and self.ceiling is not None:  # no cheaper schedule is left in the smaller model
            self.notes.append("the model without the columns removed was called infeasible")
            word = "nothing"
        if word == "optimal" and answer is not None and self._above_its_bound(values, float(answer["bound"])):
            self.notes.append("HiGHS called a solution optimal that costs more than its own bound")
            if not careful:
                return self.call(careful=True)
            word = "stopped"
        bounds = self._bounds() if answer is None else (*self._bounds(), float(answer["bound"]))
        return EngineAnswer(word, values, bounds, self._log())

    def _above_its_bound(self, values: Any, bound: float) -> bool:
        """Return whether a solution costs more than the bound that HiGHS ends with.

        HiGHS 1.16 can take a start for optimal that costs 0 in its reduced model and more in the given one.
        """
        cost = bound if values is None else float(values @ self.costs)
        return cost - bound > 0.5 + 1e-6 * abs(cost) + self.slack(int(cost))

    def slack(self, found: int) -> float:
        """Return the gap given; with gap 0 it stops only where no integer value is left."""
        return self.gaps()[0] * abs(found)

    def _worth_relaxing(self) -> bool:
        return self.guarded and self.limits.cutoff is None and len(self.costs) >= SETTINGS.relax_columns

    def _relax(self) -> None:
        """Solve the relaxation, add cuts, take the bound of its duals, and remove what is useless.

        Kernels are searched without the cuts: HiGHS finds plans sooner there (elasticflow-100: 6,749 in 8 s of CPU
        time, with cuts none). The whole model has those that bind.
        """
        plain = self.linear
        found, duals = self._cut(Deadline.after(SETTINGS.relax_share * self.left()))
        if found is None:
            return
        cut = with_binding(plain, self.linear, duals)
        self._give(plain)
        self.improve_incumbent()
        self._remove_columns(found)
        size = max(SETTINGS.kernel_columns, SETTINGS.kernel_each * self.problem.groups)
        while self._search_kernel(found, size):
            size *= SETTINGS.kernel_growth
        self._give(cut)

    def _cut(self, deadline: Deadline) -> tuple[ReducedCosts | None, Floats]:
        """Add cuts to the relaxation while its value rises; return what it proves in the end, and the duals."""
        found, answer = self._relaxed(deadline)
        duals = np.zeros(0) if found is None else answer["duals"]
        for _ in range(SETTINGS.cut_rounds):
            if found is None or self._closed() or deadline.expired() or self.limited() or not len(answer["values"]):
                break
            if (cut := with_violated(self.linear, answer["values"])) is None:
                break
            self._give(cut)
            better, answer = self._relaxed(deadline, answer["basis"])
            if better is None:
                break
            gain, found, duals = better.bound - found.bound, better, answer["duals"]
            if gain < SETTINGS.cut_gain * abs(found.bound):
                break
        return found, duals

    def _give(self, linear: IntegerProgram) -> None:
        """Give HiGHS another model of the same variables and costs."""
        self.linear = linear
        self.data, self.upper, self.relaxed = coarsened(linear, MAX_RANGE)

    def _relaxed(self, deadline: Deadline, basis: Any = ()) -> tuple[ReducedCosts | None, Any]:
        """Solve the relaxation from a basis, and take its bound.

        Return what it proves, None without an answer, and the answer.
        """
        answer = self._asked("relax", False, deadline.left(), basis=basis)
        if answer is None or len(answer["duals"]) != len(self.upper):
            return None, answer
        found = reduced_costs(self.linear, self.costs, self.data, self.upper, answer["duals"])
        if found is not None:
            self.raise_to(found.bound_in_units)
        return found, answer

    def _remove_columns(self, found: ReducedCosts) -> None:
        """Remove the columns that no schedule cheaper than the incumbent can use; its own columns stay."""
        if self.best is None or self.hint is None:
            return
        useless = found.useless(self.target())
        useless = useless[(useless < len(self.linear.columns.option)) & (self.hint[useless] == 0)]
        if len(useless) >= SETTINGS.useful_share * len(self.most):
            self.most[useless], self.ceiling = 0, objective(self.problem, self.best)

    def _search_kernel(self, found: ReducedCosts, size: int) -> bool:
        """Search `size` columns of least reduced cost and those of the incumbent; return whether to the end.

        After Angelelli, Mansini and Speranza (2010, doi:10.1016/j.cor.2010.02.002). A kernel proves nothing.
        """
        columns = np.flatnonzero(self.most[: len(self.linear.columns.option)])
        if len(columns) <= 2 * size or self._closed() or self._near_enough() or self.limited():
            return False
        extra = found.extra[columns]
        outside = columns[extra > np.partition(extra, size)[size]]
        if self.hint is not None:
            outside = outside[self.hint[outside] == 0]
        every, self.most = self.most, self.most.copy()
        self.most[outside], self._in_kernel = 0, True
        answer = self._asked("solve", False, SETTINGS.kernel_share * self.left(), SETTINGS.kernel_gap)
        self._take_found()
        if answer is not None and len(answer["values"]):
            self._take_values(answer["values"])
        self.most, self._in_kernel = every, False
        self._remove_columns(found)
        return answer is not None and str(answer["word"]) in ("optimal", "infeasible")

    def _asked(self, task: str, careful: bool, seconds: float, least_gap: float = 0.0, basis: Any = ()) -> Any:
        """Run the program on a task, to a relative gap of at least that; return its answer, None without one.

        A relaxation begins with a basis, if there is one.
        """
        for name in ("answer.npz", "found.npy", "bound", "known.npy"):
            (self.room / name).unlink(missing_ok=True)
        units = row_units(self.data, self.linear.matrix, self.linear.most)
        arrays = engine_arrays(self.linear, self.costs, self.data, self.upper, units)
        arrays |= {"most": self.most.astype(float), "start": np.zeros(0) if self.hint is None else self.hint}
        np.savez(self.room / "model.npz", basis=np.array(basis, np.int64), **arrays)
        self._ends = Deadline.after(seconds + LATE)
        gap = max(least_gap, self.gaps()[0])
        command = highs_command(str(self.room), task, seconds, gap, self.limits.threads, presolve=not careful)
        run_child(command, str(self.room), self.written, self._glance)
        with suppress(OSError, ValueError, KeyError), np.load(self.room / "answer.npz") as answer:
            duals = answer["duals"]
            return {**answer, "duals": duals / units if len(duals) == len(units) else duals}
        return None

    def _glance(self) -> bool:
        """Return whether it must stop; exchange bounds and solutions now and then."""
        if self._looked.rings(SETTINGS.glance):
            for bound in () if self._in_kernel else self._bounds():
                self.raise_to(round_up_safely(bound))
            self._take_found()
            if self.improve_incumbent() and self.hint is not None:
                np.save(self.room / "part.npy", self.hint)
                (self.room / "part.npy").replace(self.room / "known.npy")
        return self.should_end() or self._closed() or self._near_enough() or self._ends.expired()

    def _take_found(self) -> None:
        """Take the last solution that HiGHS has reported."""
        with suppress(OSError, ValueError):
            written = (self.room / "found.npy").stat().st_mtime_ns
            if written > self._found:
                self._found = written
                self._take_values(np.load(self.room / "found.npy"))

    def _take_values(self, found: Any) -> None:
        """Take a solution, if it is better than the incumbent; it is the next start."""
        values = self._values(EngineAnswer("stopped", found))
        if values is not None and self._take(values):
            self.hint = values

    def _bounds(self) -> tuple[float, ...]:
        """Return its last bound."""
        with suppress(OSError, ValueError):
            return (float((self.room / "bound").read_text()),)
        return ()

    def _log(self) -> str:
        return self.written.read_text(errors="replace")

"""HiGHS, as SciPy brings it along, on the time-indexed model.

Strong where opening, renting or buying decides: its cuts close what CP-SAT leaves. It takes no warm start and
reports nothing while it runs, so that it runs as a program of its own (`solvers.highs_program`) whose log is read
for bounds and which can be killed. What is believed of its answers says `leptonopt.solvers.mip_run`.
"""

from __future__ import annotations

import re
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.algorithms.models.time_indexed import NO_LIMIT, build_model, has_no_columns, predicted_size
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.child_process import isolated_command, run_child, temporary_folder
from leptonopt.solvers.mip_run import EngineAnswer, MipRun, round_up_safely

MAX_NONZEROS = 10_000_000
PROGRAM = Path(__file__).resolve().parent / "highs_program.py"
GLANCE = 0.5  # seconds between two looks into its log
_RUN = "import runpy; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
WORDS = {0: "optimal", 1: "stopped", 2: "infeasible"}
# Columns of its log: a letter or two, nodes, share explored, then the bound.
_BOUND = re.compile(rb"^.{0,3}\s*\d+\s+\d+\s+\d+\s+[\d.]+%\s+(-?[\d.]+(?:e[+-]?\d+)?)\s", re.MULTILINE)


def solve(
    problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, without: tuple[str, ...] = ()
) -> Solution:
    """Search to a proof or a limit. `without` switches rules off, for tests only."""
    import scipy

    begun, engine = time.monotonic(), f"HiGHS of scipy {scipy.__version__}"
    if has_no_columns(problem):
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine)
    if (nonzeros := predicted_size(problem)[1]) > MAX_NONZEROS:
        note = f"the model may have {nonzeros:,} nonzeros; highs takes at most {MAX_NONZEROS:,}"
        return Solution(Status.UNKNOWN, Stop.FAILED, engine=engine, note=note)
    linear = build_model(problem, without, limits.cutoff)
    with temporary_folder(tempfile.gettempdir()) as room:
        return _Run(room, "highs", problem, linear, warm_start, limits, monitor, begun, not without).solution(engine)


class _Run(MipRun):
    """Solve one model through SciPy, in a child process."""

    def __init__(self, room: str, *made: Any) -> None:
        super().__init__(*made)
        self.room, self._looked = Path(room), 0.0
        self.written = self.room / "engine.log"

    def call(self, careful: bool) -> EngineAnswer:
        """Run once; when the child is killed its log gives the bound."""
        matrix, lower = self.linear.matrix, self.linear.lower
        if not len(self.costs):  # SciPy refuses a model without variables
            return EngineAnswer("optimal", np.zeros(0))
        np.savez(
            self.room / "model.npz",
            costs=self.costs.astype(float),
            data=self.data.astype(float),
            indices=matrix.indices,
            indptr=matrix.indptr,
            lower=np.where(lower <= -NO_LIMIT, -np.inf, lower),
            upper=np.where(self.upper >= NO_LIMIT, np.inf, self.upper),
            most=self.linear.most.astype(float),
        )
        (self.room / "answer.npz").unlink(missing_ok=True)
        words = [str(self.room), f"{max(0.05, self.left()):.2f}", repr(self.gaps()[0]), "0" if careful else "1"]
        run_child(isolated_command(_RUN, str(PROGRAM), *words), str(self.room), self.written, self._glance)
        log = self.written.read_text(errors="replace")
        if not (self.room / "answer.npz").exists():
            return EngineAnswer("nothing", None, self._read(), log)
        with np.load(self.room / "answer.npz") as answer:
            word, values = WORDS.get(int(answer["status"]), "nothing"), answer["values"]
            bounds = (*self._read(), float(answer["bound"]))
        if word == "stopped" and not len(values):
            word = "nothing"
        return EngineAnswer(word, values if len(values) else None, bounds, log)

    def slack(self, found: int) -> float:
        """Return the gap given; with gap 0 it stops only where no integer value is left."""
        return self.gaps()[0] * abs(found)

    def _glance(self) -> bool:
        """Return True when it must stop; report bounds of its log from time to time."""
        if time.monotonic() - self._looked > GLANCE:
            self._looked = time.monotonic()
            for bound in self._read():
                self.raise_to(round_up_safely(bound))
        return self.should_end()

    def _read(self) -> tuple[float, ...]:
        """Return the last bound in its log."""
        with open(self.written, "rb") as log:
            log.seek(max(0, log.seek(0, 2) - 4096))
            found = _BOUND.findall(log.read())
        return (float(found[-1]),) if found else ()

"""A program of its own around highspy.

HiGHS keeps no limit at its root, and must not share a process with ortools.

    python highs_program.py FOLDER TASK SECONDS GAP PRESOLVE THREADS

TASK is `relax` for the linear relaxation or `solve` for the integer program. The program reads FOLDER/model.npz and
writes FOLDER/answer.npz: word, values, bound, duals, basis. A relaxation begins with the basis of model.npz, if that
has one. While it solves, FOLDER/found.npy is its last better solution, FOLDER/bound is its best bound, and
FOLDER/known.npy is read: a solution that another method has found. SIGINT ends it.
The log goes to standard output. It imports nothing of leptonopt, so that it starts quickly.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import highspy
import numpy as np

PAUSE = 0.2  # seconds between two looks at the folder
CALLBACKS = highspy.cb.HighsCallbackType
WORDS = {
    highspy.HighsModelStatus.kOptimal: "optimal",
    highspy.HighsModelStatus.kModelEmpty: "optimal",
    highspy.HighsModelStatus.kInfeasible: "infeasible",
    highspy.HighsModelStatus.kTimeLimit: "stopped",
    highspy.HighsModelStatus.kIterationLimit: "stopped",
    highspy.HighsModelStatus.kSolutionLimit: "stopped",
    highspy.HighsModelStatus.kInterrupt: "stopped",
}


class Exchange:
    """The callbacks of HiGHS: writes bounds and solutions to the folder, and reads those of others."""

    def __init__(self, folder: str) -> None:
        self.folder, self.stopped = folder, False
        self.bound, self.looked, self.known = -np.inf, 0.0, 0.0
        signal.signal(signal.SIGINT, self.stop)

    def stop(self, *_: Any) -> None:
        """Make HiGHS stop at its next callback."""
        self.stopped = True

    def heard(self, kind: Any, _message: str, said: Any, answer: Any, _data: Any) -> None:
        """Take a callback of HiGHS."""
        if kind == CALLBACKS.kCallbackMipImprovingSolution:
            self.write("found.npy", lambda path: np.save(path, np.array(said.mip_solution)))
        elif kind == CALLBACKS.kCallbackMipUserSolution:
            self._pass_on(answer)
        else:
            answer.user_interrupt = self.stopped
            if kind == CALLBACKS.kCallbackMipInterrupt:
                self._note_bound(float(said.mip_dual_bound))

    def write(self, name: str, save: Any) -> None:
        """Write a file of the folder in one step."""
        path = os.path.join(self.folder, name)
        save(path + ".part" + os.path.splitext(name)[1])
        os.replace(path + ".part" + os.path.splitext(name)[1], path)

    def _note_bound(self, bound: float) -> None:
        if bound > self.bound and np.isfinite(bound) and time.monotonic() - self.looked > PAUSE:
            self.bound, self.looked = bound, time.monotonic()
            self.write("bound", lambda path: Path(path).write_text(repr(bound)))

    def _pass_on(self, answer: Any) -> None:
        """Give HiGHS the solution of another method, if there is a new one."""
        path = os.path.join(self.folder, "known.npy")
        if not os.path.exists(path) or (written := os.stat(path).st_mtime) <= self.known:
            return
        self.known = written
        answer.setSolution(np.load(path).astype(float))


def linear_program(model: Any, whole: bool) -> Any:
    """Return the model as HiGHS takes it; `whole` for variables in whole numbers."""
    program = highspy.HighsLp()
    program.num_col_, program.num_row_ = len(model["costs"]), len(model["lower"])
    program.col_cost_, program.col_lower_ = model["costs"], np.zeros(len(model["costs"]))
    program.col_upper_, program.row_lower_, program.row_upper_ = model["most"], model["lower"], model["upper"]
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_, program.a_matrix_.index_ = model["indptr"], model["indices"]
    program.a_matrix_.value_ = model["data"]
    if whole:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        program.integrality_ = [kinds[int(each)] for each in model["whole"]]
    return program


def basis_of(model: Any) -> Any:
    """Return the basis of a model, whose rows behind those of the basis are slack."""
    basis, count = highspy.HighsBasis(), len(model["costs"])
    kinds = [highspy.HighsBasisStatus(number) for number in model["basis"].tolist()]
    slack = [highspy.HighsBasisStatus.kBasic] * (len(model["lower"]) + count - len(kinds))
    basis.col_status, basis.row_status, basis.valid = kinds[:count], kinds[count:] + slack, True
    return basis


def main(folder: str, task: str, seconds: str, gap: str, presolve: str, threads: str) -> None:
    """Solve the model of a folder."""
    model, exchange = np.load(os.path.join(folder, "model.npz")), Exchange(folder)
    engine: Any = highspy.Highs()  # type: ignore[no-untyped-call]
    engine.setOptionValue("log_file", "")
    engine.setOptionValue("time_limit", float(seconds))
    engine.setOptionValue("mip_rel_gap", float(gap))
    engine.setOptionValue("presolve", "choose" if presolve == "1" else "off")
    engine.setOptionValue("threads", int(threads))
    engine.setOptionValue("parallel", "off" if threads == "1" else "on")
    engine.passModel(linear_program(model, task == "solve"))
    engine.setCallback(exchange.heard, None)
    kinds = [CALLBACKS.kCallbackSimplexInterrupt, CALLBACKS.kCallbackIpmInterrupt]
    if task == "solve":
        kinds = [CALLBACKS.kCallbackMipInterrupt, CALLBACKS.kCallbackMipImprovingSolution]
        kinds.append(CALLBACKS.kCallbackMipUserSolution)
        if len(model["start"]):
            places = np.arange(len(model["start"]), dtype=np.int32)
            engine.setSolution(len(places), places, model["start"].astype(float))
    elif len(model["basis"]):
        engine.setBasis(basis_of(model))
    for kind in kinds:
        engine.startCallback(kind)
    engine.run()
    solution, info = engine.getSolution(), engine.getInfo()
    found = solution.value_valid and info.primal_solution_status == highspy.kSolutionStatusFeasible
    basis = engine.getBasis()
    statuses = [*basis.col_status, *basis.row_status] if task == "relax" and basis.valid else []
    answer: Any = {
        "word": WORDS.get(engine.getModelStatus(), "nothing"),
        "values": np.array(solution.col_value if found else [], float),
        "bound": info.mip_dual_bound if task == "solve" else -np.inf,
        "duals": np.array(solution.row_dual if solution.dual_valid else [], float),
        "basis": np.array([int(each) for each in statuses], np.int64),
        "version": engine.version(),
    }
    exchange.write("answer.npz", lambda path: np.savez(path, **answer))


if __name__ == "__main__":
    main(*sys.argv[1:7])

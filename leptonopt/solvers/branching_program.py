"""A program of its own around highspy: branch and bound on sets of columns.

    python -m leptonopt.solvers.branching_program FOLDER SECONDS

HiGHS solves the linear relaxations of `algorithms.branch_and_bound`, each from the basis of the one before. The program
reads FOLDER/model.pickle. While it searches, FOLDER/found.npy holds its last better solution, FOLDER/hint.npy one that
is not whole yet, FOLDER/bound its bound, a whole number that exact multipliers prove, and it reads FOLDER/target: no
solution above it is of use. SIGINT ends it.
"""

from __future__ import annotations

import pickle
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import highspy
import numpy as np

from leptonopt.algorithms.branch_and_bound.root import Root
from leptonopt.algorithms.branch_and_bound.tree import BranchingTask, ColumnTree, RelaxedSolution
from leptonopt.algorithms.models.scaling import engine_arrays, row_units
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.runtime.deadline import Deadline
from leptonopt.solvers.highs_program import CALLBACKS, Exchange, linear_program
from leptonopt.solvers.mip_run import MAX_RANGE

LEFT_OUT = 10.0  # penalty on a task left out, in the target and the largest cost: below, a part of one pays
SHORT = 1e-6  # part of a task that counts as left out
NO_ITERATIONS = 2**31 - 1  # HiGHS: no limit


class HighsRelaxation:
    """The linear relaxation, which is never infeasible.

    Every group that must run may be left out at a penalty.

    Attributes
    ----------
    units : float, shape (R,), what each row was divided by
    """

    def __init__(self, task: BranchingTask, exchange: Exchange, penalty: float) -> None:
        linear, matrix = task.linear, task.linear.matrix
        self.units, self.many = row_units(task.data, matrix, linear.most), len(linear.most)
        program = linear_program(engine_arrays(linear, task.costs, task.data, task.upper, self.units), whole=False)
        engine: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        engine.setOptionValue("output_flag", False)
        engine.setOptionValue("threads", 1)
        engine.passModel(program)
        for row in np.flatnonzero(linear.lower[: len(linear.parts[0].lower)] > 0).tolist():
            engine.addCol(penalty, 0.0, float(linear.lower[row]), 1, np.array([row]), np.array([1 / self.units[row]]))
        engine.setCallback(exchange.heard, None)
        engine.startCallback(CALLBACKS.kCallbackSimplexInterrupt)
        self.engine, self.places = engine, np.arange(self.many, dtype=np.int32)

    def solve(self, least: Ints, most: Ints, basis: Any, iterations: int = 0) -> RelaxedSolution | None:
        """Return a solution of the relaxation between limits; see `Relaxation`."""
        engine = self.engine
        engine.changeColsBounds(self.many, self.places, least.astype(float), most.astype(float))
        engine.setOptionValue("presolve", "choose" if basis is None else "off")
        engine.setOptionValue("simplex_iteration_limit", iterations or NO_ITERATIONS)
        if basis is not None:
            engine.setBasis(basis)
        engine.run()
        solution, info = engine.getSolution(), engine.getInfo()
        whole = engine.getModelStatus() == highspy.HighsModelStatus.kOptimal
        duals = np.array(solution.row_dual, float)
        if not (whole or iterations) or len(duals) != len(self.units):
            return None
        values = np.array(solution.col_value, float)
        short = float(values[self.many :].sum()) > SHORT
        value = float(info.objective_function_value)
        return RelaxedSolution(value, values[: self.many], duals / self.units, engine.getBasis(), short)


class Program:
    """The search, its folder and its clock."""

    def __init__(self, folder: str, seconds: float) -> None:
        self.room, self.deadline, self.told = Path(folder), Deadline.after(seconds), -(2**62)
        task: BranchingTask = pickle.loads((self.room / "model.pickle").read_bytes())
        self.exchange = Exchange(folder)
        self.root = Root(task, MAX_RANGE, self._relaxation, self._over)

    def _relaxation(self, task: BranchingTask) -> HighsRelaxation:
        largest = max(float(task.target), float(task.costs.max(initial=0)))
        return HighsRelaxation(task, self.exchange, LEFT_OUT * (1.0 + largest))

    def _over(self) -> bool:
        """Return whether to stop; read the target."""
        with suppress(OSError, ValueError):
            self.root.target = min(self.root.target, int((self.room / "target").read_text()))
        self.exchange.stopped |= self.deadline.expired()
        return self.exchange.stopped

    def _write(self, name: str, values: Floats) -> None:
        given = self.root.given_values(values)
        self.exchange.write(name, lambda path: np.save(path, given))

    def _tell(self, bound: int, nodes: int) -> None:
        """Write a bound, if it has risen."""
        bound = min(bound, self.root.target + 1)
        if bound > self.told:
            self.told = bound
            self.exchange.write("bound", lambda path: Path(path).write_text(str(bound)))
        held = f"{nodes} nodes, {len(self.root.place)} variables"
        sys.stdout.write(f"{held}, bound {self.told}, target {self.root.target}\n")

    def run(self) -> None:
        """Search, and write the last bound."""
        root = self.root
        root.strengthen(lambda: self._tell(root.bound, 0))
        tree = ColumnTree(
            root.task.linear, root.proof, root.relaxation, partial(self._write, "found.npy"),
            lambda: self._over_of(tree), partial(self._write, "hint.npy"),
        )  # fmt: skip
        tree.target = root.target
        tree.search(lambda: self._tell(tree.bound, tree.nodes))
        self._tell(tree.bound, tree.nodes)

    def _over_of(self, tree: ColumnTree) -> bool:
        """Return whether to stop, and give the tree the target."""
        over = self._over()
        tree.target = self.root.target
        return over


def main() -> None:
    """Run the program."""
    Program(sys.argv[1], float(sys.argv[2])).run()

"""The root of the tree: a bound by cuts, and a model of the columns that are left.

Multipliers of the relaxation exclude columns that no schedule up to the target uses; the model is built again from the
others. Before, cuts that its solution violates join (`models.window_cuts`), round by round, as long as the bound gains
by them. The tree searches the model without cuts: with them its relaxations take longer than they gain (a week of
23 groups, optimum 3,891, 25 to 30 s of CPU time: 28 nodes and 3,789 with them, 46 nodes and 3,866 without).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.branch_and_bound.tree import BranchingTask, Relaxation, RelaxedSolution
from leptonopt.algorithms.models.reduced_costs import DualProof, ReducedCosts
from leptonopt.algorithms.models.scaling import coarsened
from leptonopt.algorithms.models.time_indexed import IntegerProgram, model_of
from leptonopt.algorithms.models.window_cuts import with_violated
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.problem import StartColumns


@dataclass(frozen=True)
class RootSettings:
    """Settings of the rounds.

    Attributes
    ----------
    rounds : rounds at most
    gain : least gain of a round for another one, as a share of what is left to the target
    """

    rounds: int = 20
    gain: float = 0.01


SETTINGS = RootSettings()


class Root:
    """A model, its relaxation and what that proves.

    Attributes
    ----------
    target : no schedule above it is of use; it may fall
    task, proof, relaxation : the model, its proofs and its relaxation
    place : int64, shape (V,), where each of its variables is in the model given
    bound : what is proven: every schedule costs so much, or more than the target
    """

    def __init__(
        self, task: BranchingTask, largest: int, made: Callable[[BranchingTask], Relaxation], over: Callable[[], bool]
    ) -> None:
        self.largest, self.made, self.over = largest, made, over
        self.target, self.place, self.many = task.target, np.arange(len(task.costs)), len(task.costs)
        self.bound = -(2**62)
        self._take(task)

    def strengthen(self, tell: Callable[[], object]) -> None:
        """Raise the bound by cuts until that gains little, and exclude columns.

        `tell` is called after each round.
        """
        plain, before = self.task, -(2**62)
        if any(rows.name == "cutoff" for rows in plain.linear.parts):  # a row of this model alone
            return
        found = self._relaxed()
        for _ in range(SETTINGS.rounds):
            tell()
            if found is None or self.bound - before < SETTINGS.gain * (self.target - before):
                break
            proven, before = found[1], self.bound
            cut = with_violated(self.task.linear, found[0].values)
            if cut is None:
                break
            self._take(self._task(cut, plain.costs))
            found = self._relaxed() or (found[0], proven)
        if found is not None:
            self._exclude(plain, found[1])

    def given_values(self, values: Floats) -> Floats:
        """Return values of the variables as those of the model given, float, shape (V,)."""
        given = np.zeros(self.many)
        given[self.place] = values
        return given

    def _task(self, linear: IntegerProgram, costs: Ints) -> BranchingTask:
        """Return a model as the engine gets it."""
        data, upper, _ = coarsened(linear, self.largest)
        return BranchingTask(linear, costs, data, upper, self.target)

    def _take(self, task: BranchingTask) -> None:
        """Take over a model."""
        self.task, self.relaxation = task, self.made(task)
        self.proof = DualProof(task.linear, task.costs, task.data, task.upper)

    def _relaxed(self) -> tuple[RelaxedSolution, ReducedCosts] | None:
        """Return the solution of the relaxation and what its multipliers prove; None where it is over."""
        most = self.task.linear.most
        solved = self.relaxation.solve(np.zeros_like(most), most, None)
        if solved is None or self.over() or (proven := self.proof.prove(solved.duals)) is None:
            return None
        self.bound = max(self.bound, proven.bound_in_units)
        return solved, proven

    def _exclude(self, plain: BranchingTask, proven: ReducedCosts) -> None:
        """Build the model without cuts, from the columns that may be of use."""
        linear, many = plain.linear, len(plain.linear.columns.option)
        kept = np.ones(len(self.place), bool)
        kept[proven.useless(self.target)] = False
        kept[many:] = True
        own, columns = np.flatnonzero(kept[:many]), linear.columns
        fewer = StartColumns(columns.option[own], columns.start[own], columns.cost[own])
        made = model_of(linear.problem, fewer, (), None, linear.variables.coarse)
        if len(made.most) == int(kept.sum()):  # else sets of tasks have fewer variables for pools
            self.place = self.place[kept]
            plain = self._task(made, plain.costs[kept])
        self._take(plain)

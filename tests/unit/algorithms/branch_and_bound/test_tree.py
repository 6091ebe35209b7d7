"""The tree proves the optimum of brute force, with another solver of relaxations than the method's."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linprog

from leptonopt.algorithms.branch_and_bound.tree import ColumnTree, RelaxedSolution
from leptonopt.algorithms.models.reduced_costs import DualProof
from leptonopt.algorithms.models.time_indexed import IntegerProgram, build_model, normalise_costs
from leptonopt.problem.arrays import Floats, Ints
from tests.helpers import bruteforce


class SlowRelaxation:
    """Solves every relaxation from scratch."""

    def __init__(self, linear: IntegerProgram, costs: Ints) -> None:
        self.linear, self.costs = linear, costs
        matrix = linear.matrix.toarray()
        self.rows = np.concatenate([matrix, -matrix])
        sides = np.concatenate([linear.upper, -linear.lower]).astype(float)
        self.kept = np.abs(sides) < 2**60
        self.rows, self.sides = self.rows[self.kept], sides[self.kept]

    def solve(self, least: Ints, most: Ints, basis: Any, iterations: int = 0) -> RelaxedSolution | None:
        """Return the optimum; None where there is none."""
        said = linprog(self.costs, self.rows, self.sides, bounds=np.stack([least, most], axis=1))
        if said.status:
            return None
        both = np.zeros(len(self.kept))
        both[self.kept] = said.ineqlin.marginals
        duals: Floats = both[: len(both) // 2] - both[len(both) // 2 :]
        return RelaxedSolution(said.fun, said.x, duals, None, short=False)


def test_the_bound_is_the_optimum_where_no_node_is_infeasible() -> None:
    """Its bound never passes the optimum, and meets it where every relaxation could be solved."""
    met = 0
    for seed, problem, best in bruteforce.solved(range(24), 100_000):
        linear = build_model(problem)
        costs, divisor, constant = normalise_costs(linear)
        if not len(costs):
            continue
        proof = DualProof(linear, costs, linear.matrix.data, linear.upper)
        tree = ColumnTree(linear, proof, SlowRelaxation(linear, costs), lambda values: None, lambda: False)
        tree.target = (best[0] - constant) // divisor
        tree.search()
        assert tree.bound <= tree.target, seed
        met += tree.bound == tree.target
    assert met > 6

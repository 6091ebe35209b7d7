"""The relaxation of the program is never infeasible: tasks that fit nowhere are left out at a penalty."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import numpy as np
from leptonopt.algorithms.branch_and_bound.tree import BranchingTask
from leptonopt.algorithms.models.time_indexed import build_model, normalise_costs
from leptonopt.solvers.branching_program import HighsRelaxation
from leptonopt.solvers.highs_program import Exchange
from tests.helpers.random_problems import problem

for seed in range(99):
    linear = build_model(problem(seed))
    costs, _, _ = normalise_costs(linear)
    task = BranchingTask(linear, costs, linear.matrix.data, linear.upper, 0)
    relaxation = HighsRelaxation(task, Exchange("."), 1e4)
    least = np.zeros(len(linear.most), int)
    free = relaxation.solve(least, linear.most, None)
    if not free.short and not linear.problem.optional.all():
        break
shut = relaxation.solve(least, np.where(np.arange(len(least)) < len(linear.group), 0, linear.most), free.basis)
assert not free.short and shut.short and shut.value > free.value
assert np.allclose(relaxation.solve(least, linear.most, shut.basis).value, free.value)
"""


def test_a_task_that_fits_nowhere_is_left_out() -> None:
    """Limits at zero leave a solution that is short; without them it is the first one again."""
    subprocess.run([sys.executable, "-c", CODE], check=True, timeout=60)

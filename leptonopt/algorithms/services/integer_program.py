"""Solve the integer program of a part of a problem by HiGHS, through SciPy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.models.scaling import row_units, scaled_entries
from leptonopt.algorithms.models.time_indexed import NO_LIMIT, build_model, decode
from leptonopt.problem.problem import Problem
from leptonopt.problem.rounding import round_up_safely
from leptonopt.problem.schedule import Schedule


@dataclass(frozen=True, eq=False)
class IntegerAnswer:
    """A lower bound and a schedule, each None where there is none in time."""

    bound: int | None
    schedule: Schedule | None


def solve_integer(problem: Problem, seconds: float, gap: float) -> IntegerAnswer:
    """Return what HiGHS finds and proves within some seconds, to a relative gap.

    Its bound is rounded up to the next integer, less what its tolerances may hide. Schedules are to be checked.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # loads slowly

    linear = build_model(problem)
    units, matrix = row_units(linear.matrix.data, linear.matrix, linear.most), linear.matrix.astype(float)
    matrix.data = scaled_entries(linear.matrix.data, matrix, units)
    low = np.where(linear.lower <= -NO_LIMIT, -np.inf, linear.lower / units)
    high = np.where(linear.upper >= NO_LIMIT, np.inf, linear.upper / units)
    found = milp(
        linear.cost.astype(float),
        constraints=LinearConstraint(matrix, low, high),
        bounds=Bounds(0, linear.most.astype(float)),
        integrality=linear.whole.astype(int),
        options={"time_limit": seconds, "mip_rel_gap": gap},
    )
    bound, value = None, found.mip_dual_bound
    if value is not None and math.isfinite(value):
        bound = round_up_safely(value)
    schedule = None if found.x is None else decode(linear, np.rint(found.x).astype(np.int64))
    return IntegerAnswer(bound, schedule)

"""Solve the integer program of a part of a problem by HiGHS, through SciPy."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from leptonopt.algorithms.models.scaling import scaled_rows
from leptonopt.algorithms.models.time_indexed import IntegerProgram, build_model, decode, normalise_costs
from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import SHORTEST_CALL
from leptonopt.problem.rounding import round_up_safely
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Deadline

INFEASIBLE = 2  # status of SciPy


@dataclass(frozen=True, eq=False)
class IntegerAnswer:
    """A lower bound and a schedule, each None where there is none in time.

    `infeasible` says that there is no schedule.
    """

    bound: int | None
    schedule: Schedule | None
    infeasible: bool = False


def engine_name() -> str:
    """Return the name and the version of what solves."""
    from scipy import __version__  # loads slowly

    return f"HiGHS of scipy {__version__}"


def solve_integer(problem: Problem, seconds: float, gap: float) -> IntegerAnswer:
    """Return what HiGHS finds and proves within some seconds, to a relative gap.

    Its bound is rounded up to the next integer, less what its tolerances may hide. Schedules are to be checked. Nothing
    is called infeasible unless it is so again without preprocessing.
    """
    deadline = Deadline.after(seconds)
    linear = build_model(problem, coarse=True)
    costs, divisor, constant = normalise_costs(linear)
    found = call_highs(linear, costs, seconds, gap)
    bound, value = None, found.mip_dual_bound
    if value is not None and math.isfinite(value):
        bound = constant + divisor * round_up_safely(value)
    schedule = None if found.x is None else decode(linear, np.rint(found.x).astype(np.int64))
    denied = found.status == INFEASIBLE and _denied_again(linear, costs, deadline)
    return IntegerAnswer(bound, schedule, denied)


def _denied_again(linear: IntegerProgram, costs: Ints, deadline: Deadline) -> bool:
    """Return whether there is no solution without preprocessing either."""
    return bool(call_highs(linear, costs, max(0.1, deadline.left()), 0.0, presolve=False).status == INFEASIBLE)


def call_highs(
    linear: IntegerProgram,
    costs: Ints,
    seconds: float,
    gap: float,
    presolve: bool = True,
    low: Floats | None = None,
    high: Floats | None = None,
    whole: Bools | None = None,
) -> Any:
    """Return the answer of SciPy; variables are from `low`, or 0, to `high`, or their most."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # loads slowly

    return milp(
        costs.astype(float),
        constraints=LinearConstraint(*scaled_rows(linear)),
        bounds=Bounds(0 if low is None else low, linear.most.astype(float) if high is None else high),
        integrality=(linear.whole if whole is None else whole).astype(int),
        options={"time_limit": max(SHORTEST_CALL, seconds), "mip_rel_gap": gap, "presolve": presolve},
    )

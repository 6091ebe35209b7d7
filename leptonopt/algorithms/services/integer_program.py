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
FREE = 1e-6  # steps of money up to which nothing is paid


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


def solve_integer(problem: Problem, seconds: float, gap: float, whole_money: bool = False) -> IntegerAnswer:
    """Return what HiGHS finds and proves within some seconds, to a relative gap.

    Money for requests missed is whole, or may be fractional: the bound is then short of its rounding at most, and HiGHS
    finds plans where it finds none, or poor ones, in millions of steps of money.

    Its bound is rounded up to the next integer, less what its tolerances may hide. Schedules are to be checked. Nothing
    is called infeasible unless it is so again without preprocessing.
    """
    deadline = Deadline.after(seconds)
    linear = build_model(problem, coarse=True)
    costs, divisor, constant = normalise_costs(linear)
    money = _money(linear)
    whole = linear.whole if whole_money else linear.whole & ~money
    found = _solved(linear, costs, seconds, gap, whole)
    bound, value = None, found.mip_dual_bound
    if value is not None and math.isfinite(value):
        bound = constant + divisor * round_up_safely(value)
    schedule = None if found.x is None else decode(linear, _values(found.x, linear, money & ~whole))
    denied = found.status == INFEASIBLE and _denied_again(linear, costs, deadline)
    return IntegerAnswer(bound, schedule, denied)


def _money(linear: IntegerProgram) -> Bools:
    """Return which variables are money for requests missed, bool, shape (V,)."""
    money = np.zeros(len(linear.most), bool)
    for name, at in linear.variables.services.items():
        money[at] = name[0] == "p"
    return money


def _values(found: Floats, linear: IntegerProgram, fractional: Bools) -> Ints:
    """Return values in whole numbers: of money that is fractional enough to pay for what is missed."""
    paid = np.where(found > FREE, np.ceil(found) + 1, 0)
    return np.minimum(np.where(fractional, paid, np.rint(found)).astype(np.int64), linear.most)


def _denied_again(linear: IntegerProgram, costs: Ints, deadline: Deadline) -> bool:
    """Return whether there is no solution without preprocessing either."""
    seconds = max(0.1, deadline.left())
    return bool(_solved(linear, costs, seconds, 0.0, linear.whole, presolve=False).status == INFEASIBLE)


def _solved(
    linear: IntegerProgram, costs: Ints, seconds: float, gap: float, whole: Bools, presolve: bool = True
) -> Any:
    """Return the answer of SciPy."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # loads slowly

    return milp(
        costs.astype(float),
        constraints=LinearConstraint(*scaled_rows(linear)),
        bounds=Bounds(0, linear.most.astype(float)),
        integrality=whole.astype(int),
        options={"time_limit": max(SHORTEST_CALL, seconds), "mip_rel_gap": gap, "presolve": presolve},
    )

"""Solve the integer program of a small problem in this process, without the start of a worker."""

from __future__ import annotations

from leptonopt.algorithms.models.time_indexed import predicted_size
from leptonopt.algorithms.services.integer_program import engine_name, solve_integer
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.clock import run_interruptible

SHARE = 0.25  # of the time left
SMALL = 30_000  # nonzeros: HiGHS then proves most in tenths of a second


def is_small(problem: Problem) -> bool:
    """Return whether the integer program of a problem is solved in this process."""
    return predicted_size(problem)[1] <= SMALL


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Return what HiGHS finds and proves, through SciPy."""
    engine, seconds = engine_name(), SHARE * limits.start().left()
    answer = run_interruptible(solve_integer, problem, seconds, limits.gap)
    if answer.infeasible:
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine)
    found = answer.schedule
    if found is None or violated_rules(problem, found):
        return Solution.claim(None, None, answer.bound, Stop.LIMIT, engine)
    return Solution.claim(found, objective(problem, found), answer.bound, Stop.LIMIT, engine)

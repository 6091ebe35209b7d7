"""Judging a method's answer by brute force."""

from __future__ import annotations

from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Solution, Status
from leptonopt.problem.schedule import objective
from tests.helpers import bruteforce
from tests.helpers.recording_monitor import Ear


def optimum(problem: Problem) -> int | None:
    """Return the least cost; None when there is no schedule."""
    found = bruteforce.optimum(problem, 300_000)
    return None if found is None else found[0]


def honest(problem: Problem, answer: Solution, ear: Ear | None = None) -> int | None:
    """Check all claims of an answer, whatever the method, and return the optimum."""
    best = optimum(problem)
    bounds = [*(ear.bounds if ear else ()), *([] if answer.bound is None else [answer.bound])]
    if best is None:
        assert answer.schedule is None
        return None
    assert answer.status is not Status.INFEASIBLE
    assert all(bound <= best for bound in bounds)
    if answer.schedule is not None:
        assert violated_rules(problem, answer.schedule) == set()
        cost = objective(problem, answer.schedule)
        assert cost >= best
        assert answer.status is not Status.OPTIMAL or cost == best
    return best

"""Branch and bound without an engine, for problems of a few tasks: nothing is started or loaded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.branch_and_bound.enumeration import BranchAndBound, unsupported_rule
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective


@dataclass(frozen=True)
class SmallProblems:
    """Sizes up to which `auto` begins with this method, and its effort.

    Attributes
    ----------
    copies, columns : at most, each pair of an option and a start counted as a column
    fields : rows times slots, at most
    effort : tests of columns; about half a million take a second
    all : tests of columns in a run of its own, at most
    """

    copies: int = 12
    columns: int = 3_000
    fields: int = 4_000
    effort: int = 60_000
    all: int = 10**12


SMALL = SmallProblems()


def is_small(problem: Problem) -> bool:
    """Return whether `auto` begins with this method."""
    columns = int((problem.last - problem.first + 1).sum())
    return (
        int(problem.copies.sum()) <= SMALL.copies
        and columns <= SMALL.columns
        and problem.capacity.size <= SMALL.fields
        and unsupported_rule(problem) is None
    )


def solve(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Search the whole tree within the limits."""
    return _searched(problem, warm_start, limits, monitor, SMALL.all)


def first(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor) -> Solution:
    """Search the tree of a small problem for some milliseconds; leave others alone."""
    if not is_small(problem):
        return Solution(Status.UNKNOWN, Stop.DONE)
    return _searched(problem, warm_start, limits, monitor, SMALL.effort)


def _searched(problem: Problem, warm_start: Schedule | None, limits: Limits, monitor: Monitor, effort: int) -> Solution:
    if rule := unsupported_rule(problem):
        return Solution(Status.UNKNOWN, Stop.FAILED, note=f"branch-and-bound does not take {rule}; cpsat and highs do")
    engine, until = f"numpy {np.__version__}", limits.start()
    below = None if warm_start is None else objective(problem, warm_start)
    if limits.cutoff is not None:
        below = limits.cutoff + 1 if below is None else min(below, limits.cutoff + 1)
    search = BranchAndBound(
        problem, effort, lambda: monitor.should_stop() or until.left() <= 0, monitor.incumbent, below
    )
    done = search.run()
    best = warm_start if search.best is None else search.best[0]
    if not done:
        stop = Stop.LIMIT if until.left() <= 0 else Stop.DONE
        return Solution.claim(best, None, search.bound, stop, engine)
    if best is None:
        return Solution(Status.INFEASIBLE, Stop.PROOF, engine=engine)
    cost = objective(problem, best)
    return Solution(Status.OPTIMAL, Stop.PROOF, best, cost, engine)

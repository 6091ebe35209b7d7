"""Whether a document has a plan, by brute force: one function, on which the judgement of `explain` rests."""

from __future__ import annotations

from math import comb, prod
from typing import Any

import numpy as np

from leptonopt.compile.compiler import compile_instance
from leptonopt.infeasibility.feasibility_check import without_costs
from leptonopt.instance import validate
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits
from leptonopt.solvers import cpsat
from tests.helpers.bruteforce import optimum
from tests.helpers.recording_monitor import Ear


def has_plan(document: dict[str, Any], most: int = 4_000) -> bool:
    """Try everything, at no cost so that the first plan ends it; where that is too much, ask CP-SAT for a proof."""
    compiled = compile_instance(validate(document))
    if compiled.impossible:
        return False
    problem = without_costs(compiled.problem)
    try:
        if ways_to_run(problem) > 30_000 or ways_to_rent(problem) > 6_000:
            raise OverflowError
        return optimum(problem, most) is not None
    except OverflowError:
        found = cpsat.solve(problem, None, Limits(60), Ear())
        assert found.status in ("optimal", "infeasible")
        return found.status == "optimal"


def ways_to_run(problem: Problem) -> int:
    """How many ways there are to choose a column for every copy."""
    columns = np.bincount(problem.group[problem.columns.option], minlength=problem.groups).tolist()
    return prod(
        comb(max(0, each + copies - 1), copies) for each, copies in zip(columns, problem.copies.tolist(), strict=True)
    )


def ways_to_rent(problem: Problem) -> int:
    """How many ways there are to have nodes on and committed."""
    nodes = problem.nodes
    return prod(1 + count for count in [*nodes.count.ravel().tolist(), *nodes.commit_max.tolist()])

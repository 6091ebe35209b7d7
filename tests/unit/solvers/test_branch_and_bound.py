"""The method: proofs, refusals, warm starts and cutoffs."""

from __future__ import annotations

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.solvers import branch_and_bound
from leptonopt.solvers.branch_and_bound import is_small, solve
from tests.unit.decisions.test_answer import instance


def problem(gpus: int) -> Problem:
    """Return three tasks on some free devices, and dear ones."""
    return compile_instance(validate(instance(gpus))).problem


def test_proofs() -> None:
    """The optimum, the same from a warm start, and nothing below it."""
    found = solve(problem(2), None, Limits(), NullMonitor())
    assert found.status is Status.OPTIMAL
    assert found.bound is not None
    again = solve(problem(2), found.schedule, Limits(), NullMonitor())
    assert (again.status, again.schedule) == (Status.OPTIMAL, found.schedule)
    assert solve(problem(2), None, Limits(cutoff=found.bound - 1), NullMonitor()).status is Status.INFEASIBLE
    assert solve(problem(2), None, Limits(cutoff=found.bound), NullMonitor()).bound == found.bound


def test_refusals() -> None:
    """A rule that the method does not have is named."""
    document = instance(2)
    document["apart"] = [["x", "y"]]
    result = leptonopt.solve(document, method="branch-and-bound", time_limit=5)
    assert result.status == "unknown"
    assert any("branch-and-bound does not take affinity" in note for note in result.notes)


def test_auto_begins_with_it() -> None:
    """Small problems are proven by it alone, whatever the threads; larger ones go on with other methods."""
    assert is_small(problem(2))
    result = leptonopt.solve(instance(2), time_limit=5)
    assert (result.status, result.document["proof"]["by"]) == ("optimal", ["branch-and-bound"])
    large = instance(2)
    large["tasks"][0]["copies"] = 20
    large["pools"][1]["capacity"]["gpu"] = 40
    assert not is_small(compile_instance(validate(large)).problem)
    assert leptonopt.solve(large, time_limit=10).status == "optimal"
    assert branch_and_bound.SMALL.copies < 20

"""Chains as whole tasks: their schedules are schedules of the problem with chains."""

from __future__ import annotations

from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import objective
from leptonopt.problem.whole_chains import whole_chains
from leptonopt.solvers import cpsat
from tests.helpers.cut_problems import cut_problem, drawn_problems


def test_a_chain_is_one_group() -> None:
    """The options are those of the first segment that do all of the work."""
    problem = cut_problem({"segments": {"most": 3}, "due": "2026-01-05T01:00Z", "late_cost": 1})
    whole = whole_chains(problem)
    assert whole.problem.groups == 1
    assert whole.problem.duration.tolist() == [3]
    assert whole.problem.late_slope[0] == problem.late_slope[2] > 0
    assert whole.problem.chains == whole.problem.quotas == ()


def test_what_cannot_run_as_a_whole_is_left_out() -> None:
    """A task that only fits around maintenance has no group."""
    window = [{"from": "2026-01-05T02:00Z", "to": "2026-01-05T06:00Z"}]
    assert whole_chains(cut_problem({"segments": True}, maintenance=window)).problem.groups == 0


def test_schedules_are_schedules_of_the_problem_with_chains() -> None:
    """On drawn problems an optimal schedule of whole tasks keeps all rules at the same cost, where all can run so."""
    compared = 0
    for problem in drawn_problems(range(40)):
        whole = whole_chains(problem)
        found = cpsat.solve(whole.problem, None, Limits(5), NullMonitor()).schedule
        if found is not None:
            schedule = whole.schedule(found)
            assert violated_rules(problem, schedule) <= {"once"}
            groups = problem.groups - sum(len(chain.groups) - 1 for chain in problem.chains)
            if whole.problem.groups == groups:
                assert violated_rules(problem, schedule) == set()
                assert objective(problem, schedule) == objective(whole.problem, found)
                compared += 1
    assert compared > 5

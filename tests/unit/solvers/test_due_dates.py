"""Dispatching rules for lateness as methods: plans that keep the rules, at the cost of the rule's order."""

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.problem.schedule import objective
from leptonopt.solvers import due_dates

RULES = (due_dates.apparent_tardiness, due_dates.earliest_due, due_dates.weighted_shortest)


def three_jobs() -> Problem:
    """Jobs of 4, 2 and 6 hours on one machine, due after 10, 12 and 6 hours, at 1, 4 and 3 per hour late."""
    tasks = [
        {"id": f"j{at}", "due": f"2026-01-05T{due:02d}:00Z", "late_cost": cost,
         "options": [{"pool": "m", "uses": {"m": 1}, "duration": f"{length}h"}]}
        for at, (length, due, cost) in enumerate([(4, 10, 1), (2, 12, 4), (6, 6, 3)])
    ]  # fmt: skip
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "24h"}
    pools = [{"id": "m", "capacity": {"m": 1}}]
    document = {"leptonopt": 1, "name": "jobs", "time": time, "pools": pools, "tasks": tasks}
    return compile_instance(leptonopt.Instance.model_validate(document)).problem


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        (due_dates.earliest_due, 0),  # 6, then 4, then 2 hours
        (due_dates.weighted_shortest, 2 * 3 + 2 * 1),  # 2, then 6 (two hours late), then 4 (two hours late)
        (due_dates.apparent_tardiness, 2),  # 6, then 2, then 4 hours: two hours late
    ],
)
def test_the_cost_is_that_of_the_order(rule, cost):
    problem = three_jobs()
    found = rule(problem, None, Limits(5.0), NullMonitor())
    assert found.status is Status.FEASIBLE
    assert objective(problem, found.schedule) == cost * int(problem.late_slope.min())


@pytest.mark.parametrize("rule", RULES)
def test_plans_of_a_generated_family_keep_the_rules(rule):
    problem = compile_instance(leptonopt.generate("gavel", tasks=30, seed=2)).problem
    found = rule(problem, None, Limits(10.0), NullMonitor())
    assert found.schedule is not None
    assert not violated_rules(problem, found.schedule)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_ends_when_it_is_told_to_stop(rule):
    problem = compile_instance(leptonopt.generate("gavel", tasks=200, seed=2)).problem
    found = rule(problem, None, Limits(10.0), NullMonitor(lambda: True))
    assert found.schedule is None

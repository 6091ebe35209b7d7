"""Dispatching rules as methods: plans that keep the rules, at the cost of the rule's order."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.problem.schedule import objective
from leptonopt.solvers import dispatching
from leptonopt.solvers.dispatching import cheapest_option, earliest_deadline, least_loaded
from tests.helpers.answers import honest
from tests.helpers.random_problems import problem as drawn
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem

RULES = (dispatching.apparent_tardiness, dispatching.earliest_due, dispatching.weighted_shortest)


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
        (dispatching.earliest_due, 0),  # 6, then 4, then 2 hours
        (dispatching.weighted_shortest, 2 * 3 + 2 * 1),  # 2, then 6 (two hours late), then 4 (two hours late)
        (dispatching.apparent_tardiness, 2),  # 6, then 2, then 4 hours: two hours late
    ],
)
def test_the_cost_is_that_of_the_order(rule: Any, cost: int) -> None:
    made = three_jobs()
    found = rule(made, None, Limits(5.0), NullMonitor())
    assert found.status is Status.FEASIBLE
    assert objective(made, found.schedule) == cost * int(made.late_slope.min())


@pytest.mark.parametrize("rule", RULES)
def test_plans_of_a_generated_family_keep_the_rules(rule: Any) -> None:
    made = compile_instance(leptonopt.generate("gavel", tasks=30, seed=2)).problem
    found = rule(made, None, Limits(10.0), NullMonitor())
    assert found.schedule is not None
    assert not violated_rules(made, found.schedule)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_ends_when_it_is_told_to_stop(rule: Any) -> None:
    made = compile_instance(leptonopt.generate("gavel", tasks=200, seed=2)).problem
    found = rule(made, None, Limits(10.0), NullMonitor(lambda: True))
    assert found.schedule is None


def places(rule: Any, made: Problem) -> list[tuple[int, int, int]]:
    """Return option, start and count of all runs of a rule's schedule."""
    found = rule(made, None, Limits(), Ear())
    assert found.schedule is not None
    return list(found.schedule)


def test_tasks_spread_over_the_pools() -> None:
    """The second and the third go where there is less, in shares of the capacity."""
    ways = (option(1, {0: 1}), option(1, {1: 1}, fixed=9, pool=1))
    made = problem(*[group(*ways)] * 3, capacity=[[4, 4], [8, 8]])
    assert sorted(int(made.pool[each]) for each, _, _ in places(least_loaded, made)) == [0, 1, 1]


def test_the_urgent_task_goes_first() -> None:
    """In the order stated it would come too late."""
    made = problem(group(option(1, {0: 1})), group(option(1, {0: 1}, last=0)), capacity=[[1, 1]])
    assert places(earliest_deadline, made) == [(0, 1, 1), (1, 0, 1)]


def test_the_option_that_ends_first() -> None:
    """Whatever it costs."""
    made = problem(group(option(3, {0: 1}), option(1, {0: 1}, fixed=9)), capacity=[[1, 1, 1]])
    assert places(earliest_deadline, made) == [(1, 0, 1)]


def test_the_cheapest_option_first() -> None:
    """The second task finds the cheap pool taken at first, and waits for it; prices by time do not count."""
    cheap, dear = option(1, {0: 1}, fixed=1), option(1, {1: 1}, fixed=5, pool=1)
    made = problem(group(dear, cheap), group(dear, cheap), capacity=[[1, 1], [1, 1]])
    assert places(cheapest_option, made) == [(1, 0, 1), (3, 1, 1)]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("rule", [least_loaded, earliest_deadline, cheapest_option])
def test_claims_are_true(rule: Any, seed: int) -> None:
    """On random problems."""
    made, ear = drawn(seed, groups=3, slots=5), Ear()
    honest(made, rule(made, None, Limits(time_limit=5), ear), ear)

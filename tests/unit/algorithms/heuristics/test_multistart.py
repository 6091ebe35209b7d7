"""Greedy ends when its own time is up, whether or not it has found anything, and builds a first order whole."""

import dataclasses
import time
from itertools import count

import numpy as np
import pytest

import leptonopt
from leptonopt.algorithms.heuristics import multistart
from leptonopt.algorithms.heuristics.insertion import insert_copies
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.node_form import COUNTED
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Stop
from leptonopt.problem.schedule import with_node_schedule
from leptonopt.solvers import greedy


@pytest.fixture
def tight() -> Problem:
    """Packed so closely that mending fails for seconds."""
    return compile_instance(leptonopt.generate("lumpy", tasks=100, load=0.95)).problem


@pytest.mark.parametrize(("search", "most"), [(greedy.solve, 100), (greedy.baseline, 40)])
def test_ends_without_a_plan_when_the_time_is_up(monkeypatch, tight, search, most):
    """On a clock that goes on by a hundredth of the limit whenever it is looked at."""
    looks = count()
    monkeypatch.setattr(time, "monotonic", lambda: next(looks) * 0.01)
    found = search(tight, None, Limits(1.0), NullMonitor())
    assert found.schedule is None
    assert found.stop is Stop.LIMIT
    assert next(looks) <= most + 20  # each order that is left looks once, and is not begun
    assert "found no place" in found.note


def test_a_plan_of_the_first_order_is_given_even_when_others_must_have_their_time(monkeypatch):
    loose = compile_instance(leptonopt.generate("gaia", tasks=100)).problem
    ticks = iter(np.concatenate([[0.0], np.full(10_000, 0.5)]).tolist())
    monkeypatch.setattr(time, "monotonic", lambda: next(ticks))
    assert greedy.baseline(loose, None, Limits(1.0), NullMonitor()).schedule is not None


def two_pools(budget: int) -> Problem:
    """Two jobs of two hours; a node for each of them costs 2 by the hour, room without nodes costs 9."""
    nodes = {"id": "rented", "size": {"gpu": 1}, "count": 2, "price": 2}
    pools = [{"id": "cloud", "nodes": nodes}, {"id": "spot", "capacity": {"gpu": 2}, "price": {"gpu": 9}}]
    option = {"pools": ["cloud", "spot"], "uses": {"gpu": 1}, "duration": "2h"}
    document = {
        "leptonopt": 1,
        "name": "budget",
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "2h"},
        "pools": pools,
        "tasks": [{"id": "a", "options": [option]}, {"id": "b", "options": [option]}],
        "quotas": [{"id": "q", "of": "money", "limit": budget, "pools": ["cloud"]}],
    }
    return compile_instance(leptonopt.Instance.model_validate(document)).problem


@pytest.mark.parametrize(("budget", "rented"), [(8, 2), (7, 1), (4, 1), (3, 0)])
def test_the_money_of_nodes_counts_while_tasks_are_placed(budget, rented):
    """Each job spends 4 on nodes; what the budget does not pay goes to the dearer pool."""
    problem = two_pools(budget)
    placing = PartialSchedule(problem)
    for group in range(problem.groups):
        assert insert_copies(placing, group, CostGuide.true(problem, BlockPricer(problem)))
    found = with_node_schedule(problem, placing.schedule())
    assert not violated_rules(problem, found)
    assert found.count[problem.pool[found.option] == 0].sum() == rented


def test_kernels_alone_construct_where_tasks_are_many(monkeypatch):
    made = compile_instance(leptonopt.generate("platform", tasks=30, seed=4), COUNTED).problem
    limits = Limits(60.0, deterministic=True, work=0.2)
    monkeypatch.setattr(multistart, "TUNING", dataclasses.replace(multistart.TUNING, listed_groups=20))
    monkeypatch.setattr(multistart.MultiStart, "build", lambda *_: pytest.fail("tasks were placed one by one"))
    found = greedy.solve(made, None, limits, NullMonitor()).schedule
    assert found is not None
    assert not violated_rules(made, found)


@pytest.mark.parametrize(("share", "priced"), [(0.4, 0), (1.0, 1)])
def test_a_baseline_leaves_multipliers_to_the_annealing_that_follows(monkeypatch, share, priced):
    """Greedy alone constructs with them too, where a search under penalties has found a plan."""
    problem, calls = two_pools(budget=100), list[object]()
    monkeypatch.setattr(multistart.MultiStart, "search_jobs", lambda self, last=False: True)
    monkeypatch.setattr(multistart.MultiStart, "run_with_multipliers", lambda self, ranks: calls.append(ranks))
    search = multistart.MultiStart(problem, BlockPricer(problem), Limits(5.0), NullMonitor(), share)
    search.run()
    assert search.found is not None
    assert len(calls) == priced

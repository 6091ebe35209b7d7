"""Branch and bound against brute force."""

from __future__ import annotations

import random
from typing import Any

import pytest

from leptonopt.algorithms.branch_and_bound.enumeration import LOOKS, BranchAndBound, unsupported_rule
from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.instance import validate
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.solvers import cpsat
from tests.helpers import bruteforce, random_instances
from tests.helpers.marks import first


def compiled(seed: int) -> CompiledInstance:
    """Return a random tiny instance, compiled."""
    return compile_instance(validate(random_instances.instance(seed, tasks=3, slots=5)))


@pytest.mark.parametrize("block", first(2, range(20), ci=10))
def test_against_brute_force(block: int) -> None:
    """The least cost is found, or that there is none, with precedence, copies, quotas and tasks left out."""
    compared = 0
    for seed in range(100 * block, 100 * block + 100):
        made = compiled(seed)
        problem = made.problem
        if made.impossible or unsupported_rule(problem):
            continue
        try:
            known = bruteforce.optimum(problem)
        except OverflowError:
            continue
        search = BranchAndBound(problem, 10**9, lambda: False, lambda schedule, cost: None)
        assert search.run(), seed
        assert (search.best and search.best[1]) == (known and known[0]), seed
        if search.best is not None:
            assert not violated_rules(problem, search.best[0]), seed
            assert objective(problem, search.best[0]) == search.best[1], seed
            assert search.bound is not None
            assert search.bound <= search.best[1], seed
        compared += 1
    assert compared >= 10


def prices(draw: random.Random) -> dict[str, Any]:
    """Return a price for each of five hours."""
    return {"daily": {f"{hour:02}:00": draw.randint(0, 4) for hour in range(5)}}


def on_nodes(seed: int) -> dict[str, Any]:
    """Return tasks on rented nodes of two kinds, some reserved, that are dearer in some slots."""
    draw = random.Random(seed)
    nodes = [
        {"id": name, "size": size, "price": prices(draw), "count": draw.randint(1, 3)}
        for name, size in (("n", {"gpu": 4, "cpu": draw.randint(4, 9)}), ("m", {"gpu": 3}))
    ]
    nodes[0]["reserved"] = draw.randint(0, 1)
    options = [
        {
            "pool": draw.choice("nm"),
            "uses": {"gpu": draw.randint(1, 4)},
            "duration": f"{draw.randint(1, 3)}h",
            "cost": draw.randint(0, 5),
        }
        for _ in range(8)
    ]
    for each in options:
        if each["pool"] == "n" and draw.random() < 0.5:
            each["uses"]["cpu"] = draw.randint(1, 4)
        each["uses"]["gpu"] = min(each["uses"]["gpu"], 4 if each["pool"] == "n" else 3)
    tasks: list[dict[str, Any]] = [
        {"id": f"t{at}", "options": options[2 * at : 2 * at + 2], "copies": draw.choice([1, 1, 2])} for at in range(4)
    ]
    tasks[3] |= {"optional": True, "value": draw.randint(1, 12)}
    return {
        "time": {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "5h"},
        "pools": [{"id": each.pop("id"), "nodes": each} for each in nodes],
        "tasks": tasks,
    }


@pytest.mark.parametrize("seed", first(12, range(300), ci=60))
def test_rent_against_cpsat(seed: int) -> None:
    """On nodes whose number alone is paid the least cost is that of CP-SAT, or neither has a schedule."""
    made = compile_instance(validate(on_nodes(seed)))
    problem = made.problem
    assert unsupported_rule(problem) is None
    search = BranchAndBound(problem, 10**9, lambda: False, lambda schedule, cost: None)
    assert search.run()
    known = cpsat.solve(problem, None, Limits(), NullMonitor())
    if known.schedule is None:
        assert (known.status, search.best) == (Status.INFEASIBLE, None)
        return
    assert search.best is not None
    assert search.bound is not None
    assert not violated_rules(problem, search.best[0])
    assert (search.best[1], objective(problem, search.best[0])) == (known.bound, known.bound)
    assert search.bound <= search.best[1]


def test_effort_and_incumbents() -> None:
    """The search ends when its effort is spent, or somebody asks; what it reports gets cheaper and is below a cost."""
    for seed in range(60):
        made = compiled(seed)
        if made.impossible or unsupported_rule(made.problem):
            continue
        told: list[int] = []

        def note(schedule: Schedule, cost: int, told: list[int] = told) -> None:
            told.append(cost)

        whole = BranchAndBound(made.problem, 10**9, lambda: False, note)
        whole.run()
        assert told == sorted(told, reverse=True)
        if whole.best is None:
            continue
        again = BranchAndBound(made.problem, 10**9, lambda: False, note, whole.best[1])
        assert again.run()
        assert again.best is None
        stopped = BranchAndBound(made.problem, LOOKS * 10**6, lambda: True, note)
        assert stopped.run() or LOOKS * (10**6 - 1) >= stopped.effort > LOOKS * (10**6 - 2)

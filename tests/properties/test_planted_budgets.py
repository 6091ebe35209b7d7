"""Wherever a plan was planted under tight budgets, one is found: nodes owned and rented, spot, deadlines, due dates.

A plan is found without budgets first. Budgets then allow exactly what it uses, or 5 % more, and the prices that count
in the objective change, so that plans of least cost exceed a budget.
"""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest

from leptonopt import Instance
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import Schedule, node_schedule_of, quota_use
from leptonopt.solvers import greedy

PLENTY = 1_000_000
LIMITS = Limits(4.0, deterministic=True)  # steps, whatever the load of the machine


def moment(hour: int) -> str:
    """Return the moment so many hours after the start."""
    return f"2026-01-{5 + hour // 24:02d}T{hour % 24:02d}:00Z"


def cluster(rng: random.Random) -> list[dict[str, Any]]:
    """Return owned nodes, one or two kinds of rented ones, and spot capacity by the hour."""
    owned = rng.randint(1, 3)
    pools: list[dict[str, Any]] = [{"id": "own", "nodes": {"size": {"gpu": 8}, "count": owned, "reserved": owned}}]
    for kind in range(rng.randint(1, 2)):
        nodes = {"size": {"gpu": 8}, "count": rng.randint(2, 5), "price": rng.choice([10, 20, 40])}
        pools.append({"id": f"rent{kind}", "nodes": nodes})
    price = {"gpu": {"daily": {"00:00": 1, "08:00": 3, "20:00": 1.5}}}
    return [*pools, {"id": "spot", "capacity": {"gpu": rng.choice([8, 16])}, "price": price}]


def job(rng: random.Random, name: str, pools: list[str], horizon: int) -> dict[str, Any]:
    """Return a job with options on some pools, and sometimes a deadline or a due date."""
    size, length = rng.choice([1, 2, 4, 8]), rng.randint(2, horizon // 4)
    end = min(horizon, rng.randint(0, horizon // 2) + length + rng.randint(2, horizon // 2))
    factor = {pool: rng.choice([1, 1, 0.6, 1.4]) for pool in pools if rng.random() < 0.8} or {"spot": 1}
    options = [
        {"pool": pool, "uses": {"gpu": size}, "duration": f"{max(1, int(length * each))}h"}
        for pool, each in factor.items()
    ]
    task: dict[str, Any] = {"id": name, "options": options}
    if (kind := rng.random()) < 0.5:
        return task | {"deadline": moment(end)}
    return task | ({"due": moment(end), "late_cost": rng.randint(1, 30)} if kind < 0.65 else {})


def week(seed: int) -> Problem:
    """Return a random instance with budgets that do not bind."""
    rng = random.Random(seed)
    horizon, jobs, pools = rng.choice([24, 48, 72]), rng.choice([8, 12, 20, 30]), cluster(rng)
    names = [pool["id"] for pool in pools]
    document = {
        "leptonopt": 1,
        "name": "planted",
        "time": {"start": moment(0), "slot": "1h", "horizon": f"{horizon}h"},
        "pools": pools,
        "tasks": [job(rng, f"t{at}", names, horizon) for at in range(jobs)],
        "quotas": [
            {"id": "all", "of": "money", "limit": PLENTY},
            {"id": "rent", "of": "money", "limit": PLENTY, "pools": names[1:-1]},
            {"id": "hours", "of": "gpu", "limit": PLENTY, "pools": ["spot"]},
        ],
    }
    return compile_instance(Instance.model_validate(document)).problem


def tightened(free: Problem, planted: Schedule, slack: float) -> Problem:
    """Return the problem whose budgets allow a plan so much more than it uses, at other prices in the objective."""
    rent = node_schedule_of(free, planted)
    assert rent is not None
    quotas = tuple(
        dataclasses.replace(quota, limit=int(quota_use(free, quota, planted, rent) * slack)) for quota in free.quotas
    )
    costs = dataclasses.replace(free.nodes.costs, on_demand=free.nodes.costs.on_demand // 10)
    nodes = dataclasses.replace(free.nodes, costs=costs)
    tight = dataclasses.replace(free, quotas=quotas, price=free.price // 7, nodes=nodes)
    assert not violated_rules(tight, dataclasses.replace(planted, rent=rent))
    return tight


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_is_found_where_one_was_planted(seed: int) -> None:
    """Greedy alone finds a plan, within as many steps as take a few seconds."""
    free = week(seed)
    planted = greedy.baseline(free, None, LIMITS, NullMonitor()).schedule
    assert planted is not None
    tight = tightened(free, planted, 1 + 0.05 * (seed % 2))
    found = greedy.baseline(tight, None, LIMITS, NullMonitor())
    assert found.schedule is not None, found.note
    assert not violated_rules(tight, found.schedule)

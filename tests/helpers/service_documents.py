"""Random documents of instances with services, and schedules of replicas for them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.decode import decode
from leptonopt.plan.document import plan_document
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.replicas import least_money
from leptonopt.problem.schedule import Schedule, node_schedule_of
from leptonopt.problem.services import ReplicaSchedule
from tests.helpers.plans import outcome

CLASSES = ("short", "long", "code")


def random_document(seed: int) -> dict[str, Any]:
    """Return an instance with one or two services on two or three pools over four slots."""
    rng = random.Random(seed)
    pools = [_pool(rng, at) for at in range(rng.randint(2, 3))]
    services = [_service(rng, f"s{at}", [pool["id"] for pool in pools]) for at in range(rng.choice([1, 1, 2]))]
    stated = {
        "time": {"start": "2026-01-05T00:00Z", "slot": rng.choice(["1h", "30m"]), "horizon": "4h"},
        "pools": pools,
        "services": services,
        "batches": [_batch(rng, at, services) for at in range(rng.choice([0, 0, 1, 2]))],
        "quotas": list(_quotas(rng, any("team" in service for service in services))),
    }
    if rng.random() < 0.3:
        option = {"pool": "p0", "uses": {"gpu": 1}, "duration": "1h"}
        stated["tasks"] = [{"id": "t", "team": "blue", "optional": True, "value": 0, "options": [option]}]
    if rng.random() < 0.3:
        stated["objective"] = {"cost": rng.choice([1, 2]), "carbon_kg": rng.choice([0.1, 1])}
    return stated


def _quotas(rng: random.Random, team: bool) -> Iterator[dict[str, Any]]:
    yield {"id": "all", "of": rng.choice(["money", "gpu", "energy"]), "limit": 10**6}
    yield {"id": "here", "of": "money", "limit": 10**6, "pools": ["p0"], "per": "day"}
    yield {"id": "tasks", "of": "gpu", "limit": 0, "tasks": [], "per": "moment"}
    if team:
        yield {"id": "red", "of": "gpu", "limit": 10**6, "teams": ["red"], "per": rng.choice(["horizon", "moment"])}


def _pool(rng: random.Random, at: int) -> dict[str, Any]:
    pool: dict[str, Any] = {"id": f"p{at}", "labels": [f"zone:{at}"]}
    if rng.random() < 0.3:
        pool["nodes"] = {"size": {"gpu": 2}, "count": 6, "price": rng.choice([1, 2.5]), "startup": rng.choice([0, 1])}
        pool |= {"power": {"gpu": 0.3}, "carbon": 200}
    else:
        price = rng.choice([1, 0.7, {"daily": {"00:00": 1, "01:30": 2}}])
        pool |= {"capacity": {"gpu": rng.choice([8, 12, "unlimited"])}, "price": {"gpu": price}}
    return pool


def _series(rng: random.Random) -> Any:
    if rng.random() < 0.5:
        return rng.choice([0, 1, 2.5, 4])
    return {"steps": {"2026-01-05T00:00Z": rng.randint(0, 3), "2026-01-05T01:30Z": rng.choice([0, 1.5, 4])}}


def _service(rng: random.Random, id: str, pools: list[str]) -> dict[str, Any]:
    classes = list(CLASSES[: rng.randint(1, 3)])
    if len(classes) == 2 and rng.random() < 0.5:
        demand: Any = {"rate": _series(rng), "mix": dict(zip(classes, (0.3, 0.7), strict=True))}
    else:
        demand = {name: _series(rng) for name in classes}
    service: dict[str, Any] = {"id": id, "demand": demand}
    service["replicas"] = [_way(rng, classes, rng.choice(pools)) for _ in range(rng.randint(1, 3))]
    service["replicas"].append({"pool": pools[0], "uses": {"gpu": 1}, "rate": dict.fromkeys(classes, 2)})
    service["replicas"].append({"pool": pools[1], "uses": {"gpu": 1}, "rate": dict.fromkeys(classes, 1.5)})
    extras = {
        "routing": rng.choice(["whole", "split"]), "headroom": rng.choice([0.1, 0.25]), "minimum": 1,
        "missed": {"cost": rng.choice([0.0001, 0.0007])}, "start": {"takes": "20m", "cost": 0.3}, "stay": "1h",
        "fill": False, "team": "red", "spread": {"label": "zone:"}, "spare": 1,
    }  # fmt: skip
    service |= {key: value for key, value in extras.items() if rng.random() < 0.25}
    return service


def _way(rng: random.Random, classes: list[str], pool: str) -> dict[str, Any]:
    way: dict[str, Any] = {"pool": pool, "uses": {"gpu": rng.choice([1, 2, 0.5])}}
    way["rate"] = {name: rng.choice([0, 1, 2, 3.5]) for name in classes}
    extras = {"running": rng.randint(0, 2), "variant": "fp8", "headroom": 0.5, "start": {"cost": 1}, "limit": 3}
    return way | {key: value for key, value in extras.items() if rng.random() < 0.2}


def _batch(rng: random.Random, at: int, services: list[dict[str, Any]]) -> dict[str, Any]:
    service = rng.choice(services)
    names = list(service["demand"].get("mix") or service["demand"])
    batch: dict[str, Any] = {"id": f"b{at}", "service": service["id"], "amount": {rng.choice(names): 2000}}
    if rng.random() < 0.5:
        batch |= {"release": "2026-01-05T00:40Z", "deadline": "2026-01-05T03:00Z"}
    return batch | ({"optional": True, "value": 3} if rng.random() < 0.4 else {})


def some_schedule(compiled: CompiledInstance, seed: int) -> Schedule | None:
    """Return a schedule of replicas that keeps all rules; None where none is found."""
    rng, problem = np.random.default_rng(seed), compiled.problem
    services = problem.services
    for attempt in range(60):
        high = np.minimum(services.most, 1 + attempt // 4)
        on = rng.integers(0, high + 1) if attempt % 2 else np.minimum(high, rng.integers(0, high.max() + 2))
        usable = services.usable(on)
        if (usable < 0).any():
            continue
        money = np.array([least_money(problem, v, usable[services.ways(v)]) for v in range(len(services))])
        done = np.array([not optional or attempt % 3 > 0 for optional in services.batches.optional], bool)
        schedule = Schedule.of([], [], replicas=ReplicaSchedule(on, done, np.maximum(0, money)))
        if not violated_rules(problem, schedule):
            return schedule
    return None


def plan_of(compiled: CompiledInstance, schedule: Schedule) -> dict[str, Any]:
    """Return the plan document of a schedule."""
    runs, left = decode(compiled, schedule)
    rent = node_schedule_of(compiled.problem, schedule)
    return plan_document(compiled, outcome(compiled), runs, left, rent, replicas=schedule.replicas)

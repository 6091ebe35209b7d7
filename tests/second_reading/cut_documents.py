"""Draw tiny instance documents whose tasks may be cut into segments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

START = datetime(2026, 1, 5, tzinfo=UTC)


def cut_document(seed: int) -> dict[str, Any]:
    """Return the instance of a seed: one or two pools, one to three tasks, 3 to 7 slots of an hour."""
    rng = Random(f"segments {seed}")
    slots = rng.choice([3, 4, 5, 5, 6, 7])
    pools = [_pool(rng, name, slots) for name in ("a", "b")[: rng.choice([1, 1, 2])]]
    tasks = [_task(rng, number, pools, slots) for number in range(rng.choice([1, 2, 2, 3]))]
    tasks[0].setdefault("segments", _segments(rng))
    for task in tasks:
        _begun(rng, task)
    tree: dict[str, Any] = {
        "name": "drawn",
        "time": {"start": _at(0), "slot": "1h", "horizon": f"{slots}h"},
        "pools": pools,
        "tasks": tasks,
    }
    if rng.random() < 0.3:
        of = rng.choice(["money", "gpu", "licence"])
        if of != "licence" or any("consumes" in option for task in tasks for option in task["options"]):
            per = rng.choice(["horizon", "horizon", "day", "moment"]) if of == "gpu" else "horizon"
            tree["quotas"] = [{"id": "q", "of": of, "limit": rng.choice([2, 4, 7, 12, 30]), "per": per}]
    more = Random(f"beside segments {seed}")
    if more.random() < 0.3:
        _fetched(more, tree)
    if more.random() < 0.2:
        tiers = [{"price": more.choice([0, 1])}, {"from": more.choice([1, 3]), "price": more.choice([0, 2])}]
        tree["meters"] = [
            {"id": "m", "of": more.choice(["gpu", "energy"]), "tiers": tiers, "minimum": more.choice([0, 2])}
        ]
    if more.random() < 0.3:
        _interrupted(more, tree)
    if any("nodes" in pool for pool in pools) and more.random() < 0.6:
        more.choice(tasks)["placement"] = more.choice(["one-node", "packed"])
    return tree


def _interrupted(rng: Random, tree: dict[str, Any]) -> None:
    """Let a pool interrupt what runs there, at one rate."""
    rng.choice(tree["pools"])["interruptions"] = rng.choice([0, Decimal("0.02"), Decimal("0.1"), Decimal("0.4")])
    for task in tree["tasks"]:
        if rng.random() < 0.8:
            stated = {"every": rng.choice(["20m", "1h"]), "cost": rng.choice(["0s", "2m", "6m"])}
            checkpoint = {key: each for key, each in stated.items() if rng.random() < 0.7}
            task["checkpoint"] = task.get("checkpoint", {}) | checkpoint


def _fetched(rng: Random, tree: dict[str, Any]) -> None:
    """Let tasks fetch a dataset, in one region or two."""
    for pool in tree["pools"]:
        pool["labels"] = [f"region:{rng.choice('xy')}"]
    link = {"from": "*", "to": "*", "price": rng.choice([0, 1]), "setup": rng.choice(["0s", "10m", "1h", "90m"])}
    tree["links"], tree["datasets"] = [link], [{"id": "d", "gib": rng.choice([0, 1, 3]), "at": ["x"]}]
    for task in tree["tasks"]:
        if rng.random() < 0.7:
            task["inputs"] = ["d"]
            if isinstance(task.get("segments"), dict):
                task["segments"].pop("move", None)


def _at(slot: float) -> str:
    return (START + timedelta(seconds=int(slot * 3600))).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pool(rng: Random, name: str, slots: int) -> dict[str, Any]:
    prices: Any = rng.choice([0, 1, 2])
    if rng.random() < 0.7:
        prices = {"steps": {_at(slot): rng.choice([0, 1, 2, 3, 5, Decimal("0.5"), -1]) for slot in range(slots)}}
    pool: dict[str, Any] = {"id": name, "price": {"gpu": prices}}
    if rng.random() < 0.2:
        pool["nodes"] = {"id": "k", "size": {"gpu": 2}, "count": rng.choice([1, 2]), "price": rng.choice([1, 3])}
        pool["nodes"] |= {key: rng.choice([1, 2]) for key in ("startup", "shutdown") if rng.random() < 0.3}
        return pool
    capacity: Any = rng.choice([1, 2, 2, 3])
    if rng.random() < 0.4:
        capacity = {"steps": {_at(slot): rng.choice([0, 1, 2, 2, 3]) for slot in range(slots)}}
    pool["capacity"] = {"gpu": capacity}
    if rng.random() < 0.4:
        at = rng.randrange(slots)
        pool["maintenance"] = [{"from": _at(at), "to": _at(at + rng.choice([0.5, 1, 2]))}]
    if rng.random() < 0.15:
        pool |= {"power": {"gpu": 1}, "carbon": 200}
    return pool


def _segments(rng: Random) -> Any:
    if rng.random() < 0.2:
        return True
    found: dict[str, Any] = {"most": rng.choice([1, 2, 2, 3, 3, 4])}
    if rng.random() < 0.4:
        found["shortest"] = rng.choice(["1h", "90m", "2h", "3h"])
    if rng.random() < 0.6:
        found["restart"] = rng.choice(["0s", "15m", "30m", "1h", "70m"])
    if rng.random() < 0.4:
        found["cost"] = rng.choice([0, 1, 3, Decimal("0.5")])
    return found | {key: rng.random() < 0.7 for key in ("move", "resize") if rng.random() < 0.7}


def _begun(rng: Random, task: dict[str, Any]) -> None:
    """State that a task with segments has begun before the horizon."""
    if not isinstance(task.get("segments"), dict) or rng.random() < 0.6:
        return
    begun: dict[str, Any] = {"option": rng.choice(task["options"])["id"]}
    if rng.random() < 0.8:
        begun["left"] = rng.choice(["30m", "1h", "70m", "100m", "2h", "9h"])
    if rng.random() < 0.3:
        begun["paused"] = True
    elif rng.random() < 0.3:
        begun["shortest"] = rng.choice(["30m", "1h", "2h"])
    task["segments"]["begun"] = begun


def _task(rng: Random, number: int, pools: list[dict[str, Any]], slots: int) -> dict[str, Any]:
    task: dict[str, Any] = {"id": f"t{number}"}
    if rng.random() < 0.6:
        task["segments"] = _segments(rng)
    if rng.random() < 0.3:
        task["checkpoint"] = {"restart": rng.choice(["10m", "30m"])}
    if rng.random() < 0.15:
        task["copies"] = 2
    if rng.random() < 0.2:
        task["release"] = _at(rng.choice([0.5, 1, 2]))
    if rng.random() < 0.2:
        task["deadline"] = _at(rng.choice([slots - 1, slots, slots - 0.5]))
    if rng.random() < 0.3:
        task |= {"due": _at(rng.choice([-1, 1, 2.5, 3])), "late_cost": rng.choice([1, 2, Decimal("0.3")])}
        if rng.random() < 0.4:
            task["late_penalty"] = rng.choice([1, 4])
    if rng.random() < 0.3:
        task |= {"optional": True, "value": rng.choice([1, 3, 6, 20, -1])}
    if number and rng.random() < 0.3:
        lag = {} if rng.random() < 0.5 else {"lag": rng.choice(["0s", "30m", "1h"])}
        task["after"] = [{"task": f"t{rng.randrange(number)}", **lag}]
    task["options"] = [_option(rng, at, rng.choice(pools), slots) for at in range(rng.choice([1, 1, 2, 3]))]
    return task


def _option(rng: Random, number: int, pool: dict[str, Any], slots: int) -> dict[str, Any]:
    length = rng.choice(["1h", "90m", "2h", "150m", "3h", "4h", "200m"])
    option: dict[str, Any] = {"id": f"o{number}", "pool": pool["id"], "duration": length}
    if rng.random() < 0.9:
        option["uses"] = {"gpu": rng.choice([1, 1, 2])}
    if rng.random() < 0.2:
        option["cost"] = rng.choice([1, -1, Decimal("0.5")])
    if rng.random() < 0.15:
        option["consumes"] = {"licence": rng.choice([1, 2])}
    if rng.random() < 0.1:
        option["not_before"] = _at(rng.choice([0.5, 1, 2]))
    if rng.random() < 0.1 and "not_before" not in option:
        option["not_after"] = _at(rng.choice([1, slots - 2]))
    return option

"""Draw tiny instances about nodes: tasks within one node, over several, and on whole nodes, of one or two kinds."""

from __future__ import annotations

from random import Random
from typing import Any

START = "2026-01-05T0{}:00Z"


def packed_document(seed: int) -> dict[str, Any]:
    """Return the instance of a seed."""
    rng = Random(f"packed nodes {seed}")
    slots = rng.choice([1, 2, 2, 3])
    pools = [_pool(rng, name, slots) for name in (["p"] if rng.random() < 0.75 else ["p", "q"])]
    tasks = [_task(rng, f"t{n}", pools, slots) for n in range(rng.choice([2, 3, 3, 4, 5]))]
    document = {
        "leptonopt": 1,
        "time": {"start": START.format(0), "slot": "1h", "horizon": f"{slots}h"},
        "pools": pools,
        "tasks": tasks,
    }
    if rng.random() < 0.25:
        document["quotas"] = [{"id": "budget", "of": "money", "limit": rng.choice([2, 5, 9, 14])}]
    elif rng.random() < 0.2:
        document["quotas"] = [{"id": "peak", "of": "gpu", "limit": rng.choice([4, 6, 8]), "per": "moment"}]
    own = Random(f"placement {seed}")
    for task in tasks:
        if own.random() < 0.3:
            task["placement"] = "packed"
            if own.random() < 0.5:
                task["options"][0].setdefault("uses", {}).update({"gpu": own.randint(1, 12)})
                task["options"][0].pop("nodes", None)
    return document


def _pool(rng: Random, name: str, slots: int) -> dict[str, Any]:
    """Draw a pool; kinds of all pools share their names."""
    two = rng.random() < 0.4
    cpu = rng.random() < 0.3
    kinds = []
    for label in ("box", "rack")[: 1 + two]:
        size = {"gpu": rng.randint(2, 6)} | ({"cpu": rng.randint(2, 5)} if cpu else {})
        kinds.append({"id": label, "size": size, "count": _count(rng, slots), **_terms(rng)})
    return {"id": name, "nodes": kinds if two or rng.random() < 0.5 else kinds[0]}


def _count(rng: Random, slots: int) -> Any:
    """Draw a count of nodes, sometimes one that changes."""
    if slots > 1 and rng.random() < 0.2:
        return {"steps": {START.format(0): rng.randint(0, 3), START.format(1): rng.randint(0, 3)}}
    return rng.choice([1, 1, 2, 2, 3])


def _terms(rng: Random) -> dict[str, Any]:
    """Draw who pays for nodes, and what switching them means."""
    terms: dict[str, Any] = {}
    if rng.random() < 0.8:
        terms["price"] = rng.choice([1, 2, 3, 0])
    if "price" not in terms or rng.random() < 0.25:
        terms["commit"] = rng.choice([1, {"total": 3}, {"total": 2, "max": 1}])
    if rng.random() < 0.3:
        terms["reserved"] = rng.choice([1, 1, 2])
    for key in ("startup", "shutdown"):
        if rng.random() < 0.2:
            terms[key] = rng.choice([1, 2])
    if rng.random() < 0.15:
        terms["boot"] = "1h"
    if rng.random() < 0.2:
        terms["minimum"] = "2h"
    if Random(repr(terms)).random() < 0.25:  # of its own: what else is drawn stays as it was
        terms["running"] = 1
    return terms


def _task(rng: Random, name: str, pools: list[dict[str, Any]], slots: int) -> dict[str, Any]:
    """Draw a task."""
    task: dict[str, Any] = {"id": name}
    if rng.random() < 0.75:
        task["placement"] = "one-node"
    if rng.random() < 0.3:
        task["copies"] = 2
    if rng.random() < 0.35:
        task |= {"optional": True, "value": rng.choice([1, 3, 6, 10])}
    if slots > 1 and rng.random() < 0.2:
        task |= {"due": START.format(1), "late_cost": rng.choice([1, 2])}
    task["options"] = [_option(rng, f"o{n}", rng.choice(pools), slots) for n in range(rng.choice([1, 1, 1, 2]))]
    return task


def _option(rng: Random, name: str, pool: dict[str, Any], slots: int) -> dict[str, Any]:
    """Draw an option: some of a node, or whole nodes."""
    kinds = pool["nodes"] if isinstance(pool["nodes"], list) else [pool["nodes"]]
    option = {
        "id": name,
        "pool": pool["id"],
        "duration": f"{rng.randint(1, min(2, slots))}h",
        "cost": rng.choice([0, 0, 1]),
    }
    if len(kinds) == 1 and rng.random() < 0.12:
        return option | {"nodes": rng.choice([1, 1, 2])}
    kind = rng.choice(kinds)
    uses = {"gpu": rng.randint(1, kind["size"]["gpu"] + (rng.random() < 0.1))}
    if "cpu" in kind["size"] and rng.random() < 0.7:
        uses["cpu"] = rng.randint(1, kind["size"]["cpu"])
    return option | {"uses": uses}

"""Draw tiny instances in which features of all kinds meet: short notation, packing, sets apart, and services on wild pools."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from .random_documents import Draw

Document = dict[str, Any]


def mixed_document(seed: int) -> Document:
    """Return the instance of a seed: one that `random_documents` draws, with what is drawn here on top."""
    draw, rng = Draw(seed), Random(f"mixed {seed}")
    tree = draw.document()
    for change in (_packed, _apart_by_node, _apart_by_label, _repeated, _local, _service, _ties):
        if rng.random() < 0.4:
            change(rng, draw, tree)
    return tree


def _packed(rng: Random, draw: Draw, tree: Document) -> None:
    for task in tree["tasks"]:
        if rng.random() < 0.6:
            task["placement"] = rng.choice(["packed", "packed", "one-node", "span"])


def _apart_by_node(rng: Random, draw: Draw, tree: Document) -> None:
    tasks = [task for task in tree["tasks"] if rng.random() < 0.8]
    for task in tasks:
        if rng.random() < 0.9:
            task["placement"] = rng.choice(["packed", "one-node"])
    tree.setdefault("apart", []).append({"tasks": [task["id"] for task in tasks], "by": "node"})


def _apart_by_label(rng: Random, draw: Draw, tree: Document) -> None:
    zones = rng.choice([["a"], ["a", "b"], ["a", "b", "c"]])
    for pool in tree["pools"]:
        pool["labels"] = [*pool.get("labels", []), f"zone:{rng.choice(zones)}"]
    tasks = [task["id"] for task in tree["tasks"] if rng.random() < 0.8]
    tree.setdefault("apart", []).append({"tasks": tasks, "by": "zone:"})


def _clock(rng: Random, draw: Draw, slot: float) -> str:
    """Return a time of day near a slot, on the wall clock."""
    at = draw.start + timedelta(minutes=draw.slot * slot)
    return at.astimezone(ZoneInfo(draw.zone)).strftime("%H:%M")


def _repeated(rng: Random, draw: Draw, tree: Document) -> None:
    """Let a task be one for each day, between two moments of the horizon."""
    task = rng.choice(tree["tasks"])
    for key in ("release", "deadline", "due", "late_cost", "late_penalty", "early_cost", "on_time"):
        task.pop(key, None)
    first = rng.choice([0, 0, 0.5, 1])
    task["repeat"] = {"from": _clock(rng, draw, first), "to": _clock(rng, draw, first + rng.choice([1, 2, 3, 4]))}
    if rng.random() < 0.4:
        task |= {"late_cost": rng.choice([1, Decimal("0.3")])}
        task["repeat"]["due"] = _clock(rng, draw, first + rng.choice([0, 1, 1.5]))


def _local(rng: Random, draw: Draw, tree: Document) -> None:
    """Write moments of tasks as the clock shows them, also in hours that it skips or shows twice: then all refuse."""
    for task in tree["tasks"]:
        for key in ("release", "deadline", "due"):
            if key in task and rng.random() < 0.7:
                at = datetime.fromisoformat(task[key]).astimezone(UTC)
                task[key] = at.astimezone(ZoneInfo(draw.zone)).strftime("%Y-%m-%dT%H:%M:%S")


def _service(rng: Random, draw: Draw, tree: Document) -> None:
    """Let replicas share the pools with the tasks; ids and names are those of tasks and pools, too."""
    pools = [pool for pool in tree["pools"] if "interruptions" not in pool]
    if not pools or draw.slots > 3:
        return
    ways = []
    for _ in range(rng.choice([1, 1, 2])):
        pool = rng.choice(pools)
        what = rng.choice(sorted({*pool["capacity"], *(name for kind in draw.kinds(pool) for name in kind["size"])}))
        way: Document = {"pool": pool["id"], "uses": {what: rng.choice([1, 1, Decimal("0.5")])}, "limit": 2}
        ways.append(way | {"rate": {"t0": rng.choice([1, 2, Decimal("1.5")])}})
        if rng.random() < 0.4:
            ways[-1]["running"] = rng.choice([0, 1])
        if rng.random() < 0.3:
            ways[-1]["start"] = {"takes": draw.minutes(rng.choice([0, 1])), "cost": draw.money(negative=False)}
    demand = {"t0": draw.series(lambda: rng.choice([0, 1, 1, 2, Decimal("0.7")]))}
    service: Document = {"id": rng.choice(["p0", "s"]), "demand": demand, "replicas": ways}
    if rng.random() < 0.5:
        service["missed"] = {"cost": rng.choice([0, Decimal("0.001"), Decimal("0.0000001"), 1])}
    if rng.random() < 0.5:
        service["team"] = rng.choice(["red", "blue"])
    tree["services"] = [service]


def _ties(rng: Random, draw: Draw, tree: Document) -> None:
    tree["objective"] = {**tree.get("objective", {}), "ties": ["ends"]}

"""Draw tiny instance documents in which tasks fetch, write and pass on data between regions."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from .random_documents import Draw

REGIONS = ["east", "west", "north"]
GIB = [0, 1, 10, 10, Decimal("0.5"), 100, 1000]


def data_document(seed: int) -> dict[str, Any]:
    """Return the instance of a seed: one that `random_documents` draws, with data."""
    tree, rng = Draw(seed).document(), Random(f"data {seed}")
    while len(tree["tasks"]) < 2 or len(tree["pools"]) < 2:
        seed += 1_000_000
        tree = Draw(seed).document()
    for pool in tree["pools"]:
        if rng.random() < 0.98:
            pool["labels"] = [*pool.get("labels", []), f"region:{rng.choice(REGIONS[: rng.choice([2, 2, 3])])}"]
    tree["links"] = [_link(rng) for _ in range(rng.choice([0, 1, 2, 2, 3]))]
    if rng.random() < 0.95:
        tree["links"].append({"from": "*", "to": "*", "price": rng.choice([0, Decimal("0.02"), 1])})
    tree["datasets"] = [
        {"id": f"d{n}", "gib": rng.choice(GIB), "at": rng.sample(REGIONS, rng.choice([1, 2]))} for n in range(2)
    ]
    for n, task in enumerate(tree["tasks"]):
        _data(rng, n, task, tree["tasks"])
    return tree


def _link(rng: Random) -> dict[str, Any]:
    link: dict[str, Any] = {"from": rng.choice([*REGIONS, "*"]), "to": rng.choice([*REGIONS, "*"])}
    if rng.random() < 0.8:
        link["price"] = rng.choice([0, 1, Decimal("0.02"), Decimal("0.333")])
    if rng.random() < 0.5:
        link["gbit"] = rng.choice([1, 10, Decimal("0.25")])
    if rng.random() < 0.3:
        link["setup"] = rng.choice(["30s", "1h", "0s"])
    return link


def _data(rng: Random, n: int, task: dict[str, Any], tasks: list[dict[str, Any]]) -> None:
    if rng.random() < 0.3:
        task["inputs"] = rng.sample(["d0", "d1"], rng.choice([1, 1, 2]))
    if rng.random() < 0.2:
        task["results"] = {"gib": rng.choice(GIB), "to": rng.choice(REGIONS)}
    if n and rng.random() < 0.7:
        other = tasks[rng.randrange(n)]
        if rng.random() < 0.9:  # otherwise data between copies, which is refused
            task.pop("copies", None)
            other.pop("copies", None)
        edge = {"task": other["id"], "gib": rng.choice(GIB)}
        if rng.random() < 0.3:
            edge["lag"] = rng.choice(["30m", "1h", "0s"])
        named = [each["task"] if isinstance(each, dict) else each for each in task.get("after", [])]
        kept = [each for each, name in zip(task.get("after", []), named, strict=True) if name != other["id"]]
        task["after"] = [*kept, edge]

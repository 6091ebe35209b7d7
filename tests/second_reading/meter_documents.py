"""Draw instance documents with meters: those of other generators, with prices by tiers beside them."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

from .data_documents import data_document
from .mixed_documents import mixed_document
from .random_documents import document


def meter_document(seed: int) -> dict[str, Any]:
    """Return the instance of a seed, with one or two meters."""
    rng = Random(f"meters {seed}")
    tree = mixed_document(seed) if rng.random() < 0.3 else document(seed)
    if Random(f"data beside meters {seed}").random() < 0.2:
        tree = data_document(seed)
    names = _measured(tree)
    tree["meters"] = [_meter(rng, number, names, tree) for number in range(rng.choice([1, 1, 2]))]
    return tree


def _measured(tree: dict[str, Any]) -> list[str]:
    """Return what meters can count: resources, energy, and what options consume."""
    found = {"energy", "money"}
    for pool in tree["pools"]:
        found |= pool.get("capacity", {}).keys()
    for task in tree["tasks"]:
        for option in [*task.get("options", []), task.get("work", {})]:
            found |= option.get("consumes", {}).keys()
    return sorted(found)


def _meter(rng: Random, number: int, names: list[str], tree: dict[str, Any]) -> dict[str, Any]:
    begins = sorted({Decimal(rng.choice(["0.5", "1", "2", "3", "6"])) for _ in range(rng.choice([0, 1, 1, 2]))})
    tiers = [{"price": _price(rng)}, *({"from": begin, "price": _price(rng)} for begin in begins)]
    meter: dict[str, Any] = {"id": f"m{number}", "of": rng.choice(names), "tiers": tiers}
    if rng.random() < 0.3:
        meter["minimum"] = rng.choice([0, 1, 3, Decimal("2.5")])
    if rng.random() < 0.4:
        meter["per"] = rng.choice(["day", "week", "month"])
    if rng.random() < 0.3:
        meter["used"] = rng.choice([1, Decimal("0.5"), 4])
    if rng.random() < 0.3:
        meter["pools"] = [pool["id"] for pool in tree["pools"] if rng.random() < 0.7]
    if rng.random() < 0.2:
        meter["tasks"] = [task["id"] for task in tree["tasks"] if rng.random() < 0.6]
    return meter


def _price(rng: Random) -> Any:
    return rng.choice([0, 1, 2, 3, Decimal("0.25"), Decimal("1.1")])

"""Instances of two regions, with data between them."""

from __future__ import annotations

from typing import Any

from tests.helpers.tiny_instances import document, pool, task

LINK = {"from": "*", "to": "*", "price": 0.5, "gbit": 8.589934592}  # a second for each GiB


def places(east: float = 2, west: float = 1, **more: Any) -> list[dict[str, Any]]:
    """Return a pool in the east and one in the west, at these prices per GPU and hour."""
    prices = {"east": east, "west": west}
    return [pool(name, labels=[f"region:{name}"], price={"gpu": price}, **more) for name, price in prices.items()]


def anywhere(id: str, **more: Any) -> dict[str, Any]:
    """Return a task of an hour on one GPU, in either region."""
    return task(id) | {"options": [{"pools": ["east", "west"], "uses": {"gpu": 1}, "duration": "1h"}]} | more


def chain(gib: float = 4, links: tuple[dict[str, Any], ...] = (LINK,), **more: Any) -> dict[str, Any]:
    """Return a task in the east, and one after it anywhere that takes data from it."""
    first = task("first", "east", 1)
    second = anywhere("second", after=[{"task": "first", "gib": gib}])
    return document(first, second, **{"pools": places(), "links": list(links)} | more)

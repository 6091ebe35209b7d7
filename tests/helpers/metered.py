"""Instances with a meter: tasks that move data out of a cloud, or run on a GPU of one's own."""

from __future__ import annotations

from typing import Any

from tests.helpers.tiny_instances import document, pool

CLOUD = {"pool": "a", "uses": {"gpu": 1}, "duration": "1h"}


def moved(*gigabytes: int, team: str | None = None, **meter: Any) -> dict[str, Any]:
    """Return tasks that move so much each out of the cloud for nothing but the meter; at home an hour costs 5."""
    tasks: list[dict[str, Any]] = [
        {
            "id": f"t{at}",
            "options": [{**CLOUD, "consumes": {"gb": each}}, {"pool": "own", "uses": {"gpu": 1}, "duration": "1h"}],
        }
        for at, each in enumerate(gigabytes)
    ]
    stated = {"id": "egress", "of": "gb", "tiers": [{"price": 1}]} | meter
    return document(*tasks, pools=[pool(price={}), pool("own", price={"gpu": 5})], meters=[stated])

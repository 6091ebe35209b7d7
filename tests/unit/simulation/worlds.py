"""A day with four devices of its own and nodes to rent: jobs that arrive with deadlines, a sweep, and what follows."""

from __future__ import annotations

from typing import Any

from leptonopt.instance import Instance, validate

DAY = "2026-01-05T{:02}:00:00Z"


def option(pool: str, gpus: int, hours: int) -> dict[str, Any]:
    """Return an option."""
    return {"pool": pool, "uses": {"gpu": gpus}, "duration": f"{hours}h"}


def day(**more: Any) -> Instance:
    """Return the instance, with other parts."""
    jobs = [
        {"id": f"job{at}", "release": DAY.format(2 * at), "deadline": DAY.format(2 * at + 8), "placement": "one-node",
         "options": [option("own", 2, 3 + at), option("rent", 2, 3 + at)]}
        for at in range(3)
    ]  # fmt: skip
    rest = [
        {"id": "sweep", "copies": 2, "options": [option("own", 1, 4)]},
        {"id": "last", "after": ["job0", "sweep"], "options": [option("own", 4, 2)]},
        {"id": "extra", "optional": True, "value": 1, "options": [option("rent", 1, 1)]},
    ]
    nodes = {"size": {"gpu": 4}, "count": 2, "price": 3, "startup": 2, "boot": "1h"}
    pools = [{"id": "own", "capacity": {"gpu": 4}}, {"id": "rent", "nodes": nodes}]
    time = {"start": DAY.format(0), "slot": "1h", "horizon": "16h"}
    return validate({"time": time, "pools": pools, "tasks": [*jobs, *rest], **more})

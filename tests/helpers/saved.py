"""Instances with a savings plan: GPUs of two pools, of which one has the larger discount."""

from __future__ import annotations

from typing import Any

from tests.helpers.tiny_instances import document, pool

RATES = [{"pool": "a", "resource": "gpu", "price": 2}, {"pool": "b", "resource": "gpu", "price": 2.7}]


def saved(**plan: Any) -> dict[str, Any]:
    """Return two tasks of 2 hours on a GPU of `a` or `b`, and one of 4 hours of team `x` on `b`, for which it waits."""
    either = [{"pool": name, "uses": {"gpu": 1}, "duration": "2h"} for name in "ab"]
    tasks = [
        {"id": "s", "copies": 2, "options": either},
        {"id": "t", "team": "x", "options": [{"pool": "b", "uses": {"gpu": 1}, "duration": "4h"}]},
    ]
    pools = [pool("a", price={"gpu": 4}), pool("b", price={"gpu": 3})]
    return document(*tasks, pools=pools, savings=[{"id": "compute", "rates": RATES} | plan])

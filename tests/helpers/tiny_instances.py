"""Instances of a few lines, as documents and objects."""

from __future__ import annotations

import copy
from typing import Any

from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.instance import Instance, validate

TIME = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}


def pool(id: str = "a", gpu: int = 4, **more: Any) -> dict[str, Any]:
    """Return a pool of some GPUs at 1 per hour."""
    return {"id": id, "capacity": {"gpu": gpu}, "price": {"gpu": 1}} | more


def task(id: str = "t", pool: str = "a", gpu: int = 2, duration: str = "1h", **more: Any) -> dict[str, Any]:
    """Return a task with one option."""
    return {"id": id, "options": [{"pool": pool, "uses": {"gpu": gpu}, "duration": duration}]} | more


def document(*tasks: dict[str, Any], pools: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """Return a document of four slots; by default with one pool and one task."""
    made = {"time": TIME, "pools": [pool()] if pools is None else pools, "tasks": list(tasks) or [task()]} | more
    return copy.deepcopy(made)


def instance(*tasks: dict[str, Any], **more: Any) -> Instance:
    """Return the validated instance of a document."""
    return validate(document(*tasks, **more))


def compiled(*tasks: dict[str, Any], **more: Any) -> CompiledInstance:
    """Return the compiled instance of a document."""
    return compile_instance(instance(*tasks, **more))


def service(id: str = "chat", **more: Any) -> dict[str, Any]:
    """Return a service of two classes with one way on pool a: 6 and 2 requests per second of replicas of 2 and 1."""
    way = {"pool": "a", "uses": {"gpu": 1}, "rate": {"short": 2, "long": 1}}
    return {"id": id, "demand": {"short": 6, "long": 2}, "replicas": [way]} | more


def service_document(**more: Any) -> dict[str, Any]:
    """Return a document of four slots with one service and no task."""
    return copy.deepcopy({"time": TIME, "pools": [pool(gpu=8)], "services": [service(**more)]})


def power_plants() -> dict[str, Any]:
    """Return four hours of load on coal, which runs before them, and gas: https://github.com/PyPSA/PyPSA/issues/146."""
    coal = {"count": 1, "size": {"mw": 10000}, "price": 0, "startup": 5000, "running": 1}
    gas = {"count": 1, "size": {"mw": 4000}, "price": 0, "shutdown": 25, "minimum_load": {"mw": 400}}
    ways = [("coal", 4000), ("gas", 14000)]
    options = [{"pool": pool, "uses": {"mw": 200}, "duration": "1h", "cost": cost} for pool, cost in ways]
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
        "pools": [
            {"id": "coal", "nodes": coal | {"minimum_load": {"mw": 3000}, "minimum_off": "2h"}},
            {"id": "gas", "nodes": gas},
        ],
        "tasks": [
            {
                "id": f"load-{hour}",
                "copies": copies,
                "release": f"2026-01-05T0{hour}:00Z",
                "deadline": f"2026-01-05T0{hour + 1}:00Z",
                "options": options,
            }
            for hour, copies in enumerate((15, 4, 15, 40))
        ],
    }

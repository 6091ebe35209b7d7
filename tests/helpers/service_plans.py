"""A plan document of a service with a batch and a task, written by hand, and its instance."""

from __future__ import annotations

from typing import Any

from leptonopt.instance import Instance, validate
from tests.helpers.plans import plan, task


def hour(at: int) -> str:
    """Return the instant some hours after the start."""
    return f"2026-11-23T{at:02}:00:00Z"


INSTANCE_DOCUMENT: dict[str, Any] = {
    "name": "serving",
    "time": {"start": hour(0), "slot": "1h", "horizon": "4h"},
    "pools": [
        {"id": "rented", "nodes": {"id": "n", "size": {"gpu": 4}, "count": 9, "price": {"steps": {hour(0): 8, hour(2): 4}}}},
        {"id": "owned", "capacity": {"gpu": 9}, "price": {"gpu": 2}},
    ],
    "tasks": [{"id": "job", "options": [{"pool": "rented", "uses": {"gpu": 2}, "duration": "2h"}]}],
    "services": [
        {
            "id": "chat",
            "demand": {"s": 2, "l": {"steps": {hour(0): 1, hour(2): 0}}},
            "missed": {"cost": 0.001},
            "replicas": [
                {"pool": "rented", "uses": {"gpu": 1}, "rate": {"s": 2, "l": 1}, "start": {"takes": "1h", "cost": 3}, "running": 1},
                {"id": "big", "pool": "owned", "uses": {"gpu": 2}, "rate": {"l": 1}, "offline_rate": {"l": 2}},
            ],
        }
    ],
    "batches": [{"id": "nightly", "service": "chat", "amount": {"l": 3600}}],
}  # fmt: skip


def on(*counts: int) -> list[dict[str, Any]]:
    """Return replicas or nodes on by hour."""
    return [{"from": hour(at), "count": count} for at, count in enumerate(counts)]


def span(begin: int, end: int, **more: Any) -> dict[str, Any]:
    """Return an entry over some hours."""
    return {"from": hour(begin), "to": hour(end), **more}


def way(name: str, pool: str, counts: tuple[int, ...], starts: int, running: float, fixed: float) -> dict[str, Any]:
    """Return an entry of `ways`."""
    parts = {"running": running, "fixed": fixed}
    hours = {"starts": starts, "replica_hours": sum(counts), "cost": running + fixed}
    return {"way": name, "pool": pool, "on": on(*counts), **hours, "parts": parts}


def service_plan(rented: tuple[int, ...] = (2, 2, 1, 1), **more: Any) -> dict[str, Any]:
    """Return the plan; `rented` are the replicas on by hour of the first way."""
    service = {
        "id": "chat",
        "ways": [way("rented", "rented", rented, 1, 0, 3), way("big", "owned", (0, 1, 1, 0), 1, 8, 0)],
        "routing": [
            span(0, 4, **{"class": "s"}, shares={"rented": "1"}),
            span(1, 2, **{"class": "l"}, shares={"rented": "1/2", "big": "1/2"}),
            span(1, 2, **{"class": "l"}, without=["z"], shares={"rented": "1"}),
        ],
        "missed": [span(0, 1, **{"class": "l"}, requests_per_second="1")],
        "missed_cost": 3.6,
        "cost": 14.6,
    }
    done = [span(1, 3, **{"class": "l"}, way="big", requests="3600")]
    node = {
        "pool": "rented", "kind": "n", "on": on(1, 1, 1, 1), "node_hours": 4, "on_demand_hours": 4, "committed": 0,
        "starts": 1, "rent": 24, "commit": 0, "startup": 0, "shutdown": 0, "idle": 0, "cost": 24,
    }  # fmt: skip
    made = plan(task("job", "rented", 0, 2, 0, uses={"gpu": 2}), pools=("rented", "owned"))
    batches = [{"id": "nightly", "service": "chat", "done": done}]
    return made | {"services": [service], "batches": batches, "nodes": [node]} | more


def service_instance() -> Instance:
    """Return the instance of the plan."""
    return validate(INSTANCE_DOCUMENT)

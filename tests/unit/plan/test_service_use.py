"""What services of a plan serve, use and cost, by slot."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.instance import validate
from leptonopt.plan.service_use import ServiceUse, levels, service_uses


def hour(at: int) -> str:
    """Return the instant some hours after the start."""
    return f"2026-11-23T{at:02}:00:00Z"


DOCUMENT: dict[str, Any] = {
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


PLAN: dict[str, Any] = {
    "services": [
        {
            "id": "chat",
            "ways": [
                {"way": "rented", "pool": "rented", "on": on(2, 2, 1, 1), "parts": {"running": 0, "fixed": 3}},
                {"way": "big", "pool": "owned", "on": on(0, 1, 1, 0), "parts": {"running": 8, "fixed": 0}},
            ],
            "routing": [
                span(0, 4, **{"class": "s"}, shares={"rented": "1"}),
                span(1, 2, **{"class": "l"}, shares={"rented": "1/2", "big": "1/2"}),
                span(1, 2, **{"class": "l"}, without=["z"], shares={"rented": "1"}),
            ],
            "missed": [span(0, 1, **{"class": "l"}, requests_per_second="1")],
        }
    ],
    "batches": [
        {"id": "nightly", "service": "chat", "done": [span(1, 3, **{"class": "l"}, way="big", requests="3600")]},
    ],
    "nodes": [{"pool": "rented", "kind": "n", "on": on(1, 1, 1, 1), "cost": 24}],
    "tasks": [{"id": "job", "pool": "rented", "start": hour(0), "end": hour(2), "uses": {"gpu": 2}}],
    "utilisation": [
        {"pool": "rented", "resource": "gpu", "utilisation": 0.6, "used_hours": 10},
        {"pool": "owned", "resource": "gpu", "utilisation": 0.1, "used_hours": 4},
    ],
}


@pytest.fixture(scope="module")
def use() -> ServiceUse:
    """Return the use of the only service."""
    (found,) = service_uses(PLAN, validate(DOCUMENT))
    return found


def test_replicas(use: ServiceUse) -> None:
    """Usable replicas are those that have booted; one ran before the horizon."""
    rented, big = use.ways
    assert rented.on.tolist() == [2, 2, 1, 1]
    assert rented.started.tolist() == [1, 0, 0, 0]
    assert rented.usable.tolist() == [1, 2, 1, 1]
    assert big.usable.tolist() == [0, 1, 1, 0]


def test_requests(use: ServiceUse) -> None:
    """Replicas taken by requests and by batches; what is missed; what is served in all."""
    rented, big = use.ways
    assert rented.served.tolist() == [1, 1.5, 1, 1]
    assert big.served.tolist() == [0, 0.5, 0, 0]
    assert big.offline.tolist() == [0, 0.25, 0.25, 0]
    assert use.missed_share == pytest.approx(1 / 10)
    assert use.requests("l").tolist() == [0, 3600 + 1800, 1800, 0]
    assert use.served == 9 * 3600 + 3600
    assert use.utilisation == pytest.approx((4.5 + 0.5 + 0.5) / 7)


def test_costs(use: ServiceUse) -> None:
    """Own costs where they come about; nodes at their price, shared with the task by what is held."""
    assert use.own.tolist() == pytest.approx([3 + 3.6, 4, 4, 0])
    assert use.shared.tolist() == pytest.approx([8 * 2 / 4, 8 * 2 / 4, 4, 4])
    assert use.cost.sum() == pytest.approx(14.6 + 16)


def test_capacity(use: ServiceUse) -> None:
    """Usable replicas at the rate of what they serve, or of the mix; batches in the same unit."""
    assert use.asked.tolist() == [3, 3, 2, 2]
    assert use.answered.tolist() == [2, 3, 2, 2]
    capacity = use.capacity()
    assert capacity["rented"].tolist() == pytest.approx([2, 2 * 2.5 / 1.5, 2, 2])
    assert capacity["owned"].tolist() == [0, 1, 1, 0]
    assert use.filled().tolist() == [0, 0.25, 0.25, 0]
    assert all(use.answered + use.filled() <= sum(capacity.values()) + 1e-9)


def test_a_plan_without_services() -> None:
    """There is nothing to state."""
    assert service_uses({**PLAN, "services": []}, validate(DOCUMENT)) == []


def test_levels() -> None:
    """A number holds from its instant to the next."""
    assert levels([(hour(0), 1), (hour(3), 5)], validate(DOCUMENT).time).tolist() == [1, 1, 1, 5]

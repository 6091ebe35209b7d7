"""Tests of sessions with services, on documents."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt

SPLIT = {
    "leptonopt": 1,
    "time": {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "1h"},
    "pools": [
        {"id": "a10g", "nodes": {"size": {"gpu": 1}, "count": 100, "price": 1.01}},
        {"id": "a100", "nodes": {"size": {"gpu": 1}, "count": 100, "price": 3.67}},
    ],
    "services": [
        {
            "id": "chat",
            "demand": {"s-s": 6, "s-l": 3, "l-s": 15, "l-l": 6},
            "replicas": [
                {"pool": "a10g", "uses": {"gpu": 1}, "rate": {"s-s": 2, "s-l": 1, "l-s": 5, "l-l": 2}},
                {"pool": "a100", "uses": {"gpu": 1}, "rate": {"s-s": 20, "s-l": 20, "l-s": 40, "l-l": 20}},
            ],
        }
    ],
}
TASK = {"id": "job", "options": [{"pool": "a10g", "uses": {"gpu": 1}, "duration": "1h"}]}


def solved(document: dict[str, Any], **more: Any) -> tuple[str, float | None]:
    """Return status and cost."""
    result = leptonopt.solve(document, time_limit=15, threads=1, **more)
    return str(result.status), None if result.cost is None else float(result.cost)


def test_the_published_example_is_proven() -> None:
    assert solved(SPLIT) == ("optimal", 4.68)


def test_a_class_may_be_kept_whole() -> None:
    service = SPLIT["services"][0] | {"routing": "whole"}  # type: ignore[index]
    assert solved(SPLIT | {"services": [service]}) == ("optimal", 6.70)


@pytest.mark.parametrize("method", ["auto", "greedy", "highs", "cpsat"])
def test_tasks_are_planned_beside_services(method: str) -> None:
    status, cost = solved(SPLIT | {"tasks": [TASK]}, method=method)
    assert cost == 5.69
    assert status == ("optimal" if method != "greedy" else status)


def test_a_service_that_cannot_be_served_has_no_plan() -> None:
    pools = [pool | {"nodes": pool["nodes"] | {"count": 1}} for pool in SPLIT["pools"]]  # type: ignore[index]
    service = SPLIT["services"][0] | {"demand": {"s-s": 90, "s-l": 3, "l-s": 15, "l-l": 6}}  # type: ignore[index]
    assert solved(SPLIT | {"pools": pools, "services": [service]})[0] == "infeasible"


def test_a_service_that_nobody_asks_is_free() -> None:
    """A price of missing where there is no demand: the models have nothing to pay."""
    service = {**SPLIT["services"][0], "demand": {"s-s": 0}, "missed": {"cost": 0.001}, "minimum": 1}
    batch = {"id": "n", "service": "chat", "amount": {"s-s": 3600}}
    service["replicas"] = [{"pool": "a10g", "uses": {"gpu": 1}, "rate": {"s-s": 2}}]
    for method in ("auto", "highs"):
        for batches in ([], [batch]):
            document = {**SPLIT, "services": [service], "batches": batches}
            assert solved(document, method=method, isolate=False) == ("optimal", 1.01)


def test_a_node_that_tasks_and_replicas_share_is_paid_once() -> None:
    """Services alone and tasks alone pay for a node each, both together for one: their sum is no bound."""
    pools = [{"id": "q", "nodes": {"size": {"gpu": 2}, "count": 2, "price": 1}}]
    replicas = [{"pool": "q", "uses": {"gpu": 0.5}, "rate": {"a": 1}, "limit": 3}]
    task = {"id": "job", "options": [{"pool": "q", "uses": {"gpu": 1}, "duration": "1h"}], "optional": True, "value": 3}
    services = [{"id": "s", "demand": {"a": 2}, "replicas": replicas}]
    document = {"time": SPLIT["time"], "pools": pools, "services": services, "tasks": [task]}
    assert solved(document, isolate=False) == ("optimal", 1.0)


@pytest.mark.parametrize("method", ["auto", "highs", "cpsat", "cbc"])
def test_segments_give_way_to_services(method: str) -> None:
    """Both GPUs serve for two hours: the task of 4 hours pauses, or has another GPU at 3."""
    times = {f"2026-11-23T0{hour}:00Z": demand for hour, demand in ((0, 1), (2, 15), (4, 1))}
    document = {
        "time": {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "6h"},
        "pools": [{"id": name, "capacity": {"gpu": gpu}, "price": {"gpu": gpu}} for name, gpu in (("a", 2), ("b", 3))],
        "services": [
            {
                "id": "chat",
                "demand": {"all": {"steps": times}},
                "replicas": [{"pool": "a", "uses": {"gpu": 1}, "rate": {"all": 10}}],
            }
        ],
        "tasks": [
            {"id": "t", "segments": True, "options": [{"pools": ["a", "b"], "uses": {"gpu": 1}, "duration": "4h"}]}
        ],
    }
    assert solved(document, method=method, isolate=False) == ("optimal", 2 * (8 + 4))
    if method == "auto":
        document["tasks"][0]["segments"] = {"most": 1}  # type: ignore[index]
        assert solved(document) == ("optimal", 2 * 8 + 3 * 4)

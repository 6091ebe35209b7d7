"""Rows about services and batches."""

from __future__ import annotations

from leptonopt.plan.service_table import batch_rows, served_rows, way_rows
from leptonopt.plan.service_use import service_uses
from tests.helpers.service_plans import service_instance, service_plan


def test_ways() -> None:
    """A row for each way that is ever on."""
    assert way_rows(service_plan(), 2) == [
        ("chat", "rented", "rented", "2", "6", "1", "3.00"),
        ("chat", "big", "owned", "1", "2", "1", "8.00"),
    ]
    assert len(way_rows(service_plan((0, 0, 0, 0)), 2)) == 1


def test_served() -> None:
    """Requests with batches, the share missed, use, cost with nodes and per million requests."""
    uses = service_uses(service_plan(), service_instance())
    assert served_rows(uses, 2) == [("chat", "36,000", "10.00%", "79%", "30.60", "850.00")]


def test_batches() -> None:
    """Requests done and when; batches that are left out."""
    assert batch_rows(service_plan(), 0) == [
        ("nightly", "chat", "3,600 requests, 2026-11-23 01:00 to 2026-11-23 03:00")
    ]
    left = {"id": "b", "service": "chat", "left_out": True, "value": 30}
    assert batch_rows(service_plan(batches=[left]), 2) == [("b", "chat", "left out, value 30.00")]
    assert batch_rows({}, 2) == []

"""Differences between the replicas of two plans."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

from leptonopt.plan.diff import plan_diff
from leptonopt.plan.diff_services import ReplicaChange, replica_changes
from tests.helpers.plans import plan, task
from tests.helpers.service_plans import hour, service_plan


def test_no_change() -> None:
    """Equal replicas are no change, and plans without services have none."""
    assert replica_changes(service_plan(), service_plan()) == ()
    without = plan(task("a", "p", 0, 1))
    assert "services" not in plan_diff(without, without).document()


def test_more_and_less() -> None:
    """Hours that only one plan has count both ways, until the end of the horizon."""
    (found,) = replica_changes(service_plan((2, 2, 1, 1)), service_plan((1, 2, 1, 3)))
    hours = Fraction(6), Fraction(7)
    assert found == ReplicaChange("chat", "rented", hours, (1, 1), more=Fraction(2), less=Fraction(1))


def test_from_an_instant_on() -> None:
    """Of the earlier plan counts what it has on from then on."""
    later = service_plan((0, 0, 2, 3))
    later["services"][0]["ways"][0]["on"] = [{"from": hour(2), "count": 2}, {"from": hour(3), "count": 3}]
    (found, _) = replica_changes(service_plan((2, 2, 1, 1)), later, datetime(2026, 11, 23, 2, tzinfo=UTC))
    assert found == ReplicaChange(
        "chat", "rented", (Fraction(2), Fraction(5)), (0, found.starts[1]), Fraction(3), Fraction(0)
    )


def test_new_and_gone() -> None:
    """Ways of one plan alone."""
    gone = replica_changes(service_plan(), plan(task("a", "p", 0, 1)))
    assert [(change.way, change.hours[1], change.less) for change in gone] == [("rented", 0, 6), ("big", 0, 2)]


def test_document() -> None:
    """As JSON, beside tasks and costs."""
    document = plan_diff(service_plan((2, 2, 1, 1)), service_plan((1, 2, 1, 3))).document()
    assert document["services"] == [
        {
            "service": "chat",
            "way": "rented",
            "replica_hours": {"before": 6, "after": 7},
            "starts": {"before": 1, "after": 1},
            "more_hours": 2,
            "less_hours": 1,
        }
    ]

"""Quotas and meters of what is left."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from leptonopt.errors import InstanceError, UsageError
from leptonopt.instance import validate
from leptonopt.replanning.document import Replanned, remaining_instance
from leptonopt.replanning.state import read_state
from tests.unit.replanning.worlds import DOCUMENT, PLAN, world


def rest(quota: dict[str, Any], now: str = "2026-11-30T20:00Z", name: str = "quotas", **state: Any) -> Replanned:
    """Return what is left with a quota or meter `q`."""
    instance = world(**{name: [{"id": "q", "of": "money", **quota}]})
    found = remaining_instance(instance, PLAN, read_state({"now": now, **state}, instance))
    validate(found.document)
    return found


@pytest.mark.parametrize(
    ("per", "now", "used"),
    [("horizon", "2026-11-30T20:00Z", 5), ("day", "2026-11-30T20:00Z", 5), ("day", "2026-12-01T02:00Z", 2)],
)
def test_what_is_used_counts_in_its_window(per: str, now: str, used: int) -> None:
    """Use that the instance states counts on where the new horizon begins in the same window."""
    (quota,) = rest({"limit": 10, "per": per, "used": 3}, now, used={"q": 2}).document["quotas"]
    assert (quota["limit"], quota["used"]) == (10, used)


def test_meters_go_on_where_they_are() -> None:
    """The first units are used already."""
    meter = {"of": "energy", "tiers": [{"price": 0}, {"from": 5, "price": 1}]}
    (found,) = rest(meter, name="meters", used={"q": 4}).document["meters"]
    assert found["used"] == 4


@pytest.mark.parametrize(("limit", "used"), [(10, -5), (-10, -5), (10, Decimal("7.5"))])
def test_what_has_been_earned_is_used_below_0(limit: int, used: Decimal) -> None:
    """With prices below 0 a budget has more left than its limit."""
    found = rest({"limit": limit}, used={"q": used})
    assert (found.document["quotas"][0]["used"], found.notes) == (used, [])
    with pytest.raises(InstanceError, match="below zero"):
        rest({"of": "gpu", "limit": 10}, used={"q": -5})


def test_limits_that_are_used_up() -> None:
    """A note says by how much; what is per moment cannot be used up."""
    found = rest({"limit": 10}, used={"q": 12})
    assert found.document["quotas"][0]["used"] == 10
    assert found.notes == ["quota 'q' is used up beyond its limit by 2"]
    with pytest.raises(UsageError, match="'q' is per moment"):
        rest({"of": "gpu", "limit": 10, "per": "moment"}, used={"q": 1})


def test_ties_of_what_nothing_consumes_any_more_are_dropped() -> None:
    """An instance without them is still valid."""
    document = {**DOCUMENT, "objective": {"ties": ["licence"]}}
    document["tasks"] = [dict(task) for task in document["tasks"]]
    document["tasks"][0]["options"] = [
        {"pool": "own", "uses": {"gpu": 4}, "duration": "8h", "consumes": {"licence": 1}}
    ]
    instance = validate(document)
    state = read_state({"now": "2026-11-30T08:00Z", "done": ["a"]}, instance)
    assert remaining_instance(instance, PLAN, state).document["objective"]["ties"] == ["changes"]

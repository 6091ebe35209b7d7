"""What tasks have used of quotas and meters, against sums by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from leptonopt.instance import Instance, units, validate
from leptonopt.replanning.used import UsedByTasks
from tests.unit.replanning.worlds import line

FREE = [{"price": 1}]


def world(**more: Any) -> Instance:
    """Return two days of hours on a pool at 2 a GPU-hour by day and 1 by night, and two tasks of a team."""
    price = {"daily": {"00:00": 1, "08:00": 2, "20:00": 1}}
    options = [{"pool": "own", "uses": {"gpu": 3}, "duration": "4h", "cost": 5, "consumes": {"licence": 2}}]
    return validate({
        "time": {"start": "2026-11-30T00:00Z", "slot": "1h", "horizon": "2d"},
        "pools": [{"id": "own", "capacity": {"gpu": 8}, "price": {"gpu": price}}],
        "tasks": [{"id": "a", "team": "red", "copies": 2, "options": options}, {"id": "b", "options": options}],
    } | more)  # fmt: skip


LINES = [line("a", "own", 6, 4, copy=1, copies=2), line("b", "own", 22, 4), line("gone", "own", 0, 4)]


@pytest.mark.parametrize(
    ("measure", "hour", "used"),
    [
        ({"of": "money"}, 9, 2 * (5 + 3 * 4)),  # two hours at 1, one at 2
        ({"of": "money", "teams": ["red"]}, 23, 2 * (5 + 3 * 6)),
        ({"of": "gpu"}, 24, 2 * 12 + 6),
        ({"of": "gpu", "per": "day"}, 24, None),  # a new day begins
        ({"of": "gpu", "per": "day"}, 25, 3),
        ({"of": "gpu", "per": "slot"}, 9, None),
        ({"of": "licence", "tasks": ["b"]}, 23, 2),
        ({"of": "licence", "tasks": ["b"]}, 22, None),
        ({"of": "licence", "used": 1}, 23, 6),  # what the instance says is used is added by whoever reads it
    ],
)
def test_sums_by_hand(measure: dict[str, Any], hour: int, used: int | None) -> None:
    """In the window in which the instant lies; quotas and meters alike."""
    moment = units.instant("2026-11-30T00:00Z") + timedelta(hours=hour)
    kinds: list[dict[str, Any]] = [{"quotas": [{"id": "q", "limit": 1000, **measure}]}]
    if measure.get("per") != "slot":
        kinds.append({"meters": [{"id": "q", "tiers": FREE, **measure}]})
    for more in kinds:
        found = UsedByTasks(world(**more))
        assert found.by(LINES, moment) == ({} if used is None else {"q": Decimal(used)})
        assert found.notes == []


def test_what_is_earned() -> None:
    """At prices below 0 a budget is used below 0."""
    pools = [{"id": "own", "capacity": {"gpu": 8}, "price": {"gpu": -1}}]
    made = world(pools=pools, quotas=[{"id": "q", "of": "money", "limit": 0, "tasks": ["b"]}])
    assert UsedByTasks(made).by(LINES, units.instant("2026-11-30T23:00Z")) == {"q": Decimal(5 - 3)}
    assert UsedByTasks(made).by(LINES, units.instant("2026-12-01T00:00Z")) == {"q": Decimal(5 - 6)}


def test_each_segment_consumes() -> None:
    """Two segments consume 2 each; one that goes on from before the horizon consumes nothing."""
    options = [{"id": "own", "pool": "own", "uses": {"gpu": 3}, "duration": "4h", "consumes": {"licence": 2}}]
    lines = [line("a", "own", hour, 2) | {"segment": number} for number, hour in ((1, 0), (2, 6))]
    for begun, used in ({}, 4), ({"begun": {"option": "own", "left": "3h"}}, 2):
        task = {"id": "a", "segments": begun or True, "options": options}
        found = UsedByTasks(world(tasks=[task], quotas=[{"id": "q", "of": "licence", "limit": 9}]))
        assert found.by(lines, units.instant("2026-11-30T09:00Z")) == {"q": Decimal(used)}


def test_what_is_not_added_up() -> None:
    """Where nodes or replicas count as well, a note says so, and nothing is told."""
    nodes = [{"id": "own", "nodes": {"id": "k", "size": {"gpu": 8}, "count": 1, "price": 3}}]
    found = UsedByTasks(
        world(pools=nodes, quotas=[{"id": "q", "of": "money", "limit": 9}, {"id": "h", "of": "gpu", "limit": 99}])
    )
    assert found.notes == ["'q': nodes count as well; say in a state what is `used`"]
    assert found.by(LINES, units.instant("2026-11-30T09:00Z")) == {"h": Decimal(18)}

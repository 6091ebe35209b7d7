"""Fronts against enumeration, and what follows from point to point."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.decisions.criteria import changes
from leptonopt.decisions.front import Front, front_of
from leptonopt.decisions.front_search import FrontPoint
from leptonopt.errors import UsageError
from leptonopt.replanning.state import read_state
from tests.unit.replanning.worlds import FOUR, PLAN, RUNNING, world

FAST: dict[str, Any] = {"time_limit": 20, "threads": 1}


def dirty_or_clean() -> dict[str, Any]:
    """Return three tasks of one, two and four hours: dirty devices cost 1 an hour and emit 1 kg, clean ones cost 3."""
    pools = [
        {"id": id, "capacity": {"gpu": 3}, "price": {"gpu": price}, "power": {"gpu": 1}, "carbon": grams}
        for id, price, grams in (("dirty", 1, 1000), ("clean", 3, 0))
    ]
    tasks = [
        {"id": f"t{hours}", "options": [{"pool": pool, "uses": {"gpu": 1}, "duration": f"{hours}h"}
                                        for pool in ("dirty", "clean")]}
        for hours in (1, 2, 4)
    ]  # fmt: skip
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}, "pools": pools, "tasks": tasks,
    }  # fmt: skip


def test_carbon_against_enumeration() -> None:
    """Each point costs the least of all subsets of clean tasks within its limit, and its bound says so."""
    found = leptonopt.front(dirty_or_clean(), "carbon", points=8, time_limit=90, threads=1)
    assert found.unit == "kg CO2"
    for point in found.points:
        limit = 7 if point.limit is None else point.limit
        subsets = itertools.chain.from_iterable(itertools.combinations((1, 2, 4), count) for count in range(4))
        least = min(7 + 2 * sum(clean) for clean in subsets if 7 - sum(clean) <= limit)
        assert (point.cost, point.bound) == (least, least)
    assert [point.value for point in found.points if point.value is not None] == list(range(8))
    assert all(map(found.efficient, range(len(found.points))))
    assert found.points[0].plan is not None


def test_energy_and_what_is_not_stated() -> None:
    """Energy is counted as well; without power there is nothing to count."""
    assert [point.value for point in leptonopt.front(dirty_or_clean(), "energy", points=2, **FAST).points][-1] == 7
    bare = dirty_or_clean()
    for pool in bare["pools"]:
        del pool["power"], pool["carbon"]
    for over, message in (("carbon", "power"), ("energy", "power"), ("late", "due"), ("quality", "below 1")):
        with pytest.raises(UsageError, match=message):
            leptonopt.front(bare, over, **FAST)
    with pytest.raises(UsageError, match="known are carbon"):
        leptonopt.front(bare, "beauty", **FAST)
    with pytest.raises(UsageError, match="2 to 1000"):
        leptonopt.front(dirty_or_clean(), "carbon", points=1, **FAST)


def test_late_tasks() -> None:
    """On one cheap device three tasks of an hour end after each other; being in time costs the dear device."""
    option = {"uses": {"gpu": 1}, "duration": "1h"}
    document = {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "3h"},
        "pools": [
            {"id": "cheap", "capacity": {"gpu": 1}, "price": {"gpu": 1}},
            {"id": "dear", "capacity": {"gpu": 3}, "price": {"gpu": 9}},
        ],
        "tasks": [
            {
                "id": name,
                "due": "2026-01-05T01:00Z",
                "late_cost": 0,
                "options": [{"pool": pool, **option} for pool in ("cheap", "dear")],
            }
            for name in "xyz"
        ],
    }
    found = leptonopt.front(document, "late", **FAST)
    assert [(point.value, point.cost, point.bound) for point in found.points] == [(0, 19, 19), (1, 11, 11), (2, 3, 3)]
    assert [found.efficient(at) for at in range(3)] == [True] * 3
    document["pools"][0]["interruptions"] = 0.1
    with pytest.raises(UsageError, match="interruptions move its end"):
        leptonopt.front(document, "late", **FAST)


def test_quality() -> None:
    """The fast variant costs half and gives up 0.1; an optional task may still be left out."""
    options = [
        {"id": "full", "pool": "p", "uses": {"gpu": 1}, "duration": "2h"},
        {"id": "small", "pool": "p", "uses": {"gpu": 1}, "duration": "1h", "quality": 0.9},
    ]
    document = {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
        "pools": [{"id": "p", "capacity": {"gpu": 4}, "price": {"gpu": 10}}],
        "tasks": [
            {"id": "a", "options": options},
            {"id": "b", "options": options},
            {"id": "c", "optional": True, "value": 1, "options": options},
        ],
    }
    found = leptonopt.front(document, "quality", points=3, **FAST)
    assert [(point.value, point.cost, point.bound) for point in found.points] == [
        (0, 41, 41), (Fraction(1, 10), 31, 31), (Fraction(1, 5), 21, 21),
    ]  # fmt: skip
    assert all(map(found.efficient, range(3)))  # a tenth less is the next smaller value


def solved(document: Any, warm_start: Any, seconds: float) -> Any:
    """Solve with one thread."""
    return leptonopt.solve(document, time_limit=seconds, threads=1, warm_start=warm_start)


def test_more_changes_cost_less() -> None:
    """With a price on own devices at noon, each sweep that moves saves; each point is proven."""
    price = {"steps": {"2026-11-30T00:00Z": 1, "2026-11-30T12:00Z": 9, "2026-11-30T18:00Z": 1}}
    pools = [{"id": "own", "capacity": {"gpu": 8}, "price": {"gpu": price}}, *world().document()["pools"][1:]]
    instance = world(pools=pools)
    state = read_state({"now": FOUR, "running": RUNNING}, instance)
    points = front_of(changes(instance, PLAN, state, 0), solved, 30, "USD").points
    assert [point.limit for point in points] == [0, 1, 2, None]
    costs = [point.cost for point in points]
    assert all(one is not None and other is not None and one > other for one, other in itertools.pairwise(costs))
    assert all(point.proven and point.status == "optimal" for point in points)
    assert [point.value for point in points] == [0, 1, 2, 3]


def test_changes_from_a_plan() -> None:
    """All is still to come: the plan at hand is the first point, the cheapest plan the last."""
    document = dirty_or_clean()
    plan = leptonopt.solve({**document, "objective": {"cost": 0, "carbon_kg": 1}}, **FAST).document
    found = leptonopt.front(document, "changes", plan, **FAST)
    assert [(point.value, point.cost) for point in found.points] == [(0, 21), (1, 13), (2, 9), (3, 7)]
    with pytest.raises(UsageError, match="--plan"):
        leptonopt.front(document, "changes", **FAST)


def test_limits_without_a_plan_are_told_once() -> None:
    """Two of four copies must be late, and all give up 0.3 of their quality."""
    option = {"pool": "p", "uses": {"gpu": 1}, "duration": "1h", "quality": 0.7}
    due = {"due": "2026-01-05T02:00Z", "late_cost": 1}
    document = {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
        "pools": [{"id": "p", "capacity": {"gpu": 1}}],
        "tasks": [{"id": "a", "copies": 4, **due, "options": [option]}],
    }
    found = leptonopt.front(document, "late", points=3, **FAST)
    assert [(each.limit, each.value) for each in found.points] == [(1, None), (None, 2)]
    assert found.efficient(1)
    found = leptonopt.front(document, "quality", points=3, **FAST)
    assert [each.value for each in found.points] == [None, Fraction(6, 5)]


def test_efficient_points() -> None:
    """Proven, and no smaller value at that cost: known from the next smaller limit of a count alone."""

    def point(limit: int | None, cost: int | None, bound: int | None, status: str = "feasible") -> FrontPoint:
        value = None if cost is None else Fraction(limit or 9)
        limit_, cost_, bound_ = (None if each is None else Fraction(each) for each in (limit, cost, bound))
        return FrontPoint(limit_, value, cost_, bound_, status)

    points = (point(1, None, None, "infeasible"), point(2, 9, 9), point(3, 9, 9), point(4, 5, 5), point(None, 4, 3))
    assert [Front("late", "tasks", Fraction(1), "USD", points).efficient(at) for at in range(5)] == [
        False, True, False, True, False,
    ]  # fmt: skip
    assert not Front("carbon", "kg", Fraction(1, 10**6), "USD", points).efficient(3)
    assert Front("carbon", "kg", Fraction(1, 10**6), "USD", (point(0, 3, 3),)).as_document()["points"][0]["cost"] == "3"

"""Alternative routes as milestones and quotas."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import InstanceError, Unsupported
from leptonopt.instance import validate
from leptonopt.instance.features import ROUTES, refuse
from leptonopt.verify import verify
from tests.helpers.tiny_instances import document

COSTS = {"a": 1, "b": 2, "c": 4, "d": 8}
ROUTE_SETS = [[["a", "b"], ["c"]], [["d"], ["e"]]]


def stated(routes: Any, **of_a: Any) -> dict[str, Any]:
    """Return a document with tasks of which each has its own cost."""
    tasks = [
        {"id": id, "options": [{"pool": "p", "uses": {"gpu": 1}, "duration": "1h", "cost": cost}]}
        for id, cost in (COSTS | {"e": 9, "f": 0}).items()
    ]
    tasks[0] |= of_a
    return document(*tasks, pools=[{"id": "p", "capacity": {"gpu": 9}}], routes=routes)


def test_what_a_set_stands_for() -> None:
    """A milestone for each task, and two quotas for the set and for each further task of a route."""
    made = validate(stated([[["a", "b"], ["c"]]]))
    assert [option.id for option in made.tasks[0].options] == [None, "not taken"]
    assert [len(task.options) for task in made.tasks] == [2, 2, 2, 1, 1, 1]
    assert {quota.id: int(quota.limit) for quota in made.quotas} == {
        "route:a": 1, "route:a else": 1, "route:b": 1, "route:b else": 1,
    }  # fmt: skip
    with pytest.raises(Unsupported, match="replan does not support alternative routes"):
        refuse(made, "replan", ROUTES)


def test_the_cheapest_of_all_choices() -> None:
    """The least cost is that of the best choice of a route of each set, and another choice breaks a quota."""
    instance = validate(stated(ROUTE_SETS))
    result = leptonopt.solve(instance, method="branch-and-bound", time_limit=20, isolate=False)
    plan = result.require_plan()
    assert (result.status, plan.cost) == ("optimal", Fraction(3 + 8))
    taken = {line["id"] for line in plan.document["tasks"] if line["option"] != "not taken"}
    assert taken == {"a", "b", "d", "f"}
    apart = {**plan.document, "tasks": [line for line in plan.document["tasks"] if line["id"] != "b"]}
    apart["tasks"] += [{**line, "id": "b"} for line in plan.document["tasks"] if line["id"] == "c"]
    assert "quota" in {finding.rule for finding in verify(stated(ROUTE_SETS), apart).violations}


FAULTS = {
    "one route": ([[["a"]]], {}, "not a set of at least two routes"),
    "no list": ("a", {}, "not a set of at least two routes"),
    "no ids": ([[["a"], [4]]], {}, "not a set of at least two routes"),
    "unknown": ([[["a"], ["x"]]], {}, "there is no task 'x'"),
    "twice": ([[["a"], ["b"]], [["a"], ["c"]]], {}, "task 'a' is in a route already"),
    "copies": ([[["a"], ["b"]]], {"copies": 2}, "task 'a' of a route has copies"),
    "optional": ([[["a"], ["b"]]], {"optional": True, "value": 3}, "task 'a' of a route has optional"),
    "window": ([[["a"], ["b"]]], {"release": "2026-01-05T01:00Z"}, "tasks of routes differ in release or deadline"),
    "lag": ([[["a"], ["b"]]], {"after": [{"task": "c", "lag": "1h"}]}, "has a lag or data"),
    "labels": ([[["a"], ["b"]]], {"needs": {"labels": ["eu"]}}, "no pool has the labels"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be(name: str) -> None:
    routes, of_a, text = FAULTS[name]
    with pytest.raises(InstanceError, match=text):
        validate(stated(routes, **of_a))
    assert validate(stated([])).quotas == ()


def test_no_route_in_a_set_of_affinity() -> None:
    with pytest.raises(InstanceError, match="names a task of a route"):
        validate(stated([[["a"], ["b"]]]) | {"together": [["a", "c"]]})

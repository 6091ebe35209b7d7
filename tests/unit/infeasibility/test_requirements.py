"""All requirements of an instance: quotas, sets, the horizon, and their steps."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from leptonopt.errors import dotted
from leptonopt.infeasibility.documents import pruned
from leptonopt.infeasibility.requirement import Requirement, without_requirements
from leptonopt.infeasibility.requirements import grain, requirements_of
from leptonopt.instance import Instance, validate
from leptonopt.instance.notation import plain
from tests.helpers.tiny_instances import document, instance, pool, task


def by_kind(made: Instance, kind: str, **more: Any) -> Requirement:
    """Return the only requirement of a kind."""
    (found,) = [each for each in requirements_of(made, **more) if each.kind == kind]
    return found


def relaxed(made: Instance, requirement: Requirement, steps: int) -> tuple[str | None, dict[str, Any]]:
    """Return the change of some steps in words, and the document after it."""
    document = copy.deepcopy(made.document())
    assert requirement.milder is not None
    return requirement.milder(document, steps), document


@pytest.mark.parametrize(("limit", "step"), [("5", "0.01"), ("0", "1"), ("1234", "10"), ("0.3", "0.001"), ("100", "1")])
def test_steps_of_limits(limit: str, step: str) -> None:
    """About a hundredth, in round numbers."""
    assert grain(Decimal(limit)) == Decimal(step)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "quota 'q': at most 5 of gpu in all"),
        ({"teams": ["b"]}, "quota 'q': at most 5 of gpu of team b in all"),
        ({"tasks": ["t"], "pools": ["a"]}, "quota 'q': at most 5 of gpu of 1 task on 'a' in all"),
        ({"per": "moment"}, "quota 'q': at most 5 of gpu at"),
        ({"per": "month", "used": 2}, "quota 'q': at most 5 of gpu per month, of which 2 is used before"),
    ],
)
def test_quotas_in_words(more: dict[str, Any], words: str) -> None:
    """Their scope and limit."""
    made = instance(task(team="b"), quotas=[{"id": "q", "of": "gpu", "limit": 5, **more}])
    assert by_kind(made, "quota").words.startswith(words)


def test_a_quota_is_raised_or_removed() -> None:
    """By steps, and altogether."""
    made = instance(quotas=[{"id": "q", "of": "gpu", "limit": 5}])
    quota = by_kind(made, "quota")
    words, document = relaxed(made, quota, 7)
    assert words == "the quota 'q' raised by 0.07 to 5.07"
    assert document["quotas"][0]["limit"] == Decimal("5.07")
    assert not pruned(without_requirements(made.document(), [quota])).get("quotas")


def test_sets_can_only_be_dropped() -> None:
    """Of the tasks asked for; a set of one copy demands nothing."""
    made = instance(task("x"), task("y", copies=2), pools=[pool(), pool("b")], apart=[["x", "y"]])
    apart = by_kind(made, "apart")
    assert (apart.words, apart.milder) == ("'x', 2 copies of 'y' are on different pools", None)
    assert [each.kind for each in requirements_of(made, ["x"])] == ["capacity", "horizon"]
    assert "apart" not in pruned(without_requirements(made.document(), [apart]))


def test_a_longer_horizon() -> None:
    """By hours, or long enough for everything one after the other."""
    made = instance(task("x", copies=3, duration="3h"))
    horizon = by_kind(made, "horizon")
    assert horizon.words == "all is done by 2026-01-05 04:00, the end of the horizon"
    words, document = relaxed(made, horizon, 2)
    assert words == "a horizon 2h longer"
    assert validate(document).time.slots == 6
    assert validate(pruned(without_requirements(made.document(), [horizon]))).time.slots >= 9


def test_only_pools_in_use_demand_anything() -> None:
    """And only of the tasks asked for."""
    made = instance(task("x"), task("y", "b"), pools=[pool(), pool("b"), pool("c")])
    assert [each.subject for each in requirements_of(made) if each.kind == "capacity"] == [("a", "gpu"), ("b", "gpu")]
    assert [each.subject for each in requirements_of(made, ["y"]) if each.kind == "capacity"] == [("b", "gpu")]


def test_routes_are_demands_of_their_own() -> None:
    """Not the quotas that they stand for, and no repair raises one."""
    made = instance(task("a"), task("b"), task("c"), routes=[[["a", "b"], ["c"]]])
    found = [each for each in requirements_of(made) if each.kind == "quota"]
    assert {each.words for each in found} == {
        "exactly one of the routes that begin with 'a', 'c' is taken",
        "tasks 'a', 'b' of a route run together, or neither does",
    }
    assert all(each.milder is None and each.place[0] == "routes" for each in found)


def test_requirements_stand_on_lines_of_the_file() -> None:
    """Also of tasks that repeat, with the placement of all, in routes, and kept apart by node."""
    daily = task("daily") | {"repeat": {"from": "00:00", "to": "03:00"}}
    nodes = [{"id": "a", "nodes": {"size": {"gpu": 4}, "count": 2, "price": 1}}]
    routes = [[["b"], ["c"]], [["d"], ["e"]]]
    stated = document(daily, *map(task, "bcdefg"), pools=nodes, routes=routes, placement="one-node")
    stated |= {"apart": [["f", "g"], {"tasks": ["daily", "f"], "by": "node"}]}
    stated["time"] = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "3d"}
    written = plain(stated)
    lines = {dotted(written.line(each.place)) for each in requirements_of(validate(stated))}
    assert lines == {
        *("tasks[0].repeat.from", "tasks[0].repeat.to", "placement", "pools[0].nodes.count", "time.horizon"),
        *("routes[0]", "routes[1]", "apart[0]", "apart[1]"),
    }

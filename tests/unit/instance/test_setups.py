"""Setups of nodes as kinds of nodes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.verify import verify
from tests.helpers.tiny_instances import document

SETUPS = {"x": {"takes": "30m", "cost": 2}, "y": {"running": 1}}
WAY = {"pool": "p", "uses": {"gpu": 1, "disk": 1}, "duration": "1h"}
PROFILE = {"speed": {"p": 1}, "per_device": {"gpu": 1, "disk": 2}}


def stated(task: dict[str, Any] | None = None, pool: dict[str, Any] | None = None, **node: Any) -> dict[str, Any]:
    """Return a document with a pool of nodes with setups, and a task on them beside a given one."""
    kind = {"id": "n", "size": {"gpu": 2}, "count": 1, "setups": SETUPS} | node
    own = {"id": "p", "capacity": {"disk": 9}, "price": {"gpu": 3, "disk": 1}, "nodes": kind} | (pool or {})
    tasks = [{"id": "a", "setup": "x", "options": [WAY]}, *([{"id": "b", **task}] if task else [])]
    return document(*tasks, pools=[own, {"id": "q", "capacity": {"gpu": 1, "disk": 1}}], profiles={"f": PROFILE})


def test_each_setup_is_a_kind() -> None:
    """Its start costs and takes what the setup does; what nodes hold, and its price, has the setup's name."""
    made = validate(stated({"setup": "y", "work": {"hours": 1, "profile": "f"}}))
    pool = made.pools[0]
    assert [(kind.id, kind.startup, kind.boot, kind.running, kind.price.constant) for kind in pool.nodes if kind.price] == [
        ("n for x", 2, 1800, 0, 0), ("n for y", 0, 0, 1, 0),
    ]  # fmt: skip
    assert set(pool.price) == {"gpu for x", "gpu for y", "disk"}
    assert made.tasks[0].options[0].uses == {"gpu for x": 1, "disk": 1}
    work = made.tasks[1].work
    assert work is not None
    assert (work.device, work.per_device) == ("gpu for y", {"gpu for y": 1, "disk": 2})
    (quota,) = made.quotas
    assert (quota.of, quota.per, quota.limit, quota.pools) == ("node_hours", "slot", 1, ("p",))


def test_the_limit_is_rounded_up() -> None:
    """A third of an hour is no decimal; less than a node more is none."""
    document = stated() | {"time": {"start": "2026-01-05T00:00Z", "slot": "20m", "horizon": "4h"}}
    assert validate(document).quotas[0].limit == Decimal("0.333333334")


def test_one_setup_at_a_time() -> None:
    """The node is set up once for each task, in turn; a plan in which both setups are on at once breaks the quota."""
    tasks = stated({"setup": "y", "options": [WAY]})
    plan = leptonopt.solve(validate(tasks), method="cpsat", time_limit=20, isolate=False).require_plan()
    assert plan.cost == Fraction(2 + 2 * 4)
    hours, figures = len(plan.document["tasks"]), plan.document["figures"]  # of 1 of 2 GPUs and of 1 of 9 on disk
    shares = [Fraction(hours, 2 * 4), Fraction(hours, 9 * 4), 0, 0]  # of p, its nodes counted once, and of q
    assert figures["utilisation"] == round(float(sum(shares) / 4), 6)
    assert figures["hours_per_resource"] == hours / 4
    both = {
        **plan.document,
        "nodes": [{**entry, "on": plan.document["nodes"][0]["on"]} for entry in plan.document["nodes"]],
    }
    assert "quota" in {finding.rule for finding in verify(tasks, both).violations}


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown setup": ({"task": {"setup": "z", "options": [WAY]}}, "pool 'p' has no setup 'z'; there are x, y"),
    "no setup": ({"task": {"options": [WAY]}}, "pool 'p' has no setup None"),
    "mixed": ({"task": {"setup": "x", "options": [{"pools": ["p", "q"], "duration": "1h"}]}}, "options of their own"),
    "mixed work": ({"task": {"setup": "x", "work": {"hours": 1, "speed": {"p": 1, "q": 1}}}}, "tasks or options"),
    "whole nodes": ({"task": {"setup": "x", "options": [{"pool": "p", "nodes": 1, "duration": "1h"}]}}, "whole nodes"),
    "boot": ({"boot": "1h"}, "boot beside setups"),
    "count": ({"count": {"daily": {"00:00": 1}}}, "a whole number as their count"),
    "running": ({"setups": {"x": {"running": 1}, "y": {"running": 1}}}, "2 nodes are set up at first; at most 1"),
    "key": ({"setups": {"x": {"lasts": "1h"}}}, "allowed are takes, cost, running"),
    "no setups": ({"setups": {}}, "not setups by name"),
    "charge": ({"pool": {"charge": {"gpu": 1}}}, "setups beside other kinds of nodes, or a charge"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be(name: str) -> None:
    given, text = FAULTS[name]
    with pytest.raises(InstanceError, match=text):
        validate(stated(**given))


def test_a_setup_means_nothing_elsewhere() -> None:
    made = validate(stated({"setup": "other", "options": [{**WAY, "pool": "q"}]}))
    assert made.tasks[1].options[0].uses == {"gpu": 1, "disk": 1}


def test_no_quota_of_what_such_nodes_hold() -> None:
    with pytest.raises(InstanceError, match="counts a resource of nodes with setups"):
        validate(stated() | {"quotas": [{"id": "q", "of": "gpu", "limit": 4}]})

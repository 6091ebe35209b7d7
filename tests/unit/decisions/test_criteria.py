"""Criteria: the instances with limits are valid, and take no name that is used."""

from __future__ import annotations

from decimal import Decimal

import pytest

import leptonopt
from leptonopt.decisions.criteria import criterion_of
from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.instance.edits import plain
from tests.unit.decisions.test_answer import instance
from tests.unit.decisions.test_front import dirty_or_clean


def test_names_are_free() -> None:
    """A quota and a consumed name of the instance keep theirs."""
    document = dirty_or_clean()
    document["quotas"] = [{"id": "front", "of": "money", "limit": 99}]
    made, start = criterion_of(validate(document), "carbon").limited(Decimal(3))
    assert [quota["id"] for quota in made["quotas"]] == ["front", "front-2"]
    assert start is None
    document["tasks"][0] |= {"due": "2026-01-05T01:00Z", "late_cost": 1}
    document["tasks"][1]["options"][0]["consumes"] = {"late": 1}
    made, _ = criterion_of(validate(document), "late").limited(Decimal(0))
    assert made["quotas"][-1]["of"] == "late-2"
    assert validate(made)


def test_shared_pools_count() -> None:
    """The value is that of the bill."""
    criterion = criterion_of(validate(dirty_or_clean()), "carbon")
    plan = leptonopt.solve(criterion.limited(Decimal(3))[0], time_limit=10, threads=1).document
    assert criterion.value(plan) == 3
    assert criterion.least is not None
    document = dirty_or_clean()
    for pool in document["pools"]:  # that options state the power is enough
        pool.pop("power", None)
        pool.pop("nodes", None)
        pool["capacity"] = {"gpu": 4}
    for task in document["tasks"]:
        for option in task["options"]:
            option["uses"] = {"gpu": 1, "power": 1}
    assert criterion_of(validate(document), "carbon").unit == "kg CO2"


def test_what_a_plan_commits_is_not_paid_yet() -> None:
    """Changes from a plan are counted before anything of it is carried out, also not the nodes that it commits."""
    stated = instance(1)
    stated["pools"][0] = {"id": "own", "nodes": {"id": "n", "size": {"gpu": 3}, "count": 1, "commit": {"total": 1}}}
    nodes = [{"pool": "own", "kind": "n", "committed": 1, "on": [{"from": "2026-01-05T00:00:00Z", "count": 1}]}]
    document, _ = criterion_of(validate(stated), "changes", {"tasks": [], "nodes": nodes}).limited(None)
    assert document["pools"] == plain(validate(stated).document())["pools"]
    stated["tasks"][0] |= {"segments": {"begun": {"option": stated["tasks"][0]["options"][0].get("id", "own")}}}
    with pytest.raises(UsageError, match="has begun before the horizon"):
        criterion_of(validate(stated), "changes", {"tasks": []})

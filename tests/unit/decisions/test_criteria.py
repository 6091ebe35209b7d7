"""Criteria: the instances with limits are valid, and take no name that is used."""

from __future__ import annotations

from decimal import Decimal

import leptonopt
from leptonopt.decisions.criteria import criterion_of
from leptonopt.instance import validate
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

"""Meters in the checker: what plans say of them is true, or it is noticed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import leptonopt
from leptonopt.verify import verify
from tests.helpers.metered import moved

STATED = moved(4, 4, 4, tiers=[{"price": 1}, {"from": 6, "price": 0.25}])


@pytest.fixture(scope="module")
def plan() -> dict[str, Any]:
    """Return a plan of 7.5."""
    return leptonopt.solve(STATED, method="highs", time_limit=20, isolate=False).document


def test_a_right_plan_passes(plan: dict[str, Any]) -> None:
    """All 12 are moved: 6 at 1, 6 at a quarter."""
    assert verify(STATED, plan).ok
    assert plan["meters"] == [
        {"id": "egress", "from": "2026-01-05T00:00:00Z", "to": "2026-01-05T04:00:00Z", "used": 12, "cost": 7.5}
    ]
    assert [line["metered"] for line in plan["tasks"]] == [2.5] * 3


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("meters", 0, "used"), 11, "meter 'egress' from 2026-01-05T00:00:00Z: used"),
        (("meters", 0, "cost"), 7, "meter 'egress' from 2026-01-05T00:00:00Z: cost"),
        (("meters", 0, "to"), "2026-01-05T03:00:00Z", "does not end"),
        (("meters", 0, "id"), "other", "no meter of the instance"),
        (("tasks", 1, "metered"), 2, "metered"),
        (("bill", "metered"), 7, "bill.metered"),
        (("cost_exact",), "7", "cost"),
    ],
)
def test_a_wrong_one_is_noticed(plan: dict[str, Any], path: tuple[Any, ...], value: Any, said: str) -> None:
    """Each figure is computed anew."""
    changed = copy.deepcopy(plan)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    verdict = verify(STATED, changed)
    assert any(said in str(found) for found in verdict.violations), verdict.violations


def test_no_shares_without_meters(plan: dict[str, Any]) -> None:
    """An instance without meters has none in its plan."""
    bare = {key: value for key, value in STATED.items() if key != "meters"}
    assert not verify(bare, plan).ok

"""Savings plans in the checker: what plans say of them is true, or it is noticed."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import leptonopt
from leptonopt.verify import verify
from tests.helpers.saved import RATES, saved

STATED = saved(committed=1, commit={"max": 4, "step": 0.5})


@pytest.fixture(scope="module")
def plan() -> dict[str, Any]:
    """Return the best plan."""
    return leptonopt.solve(STATED, method="highs", time_limit=20, isolate=False).document


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("savings", 0, "commit"), 3.3, "cannot be committed"),
        (("savings", 0, "commit"), 4.5, "cannot be committed"),
        (("savings", 0, "paid"), 7, "savings plan 'compute': paid"),
        (("savings", 0, "covered"), 7, "savings plan 'compute': covered"),
        (("savings", 0, "lost"), 7, "savings plan 'compute': lost"),
        (("savings", 0, "cost"), 7, "savings plan 'compute': cost"),
        (("savings", 0, "id"), "other", "no savings plan of the instance"),
        (("tasks", 1, "metered"), 2, "metered"),
        (("bill", "metered"), 7, "bill.metered"),
    ],
)
def test_a_wrong_one_is_noticed(plan: dict[str, Any], path: tuple[Any, ...], value: Any, said: str) -> None:
    """Each figure is computed anew."""
    assert verify(STATED, plan).ok
    changed = copy.deepcopy(plan)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert any(said in str(found) for found in verify(STATED, changed).violations)
    twice = plan | {"savings": plan["savings"] * 2}
    assert any("has a line twice" in str(found) for found in verify(STATED, twice).violations)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"bought": [{"start": "2026-01-05T01:00:00Z", "commit": 2}]}, "is no start"),
        ({"bought": [{"start": "2026-01-05T02:00:00Z", "commit": 2}] * 2}, "stands twice"),
        ({"bought": [{"start": "2026-01-05T02:00:00Z", "commit": 3}]}, "cannot be committed"),
        ({"bought": [], "commit": 2}, "cannot be committed"),
        ({"bought": []}, "savings plan 'compute': paid"),
    ],
)
def test_a_wrong_purchase_is_noticed(line: dict[str, Any], said: str) -> None:
    """Where it begins, how much it is, and what it pays."""
    commit = {"max": 4, "step": 2, "term": "2h", "start": ["2026-01-05T02:00Z"]}
    stated = saved(rates=RATES[:1], commit=commit)
    stated["tasks"] = [stated["tasks"][0] | {"release": "2026-01-05T02:00Z"}]
    found = leptonopt.solve(stated, method="highs", time_limit=20, isolate=False).document
    assert verify(stated, found).ok
    changed = found | {"savings": [found["savings"][0] | line]}
    assert any(said in str(each) for each in verify(stated, changed).violations)


def test_a_plan_for_nodes_that_are_never_there() -> None:
    """Where tasks tell nodes apart, a rate of a kind without any node is read, and is worth nothing."""
    closed = {"id": "closed", "nodes": {"id": "k", "size": {"gpu": 2}, "count": 0, "price": 2}}
    stated = copy.deepcopy(STATED)
    stated["pools"].append(closed)
    stated["savings"][0]["rates"].append({"pool": "closed", "kind": "k", "price": 1})
    options = [{"pool": "closed", "uses": {"gpu": 1}, "duration": "1h"}]
    stated["tasks"].append({"id": "none", "optional": True, "value": 0, "placement": "one-node", "options": options})
    found = leptonopt.solve(stated, method="highs", time_limit=20, isolate=False)
    assert found.cost == leptonopt.solve(STATED, method="highs", time_limit=20, isolate=False).cost
    assert verify(stated, found.document).ok

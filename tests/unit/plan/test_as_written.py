"""Reports speak of what the user wrote: routes, setups and sets kept apart."""

from __future__ import annotations

from typing import Any

from leptonopt.plan.as_written import as_written
from leptonopt.plan.page import PlanPage
from tests.helpers import plans


def routed() -> dict[str, Any]:
    """Return a plan with a task that is not taken, and what routes and sets stand for."""
    idle = plans.task("tune", "a", 0, 0, 0, option="not taken")
    document = plans.plan(plans.task("train", "a", 0, 2, 8), idle)
    window = {"from": "2026-11-23T00:00:00Z", "to": "2026-11-25T00:00:00Z", "used": 1, "limit": 1}
    names = ("route:train", "route:train else", "apart:train zone:x", "setups of a", "route:mine", "budget")
    document["quotas"] = [{"id": name, **window} for name in names]
    mark = {**document["utilisation"][0], "resource": "apart:train"}
    document["utilisation"] = [*document["utilisation"], mark]
    return document


def test_what_no_user_states_is_left_out() -> None:
    """Names that only look so stay."""
    found = as_written(routed())
    assert [line["id"] for line in found["tasks"]] == ["train"]
    assert found["not_taken"] == ["tune"]
    assert found["bill"]["pools"][0]["tasks"] == 1
    assert [line["id"] for line in found["quotas"]] == ["setups of a", "route:mine", "budget"]
    assert [line["resource"] for line in found["utilisation"]] == ["gpu"]


def test_a_plan_without_them_is_as_it_is() -> None:
    document = plans.plan(plans.task("train", "a", 0, 2, 8))
    assert as_written(document) == {**document, "not_taken": []}
    assert as_written(plans.none())["tasks"] == []


def test_the_page() -> None:
    text = PlanPage(routed()).html()
    assert "routes not taken: tune" in text
    assert "apart:" not in text

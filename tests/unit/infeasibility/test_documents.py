"""Parts of a document: some tasks alone, gaps, horizons."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.infeasibility.documents import BRIEF, earners, pruned, shorter, subset
from leptonopt.instance import validate
from tests.helpers.tiny_instances import instance, pool, task


def stated(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the canonical document of an instance."""
    return instance(*tasks, **more).document()


def test_some_tasks_with_all_that_refers_to_them() -> None:
    """What they wait for, quotas and sets lose the others; the document itself stays."""
    document = stated(
        task("x"), task("y", after=["x"], team="b"), task("z", team="c"),
        quotas=[{"id": "q", "of": "gpu", "limit": 9, "tasks": ["x", "y"]}, {"id": "r", "of": "gpu", "limit": 9, "teams": ["c"]}],
        apart=[["x", "y", "z"]],
    )  # fmt: skip
    found = subset(document, ["y"])
    assert [each["id"] for each in found["tasks"]] == ["y"]
    assert found["tasks"][0]["after"] == [None]
    assert [(quota["id"], quota["tasks"]) for quota in found["quotas"]] == [("q", ["y"])]
    assert found["apart"] == [["y"]]
    assert len(document["tasks"]) == 3
    validate(pruned(found))


def test_tasks_that_earn_money_for_a_budget_stay_optional() -> None:
    """The rest may need what they earn."""
    earning = task("x", options=[{"pool": "a", "duration": "1h", "cost": -5}])
    document = stated(earning, task("y"), quotas=[{"id": "q", "of": "money", "limit": 1}])
    assert earners(document) == {"x"}
    found = subset(document, ["y"])
    assert [(each["id"], each.get("optional", False)) for each in found["tasks"]] == [("x", True), ("y", False)]
    assert earners(stated(earning, task("y"))) == set()


def test_negative_prices_earn_as_well() -> None:
    """On pools whose price is below zero at some time."""
    document = stated(
        task("x"), task("y", "b"), pools=[pool(price={"gpu": {"daily": {"00:00": -1, "02:00": 3}}}), pool("b")],
        quotas=[{"id": "q", "of": "money", "limit": 1}],
    )  # fmt: skip
    assert earners(document) == {"x"}


def test_gaps_are_removed() -> None:
    """Empty lists and sets of one disappear with them; a set of one task with copies stays."""
    document = stated(task("x"), task("y", after=["x"], copies=2), apart=[["x", "y"]], together=[["x", "y"]])
    document["tasks"][1]["after"] = [None]
    document["together"], document["apart"] = [["x"]], [["y"], []]
    found = pruned(document)
    assert "after" not in found["tasks"][1]
    assert "together" not in found
    assert found["apart"] == [["y"]]


@pytest.mark.parametrize("brief", [None, "1h"])
def test_the_shorter_horizon(brief: str | None) -> None:
    """Only where the document has two."""
    document = stated()
    if brief:
        document["time"][BRIEF] = brief
    found = shorter(document)
    assert (found and found["time"]["horizon"]) == brief
    assert BRIEF not in pruned(document)["time"]

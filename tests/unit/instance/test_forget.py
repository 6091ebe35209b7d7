"""Removed parts are named nowhere else, and documents stay valid."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from leptonopt.instance import validate
from leptonopt.instance.edits import without
from tests.helpers.tiny_instances import document


def stated(**more: Any) -> dict[str, Any]:
    """Return four tasks on two pools, of which one consumes a licence."""
    tasks = [{"id": id, "options": [{"pools": ["p", "r"], "uses": {"gpu": 1}, "duration": "1h"}]} for id in "abcd"]
    tasks[0]["options"][0]["consumes"] = {"licence": 1}
    pools = [{"id": "p", "capacity": {"gpu": 9}}, {"id": "r", "capacity": {"gpu": 9, "disk": 1}}]
    return copy.deepcopy(document(*tasks, pools=pools, **more))


@pytest.mark.parametrize(
    ("gone", "left"),
    [
        ("a", [[["b"], ["c"]]]),  # the route goes on without it
        ("c", []),  # its route was it alone, and what is left is no choice
    ],
)
def test_routes(gone: str, left: list[list[list[str]]]) -> None:
    made = without(stated(routes=[[["a", "b"], ["c"]]]), f"tasks.{gone}")
    assert made["routes"] == left
    validate(made)


def test_sets_kept_apart_by_label() -> None:
    """A set is a list, or a mapping with one."""
    made = without(stated(apart=[["a", "b"], {"tasks": ["a", "c"], "by": "zone:"}, {"tasks": ["a"]}]), "tasks.a")
    assert made["apart"] == [["b"], {"tasks": ["c"], "by": "zone:"}]


def test_limits_on_what_nothing_has_go() -> None:
    """Quotas and ties of what only the removed part consumed or offered; others stay."""
    quotas = [{"id": name, "of": name, "limit": 9} for name in ("licence", "disk", "gpu", "money")]
    document = stated(quotas=quotas, objective={"ties": ["licence"]})
    made = without(document, "tasks.a")
    assert [quota["id"] for quota in made["quotas"]] == ["disk", "gpu", "money"]
    assert made["objective"] == {"ties": []}
    validate(made)
    made = without(document, "pools.r")
    assert [quota["id"] for quota in made["quotas"]] == ["licence", "gpu", "money"]
    validate(made)

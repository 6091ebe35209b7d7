"""Explanations: status, conflicts that are minimal, and their document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leptonopt import solve
from leptonopt.infeasibility.explain import explain
from tests.helpers.tiny_instances import document, pool, task


def test_an_instance_with_a_plan() -> None:
    """There is nothing to explain."""
    found = explain(document(), time_limit=20)
    assert (found.status, found.conflicts, found.repairs) == ("feasible", (), ())


@pytest.mark.parametrize(
    ("stated", "tasks", "kinds"),
    [
        (document(task(gpu=5)), {"t"}, {"capacity"}),
        (
            document(
                task("x", gpu=3, duration="3h"),
                task("y", gpu=3, duration="3h"),
                task("z", "b"),
                pools=[pool(), pool("b")],
            ),
            {"x", "y"},
            {"capacity", "horizon"},
        ),
        (document(task("x", after=["y"], deadline="2026-01-05T01:00Z"), task("y")), {"x", "y"}, {"after", "deadline"}),
        (document(task("x"), task("y"), pools=[pool()], apart=[["x", "y"]]), {"x", "y"}, {"apart"}),
    ],
)
def test_conflicts_are_minimal(stated: dict[str, Any], tasks: set[str], kinds: set[str]) -> None:
    """No plan with all lines; a plan without any one of them."""
    found = explain(stated, time_limit=30)
    assert found.status == "infeasible"
    (conflict,) = found.conflicts
    assert set(conflict.tasks) == tasks
    assert {demand.kind for demand in conflict.demands} == kinds
    assert conflict.minimal
    assert solve(conflict.instance, method="cpsat", isolate=False).status == "infeasible"
    for line in (*conflict.demands, *conflict.tasks):
        if len(conflict.tasks) > 1 or not isinstance(line, str):
            assert solve(conflict.without(line), method="cpsat", isolate=False).plan is not None


def test_the_document_is_json() -> None:
    """With the reasons, conflicts and repairs."""
    stated = json.loads(json.dumps(explain(document(task(gpu=5)), time_limit=20).document()))
    assert stated["status"] == "infeasible"
    assert stated["conflicts"][0]["tasks"] == ["t"]
    assert stated["conflicts"][0]["demands"][0]["words"] == "pool 'a' offers 4 gpu"
    assert stated["repairs"]

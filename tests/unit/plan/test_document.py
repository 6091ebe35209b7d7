"""The plan document: entries, exact numbers, and what it says without a plan."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.compile.decode import decode
from leptonopt.plan.document import Outcome, plan_document
from leptonopt.problem.schedule import Schedule, node_schedule_of
from tests.helpers.plans import outcome
from tests.helpers.tiny_instances import compiled, pool, task


def written(made: Any, schedule: Schedule, **more: Any) -> dict[str, Any]:
    """Return the document of a schedule."""
    runs, left = decode(made, schedule)
    return plan_document(made, outcome(made, **more), runs, left, node_schedule_of(made.problem, schedule))


def test_entries_of_tasks() -> None:
    """Equal copies are one entry; each states its own cost and parts."""
    made = compiled(task(copies=3), pools=[pool(gpu=6)])
    document = written(made, Schedule.of([0, 0], [0, 2], [2, 1]))
    assert [(line["id"], line["copy"], line.get("copies", 1), line["start"]) for line in document["tasks"]] == [
        ("t", 1, 2, "2026-01-05T00:00:00Z"), ("t", 3, 1, "2026-01-05T02:00:00Z"),
    ]  # fmt: skip
    assert document["tasks"][0]["parts"] == {"running": 2, "fixed": 0, "late": 0}
    assert (document["cost"], document["cost_exact"], document["bill"]["total"]) == (6, "6", 6)


def test_the_gap_and_a_bound_that_is_rounded_down() -> None:
    """The exact bound is a text."""
    made = compiled()
    document = written(made, Schedule.of([0], [0]), bound=Fraction(5, 3))
    assert (document["bound"], document["bound_exact"], document["gap"]) == (1.666666, "5/3", pytest.approx(1 / 6))
    equal = written(made, Schedule.of([0], [0]), status="optimal", bound=Fraction(2))
    assert (equal["bound"], equal["gap"], equal["status"]) == (2, 0, "optimal")


def test_what_is_left_out() -> None:
    """With its value; figures count only what runs."""
    made = compiled(task("x", optional=True, value=9), task("y", value=4))
    document = written(made, Schedule.of([1], [0]))
    assert document["left_out"] == [{"id": "x", "value": 9}]
    assert (document["figures"]["total_profit"], document["bill"]["forgone"], document["cost"]) == (4, 9, 2 + 9)


def test_nodes_state_their_changes() -> None:
    """A step for each change of the number that is on."""
    kind = {"id": "big", "size": {"gpu": 4}, "count": 2, "price": 10}
    made = compiled(task("x", pool="n"), task("y", pool="n", gpu=4), pools=[{"id": "n", "nodes": kind}])
    document = written(made, Schedule.of([0, 1], [1, 1]))
    (line,) = document["nodes"]
    assert [(step["from"][11:13], step["count"]) for step in line["on"]] == [("00", 0), ("01", 2), ("02", 0)]
    assert (line["node_hours"], line["rent"], line["cost"]) == (2, 20, 20)


@pytest.mark.parametrize(("per", "used"), [("horizon", [2]), ("moment", [2])])
def test_quotas_state_their_use(per: str, used: list[int]) -> None:
    """Of the horizon, or at the fullest moment."""
    made = compiled(quotas=[{"id": "q", "of": "gpu", "limit": 3, "per": per}])
    document = written(made, Schedule.of([0], [1]))
    assert [line["used"] for line in document["quotas"]] == used
    assert (document["quotas"][0]["from"], document["quotas"][0]["to"]) == (
        "2026-01-05T00:00:00Z",
        "2026-01-05T04:00:00Z",
    )


def test_carbon_in_the_objective() -> None:
    """Each entry states its part of it, and the document its weights."""
    made = compiled(pools=[pool(power={"gpu": 1}, carbon=500)], objective={"carbon_kg": 3})
    document = written(made, Schedule.of([0], [0]))
    assert document["objective"] == {"cost": 1, "carbon_kg": 3}
    assert document["tasks"][0]["parts"]["carbon"] == 3
    assert (document["tasks"][0]["carbon_kg"], document["cost"]) == (1, 2 + 3)


def test_without_a_plan() -> None:
    """The same keys, with nothing in them, and the reasons."""
    made = compiled()
    document = plan_document(made, outcome(made, "infeasible"), None, [])
    assert document.keys() == written(made, Schedule.of([0], [0])).keys()
    assert (document["tasks"], document["cost"], document["bill"], document["why"]) == ([], None, None, ["by hand"])


def test_the_trace_is_rounded() -> None:
    """Milliseconds; bounds downwards."""
    steps = Outcome(
        "feasible", "done", "m", None, {}, {}, trace=[(0.12345, None, Fraction(2, 3)), (1, Fraction(7), None)]
    ).steps()
    assert steps == [{"seconds": 0.123, "cost": None, "bound": 0.666666}, {"seconds": 1, "cost": 7, "bound": None}]

"""The differences of two plans: what moved, shifted, is new or gone, and cost by pool."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.errors import UsageError
from leptonopt.plan.diff import plan_diff, task_changes
from tests.helpers import plans


def pairs(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Return task, kind and copies of each change."""
    return [(change.task, change.what, change.copies) for change in plan_diff(before, after).changes]


def test_every_kind_of_change() -> None:
    """Another pool is moved, another start is shifted; what only one plan has is new or gone."""
    before = plans.plan(
        plans.task("kept", "a", 0, 2), plans.task("moved", "a", 0, 2), plans.task("shifted", "a", 0, 2),
        plans.task("gone", "a", 0, 2),
    )  # fmt: skip
    after = plans.plan(
        plans.task("kept", "a", 0, 2), plans.task("moved", "b", 0, 2), plans.task("shifted", "a", 3, 2),
        plans.task("new", "b", 1, 2),
    )  # fmt: skip
    found = plan_diff(before, after)
    assert pairs(before, after) == [
        ("moved", "moved", 1),
        ("shifted", "shifted", 1),
        ("new", "new", 1),
        ("gone", "gone", 1),
    ]
    assert found.kept == 1
    assert found.counts() == {"moved": 1, "shifted": 1, "new": 1, "gone": 1}


def test_a_plan_equals_itself() -> None:
    """No change, and no difference in cost."""
    plan = plans.crowd(30, 3)
    found = plan_diff(plan, plan)
    assert found.changes == ()
    assert found.kept == 30
    assert found.cost.difference == 0


@pytest.mark.parametrize("split", [True, False])
def test_copies_are_interchangeable(split: bool) -> None:
    """An entry of several copies equals entries of one copy each, in any order."""
    many = plans.plan(plans.task("t", "a", 0, 2, copy=1, copies=3), plans.task("t", "b", 0, 2, copy=4))
    other = plans.plan(plans.task("t", "b", 0, 2, copy=1), plans.task("t", "a", 0, 2, copy=2, copies=3))
    assert pairs(many, plans.one_by_one(other) if split else other) == []


def test_pairs_of_copies() -> None:
    """Copies that stay in their mode are paired first; the rest moves; what is left over is gone."""
    before = plans.plan(plans.task("t", "a", 0, 2, copy=1, copies=5))
    after = plans.plan(plans.task("t", "a", 4, 2, copy=1, copies=2), plans.task("t", "b", 0, 2, copy=3))
    after["left_out"] = [{"id": "t", "copy": 4, "copies": 2, "value": 1}]
    assert pairs(before, after) == [("t", "moved", 1), ("t", "shifted", 2), ("t", "gone", 2)]
    assert plan_diff(before, after).changes[-1].left_out


def test_costs_by_pool() -> None:
    """A pool that one plan lacks has no cost there; idle pools are not named; the objective is exact."""
    before = plans.plan(plans.task("t", "a", 0, 2, 8), pools=("a", "idle"))
    after = plans.plan(plans.task("t", "b", 0, 2, 5.1), cost_exact="51/10")
    after["bill"]["late"] = 2.5
    found = plan_diff(before, after)
    assert [(line.name, line.before, line.after) for line in found.pools] == [
        ("b", None, Fraction("5.1")),
        ("a", 8, None),
    ]
    assert [(line.name, line.difference) for line in found.parts] == [("lateness", Fraction(5, 2))]
    assert found.cost.difference == Fraction("-2.9")


def test_weighted_carbon_is_a_part() -> None:
    """Its money is the mass at the weight of the objective."""
    plan = plans.plan(plans.task("t", "a", 0, 2, 8), objective={"cost": 1, "carbon_kg": 0.5})
    plan["bill"] |= {"carbon_kg": 3}
    assert [(line.name, line.after) for line in plan_diff(plan, plan).parts] == [("carbon", Fraction(3, 2))]


def test_a_file_without_a_plan() -> None:
    """Every task is new, and no difference in cost is stated."""
    found = plan_diff(plans.none("infeasible", "x"), plans.plan(plans.task("t", "a", 0, 2, 8)))
    assert found.counts()["new"] == 1
    assert found.cost.before is None


def test_plans_of_two_currencies() -> None:
    """They are refused in one line."""
    plan = plans.plan(plans.task("t", "a", 0, 2))
    with pytest.raises(UsageError, match="in USD and in EUR"):
        plan_diff(plan, plan | {"currency": "EUR"})


def test_the_document() -> None:
    """Counts, changes with places, and costs as JSON numbers."""
    before = plans.plan(plans.task("t", "a", 0, 2, 8, variant="int8"))
    found = plan_diff(before, plans.plan(plans.task("t", "b", 0, 2, 5))).document()
    assert found["tasks"] == {"kept": 0, "moved": 1, "shifted": 0, "new": 0, "gone": 0}
    assert found["changes"][0]["before"]["variant"] == "int8"
    assert found["changes"][0]["after"]["pool"] == "b"
    assert found["cost"] == {"before": 8, "after": 5, "difference": -3}


def test_routes_that_neither_plan_takes() -> None:
    """They are no tasks that run, whenever they would; one that is taken instead moves."""
    idle, later = (plans.task("t", "a", start, 0, 0, option="not taken") for start in (0, 3))
    assert task_changes(plans.plan(idle), plans.plan(later)) == (0, [])
    kept, (change,) = task_changes(plans.plan(idle), plans.plan(plans.task("t", "a", 0, 2, 8)))
    assert (kept, change.what) == (0, "moved")

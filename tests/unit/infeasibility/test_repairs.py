"""Repairs: each is one change after which a plan exists, with its cost."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from leptonopt import solve
from leptonopt.infeasibility.explain import explain
from leptonopt.infeasibility.feasibility_check import FeasibilityOracle
from leptonopt.infeasibility.repairs import Repairs, _Change, _exact_steps
from leptonopt.instance import validate
from leptonopt.runtime.deadline import Deadline
from tests.helpers.tiny_instances import document, pool, task


@pytest.mark.parametrize(
    ("stated", "change"),
    [
        (document(task(gpu=5)), "1 more gpu in pool 'a'"),
        (
            document(task(deadline="2026-01-05T01:00Z", duration="2h")),
            "the deadline of 't' 1h later, 2026-01-05 02:00",
        ),
        (document(task(needs={"labels": ["eu"]})), "'t' without what it needs (the label 'eu')"),
        (document(task(), quotas=[{"id": "q", "of": "gpu", "limit": 1}]), "the quota 'q' raised by 1 to 2"),
    ],
)
def test_single_changes(stated: dict[str, Any], change: str) -> None:
    """The smallest steps that suffice; the repaired instance has a plan of that cost."""
    found = explain(stated, time_limit=30)
    assert found.status == "infeasible"
    assert [repair.changes for repair in found.repairs] == [(change,), ("'t' left out",)]
    repair = found.repairs[0]
    assert solve(repair.instance, method="cpsat", isolate=False, time_limit=20).cost == repair.cost


def test_quotas_of_a_moment_are_raised_to_what_a_plan_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the least raise cannot be decided, the use of some plan is one."""
    monkeypatch.setattr(Repairs, "_stepped", lambda *_: None)
    quota = {"id": "q", "of": "gpu", "per": "moment", "limit": 1}
    found = explain(
        document(task(gpu=2), task("u", "b", gpu=1), pools=[pool(), pool("b")], quotas=[quota]), time_limit=30
    )
    assert next(each.changes for each in found.repairs if not each.left_out)[0] in (
        "the quota 'q' raised by 1 to 2",
        "the quota 'q' raised by 2 to 3",
    )


@pytest.mark.parametrize(("limit", "used", "steps"), [
    ("100", "100.5", "0.5"), ("9", "10", "100"), ("0", "0.5", "0.5"), ("5000", "5010.333", "1.04"), ("100", "100", "0.01"),
])  # fmt: skip
def test_quotas_are_raised_to_what_is_used(limit: str, used: str, steps: str) -> None:
    """To a hundredth of a step, which is a hundredth of the limit in round numbers."""
    assert _exact_steps(Decimal(limit), Fraction(used)) == Decimal(steps)


def test_two_conflicts_need_a_change_each() -> None:
    """Together in one repair."""
    found = explain(document(task("x", gpu=5), task("y", "b", gpu=9), pools=[pool(), pool("b")]), time_limit=30)
    assert len(found.conflicts) == 2
    assert all(len(repair.changes) >= 2 for repair in found.repairs)
    assert all(solve(repair.instance, method="greedy").plan for repair in found.repairs)


def test_repairs_are_sorted() -> None:
    """Few changes first, then by cost; leaving something out comes last."""
    found = explain(document(task("x", gpu=3, duration="3h"), task("y", gpu=3, duration="3h")), time_limit=30)
    keys = [(repair.left_out, len(repair.changes), repair.cost) for repair in found.repairs]
    assert keys == sorted(keys)


def test_changes_that_a_proof_refutes_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later deadline makes no room in a quota of too few hours; the quota and fewer tasks do."""
    tasks = [task(f"t{at}", gpu=2, duration="2h", deadline="2026-01-05T03:00Z") for at in range(6)]
    stated = document(*tasks, pools=[pool(gpu=4)], quotas=[{"id": "q", "of": "gpu", "limit": 21}])
    asked = list[bool]()
    refuted = FeasibilityOracle.is_refuted
    monkeypatch.setattr(FeasibilityOracle, "is_refuted", lambda self, of: asked.append(refuted(self, of)) or asked[-1])
    instance = validate(stated)
    oracle, notes = FeasibilityOracle(Deadline.after(20.0)), list[str]()
    change = _Change(lambda of, steps: _later(of, steps), 2, refutable=True)
    repairs = Repairs(instance, instance.document(), oracle, lambda line: None, notes, counted=True)
    assert repairs._is_useless(change)
    assert repairs._is_useless(change)
    assert asked == [True]


def _later(of: dict[str, Any], steps: int) -> str:
    of["tasks"][0].pop("deadline", None)
    return "later"

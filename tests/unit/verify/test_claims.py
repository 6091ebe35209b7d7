"""Claims of a plan about itself: statuses, proofs, bounds, traces."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.verify.claims import Claims, against_certificate, other_instance_message
from leptonopt.verify.exact import Findings, Proof
from tests.helpers import plans


def optimal(**more: Any) -> dict[str, Any]:
    """Return an optimal plan that costs 10."""
    proof = {"by": ["cpsat"], "confirmed_by": [], "confirmation": None, "certified": None}
    return (
        plans.plan(plans.task("x", "a", 0, 1, 10)) | {"bound": 10, "bound_exact": "10", "gap": 0, "proof": proof} | more
    )


def said(plan: dict[str, Any], cost: int | None = 10) -> list[str]:
    """Return what is said of a plan."""
    findings = Findings()
    claims = Claims(plan, findings)
    claims.check({"name": "by hand"}, True)
    if cost is not None:
        claims.check_cost(Fraction(cost))
        claims.check_status(Fraction(cost))
    return [found.message for found in findings.found]


def test_a_plan_that_claims_nothing_wrong() -> None:
    """An optimal one."""
    assert said(optimal()) == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"stop": "limit"}, "stop: is 'limit' with the status 'optimal'"),
        ({"currency": "EUR"}, "currency: is 'EUR', not 'USD'"),
        ({"why": ["x"]}, "why: is given, yet there is a plan"),
        ({"cost": 11}, "cost: is 11, not 10"),
        ({"cost_exact": "11"}, "cost_exact: is 11, not 10"),
        ({"cost_exact": None}, "cost_exact: is missing"),
        ({"bound": 9}, "bound: is 9, but bound_exact says 10"),
        ({"bound": 11, "bound_exact": "11"}, "above the cost"),
        ({"bound": 9, "bound_exact": "9"}, "optimal, but the bound 9 is not the cost 10"),
        ({"bound": None, "bound_exact": None}, "is missing, yet a gap or optimality is claimed"),
        ({"gap": 0.5}, "gap: is 0.5, not 0"),
        ({"trace": [{"seconds": 1, "cost": 12, "bound": 3}]}, "is 12, yet the plan ends at 10"),
        (
            {"trace": [{"seconds": 1, "cost": 10, "bound": 10}, {"seconds": 0, "cost": 10, "bound": 10}]},
            "before the entry above it",
        ),
        (
            {"trace": [{"seconds": 1, "cost": 9, "bound": 9}, {"seconds": 2, "cost": 10, "bound": 10}]},
            "costs go down and bounds up",
        ),
    ],
)
def test_contradictions(more: dict[str, Any], words: str) -> None:
    """Each is said at its place."""
    assert any(words in line for line in said(optimal(**more))), said(optimal(**more))


@pytest.mark.parametrize(
    ("proof", "words"),
    [
        ({"by": ["magic"]}, "'magic' is no method"),
        ({"by": ["cpsat", "cpsat"]}, "names a method twice"),
        ({"by": []}, "proof.by"),
        ({"confirmed_by": ["highs"]}, "proof.confirmation"),
        ({"certified": "11"}, "11 is above cost_exact 10"),
    ],
)
def test_proofs(proof: dict[str, Any], words: str) -> None:
    """Who proved and confirmed it, and what is certified."""
    plan = optimal()
    plan["proof"] = plan["proof"] | proof
    assert any(words in line for line in said(plan)), said(plan)


def test_a_deterministic_run_has_no_clock() -> None:
    """Neither seconds nor a trace."""
    plan = optimal()
    plan["made"] = {**plan["made"], "limits": {**plan["made"]["limits"], "deterministic": True}}
    assert any("yet seconds or a trace are given" in line for line in said(plan))


def test_infeasibility_needs_reasons() -> None:
    """And no plan."""
    plan = plans.none("infeasible", "x") | {"why": []}
    assert any("reasons are given where no plan exists" in line for line in said(plan, None))


def test_plans_of_other_instances() -> None:
    """Named in one line."""
    plan = optimal()
    assert other_instance_message(plan, {}, "0" * 64) == ""
    assert "('by hand', not 'w')" in other_instance_message(plan, {"name": "w"}, "1" * 64)


@pytest.mark.parametrize(("certified", "wrong"), [("9", 0), ("8", 0), ("10", 1), (None, 0)])
def test_what_a_certificate_proves(certified: str | None, wrong: int) -> None:
    """The plan states no more; prices of a large instance prove up to a unit more than is stated."""
    findings = Findings()
    plan = optimal()
    plan["proof"] = plan["proof"] | {"certified": certified}
    against_certificate(plan, Proof(True, Fraction(9), ""), findings)
    assert len(findings.found) == wrong

"""The checker on plans for scenarios: it finds plans, common decisions and objectives that are wrong."""

from __future__ import annotations

import copy
from fractions import Fraction

from leptonopt.verify.scenarios import scenario_document, verify_scenarios
from tests.unit.session.test_scenarios import instance, steps

STATED = {
    "here_and_now": "1h",
    "scenarios": [{"id": "a", "weight": 0.5}, {"id": "b", "weight": 0.5, "scale": {"s": 2}}],
}


def plans() -> dict[str, dict[str, object]]:
    """Return plans for both scenarios, by the solver."""
    from leptonopt.instance.scenarios import read_scenarios
    from leptonopt.session.scenarios import solve_scenarios

    found = solve_scenarios(instance(), read_scenarios(STATED, instance()), 10)
    return {name: plan.document for name, plan in found.plans.items()}


def test_faults_are_found() -> None:
    document, made = instance().document(), plans()
    objective = sum((Fraction(str(each["cost_exact"])) for each in made.values()), Fraction(0)) / 2
    assert verify_scenarios(document, STATED, made, objective) == []
    assert "the objective is" in verify_scenarios(document, STATED, made, objective + 1)[0]
    assert verify_scenarios(document, STATED, {"a": made["a"]}, objective)
    risky = {**STATED, "cvar": {"level": 0.5, "weight": 1}}
    dearest = max(Fraction(str(each["cost_exact"])) for each in made.values())
    assert verify_scenarios(document, risky, made, dearest) == []
    wrong = copy.deepcopy(made)
    wrong["b"]["nodes"][0]["committed"] += 1  # type: ignore[index]
    assert any("nodes committed of p p" in each for each in verify_scenarios(document, STATED, wrong, objective))
    wrong = copy.deepcopy(made)
    wrong["b"]["services"][0]["ways"][0]["on"][0]["count"] += 1  # type: ignore[index]
    assert any("replicas of s p" in each for each in verify_scenarios(document, STATED, wrong, objective))
    assert any(each.startswith("scenario 'b': ") for each in verify_scenarios(document, STATED, wrong, objective))


def test_shares_and_quantiles_are_not_scaled() -> None:
    demand = {"quantile": 0.5, "samples": [{"rate": 2, "mix": {"a": 1}}]}
    document = {"services": [{"id": "s", "demand": demand}]}
    scaled = scenario_document(document, {"id": "x", "scale": {"s": "1.5"}})["services"][0]["demand"]
    assert scaled == {"quantile": 0.5, "samples": [{"rate": 3, "mix": {"a": 1}}]}
    other = {"id": "x", "demand": {"s": steps((1, 2))}}
    assert scenario_document(document, other)["services"][0]["demand"] == steps((1, 2))

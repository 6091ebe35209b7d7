"""Plans for scenarios: optimal by arithmetic, common where they must be, and checked."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from leptonopt.errors import Unsupported
from leptonopt.instance import Instance, validate
from leptonopt.instance.scenarios import read_scenarios
from leptonopt.session.scenarios import ScenarioResult, solve_scenarios

WEIGHTS = (Fraction(1, 2), Fraction(3, 10), Fraction(1, 5))
DEMANDS = ((1, 2, 3), (2, 4, 6), (1, 1, 0))  # by scenario and slot


def instance(demand: Any = None, start: int = 0, **more: Any) -> Instance:
    """Return three hours of replicas of rate 1 on nodes at 3, committed at 2."""
    way = {"pool": "p", "uses": {"gpu": 1}, "rate": {"a": 1}, "start": {"cost": start}}
    nodes = {"size": {"gpu": 1}, "count": 9, "price": 3, "commit": {"price": 2}}
    service = {"id": "s", "demand": demand or steps(DEMANDS[0]), "replicas": [way], **more}
    time = {"start": "2026-11-23T00:00Z", "slot": "1h", "horizon": "3h"}
    return validate({"time": time, "pools": [{"id": "p", "nodes": nodes}], "services": [service]})


def steps(demand: tuple[int, ...]) -> dict[str, Any]:
    """Return a demand by slot."""
    return {"a": {"steps": {f"2026-11-23T0{at}:00Z": value for at, value in enumerate(demand)}}}


def solved(start: int = 0, **more: Any) -> ScenarioResult:
    """Return the plans for the three scenarios."""
    scenarios = [
        {"id": f"n{at}", "weight": float(weight), "demand": {"s": steps(demand)}}
        for at, (weight, demand) in enumerate(zip(WEIGHTS, DEMANDS, strict=True))
    ]
    made = instance(start=start)
    return solve_scenarios(made, read_scenarios({"scenarios": scenarios, **more}, made), 20)


def cost(on: tuple[int, ...], committed: int, start: int) -> int:
    """Return the cost of replicas on by slot."""
    starts = sum(max(0, now - was) for was, now in zip((0, *on), on, strict=False))
    return 6 * committed + 3 * sum(max(0, n - committed) for n in on) + start * starts


def least(committed: int, first: int | None, start: int) -> list[int]:
    """Return the least cost of each scenario, with so many replicas on in the first slot."""
    found = []
    for demand in DEMANDS:
        fleets = product(*(range(need, 7) for need in demand))
        kept = (on for on in fleets if first is None or on[0] == first)
        found.append(min((cost(on, committed, start) for on in kept), default=10**6))
    return found


def test_commitments_are_common_and_optimal() -> None:
    found = solved()
    best = min(sum(w * c for w, c in zip(WEIGHTS, least(n, None, 0), strict=True)) for n in range(7))
    assert (found.status, found.objective, found.bound) == ("optimal", best, best)
    assert {line["committed"] for plan in found.plans.values() for line in plan.document["nodes"]} <= {1, 2, 3}


@pytest.mark.parametrize("start", [0, 1])
def test_first_slots_are_common(start: int) -> None:
    found = solved(start, here_and_now="1h")
    best = min(
        sum(w * c for w, c in zip(WEIGHTS, least(n, first, start), strict=True)) for n in range(7) for first in range(7)
    )
    assert (found.status, found.objective) == ("optimal", best)
    firsts = {plan.document["services"][0]["ways"][0]["on"][0]["count"] for plan in found.plans.values()}
    assert len(firsts) == 1


@pytest.mark.parametrize(("level", "share"), [(0.5, 1), (0.8, 0.5)])
def test_cost_at_risk(level: float, share: float) -> None:
    """By its dual: the greatest mean over weights of at most weight / (1 - level)."""
    found = solved(cvar={"level": level, "weight": share})

    def objective(costs: list[int]) -> Fraction:
        tail = Fraction(str(1 - level)).limit_denominator(10)
        left, dearest = tail, Fraction(0)
        for c, w in sorted(zip(costs, WEIGHTS, strict=True), reverse=True):
            dearest, left = dearest + min(w, left) * c, left - min(w, left)
        mean = sum((w * c for w, c in zip(WEIGHTS, costs, strict=True)), Fraction(0))
        return (1 - Fraction(str(share))) * mean + Fraction(str(share)) * dearest / tail

    assert (found.status, found.objective) == ("optimal", min(objective(least(n, None, 0)) for n in range(7)))


def test_what_is_not_possible_is_refused_or_infeasible() -> None:
    made = instance(spare=1)
    one = {"scenarios": [{"id": "a", "weight": 1}]}
    with pytest.raises(Unsupported, match="here_and_now does not go with `spare`"):
        solve_scenarios(made, read_scenarios({**one, "here_and_now": "1h"}, made), 5)
    many = {"scenarios": [{"id": "a", "weight": 1, "scale": {"s": 9}}]}
    assert solve_scenarios(instance(), read_scenarios(many, instance()), 5).status == "infeasible"

"""Solves with savings plans: least cost by hand, proofs, shares, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import objective
from leptonopt.solvers import cpsat
from tests.helpers.recording_monitor import Ear
from tests.helpers.saved import RATES, saved


def solved(stated: dict[str, Any], **more: Any) -> leptonopt.Result:
    """Return the result on one thread, in this process."""
    return leptonopt.solve(stated, time_limit=20, threads=1, isolate=False, **more)


@pytest.mark.parametrize(
    ("method", "plan", "cost", "commit"),
    [
        ("highs", {"committed": 2}, 20, 0),  # one s at a time on a: (2 + 3) x 4
        (
            "cpsat",
            {"commit": {"max": 8, "step": 4}},
            Fraction(172, 9),
            4,
        ),  # 2 of the 4 for s, 2 of the 2.7 that t has at 3 x 0.9
        ("cbc", {"commit": {"max": 9.4, "step": 4.7}}, Fraction(94, 5), 4.7),  # 2 for s and 2.7 for t, always
        ("auto", {"commit": {"max": 5}}, Fraction(172, 9), 4),  # a fifth would lose 0.3 an hour
    ],
)
def test_by_hand(method: str, plan: dict[str, Any], cost: Fraction, commit: float) -> None:
    """Two tasks of two hours at 4, or 2 under the plan; one of four at 3, or 2.7; the second model proves the same."""
    found = solved(saved(**plan), method=method, confirm=method == "highs")
    assert (found.status, found.cost) == ("optimal", cost)
    assert found.document["savings"][0]["commit"] == commit
    assert method != "highs" or found.document["proof"]["confirmation"] == "second model"


def test_two_plans_over_one_thing() -> None:
    """Of 4 for two s at once on `a`, the narrow plan pays one at 1.5; 2.5 are left for the wide one: a half, and b."""
    stated = saved(committed=2.5, order=2)
    stated["savings"].append({"id": "narrow", "committed": 1.5, "rates": [RATES[0] | {"price": 1.5}]})
    stated["tasks"][0]["options"] = [{"pool": "a", "uses": {"gpu": 1}, "duration": "4h"}]
    found = solved(stated, method="highs", confirm=True)
    wide, narrow = found.document["savings"]
    assert (found.status, found.document["proof"]["confirmation"]) == ("optimal", "second model")
    assert (narrow["covered"], narrow["lost"], narrow["cost"]) == (16, 0, -10)  # one s at 4 in each of four hours
    assert wide["covered"] == pytest.approx(4 * (4 + 0.5 / 2.7 * 3))
    assert found.cost == 4 * (Fraction(7) - Fraction(5, 9))


@pytest.mark.parametrize("method", ["highs", "cpsat", "cbc"])
def test_money_for_a_term(method: str) -> None:
    """Two of s wait for 02:00, and t runs from then on: a term of two hours is bought for these, and none before."""
    commit = {"max": 4, "step": 2, "term": "2h", "start": ["2026-01-05T00:00Z", "2026-01-05T02:00Z"]}
    stated = saved(rates=RATES[:1], commit=commit)
    stated["tasks"] = [stated["tasks"][0] | {"release": "2026-01-05T02:00Z"}]
    stated["tasks"][0]["options"] = stated["tasks"][0]["options"][:1]
    found = solved(stated, method=method, confirm=method == "highs")
    assert (found.status, found.cost) == ("optimal", 8)
    line = found.document["savings"][0]
    assert (line["commit"], line["bought"]) == (0, [{"start": "2026-01-05T02:00:00Z", "commit": 4}])


def test_shares_add_up() -> None:
    """Both s at 2 in two hours each, t at 2.7 / 3 of its price; what is lost is charged to nobody."""
    bill = solved(saved(committed=5)).document["bill"]
    teams = {line["team"]: line["metered"] for line in bill["teams"]}
    assert sum(line["total"] for line in bill["teams"]) + bill["uncharged"] == pytest.approx(bill["total"])
    assert teams["x"] == pytest.approx(-1.2)
    assert teams[None] == pytest.approx(-8)
    assert bill["uncharged"] == pytest.approx(1.2)


def test_nodes_on_demand_are_covered() -> None:
    """Of three nodes one is reserved: two pay, of which the commitment covers one and a half; boots count."""
    stated = saved(rates=[{"pool": "a", "kind": "a", "price": 2}], committed=3)
    stated["pools"][0] = {"id": "a", "nodes": {"size": {"gpu": 1}, "count": 3, "price": 4, "reserved": 1, "startup": 1}}
    stated["tasks"] = [{"id": "s", "copies": 3, "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "4h"}]}]
    found = solved(stated)
    assert (found.status, found.cost) == ("optimal", 3 + 4 * (3 + 2))
    line = found.document["savings"][0]
    assert (line["paid"], line["covered"], line["lost"], line["cost"]) == (12, 24, 0, -12)


def test_others_refuse_by_name() -> None:
    """A method that does not know them says so; nothing is certified."""
    with pytest.raises(UsageError, match="the method lns does not support meters and savings plans"):
        solved(saved(committed=1), method="lns")
    assert solved(saved(committed=1, rates=RATES[:1]), certify=True).certificate is None


def test_the_rule_switched_off_is_noticed() -> None:
    """Nothing is committed, so that `b` is cheaper; without the rule both s take the lower price of `a`."""
    made = compile_instance(validate(saved()))
    costs = []
    for off in ((), ("savings",)):
        found = cpsat.solve(made.problem, None, Limits(time_limit=10), Ear(), off).schedule
        assert found is not None
        costs.append(objective(made.problem, found) * made.unit)
    assert costs == [24, 28]


def test_a_plan_without_discounts_changes_nothing() -> None:
    """At list prices no money is committed, and the cost is that of the file without the plan."""
    rates = [RATES[0] | {"price": 4}, RATES[1] | {"price": 3}]
    found = solved(saved(rates=rates, commit={"max": 5}), method="cpsat")
    assert (found.cost, found.document["savings"][0]["commit"]) == (24, 0)

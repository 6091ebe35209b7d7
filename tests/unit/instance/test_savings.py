"""Refusals of savings plans, each in one line, and their order of discounts."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import covered, validate
from tests.helpers.saved import RATES, saved

A = RATES[0]


def test_the_largest_discount_comes_first() -> None:
    """Half off `a`, a tenth off `b`."""
    found = validate(saved(rates=RATES[::-1]))
    assert [each.place[0] for each in covered(found.savings, found.pools)] == ["a", "b"]
    assert set(found.saved.values()) == {2, found.savings[0].rates[0].price}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"rates": []}, "at least one entry"),
        ({"rates": [A, A]}, "covers a thing once"),
        ({"rates": [A | {"price": 5}]}, "is above the list price, 4"),
        ({"rates": [A | {"price": 0}]}, "above zero"),
        ({"rates": [A | {"pool": "c"}]}, "there is no pool 'c'"),
        ({"rates": [A | {"resource": "cpu"}]}, "no resource of capacity 'cpu'"),
        ({"rates": [A | {"kind": "a"}]}, "a resource, or of a kind of nodes"),
        ({"rates": [{"pool": "a", "kind": "k", "price": 1}]}, "no kind of nodes 'k'"),
        ({"commit": {"most": 1}}, "allowed are max, step, term, start"),
        ({"commit": {"max": 1, "step": 0.3}}, "a whole number of steps of 0.3"),
        ({"commit": {"max": 1, "term": "1h"}}, "allowed are both, or none"),
        ({"commit": {"max": 1, "term": "1h", "start": ["2026-01-05T01:00Z"] * 2}}, "do not ascend"),
        ({"commit": {"max": 1, "term": "1h", "start": ["2026-01-05T04:00Z"]}}, "outside the horizon"),
        ({"commit": {"max": 1, "term": "90m", "start": ["2026-01-05T01:00Z"]}}, "begin and end on clock hours"),
        ({"order": 0}, "order"),
        ({"committed": {"steps": {"2026-01-05T01:00Z": 1}}}, "the first step is after the start"),
    ],
)
def test_wrong_plans(plan: dict[str, Any], said: str) -> None:
    """Place and reason are one line."""
    with pytest.raises(InstanceError, match=said):
        validate(saved(**plan))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"time": {"start": "2026-01-05T00:00Z", "slot": "90m", "horizon": "3h"}}, "filled by the clock hour"),
        ({"time": {"start": "2026-01-05T00:30Z", "slot": "1h", "horizon": "4h"}}, "filled by the clock hour"),
    ],
)
def test_what_does_not_go_with_them(more: dict[str, Any], said: str) -> None:
    """Slots that do not lie on clock hours."""
    with pytest.raises(InstanceError, match=said):
        validate(saved() | more)


@pytest.mark.parametrize(
    ("first", "other", "said"),
    [
        ({"order": 2}, {"rates": [A]}, None),
        ({}, {"rates": [A]}, "where another order may cost less"),
        ({}, {"rates": RATES}, None),
        ({}, {"rates": [A | {"price": 1}]}, None),
        ({"order": 2}, {"rates": [A | {"price": 3}]}, None),
        ({}, {"rates": [A | {"price": 3}]}, "where another order may cost less"),
        ({"commit": {"max": 1}}, {"rates": [A], "commit": {"max": 1}}, "one of them may have `commit`"),
        ({}, {"rates": [A | {"price": 1.5}, RATES[1] | {"price": 2.7}]}, None),
        ({}, {"rates": [A | {"price": 1.5}, RATES[1] | {"price": 1.5}]}, "another order may cost less"),
        ({}, {"rates": [A | {"price": 1.9}, RATES[1] | {"price": 1.4}], "order": 2}, None),
        ({}, {"rates": [A | {"price": 1}, RATES[1] | {"price": 1.9}], "order": 2}, "another order may cost less"),
    ],
)
def test_two_plans_over_one_thing(first: dict[str, Any], other: dict[str, Any], said: str | None) -> None:
    """The one that covers less comes first, or both at the same ratios; at most one has something to commit."""
    stated = saved(**first)
    stated["savings"].append({"id": "other"} | other)
    if said is None:
        assert len(validate(stated).savings) == 2
        return
    with pytest.raises(InstanceError, match=said):
        validate(stated)


def test_other_refusals() -> None:
    """Billing, prices that change, and an id twice."""
    billed, dear, twice = saved(), saved(), saved()
    billed["pools"][0]["billing"] = {"unit": "1m"}
    dear["pools"][0]["price"] = {"gpu": {"daily": {"00:00": 4, "08:00": 5}}}
    twice["savings"].append({"id": "compute", "rates": [A]})
    for stated, said in (
        (billed, "billing by started time"), (dear, "no price that is one number"), (twice, "stands twice"),
    ):  # fmt: skip
        with pytest.raises(InstanceError, match=said):
            validate(stated)

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
    assert [each.place[0] for each in covered(found.savings[0], found.pools)] == ["a", "b"]
    assert set(found.saved.values()) == {2, found.savings[0].rates[0].price}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"rates": []}, "at least one entry"),
        ({"rates": [A, A]}, "a thing is covered once"),
        ({"rates": [A | {"price": 5}]}, "is above the list price, 4"),
        ({"rates": [A | {"price": 0}]}, "above zero"),
        ({"rates": [A | {"pool": "c"}]}, "there is no pool 'c'"),
        ({"rates": [A | {"resource": "cpu"}]}, "no resource of capacity 'cpu'"),
        ({"rates": [A | {"kind": "a"}]}, "a resource, or of a kind of nodes"),
        ({"rates": [{"pool": "a", "kind": "k", "price": 1}]}, "no kind of nodes 'k'"),
        ({"commit": {"most": 1}}, "allowed are max, step"),
        ({"commit": {"max": 1, "step": 0.3}}, "a whole number of steps of 0.3"),
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

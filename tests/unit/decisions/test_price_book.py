"""What one more unit is worth, by a certificate; against solving with one unit more."""

from __future__ import annotations

import copy
from fractions import Fraction

import pytest

from leptonopt import solve
from leptonopt.decisions.price_book import price_book
from leptonopt.instance import validate
from tests.unit.decisions.test_answer import instance


def test_certificate() -> None:
    """Money per unit and hour between instants, and per unit of a quota; what is worth nothing is left out."""
    document = {**instance(3), "time": {"start": "2026-01-05T00:00Z", "slot": "30m", "horizon": "2h"}}
    stated = validate({**document, "quotas": [{"id": "q", "of": "gpu", "limit": 9, "per": "day"}]})
    certificate = {
        "leptonopt_certificate": 1,
        "unit": "1/2",
        "capacity": [{"pool": "own", "resource": "gpu", "price": [[0, 0], [1, 4], [3, 0]]}],
        "quotas": [{"id": "q", "slot": 0, "price": 3}],
    }
    first, second = price_book(stated, certificate)
    assert (first.what, first.price, first.total, first.unit) == ("gpu of own", 4, 4, "per unit and hour")
    assert str(first.start)[:16] == "2026-01-05 00:30"
    assert (second.what, second.price, second.start) == ("quota q", Fraction(3, 2), None)


def test_more_of_a_quota_is_more_in_all_its_windows() -> None:
    """One line has the sum, for the limit is one number."""
    stated = validate({
        **instance(3),
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "2d"},
        "quotas": [{"id": "q", "of": "gpu", "limit": 9, "per": "day"}],
    })  # fmt: skip
    quotas = [{"id": "q", "slot": 0, "price": 3}, {"id": "q", "slot": 24, "price": 4}]
    found = price_book(stated, {"leptonopt_certificate": 1, "unit": "1", "quotas": quotas})
    assert [(each.what, each.total) for each in found] == [("quota q", 7)]


@pytest.mark.parametrize("needs", [(5,), (4, 4)])
def test_what_fits_only_with_one_more(needs: tuple[int, ...]) -> None:
    """A task of five, or a second one of four, needs one more device than there is: it saves more than a price."""
    there = sum(needs) - 1
    document = instance(there)
    document["tasks"] = [
        {
            "id": f"t{at}",
            "options": [{"pool": pool, "uses": {"gpu": need}, "duration": "1h"} for pool in ("own", "rent")],
        }
        for at, need in enumerate(needs)
    ]
    document["pools"][1]["capacity"]["gpu"] = 9
    result = solve(document, threads=1, time_limit=10, certify=True)
    assert result.certificate is not None
    assert result.cost is not None
    book = {each.what: each.total for each in price_book(validate(document), result.certificate)}
    wider = copy.deepcopy(document)
    wider["pools"][0]["capacity"]["gpu"] = there + 1
    saved = result.cost - Fraction(solve(wider, threads=1, time_limit=10).document["cost_exact"])
    assert saved == 5 * needs[-1]
    assert book["gpu of own"] >= saved


def test_worth_is_at_least_what_one_more_saves() -> None:
    """With two own devices one more saves five, and the book says at least that."""
    tight = instance(2)
    result = solve(tight, threads=1, time_limit=10, certify=True)
    assert result.cost == 5
    assert result.certificate is not None
    worth = {each.what: each.total for each in price_book(validate(tight), result.certificate)}
    wider = solve(instance(3), threads=1, time_limit=10)
    assert wider.cost is not None
    assert worth["gpu of own"] >= result.cost - wider.cost == 5

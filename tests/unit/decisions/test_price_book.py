"""What one more unit is worth, by a certificate; against solving with one unit more."""

from __future__ import annotations

from fractions import Fraction

from leptonopt import solve
from leptonopt.decisions.price_book import price_book
from leptonopt.instance import validate
from tests.unit.decisions.test_answer import instance


def test_certificate() -> None:
    """Money per unit and hour between instants, and per unit of a quota; what is worth nothing is left out."""
    stated = validate({**instance(3), "time": {"start": "2026-01-05T00:00Z", "slot": "30m", "horizon": "2h"}})
    certificate = {
        "unit": "1/2",
        "capacity": [{"pool": "own", "resource": "gpu", "price": [[0, 0], [1, 4], [3, 0]]}],
        "quotas": [{"id": "q", "slot": 0, "price": 3}],
    }
    first, second = price_book(stated, certificate)
    assert (first.what, first.price, first.total, first.unit) == ("gpu of own", 4, 4, "per unit and hour")
    assert str(first.start)[:16] == "2026-01-05 00:30"
    assert (second.what, second.price, second.start) == ("quota q", Fraction(3, 2), None)


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

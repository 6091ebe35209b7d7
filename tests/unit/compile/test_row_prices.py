"""Prices of rows: what a unit of demand costs in each slot."""

from __future__ import annotations

from fractions import Fraction

from leptonopt.compile.row_prices import RowPrices
from leptonopt.instance import validate


def test_rows_of_one_tariff_share_a_line() -> None:
    """Return one object for pools of one tariff, and half of each price per half hour."""
    steps = {"2026-01-05T00:00Z": 2, "2026-01-05T01:00Z": 6}
    pools = [{"id": name, "capacity": {"gpu": 4}, "price": {"gpu": {"steps": steps}}} for name in ("a", "b")]
    task = {"id": "t", "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "1h"}]}
    time = {"start": "2026-01-05T00:00Z", "slot": "30m", "horizon": "2h"}
    instance = validate({"leptonopt": 1, "time": time, "pools": pools, "tasks": [task]})
    prices, free = RowPrices(instance), [Fraction(0)] * 4
    lines = [prices.of(pool, "gpu", 1, free) for pool in instance.pools]
    assert lines[0] == [1, 1, 3, 3]
    assert lines[0] is lines[1]
    assert prices.of(instance.pools[0], "gpu", 2, free) == [
        Fraction(1, 2),
        Fraction(1, 2),
        Fraction(3, 2),
        1 + Fraction(1, 2),
    ]
    assert prices.of(instance.pools[0], "cpu", 1, free) is free


def test_prices_that_are_made_once_are_not_mixed_up() -> None:
    """Return the price of each pool that savings plans have lowered, though its means are nobody else's."""
    pools = [{"id": f"p{at}", "capacity": {"gpu": 4}, "price": {"gpu": 100}} for at in range(50)]
    task = {"id": "t", "options": [{"pool": "p0", "uses": {"gpu": 1}, "duration": "1h"}]}
    time = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "1h"}
    instance = validate({"leptonopt": 1, "time": time, "pools": pools, "tasks": [task]})
    instance.__dict__["saved"] = {(pool.id, "gpu", False): at for at, pool in enumerate(instance.pools)}
    prices = RowPrices(instance)
    assert [prices.of(pool, "gpu", 1, [])[0] for pool in instance.pools] == list(range(50))

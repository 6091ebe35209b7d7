"""Tests of prices by slot, summed exactly over stretches."""

from __future__ import annotations

from fractions import Fraction

from leptonopt.plan.price_table import PrefixSums, PriceTable
from tests.helpers.tiny_instances import instance, pool


def test_sums_over_stretches_are_exact() -> None:
    sums = PrefixSums([Fraction(1, 3), Fraction(1, 6), Fraction(0)])
    assert (sums.over(0, 2), sums.over(1, 3), sums.over(2, 2)) == (Fraction(1, 2), Fraction(1, 6), 0)


def test_prices_and_carbon_of_pools() -> None:
    """A resource without a price is free."""
    half = {"steps": {"2026-01-05T00:00Z": 1, "2026-01-05T00:30Z": 2}}
    table = PriceTable(instance(pools=[pool(price={"gpu": half}, power={"gpu": 1}, carbon=300)]))
    assert table.price("a", "gpu").over(0, 2) == Fraction(7, 2)
    assert table.price("a", "power").over(0, 4) == 0
    assert table.grams("a").over(0, 2) == 600

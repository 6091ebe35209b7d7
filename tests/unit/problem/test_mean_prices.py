"""Meters as constant prices."""

from __future__ import annotations

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.mean_prices import at_list_prices, at_mean_prices
from tests.helpers.metered import moved
from tests.helpers.saved import saved


def test_options_pay_the_mean_price() -> None:
    """At most 8 are moved, 6 at 1 and 2 at 3: 1.5 each in the mean."""
    made = compile_instance(validate(moved(4, 4, tiers=[{"price": 1}, {"from": 6, "price": 3}])))
    plain = at_mean_prices(made.problem)
    assert plain.meters == ()
    assert [int(cost) * made.unit for cost in plain.fixed] == [6, 0]


def test_list_prices_are_those_without_a_commitment() -> None:
    """GPUs at 4 and 3, which a savings plan sells at 2 and 2.7."""
    made = compile_instance(validate(saved(committed=2)))
    prices = [{int(price) * made.unit for price in row} for row in at_list_prices(made.problem).price.tolist()]
    assert prices == [{4}, {3}]

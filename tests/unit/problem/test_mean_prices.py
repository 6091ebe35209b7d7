"""Meters as constant prices."""

from __future__ import annotations

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.mean_prices import at_mean_prices
from tests.helpers.metered import moved


def test_options_pay_the_mean_price() -> None:
    """At most 8 are moved, 6 at 1 and 2 at 3: 1.5 each in the mean."""
    made = compile_instance(validate(moved(4, 4, tiers=[{"price": 1}, {"from": 6, "price": 3}])))
    plain = at_mean_prices(made.problem)
    assert plain.meters == ()
    assert [int(cost) * made.unit for cost in plain.fixed] == [6, 0]

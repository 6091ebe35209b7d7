"""Meters and savings plans in whole units: counters of what is used, and the money of a unit."""

from __future__ import annotations

from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from tests.helpers.metered import moved
from tests.helpers.saved import saved


def test_meters_stand_before_counters_of_savings_plans() -> None:
    """One meter, then a counter without a price for each rate and hour."""
    stated = saved(committed=2) | {"meters": [{"id": "m", "of": "gpu", "tiers": [{"price": 1}]}]}
    problem = compile_instance(validate(stated)).problem
    assert [len(meter.begin) for meter in problem.meters] == [1] * 9
    assert [meter.price.any() for meter in problem.meters] == [True] + [False] * 8
    assert [window.meters.tolist() for window in problem.savings[0].windows] == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_the_unit_divides_prices_of_tiers() -> None:
    """A price of a hundredth makes the money unit that."""
    made = compile_instance(validate(moved(3, tiers=[{"price": 0.01}])))
    assert (made.unit * 100).denominator == 1
    assert made.loss == 0


def test_all_else_has_the_lower_prices() -> None:
    """A column on pool `a` costs 2 an hour, not 4."""
    made = compile_instance(validate(saved(committed=2)))
    assert {int(price) * made.unit for price in made.problem.price.ravel()} == {2, 27 * made.unit / made.unit / 10}

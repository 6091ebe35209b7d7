"""Moves of single runs at marginal prices: never dearer, and as cheap as by hand in small cases."""

from __future__ import annotations

from fractions import Fraction
from itertools import count

import pytest

from leptonopt.algorithms.heuristics.marginal_moves import moved
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import Schedule, objective
from tests.helpers.metered import moved as metered
from tests.helpers.saved import saved


def test_runs_spread_over_a_commitment() -> None:
    """Both s at once at first; one after the other fills the 2 that are committed each hour."""
    made = compile_instance(validate(saved(committed=2)))
    problem = made.problem
    start = Schedule.of([problem.option_ptr[0], problem.option_ptr[1]], [0, 0], [2, 1])
    found = moved(problem, start, lambda: False, 0)
    assert objective(problem, found) * made.unit == 20
    assert not violated_rules(problem, found)


def test_what_is_used_once_has_the_price_of_its_tier() -> None:
    """Three move 4 each, of which 6 are free: one at home for 5 leaves 2 to pay, at 2 each."""
    made = compile_instance(validate(metered(4, 4, 4, tiers=[{"price": 0}, {"from": 6, "price": 2}])))
    problem = made.problem
    start = Schedule.of([0], [0], [3])
    found = moved(problem, start, lambda: False, 0)
    assert objective(problem, found) * made.unit == Fraction(9)


@pytest.mark.parametrize("looks", [0, 1, 3])
def test_stops_when_told(looks: int) -> None:
    """The schedule it returns by then is no dearer."""
    problem = compile_instance(validate(saved(committed=2))).problem
    start = Schedule.of([problem.option_ptr[0], problem.option_ptr[1]], [0, 0], [2, 1])
    told = count()
    found = moved(problem, start, lambda: next(told) >= looks, 1)
    assert objective(problem, found) <= objective(problem, start)

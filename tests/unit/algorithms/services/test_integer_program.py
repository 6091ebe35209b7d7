"""Tests of the integer program of a part: its bound and its schedule."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.services.integer_program import solve_integer
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import objective
from tests.helpers import service_problems as made


@pytest.mark.parametrize("seed", range(10))
def test_the_optimum_is_that_of_the_enumeration(seed: int) -> None:
    found = made.random_problem(seed, ("switching", "missed"))
    answer, least = solve_integer(found, 5, 0.0), made.least_cost(found)
    if least is None:
        assert answer.schedule is None
        return
    assert answer.schedule is not None
    assert not violated_rules(found, answer.schedule)
    assert answer.bound == least == objective(found, answer.schedule)


@pytest.mark.filterwarnings("error")
def test_a_time_that_is_over_is_no_lack_of_a_limit() -> None:
    """HiGHS takes a time limit below zero for none, with a warning."""
    answer = solve_integer(made.random_problem(0, ("switching", "missed")), -1.0, 0.0)
    assert not answer.infeasible

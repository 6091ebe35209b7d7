"""Tests of the ascent of prices on what services and tasks share."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from leptonopt.algorithms.services.construction import Planner
from leptonopt.algorithms.services.integer_program import solve_integer
from leptonopt.algorithms.services.joint_ascent import JointAscent, ascended
from leptonopt.algorithms.services.joint_relaxation import no_prices, relaxed
from leptonopt.algorithms.services.prices import services_at
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import objective
from tests.helpers import service_problems as made
from tests.helpers.marks import first
from tests.helpers.small_problems import group, option, problem


def contested() -> Problem:
    """Return two services and three tasks on a cheap row with four places, beside a dear one."""
    tasks = (group(option(2, {0: 1}), option(2, {1: 1}), value=each) for each in (600, 500, None))
    both = problem(*tasks, capacity=[[4] * 4, [9] * 4], price=[[10] * 4, [60] * 4])
    each = made.service([[1], [1]], [[3, 2, 2, 3]], holds=[{0: 1}, {1: 1}], most=5, start=[30, 30])
    return replace(both, services=made.services(each, each))


def proven(whole: Problem, planner: Planner, rounds: int) -> int:
    """Return what the multipliers after some rounds prove."""
    ascent = JointAscent(whole, planner, no_prices(whole))
    for _ in range(rounds):
        ascent.step()
    return next(services_at(whole, planner, ascent.relaxed(), 0.0, 0.0))


def test_it_comes_near_the_optimum_of_what_is_shared() -> None:
    whole = contested()
    planner, best = Planner(whole), solve_integer(whole, 10, 0.0).bound
    apart = next(services_at(whole, planner, no_prices(whole), 0.0, 0.0))
    assert best is not None
    assert apart < 0.8 * best
    assert 0.98 * best <= proven(whole, planner, 150) <= best


@pytest.mark.parametrize("seed", first(8, range(200), ci=24))
def test_its_multipliers_bound_every_plan(seed: int) -> None:
    rng = random.Random(seed)
    names = ("tasks", "switching", "boot", "minimum", "missed", "headroom", "running", "least", "spare")
    found = made.random_problem(seed, ("two_services", *(name for name in names if rng.random() < 0.4)))
    plan = solve_integer(found, 5, 0.0).schedule
    if plan is None or violated_rules(found, plan):
        return
    for rounds in (1, 10, 40):
        assert proven(found, Planner(found), rounds) <= objective(found, plan)


def test_means_of_covers_are_near_the_replicas_of_the_relaxation() -> None:
    whole = contested()
    found, linear = ascended(whole, Planner(whole), no_prices(whole), 10), relaxed(whole, 10)
    assert found is not None
    assert linear is not None
    held, there = (whole.services.load(each.on, 2)[0].mean() for each in (found, linear))
    assert held == pytest.approx(there, abs=0.7)


def test_rows_of_one_service_have_no_price_and_nodes_of_its_own_no_ascent() -> None:
    alone = made.random_problem(24, ("switching",))
    found = ascended(alone, Planner(alone), no_prices(alone), 10)
    assert found is not None
    assert not found.prices[Planner(alone).owned.row >= 0].any()
    rented = made.random_problem(0, ("nodes",))
    assert Planner(rented).owned.kinds(0)
    assert ascended(rented, Planner(rented), no_prices(rented), 10) is None

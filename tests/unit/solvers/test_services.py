"""Tests of the method services: bounds and schedules against enumeration, and honest statuses."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Solution, Status
from leptonopt.problem.schedule import objective
from leptonopt.solvers import services
from tests.helpers import service_problems as made
from tests.helpers.marks import first
from tests.helpers.random_problems import problem as random_tasks
from tests.helpers.small_problems import group, option, problem

LIMITS = Limits(20)


def is_valid(found: Problem, solution: Solution, least: int | None) -> None:
    """Assert that a bound is at most the least cost, and that a schedule keeps the rules and costs no less."""
    if solution.bound is not None and least is not None:
        assert solution.bound <= least
    if solution.schedule is not None:
        assert not violated_rules(found, solution.schedule)
        assert least is not None
        assert objective(found, solution.schedule) >= least


@pytest.mark.parametrize("seed", first(16, range(400), ci=40))
def test_bounds_are_valid_and_schedules_keep_the_rules(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if seed % 4:  # the others begin with the integer program of all
        monkeypatch.setattr(services, "SETTINGS", replace(services.SETTINGS, small=0))
    rng = random.Random(seed)
    found = made.random_problem(seed, tuple(name for name in made.FEATURES if rng.random() < 0.3))
    solution, least = services.solve(found, None, LIMITS, NullMonitor()), made.least_cost(found)
    if solution.status is Status.INFEASIBLE:
        assert least is None
    is_valid(found, solution, least)
    if solution.status is Status.OPTIMAL:
        assert solution.bound == least


@pytest.mark.parametrize("seed", first(6, range(400, 700), ci=16))
def test_cuts_that_are_found_on_the_way_are_enough(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where all of them are too many: bounds and schedules as ever."""
    monkeypatch.setattr(services, "SETTINGS", replace(services.SETTINGS, small=0))
    rng = random.Random(seed)
    features = tuple(name for name in made.FEATURES if rng.random() < 0.3 and name not in ("batches", "whole"))
    with made.too_many_cuts(0, 0):
        found = made.random_problem(seed, features)
        solution, least = services.solve(found, None, LIMITS, NullMonitor()), made.least_cost(found)
        is_valid(found, solution, least)
        if solution.schedule is not None and set(features) <= {"switching", "missed", "headroom"}:
            assert solution.status is Status.OPTIMAL


def test_the_integer_program_of_all_proves_small_problems() -> None:
    for seed in range(8):
        found = made.random_problem(seed, ("switching", "batches"))
        solution, least = services.solve_whole(found, None, LIMITS, NullMonitor()), made.least_cost(found)
        assert solution.status is (Status.INFEASIBLE if least is None else Status.OPTIMAL)
        assert least is None or solution.bound == least


def test_one_service_alone_is_proven_by_its_states(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "solve_integer", None)
    found = made.random_problem(24, ("switching", "missed"))
    solution = services.solve(found, None, LIMITS, NullMonitor())
    assert (solution.status, solution.bound) == (Status.OPTIMAL, made.least_cost(found))


def test_tasks_come_first_where_services_would_take_their_place() -> None:
    """The service takes the cheap row when it is first, and the task has no other."""
    service = made.service([[1], [1]], [[2, 2]], holds=[{0: 1}, {1: 1}])
    whole = problem(group(option(2, {0: 1})), capacity=[[2, 2], [9, 9]], price=[[1, 1], [5, 5]])
    found = services.solve_first(replace(whole, services=made.services(service)), None, LIMITS, NullMonitor())
    assert found.schedule is not None
    assert objective(whole, replace(found.schedule, replicas=None)) == 2


def test_a_problem_without_services_is_refused() -> None:
    assert "none" in services.solve(random_tasks(1), None, LIMITS, NullMonitor()).note


@pytest.mark.parametrize("seed", range(4))
def test_services_and_tasks_are_bounded_as_if_they_shared_nothing(seed: int) -> None:
    found, deadline = made.random_problem(seed, ("two_services", "tasks")), LIMITS.start()
    search = services._Search(found, None, LIMITS, NullMonitor(), deadline)
    search.bound_apart()
    least = made.least_cost(found)
    if least is not None:
        assert search.lower is not None
        assert 0 < search.lower <= least

"""Tests of the rules for services in the model: their rows, and their optimum against enumeration."""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction

import numpy as np
import pytest

from leptonopt.algorithms.models.constraints_services import batches, replicas, serve
from leptonopt.algorithms.models.rows import MAX_UNITS
from leptonopt.algorithms.models.time_indexed import build_model, decode, encode
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.problem.schedule import objective
from leptonopt.solvers import cbc, cpsat, highs
from tests.helpers import service_problems as made
from tests.helpers.marks import first
from tests.helpers.small_problems import problem

LIMITS = Limits(20)


def one_service(rate: list[list[int]], demand: list[list[int]], **more: object) -> Problem:
    """Return a problem with one service, each way on a row of its own of capacity 9."""
    found = problem(capacity=[[9] * len(demand[0])] * len(rate))
    holds = [{row: 1} for row in range(len(rate))]
    each = made.service(rate, demand, holds=holds, most=9, **more)  # type: ignore[arg-type]
    object.__setattr__(found, "services", made.services(each))
    return found


def test_a_cut_is_stated_in_its_smallest_numbers_and_rounded() -> None:
    rows = serve(build_model(one_service([[20], [50]], [[70]])).variables)
    lines = [[*sorted(-rows.coefficient[rows.row == row]), -rows.upper[row]] for row in range(len(rows.upper))]
    assert lines == [[2, 5, 7], [1, 3, 4], [1, 1, 2]]


def test_replicas_that_switch_have_rows_for_it() -> None:
    found = build_model(one_service([[2]], [[1, 1]], start=[3], minimum=[2]))
    assert len(replicas(found.variables).upper) == 2 + 2
    assert len(batches(found.variables).upper) == 0


def test_a_schedule_is_encoded_and_decoded() -> None:
    found = made.random_problem(24, ("missed", "switching"))
    linear = build_model(found)
    solution = highs.solve(found, None, LIMITS, NullMonitor())
    assert solution.schedule is not None
    values = encode(linear, solution.schedule)
    assert np.all(linear.matrix @ values <= linear.upper)
    assert objective(found, decode(linear, values)) == solution.bound


@pytest.mark.parametrize("seed", first(16, range(400), ci=40))
def test_exact_methods_agree_with_the_enumeration(seed: int) -> None:
    rng = random.Random(seed)
    features = tuple(name for name in made.FEATURES if rng.random() < (0.2 if name == "two_services" else 0.3))
    found = made.random_problem(seed, features)
    least = made.least_cost(found)
    engines = [cpsat, highs, cbc][:: 1 if seed % 4 == 0 else -2 if seed % 4 == 1 else 2]
    for engine in engines:
        if engine is cpsat and "batches" in features:
            continue
        solution = engine.solve(found, None, LIMITS, NullMonitor())
        if least is None:
            unsure = {Status.UNKNOWN} if engine is cbc else set()  # CBC does not always repeat it without preprocessing
            assert solution.status in {Status.INFEASIBLE} | unsure, engine
        else:
            assert (solution.status, solution.bound) == (Status.OPTIMAL, least), engine
            assert solution.schedule is not None
            assert not violated_rules(found, solution.schedule)


@pytest.mark.parametrize("seed", first(8, range(400, 700), ci=12))
def test_a_routing_in_the_model_agrees_with_the_enumeration(seed: int) -> None:
    """Where cuts are too many to be stated, and too many to be known."""
    rng = random.Random(seed)
    known = seed % 2 == 0
    features = tuple(
        name for name in made.FEATURES if rng.random() < 0.3 and (known or name not in ("batches", "whole"))
    )
    with made.too_many_cuts(0, 3000 if known else 0):
        found = made.random_problem(seed, features)
        least, solution = made.least_cost(found), highs.solve(found, None, LIMITS, NullMonitor())
        if least is None:
            assert solution.status is Status.INFEASIBLE
        else:
            assert (solution.status, solution.bound) == (Status.OPTIMAL, least)
            assert solution.schedule is not None
            assert not violated_rules(found, solution.schedule)


def test_cpsat_refuses_a_routing() -> None:
    with made.too_many_cuts(0, 0):
        solution = cpsat.solve(made.random_problem(3, ()), None, LIMITS, NullMonitor())
    assert (solution.status, solution.note[:30]) == (Status.UNKNOWN, "cpsat does not take so many wa")


def test_cpsat_refuses_batches() -> None:
    found = made.random_problem(3, ("batches",))
    solution = cpsat.solve(found, None, LIMITS, NullMonitor())
    assert solution.status is Status.UNKNOWN
    assert "batches" in solution.note


@pytest.mark.parametrize("seed", first(4, range(60), ci=10))
def test_large_sums_for_missed_requests_are_relaxed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound holds, and the schedule pays what it misses, to the step."""
    monkeypatch.setattr("leptonopt.algorithms.models.rows.MAX_STEPS", 0)
    monkeypatch.setattr("leptonopt.algorithms.models.rows.MAX_UNITS", 3)
    found = made.random_problem(
        seed, ("missed", "batches", "headroom") if seed % 2 else ("missed", "switching", "tasks")
    )
    least, answer = made.least_cost(found), highs.solve(found, None, LIMITS, NullMonitor())
    assert (answer.bound is None) == (answer.status is Status.INFEASIBLE)
    assert least is None or (answer.bound is not None and answer.bound <= least)
    if answer.schedule is not None:
        assert not violated_rules(found, answer.schedule)
        assert least is not None
        assert objective(found, answer.schedule) >= least


def test_single_steps_are_counted_where_they_can_be() -> None:
    """The exact model is the default, whatever the sums; engines in doubles count units of many steps."""
    found = one_service([[1]], [[10**6]], missed=[Fraction(1000)])
    exact, coarse = build_model(found).variables, build_model(found, coarse=True).variables
    assert (exact.missed_units(0), coarse.missed_units(0)) == (1, -(-1000000001 // MAX_UNITS))


def test_batches_have_rows_in_their_windows_only() -> None:
    """Elsewhere rule `serve` says as much."""
    one = made.service([[4]], [[2, 2, 2, 2]], holds=[{0: 1}])
    two = (made.batch(0, [4], 0, 0), made.batch(0, [4], 2, 2))
    found = dataclasses.replace(problem(capacity=[[9] * 4]), services=made.services(one, batches=two))
    (rows,) = (part for part in build_model(found).parts if part.name == "batches")
    slots = {int(label[2]) for label in rows.label if label[2] >= 0}
    assert slots == {0, 2}

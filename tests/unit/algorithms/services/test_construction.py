"""Tests of the construction: services that do not fit together come one after the other."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from leptonopt.algorithms.services.construction import Planner
from leptonopt.problem.problem import Problem
from tests.helpers import service_problems as made
from tests.helpers.marks import first
from tests.helpers.small_problems import problem


def two_services(capacity: int) -> Problem:
    """Return two services that prefer row 0, with a dearer way on row 1."""
    each = made.service([[1], [1]], [[2, 2]], holds=[{0: 1}, {1: 1}], on=[1, 5])
    found = problem(capacity=[[capacity] * 2, [9] * 2])
    return dataclasses.replace(found, services=made.services(each, each))


def test_services_that_fit_keep_their_optimum() -> None:
    planner = Planner(two_services(4))
    parts = planner.alone()
    assert parts.bounds == (4, 4)
    on = planner.together(parts.on)
    assert on is not None
    assert on.tolist() == [[2, 2], [0, 0], [2, 2], [0, 0]]


def test_the_second_service_takes_what_is_left() -> None:
    planner = Planner(two_services(3))
    on = planner.together(planner.alone().on)
    assert on is not None
    assert on.tolist() == [[2, 2], [0, 0], [1, 1], [1, 1]]


def test_prices_of_rows_move_services_to_others() -> None:
    planner = Planner(two_services(3))
    for price, first_row in ((0, 3), (3, 3), (9, 0)):
        on = planner.at_prices(planner.problem.price + np.array([[price], [0]]))
        assert on is not None
        assert planner.problem.services.load(on, 2).tolist() == [[first_row] * 2, [4 - first_row] * 2]
    assert (
        Planner(dataclasses.replace(two_services(1), capacity=np.ones((2, 2), np.int64))).at_prices(np.zeros((2, 2)))
        is None
    )


def test_a_service_without_replicas_enough_is_impossible() -> None:
    found = two_services(9)
    few = dataclasses.replace(found.services, most=np.ones_like(found.services.most))
    assert (
        Planner(dataclasses.replace(found, services=dataclasses.replace(few, limit=few.limit * 0))).alone().impossible
    )


def test_batches_that_fit_are_done() -> None:
    each = made.service([[4]], [[2, 2]], holds=[{0: 1}])
    batches = (made.batch(0, [4], 0, 1, 5), made.batch(0, [4], 0, 1, 9))
    found = dataclasses.replace(problem(capacity=[[9] * 2]), services=made.services(each, batches=batches))
    schedule = Planner(found).schedule(np.array([[1, 1]]))
    assert schedule is not None
    assert schedule.done.tolist() == [False, True]


@pytest.mark.parametrize("seed", first(12, range(200), ci=40))
def test_replicas_that_boot_fit_the_room(seed: int) -> None:
    found = made.random_problem(seed, ("boot", "minimum", "switching"))
    planner, room = Planner(found), found.capacity // 2
    on = planner.planned(0, planner.prices(), room, quick=True)
    if on is not None:
        assert (found.services.load(on, len(room)) <= room).all()

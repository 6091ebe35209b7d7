"""Tests of the covering heuristic: what it returns serves, and it finds replicas where capacity is unlimited."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest

from leptonopt.algorithms.services.construction import Planner
from leptonopt.algorithms.services.cover import Cover, covered
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.services import Services
from tests.helpers import service_problems as made
from tests.helpers.small_problems import problem


def planned(services: Services, *capacity: int) -> Problem:
    """Return a problem of services on rows of these capacities."""
    slots = services.demand.shape[1]
    return dataclasses.replace(problem(capacity=[[each] * slots for each in capacity]), services=services)


@pytest.mark.parametrize("seed", range(60))
def test_what_is_found_keeps_the_rules(seed: int) -> None:
    """A first schedule keeps all rules but those of nodes, which depend on the load of all."""
    found = made.random_problem(seed, tuple(set(made.FEATURES) - {"tasks", "nodes"})[seed % 4 :: 2])
    planner = Planner(found)
    on = planner.first(np.zeros_like(found.capacity))
    if on is not None and (replicas := planner.schedule(on)) is not None:
        assert violated_rules(found, Schedule.of([], [], [], None, replicas)) <= {"capacity"}


def test_limited_ways_are_filled_up_by_the_unlimited_one() -> None:
    """The cheap way has two replicas only; what is left runs on the dear way."""
    one = made.service([[4], [4]], [[8, 40]], holds=[{0: 1}, {1: 1}], most=99, on=[1, 9])
    found = planned(made.services(one), 2, UNLIMITED)
    usable = Cover(Planner(found).states(0)).demand()
    assert usable is not None
    assert usable.tolist() == [[2, 2], [0, 8]]


def test_one_way_alone_and_whole_classes() -> None:
    """With `one_way` the limited way cannot help; with `whole` each class has one way in a slot."""
    one = made.service([[4], [4]], [[8, 40]], holds=[{0: 1}, {1: 1}], most=99, on=[1, 9], one_way=True)
    on = covered(Planner(planned(made.services(one), 2, UNLIMITED)).states(0))
    assert on is not None
    assert on.tolist() == [[0, 0], [2, 10]]
    one = made.service([[4, 0], [4, 4]], [[5], [4]], holds=[{0: 1}, {1: 1}], most=99, on=[1, 9], whole=True)
    on = covered(Planner(planned(made.services(one), 9, UNLIMITED)).states(0))
    assert on is not None
    assert on.tolist() == [[2], [1]]


def test_nothing_is_found_without_room() -> None:
    one = made.service([[4]], [[8]], holds=[{0: 1}], most=99)
    assert covered(Planner(planned(made.services(one), 1)).states(0)) is None


@pytest.mark.parametrize("boot", [0, 1])
def test_batches_get_replicas_in_the_cheapest_slots_of_their_window(boot: int) -> None:
    """Replicas that serve the demand stay on longer instead of new starts."""
    one = made.service(
        [[4]], [[0, 0, 4, 0, 0, 0]], holds=[{0: 1}], most=99, on=[2], start=[5], share=[Fraction(1)], boot=[boot]
    )
    found = planned(made.services(one, batches=(made.batch(0, [8], 1, 5),)), UNLIMITED)
    states = Planner(found).states(0)
    usable = Cover(states).demand()
    assert usable is not None
    worked = Cover(states).work(usable)
    assert worked is not None
    assert worked.sum() == 3
    assert np.ptp(np.flatnonzero(worked[0])) == 2


def test_batches_without_room_in_their_window_are_refused() -> None:
    one = made.service([[4]], [[4, 0]], holds=[{0: 1}], most=1)
    found = planned(made.services(one, batches=(made.batch(0, [9], 0, 1),)), UNLIMITED)
    assert Cover(Planner(found).states(0)).work(np.array([[1, 1]])) is None

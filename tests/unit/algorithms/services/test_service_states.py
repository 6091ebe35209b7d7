"""Tests of one service by itself: against enumeration, and at prices of rows."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

from leptonopt.algorithms.services.service_states import ServiceStates
from leptonopt.problem.problem import Problem
from tests.helpers import service_problems as made
from tests.helpers.marks import first
from tests.helpers.small_problems import nodes, problem

EXACT = ("switching", "missed", "whole", "one_way", "survive", "headroom", "least", "limit", "running", "spare")


def states(found: Problem) -> ServiceStates:
    """Return the states of the only service."""
    return ServiceStates(found, 0, tuple(range(len(found.nodes))), found.capacity)


def drawn(seed: int, names: tuple[str, ...], always: tuple[str, ...] = ()) -> Problem:
    """Return a problem with about a third of the features of some names."""
    rng = random.Random(seed)
    return made.random_problem(seed, (*always, *(name for name in names if rng.random() < 0.35)))


@pytest.mark.parametrize("seed", first(30, range(300), ci=60))
def test_the_optimum_is_that_of_the_enumeration(seed: int) -> None:
    found = drawn(seed, EXACT)
    solved = states(found).solve()
    assert (None if solved is None else solved[0]) == made.least_cost(found)


@pytest.mark.parametrize("seed", first(20, range(1000, 1200), ci=40))
def test_a_bound_where_times_are_dropped(seed: int) -> None:
    found = drawn(seed, EXACT, ("boot", "minimum", "batches", "nodes"))
    solved, least = states(found).solve(), made.least_cost(found)
    assert least is None or (solved is not None and solved[0] <= least)


@pytest.mark.parametrize("seed", first(10, range(100), ci=30))
def test_nodes_are_paid_by_what_states_need(seed: int) -> None:
    found = drawn(seed, EXACT, ("nodes",))
    free = dataclasses.replace(found.nodes.costs, start=np.zeros_like(found.nodes.costs.start))
    found = dataclasses.replace(found, nodes=dataclasses.replace(found.nodes, costs=free))
    solved = states(found).solve()
    assert (None if solved is None else solved[0]) == made.least_cost(found)


@pytest.mark.parametrize(("size", "least", "bound"), [(1, 42, 42), (2, 30, 18)])
def test_replicas_that_boot_pay_for_nodes_of_their_own(size: int, least: int, bound: int) -> None:
    one = made.service([[4]], [[0, 4, 0, 0, 8]], holds=[{0: 1}], boot=[1], start=[2])
    rented = nodes([[4] * 5], [(0, 0, size)], price=[[6] * 5])
    found = problem(capacity=[[4] * 5], price=[[0] * 5], nodes=rented)
    found = dataclasses.replace(found, services=made.services(one))
    solved = states(found).solve()
    assert made.least_cost(found) == least
    assert solved is not None
    assert solved[0] == bound


def test_prices_of_rows_are_paid_for_what_replicas_hold() -> None:
    found = drawn(7, ())
    price = found.price * 4 + 4
    at_prices = states(dataclasses.replace(found, price=found.price + 1)).solve()
    scaled = states(found).solve(price, 4)
    assert at_prices is not None
    assert scaled is not None
    assert scaled[0] == 4 * at_prices[0]

"""Unit commitment of nodes: cheapest paths of single nodes and of whole kinds, against every path tried."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from leptonopt.problem.node_commitment import Levels, cheapest_node_schedule, needs, on_off_paths
from leptonopt.problem.nodes import NEVER, Nodes, NodeSchedule, keeps_rules, supply
from tests.helpers.small_problems import ints, nodes


def every_cost(kind: Nodes, load: np.ndarray) -> int | None:
    """Return the least cost over all node schedules of one kind; None when none covers the load."""
    costs = []
    for path in itertools.product(*(range(most + 1) for most in kind.count[0].tolist())):
        for committed in range(int(kind.commit_max[0]) + 1):
            rent = NodeSchedule(ints([path]), ints([committed]))
            if keeps_rules(kind, rent) and np.all(load <= supply(kind, rent, 1)):
                costs.append(kind.costs.of(rent, kind))
    return min(costs, default=None)


@pytest.mark.parametrize("seed", range(25))
def test_the_schedule_of_one_kind_is_cheapest(seed: int) -> None:
    """Random costs, reserved and committed nodes; with negative prices of running nodes."""
    rng = random.Random(seed)

    def grid(low: int, high: int) -> list[list[int]]:
        return [[rng.randint(low, high) for _ in range(4)]]

    kind = nodes(
        grid(1, 3), [(0, 0, 4)], price=grid(0, 9), on=grid(-2, 2), start=grid(0, 6), stop=grid(0, 3),
        commit=[rng.randint(0, 15)], reserved=[rng.randint(0, 1)], commit_max=[rng.randint(0, 2)],
        on_demand=[rng.random() < 0.8], before=[rng.randint(0, 1)],
    )  # fmt: skip
    load = ints([[rng.randint(0, 9) for _ in range(4)]])
    found, least = cheapest_node_schedule(kind, load), every_cost(kind, load)
    if least is None:
        assert found is None
        return
    assert found is not None
    assert keeps_rules(kind, found)
    assert np.all(load <= supply(kind, found, 1))
    assert kind.costs.of(found, kind) == least


@pytest.mark.parametrize("seed", range(15))
def test_paths_with_boot_and_minimum_times_are_cheapest(seed: int) -> None:
    """A single node on demand that has to be usable in some slots."""
    rng = random.Random(seed)

    def grid(low: int, high: int) -> list[list[int]]:
        return [[rng.randint(low, high) for _ in range(5)]]

    kind = nodes(
        [[1] * 5],
        [(0, 0, 1)],
        price=grid(0, 5),
        start=grid(0, 6),
        stop=grid(0, 3),
        boot=[rng.randint(0, 2)],
        minimum=[rng.randint(1, 3)],
        before=[seed % 2],
    )
    load = ints([[int((t > 1 or seed % 2) and rng.random() < 0.4) for t in range(5)]])
    found = cheapest_node_schedule(kind, load)
    least = every_cost(kind, load)
    assert (None if found is None else kind.costs.of(found, kind)) == least


def test_rewards_pay_for_a_node_that_nobody_needs() -> None:
    """A node runs while its reward exceeds its price, and switching costs bridge a gap."""
    kind = nodes([[1, 1, 1]], [], price=[[2, 2, 2]], start=[[5, 5, 5]])
    nobody, there = np.zeros((1, 3), bool), np.ones((1, 3), bool)
    path = on_off_paths(kind, ints([0]), nobody, there, paid=True, reward=ints([[6, 0, 6]]))
    assert (path.cost.tolist(), path.on.tolist()) == ([5 + 6 - 12], [[1, 1, 1]])
    path = on_off_paths(kind, ints([0]), nobody, there, paid=True, reward=ints([[6, 0, 1]]))
    assert (path.cost.tolist(), path.on.tolist()) == ([0], [[0, 0, 0]])
    doubled = on_off_paths(kind, ints([0]), nobody, there, paid=True, reward=ints([[13, 0, 13]]), scale=2)
    assert doubled.cost.tolist() == [2 * (5 + 6) - 26]


def test_a_node_that_does_not_exist_cannot_be_usable() -> None:
    """The cost is NEVER, for exact costs, and infinite for floats."""
    kind = nodes([[1, 1]], [], start=[[1, 1]])
    must, there = np.array([[True, True]]), np.array([[True, False]])
    assert on_off_paths(kind, ints([0]), must, there, paid=True).cost[0] >= NEVER
    assert np.isinf(on_off_paths(kind, ints([0]), must, there, paid=True, reward=np.zeros((1, 2))).cost[0])
    plain = nodes([[1, 1]], [])
    assert on_off_paths(plain, ints([0]), must, there, paid=True).cost[0] >= NEVER


def test_needs_of_rows_with_one_and_with_several_kinds() -> None:
    """Rows of one kind come first; what they do not cover of the others goes to the cheapest kind per unit."""
    kinds = nodes([[2, 2], [3, 3]], [(0, 0, 4), (0, 1, 4), (1, 1, 2)], price=[[1, 1], [5, 5]])
    assert needs(kinds, ints([[5, 0], [8, 10]])).tolist() == [[2, 2], [0, 1]]


def test_levels_are_cut_where_something_changes() -> None:
    """Classes of identical levels: reserved, committed, needed and existing nodes."""
    kind = nodes([[5, 3]], [(0, 0, 1)], reserved=[1])
    levels = Levels.of(kind, ints([[2, 0]]))
    assert list(zip(levels.low.tolist(), levels.high.tolist(), strict=True)) == [(0, 1), (1, 2), (2, 3), (3, 5)]
    assert levels.must.tolist() == [[True, False], [True, False], [False, False], [False, False]]
    assert levels.there[-1].tolist() == [True, False]
    assert levels.only(np.array([False, True, False, False])).high.tolist() == [2]


def test_more_than_there_is() -> None:
    """None when the load exceeds what all nodes offer."""
    assert cheapest_node_schedule(nodes([[1]], [(0, 0, 4)]), ints([[5]])) is None

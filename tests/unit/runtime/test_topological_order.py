"""Orders of nodes that wait for each other."""

from __future__ import annotations

import random

import pytest

from leptonopt.errors import OutOfTime
from leptonopt.runtime.clock import time_limited
from leptonopt.runtime.deadline import Deadline
from leptonopt.runtime.topological_order import topological_order


@pytest.mark.parametrize(
    ("before", "order"),
    [
        ([], []),
        ([[], []], [0, 1]),
        ([[1], [], [0, 1]], [1, 0, 2]),
        ([[0]], []),  # waits for itself
        ([[1], [0], []], [2]),
        ([[1], [0], [1], []], [3]),  # behind a circle
        ([[1, 1], []], [1, 0]),  # stated twice
    ],
)
def test_orders(before: list[list[int]], order: list[int]) -> None:
    """Each node follows those that it waits for; circles and what is behind them are left out."""
    assert topological_order(before) == order


def test_a_large_random_graph() -> None:
    """Every edge of 500 nodes is kept."""
    rng = random.Random(1)
    name = rng.sample(range(500), 500)
    before: list[list[int]] = [[] for _ in name]
    for at in range(1, 500):
        before[name[at]] = [name[rng.randrange(at)] for _ in range(rng.randrange(3))]
    place = {node: at for at, node in enumerate(topological_order(before))}
    assert len(place) == 500
    assert all(place[first] < place[node] for node, each in enumerate(before) for first in each)


def test_the_time_limit_holds() -> None:
    """A limit that has passed ends the search."""
    with time_limited(Deadline(0), "ordering"), pytest.raises(OutOfTime, match="while ordering"):
        topological_order([[], [0]])

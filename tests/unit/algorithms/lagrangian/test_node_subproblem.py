"""Nodes that respond to prices: by hand, and against all paths of all levels."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.node_subproblem import NodeSubproblem
from tests.helpers import naive
from tests.helpers.random_problems import rich
from tests.helpers.small_problems import ints, nodes


def test_nodes_are_on_where_they_earn_more_than_they_cost() -> None:
    """Nodes of size 4 at 6 a slot: at prices 1, 2 and 3 they lose, earn 2 and earn 6 each."""
    kind = nodes([[2, 2, 1]], [(0, 0, 4)], price=[[6, 6, 6]])
    cost, offered, usable = NodeSubproblem(kind, 1).solve(ints([[1, 2, 3]]), kind.costs)
    assert cost == -(2 * 2 + 6)
    assert offered.tolist() == [[0, 8, 4]]
    assert usable.tolist() == [[0, 2, 1]]


def test_switching_costs_are_paid_once_for_a_run() -> None:
    """A run of two slots earns 2 + 6, and costs 5 to switch on; one slot with less is not worth it."""
    kind = nodes([[1, 1, 1]], [(0, 0, 4)], price=[[6, 6, 6]], start=[[5, 5, 5]])
    found = NodeSubproblem(kind, 1)
    assert found.solve(ints([[1, 2, 3]]), kind.costs)[0] == -3
    assert found.solve(ints([[1, 2, 2]]), kind.costs)[0] == 0


def test_levels_by_ownership() -> None:
    """One reserved node, one that can be committed, and two on demand only are three classes of levels."""
    kind = nodes([[4, 4]], [(0, 0, 1)], reserved=[1], commit_max=[1])
    found = NodeSubproblem(kind, 1)
    assert found.many.tolist() == [1, 1, 2]
    assert found.free.tolist() == [True, False, False]
    assert found.committable.tolist() == [False, True, False]
    assert found.paid.tolist() == [False, True, True]


def test_other_earnings_and_floats() -> None:
    """Earnings beside the prices count for usable nodes; floats give the same as integers."""
    kind = nodes([[1, 1]], [(0, 0, 2)], price=[[5, 5]])
    found, more = NodeSubproblem(kind, 1), ints([[0, 4]])
    assert found.solve(ints([[1, 1]]), kind.costs, more=more)[0] == -1
    assert found.solve(np.array([[1.0, 1.0]]), kind.costs, more=more.astype(float))[0] == pytest.approx(-1.0)
    assert found.solve(ints([[10, 10]]), kind.costs, scale=10, more=10 * more)[0] == -10


@pytest.mark.parametrize("seed", range(60))
def test_the_least_is_that_of_all_paths(seed: int) -> None:
    """For all levels of random kinds, with boot and minimum times, commitments and gaps in the count."""
    made = rich(seed)
    if not len(made.nodes):
        return
    price = np.random.default_rng(seed).integers(0, 9, made.capacity.shape)
    cells = {(row, slot): Fraction(int(each)) for (row, slot), each in np.ndenumerate(price)}
    cost, offered, usable = NodeSubproblem(made.nodes, len(price)).solve(price, made.nodes.costs)
    assert cost == naive.nodes_best(made, cells, {})
    assert (usable <= made.nodes.count).all()
    supply = np.zeros_like(offered)
    nodes_ = made.nodes
    for kind, row, size in zip(nodes_.supply_node, nodes_.supply_row, nodes_.supply_size, strict=True):
        supply[row] += size * usable[kind]
    assert np.array_equal(offered, supply)


@pytest.mark.parametrize(("count", "cost"), [([2, 2, 2], 0), ([2, 2, 1], -4)])
def test_minimum_times_hold_where_all_levels_are_alike(count: list[int], cost: int) -> None:
    """Two slots cost 12 and earn 8. Where levels differ the minimum does not hold, and slot 1 alone gains 2 twice."""
    kind = nodes([count], [(0, 0, 4)], price=[[6, 6, 6]], minimum=[2])
    assert NodeSubproblem(kind, 1).solve(ints([[0, 2, 0]]), kind.costs)[0] == cost

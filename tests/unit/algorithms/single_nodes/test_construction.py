"""Orders of insertion, and reinsertion, on single nodes."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.single_nodes.construction import (
    construct,
    construct_early,
    never,
    priority_orders,
    reinsert,
    sample,
    volumes,
)
from leptonopt.algorithms.single_nodes.partial_schedule import SingleNodeSchedule
from leptonopt.problem.schedule import objective, with_node_schedule
from tests.helpers import servers


def test_orders_are_permutations() -> None:
    """Every order has every group once; the last is by length."""
    problem = servers.problem(0)
    orders = priority_orders(problem)
    for order in orders:
        assert sorted(order.tolist()) == list(range(problem.groups))
    length = problem.duration[problem.option_ptr[:-1]]
    assert (np.diff(length[orders[-1]]) <= 0).all()
    assert (np.diff(volumes(problem)[orders[1]]) <= 0).all()


def test_construction_stops_when_asked() -> None:
    """Nothing is inserted after the first look."""
    problem = servers.problem(0)
    placing = SingleNodeSchedule(problem)
    assert not construct(placing, priority_orders(problem)[0], lambda: True)
    assert (placing.missing == problem.copies).all()


def test_reinsertion_never_costs_more() -> None:
    """A pass over a complete schedule moves groups, and the objective falls or stays."""
    problem = servers.problem(1, tasks=12)
    placing = SingleNodeSchedule(problem)
    construct(placing, np.arange(problem.groups), never)
    assert placing.whole()
    before = objective(problem, with_node_schedule(problem, placing.schedule()))
    reinsert(placing, np.arange(problem.groups)[::-1], never)
    assert objective(problem, with_node_schedule(problem, placing.schedule())) <= before


def test_early_construction_starts_as_soon_as_groups_fit() -> None:
    """On an empty day the first group starts at its release; it stops when asked."""
    problem = servers.problem(2, tasks=8)
    placing = SingleNodeSchedule(problem)
    assert construct_early(placing, np.arange(problem.groups), never)
    option, start = placing.columns[0][0]
    assert start == problem.first[option]
    assert not construct_early(SingleNodeSchedule(problem), np.arange(problem.groups), lambda: True)


def test_sample_chooses_some_of_many_nodes() -> None:
    """Return different nodes, the same for one seed, and None where there are fewer than twice as many."""
    chosen = sample(3, 0)(8)
    assert chosen is not None
    assert len(set(chosen.tolist())) == 3
    assert chosen.tolist() == sample(3, 0)(8).tolist()  # type: ignore[union-attr]
    assert sample(3, 0)(5) is None


def test_all_nodes_are_tried_where_the_sample_is_full() -> None:
    """Place all groups though one node alone is looked at first, which cannot hold them."""
    problem = servers.problem(0, tasks=20)
    placing = SingleNodeSchedule(problem)
    construct(placing, np.arange(problem.groups), never, some=lambda n: np.array([n - 1]))
    assert placing.whole()
    assert len({int(placing.kind_of[option]) for ran in placing.columns for option, _ in ran}) > 1

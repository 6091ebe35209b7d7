"""Best fit over time: what is assigned fits, and cheap nodes are filled first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leptonopt.algorithms.single_nodes.best_fit import Items, NodePool, best_fit, item_orders


def pool(sizes: list[int], slots: int, cost: list[int]) -> NodePool:
    """Nodes with one resource, always usable, with a cost per slot each."""
    shape = len(sizes), slots
    rate = np.repeat(np.array(cost, np.int64)[:, None], slots, axis=1)
    return NodePool(
        np.array(sizes, np.int64)[:, None],
        np.ones(shape, bool),
        rate,
        np.zeros(shape, np.int64),
        np.zeros(shape[0], np.int64),
    )


def items(entries: list[tuple[int, int, int, int]]) -> Items:
    """Items from (first, end, demand, whole)."""
    table = np.array(entries, np.int64).reshape(-1, 4)
    return Items(table[:, 0], table[:, 1], table[:, 2:3], table[:, 3])


entry = st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 4), st.integers(0, 2))


@given(st.lists(st.integers(2, 4), min_size=1, max_size=3), st.lists(entry, max_size=6), st.integers(0, 1))
def test_what_is_assigned_fits(sizes: list[int], entries: list[tuple[int, int, int, int]], rate: int) -> None:
    """No node holds more than its size in any slot; whole nodes hold nothing else; the rest is said to have failed."""
    given_items = items([(first, first + long, demand, whole) for first, long, demand, whole in entries])
    found = best_fit(pool(sizes, 6, [rate] * len(sizes)), given_items)
    load = np.zeros((len(sizes), 6), np.int64)
    for item, nodes in enumerate(found.nodes):
        whole = int(given_items.whole[item])
        assert len(set(nodes)) == len(nodes) == (0 if item in found.failed else max(1, whole))
        for node in nodes:
            held = sizes[node] if whole else int(given_items.demand[item, 0])
            load[node, given_items.first[item] : given_items.end[item]] += held
    assert (load <= np.array(sizes)[:, None]).all()


def test_nodes_without_cost_and_the_tighter_of_equals_come_first() -> None:
    """A free node is preferred; among nodes of equal cost the one that is filled."""
    found = best_fit(pool([4, 4], 2, [1, 0]), items([(0, 2, 2, 0)]))
    assert found.nodes == [(1,)]
    assert found.packing.cost == 0
    found = best_fit(pool([4, 2], 2, [0, 0]), items([(0, 2, 2, 0)]))
    assert found.nodes == [(1,)]


def test_a_node_that_is_on_already_is_cheaper_than_one_that_boots() -> None:
    """With a start cost and a slot to boot, the second item follows the first on its node."""
    nodes = pool([4, 4], 4, [1, 1])
    nodes = replace(nodes, start=np.full((2, 4), 3, np.int64), boot=np.ones(2, np.int64))
    found = best_fit(nodes, items([(1, 2, 4, 0), (2, 4, 4, 0)]))
    assert found.nodes[0] == found.nodes[1]
    assert found.packing.cost == 3 + 4  # switched on in slot 0, on until the end


def test_orders_put_whole_nodes_and_large_items_first() -> None:
    """The first order is by share of a node."""
    first, *_ = item_orders(pool([4], 4, [0]), items([(0, 1, 1, 0), (0, 1, 4, 2), (0, 1, 3, 0)]))
    assert first == [1, 2, 0]


def test_what_finds_no_node_is_named() -> None:
    """Two items of three quarters of the only node."""
    found = best_fit(pool([4], 2, [0]), items([(0, 2, 3, 0), (1, 2, 3, 0)]))
    assert found.failed == [1]

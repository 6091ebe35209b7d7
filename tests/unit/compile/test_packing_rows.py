"""Packing rows against the enumeration of everything that nodes can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leptonopt.compile.packing_rows import (
    PackingRow,
    dual_feasible_weight,
    greatest_weight,
    held_of,
    packing_rows,
)
from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.instance import Pool, validate

TIME = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "2h"}


def pool_and_ways(sizes: Sequence[dict[str, Any]], uses: Sequence[dict[str, Any]]) -> tuple[Pool, list[ConcreteOption]]:
    """A pool with a kind of nodes for each size, and the options of a one-node task for each use."""
    kinds = [{"id": f"k{at}", "size": size, "count": 2, "price": 1} for at, size in enumerate(sizes)]
    tasks = [
        {"id": f"t{at}", "placement": "one-node", "options": [{"pool": "p", "uses": each, "duration": "1h"}]}
        for at, each in enumerate(uses)
    ]
    instance = validate({"time": TIME, "pools": [{"id": "p", "nodes": kinds}], "tasks": tasks})
    return instance.pools[0], [way for task in instance.tasks for way in concrete_options(instance, task)]


def packings(size: dict[str, Decimal], ways: Sequence[ConcreteOption]) -> Iterator[list[ConcreteOption]]:
    """Every multiset of options that a node of this size can hold."""
    yield []
    for at, way in enumerate(ways):
        if way.refused is None and all(size.get(name, Decimal(0)) >= count for name, count in way.uses.items()):
            left = {name: have - way.uses.get(name, Decimal(0)) for name, have in size.items()}
            yield from ([way, *rest] for rest in packings(left, ways[at:]))


amounts = st.sampled_from([0.5, 1, 1.5, 2, 2.5, 3, 4, 5])
size = st.fixed_dictionaries({"gpu": st.integers(2, 6)}, optional={"cpu": amounts})


@given(
    st.lists(size, min_size=1, max_size=3),
    st.lists(st.fixed_dictionaries({"gpu": amounts}, optional={"cpu": amounts}), min_size=1, max_size=4),
)
def test_no_packing_weighs_more_than_the_supply(sizes: list[dict[str, float]], uses: list[dict[str, float]]) -> None:
    """Whatever a node of a kind can hold, of one or several resources, weighs at most what the kind supplies."""
    if any("cpu" in each for each in uses) and not any("cpu" in each for each in sizes):
        uses = [{"gpu": each["gpu"]} for each in uses]
    pool, ways = pool_and_ways(sizes, uses)
    rows = packing_rows(pool, ways)
    for name, kind in pool.kinds:
        for held in packings(dict(kind.size), ways):
            for row in rows:
                weight = sum((row.weight(way, pool.of_nodes) for way in held), Decimal(0))
                assert weight <= row.supply.get(name, Decimal(0))


def test_more_than_half_a_node_is_one_a_node() -> None:
    """Of tasks of 5 and 3 on nodes of 8, those of 5 weigh all of a node in the first function."""
    pool, ways = pool_and_ways([{"gpu": 8}], [{"gpu": 5}, {"gpu": 3}])
    first = next(row for row in packing_rows(pool, ways) if row.function == 1)
    assert [first.weight(way, pool.of_nodes) for way in ways] == [2, 0]
    assert first.supply == {"k0": 2}


def test_sizes_that_divide_a_node_need_no_row() -> None:
    """Powers of two pack by their sum, so no row is kept."""
    pool, ways = pool_and_ways([{"gpu": 8}], [{"gpu": 1}, {"gpu": 2}, {"gpu": 4}, {"gpu": 8}])
    assert packing_rows(pool, ways) == []


def test_a_task_that_only_large_nodes_hold_counts_on_them_alone() -> None:
    """Nodes of 4 supply nothing to a row of tasks of 8."""
    pool, ways = pool_and_ways([{"gpu": 8}, {"gpu": 4}], [{"gpu": 8}, {"gpu": 4}])
    row = next(row for row in packing_rows(pool, ways) if row.kinds)
    assert row.supply == {"k0": 8}
    assert [row.weight(way, pool.of_nodes) for way in ways] == [8, 0]


def test_whole_nodes_weigh_their_supply_and_what_spans_nothing() -> None:
    """An option of 2 nodes weighs twice the supply; one without placement weighs nothing."""
    pool, ways = pool_and_ways([{"gpu": 8}], [{"gpu": 5}])
    row = packing_rows(pool, ways)[0]
    plain = ConcreteOption("w", "p", {"gpu": Decimal(16)}, Fraction(3600), Decimal(0), None, Decimal(1))
    whole = ConcreteOption("w", "p", {"gpu": Decimal(16)}, Fraction(3600), Decimal(0), None, Decimal(1), whole=2)
    assert row.weight(plain, pool.of_nodes) == 0
    assert row.weight(whole, pool.of_nodes) == 2 * row.supply["k0"]
    assert held_of(whole, pool.of_nodes) == (("gpu", Decimal(16)),)
    assert isinstance(row, PackingRow)


@pytest.mark.parametrize(
    ("amount", "function", "weight"),
    [("4", 1, 1), ("5", 1, 2), ("3", 1, 0), ("8", 1, 2), ("3", 2, 3), ("2", 3, 3), ("5", 3, 8), ("6", 3, 9)],
)
def test_the_function_of_fekete_and_schepers(amount: str, function: int, weight: int) -> None:
    """Of a node of 8, in 1/(k (k+1))."""
    assert dual_feasible_weight(Decimal(amount), Decimal(8), function) == weight


def test_the_knapsack_takes_copies() -> None:
    """Two of 3 weigh more than one of 5 in 8; in 4 there is one of 3, in 2 nothing."""
    items = [(Decimal(5), 4), (Decimal(3), 3)]
    assert [greatest_weight(items, Decimal(room)) for room in (8, 9, 4, 2)] == [7, 9, 3, 0]

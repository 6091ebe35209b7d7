"""Parts of an assignment by pools: taken out, packed, annealed and merged."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from leptonopt.algorithms.large_scale.decomposition import (
    SubproblemPart,
    anneal_part,
    extract_pools,
    kernels_ready,
    merge_part,
)
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import usage
from tests.helpers.pooled_problems import first_fit, three_pools


def part_of(placed: Assignment, *pools: int) -> SubproblemPart:
    """Return the part of some pools, with all items that run there or are unassigned."""
    chosen = np.isin(np.arange(3), pools)
    where = np.where(placed.option >= 0, placed.problem.pool[placed.option], -1)
    return extract_pools(placed, chosen, np.flatnonzero((where < 0) | np.isin(where, pools)))


@pytest.mark.parametrize("seed", range(6))
def test_a_part_has_its_pools_alone(seed: int) -> None:
    """Options, rows and items by their index in the whole; its capacity is what all others leave."""
    made = three_pools(seed)
    placed = first_fit(made)
    part = part_of(placed, 0, 2)
    assert part.pools.tolist() == [0, 2]
    assert np.isin(made.pool[part.options], [0, 2]).all()
    assert np.array_equal(part.pools[part.problem.pool], made.pool[part.options])
    assert np.array_equal(part.problem.fixed, made.fixed[part.options])
    assert np.array_equal(part.rows[part.problem.demand_row], [*map(int, made.demand_row[part.options])])
    some = part.option >= 0
    assert np.array_equal(part.options[part.option[some]], placed.option[part.items[some]])
    assert np.array_equal(part.problem.capacity, made.capacity[part.rows])  # all items of these pools are inside


@pytest.mark.parametrize("seed", range(6))
def test_an_unchanged_part_changes_nothing(seed: int) -> None:
    """Merging the columns that it had leaves columns and free capacity; penalties are taken over."""
    placed = first_fit(three_pools(seed))
    option, start, free = placed.option.copy(), placed.start.copy(), placed.free.copy()
    part, penalty = part_of(placed, 1), np.zeros(placed.problem.capacity.shape, np.float32)
    merge_part(placed, penalty, part, (part.option, part.start, np.ones((len(part.rows), 6), np.float32)))
    assert np.array_equal(placed.option, option)
    assert np.array_equal(placed.start, start)
    assert np.array_equal(placed.free, free)
    assert penalty.sum(axis=1).tolist() == [0.0, 6.0, 0.0]


def test_items_that_lose_their_column() -> None:
    """An empty result frees the capacity of its pools alone."""
    placed = first_fit(three_pools(0))
    part = part_of(placed, 2)
    none = np.full(len(part.items), -1)
    merge_part(placed, np.zeros((3, 6), np.float32), part, (none, none, np.zeros((1, 6), np.float32)))
    assert (placed.option[part.items] == -1).all()
    assert placed.free[2].tolist() == [9] * 6
    assert np.array_equal(placed.free, placed.problem.capacity - usage(placed.problem, placed.schedule()))


def test_packed_parts_are_narrow() -> None:
    """The numbers are the same, in one byte each where they fit."""
    placed = first_fit(three_pools(1))
    part = part_of(placed, 0, 1)
    problem, option, start, price, penalty = pickle.loads(
        part.pack(np.full((3, 6), 0.5), np.full((3, 6), 2.0, np.float32))
    )
    assert problem.demand.dtype.itemsize == 1
    assert problem.demand.tolist() == part.problem.demand.tolist()
    assert option.tolist() == part.option.tolist()
    assert start.tolist() == part.start.tolist()
    assert price.shape == penalty.shape == (len(part.rows), 6)
    assert (price == 0.5).all()


@pytest.mark.parametrize("seed", range(3))
def test_an_annealed_part_is_merged(seed: int) -> None:
    """The same seed gives the same columns, of options that its items have."""
    assert kernels_ready()
    made = three_pools(seed)
    placed = first_fit(made)
    part = part_of(placed, 0, 2)
    content = part.pack(placed.price, np.zeros(made.capacity.shape, np.float32))
    one, other = (anneal_part(content, (0.0, 1.0), 50.0, by_clock=False, seed=4) for _ in range(2))
    assert one is not None
    assert other is not None
    assert one[0].tolist() == other[0].tolist()
    assert one[1].tolist() == other[1].tolist()
    some = one[0] >= 0
    assert np.array_equal(made.group[part.options[one[0][some]]], placed.group[part.items[some]])
    merge_part(placed, np.zeros(made.capacity.shape, np.float32), part, one)
    assert np.array_equal(placed.free, made.capacity - usage(made, placed.schedule()))
    assert violated_rules(made, placed.schedule()) <= {"once", "capacity"}  # annealing may exceed the capacity

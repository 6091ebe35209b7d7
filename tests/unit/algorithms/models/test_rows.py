"""Rows of a model and positions of its variables."""

from __future__ import annotations

from leptonopt.algorithms.models.rows import RowTable, expand_ranges
from leptonopt.algorithms.models.time_indexed import build_model
from tests.helpers.small_problems import group, ints, nodes, option, problem


def test_ranges() -> None:
    """Each member with the number of its range; empty ones have none."""
    which, member = expand_ranges(ints([5, 0, 9]), ints([2, 0, 3]))
    assert (which.tolist(), member.tolist()) == ([0, 0, 2, 2, 2], [5, 6, 9, 10, 11])


def test_rows_of_some_keys() -> None:
    """Entries with other keys are dropped."""
    table = RowTable()
    table.add(ints([7, 3, 7]), ints([0, 1, 2]), ints([1, 4, 2]))
    table.add(ints([9]), ints([3]), ints([5]))
    rows = table.rows("capacity", ints([3, 7]), ints([10, 20]), ints([0, 1]))
    entries = sorted(zip(rows.row.tolist(), rows.variable.tolist(), rows.coefficient.tolist(), strict=True))
    assert entries == [(0, 1, 4), (1, 0, 1), (1, 2, 2)]
    assert rows.upper.tolist() == [10, 20]


def test_positions_of_variables() -> None:
    """Columns, groups left out, nodes, and pools of sets."""
    made = problem(
        group(option(1, {0: 1}), option(1, {1: 1}, pool=1), value=5), group(option(1, {0: 1}), option(1, {1: 1}, pool=1)),
        capacity=[[2], [2]], nodes=nodes([[2]], [(0, 0, 1)], price=[[3]], start=[[1]]), together=(ints([0, 1]),),
    )  # fmt: skip
    variables = build_model(made).variables
    assert len(variables.columns.option) == 4
    assert ("n", 0) in variables.nodes
    assert sorted(pool for _, pool in variables.pools) == [0, 1]
    assert variables.shared_pools == [[0, 1]]
    taken = [*variables.pools.values(), *(at for each in variables.nodes.values() for at in each.tolist())]
    assert len(set(taken)) == len(taken)
    assert min(taken) >= 4
    assert max(taken) < len(variables.most)

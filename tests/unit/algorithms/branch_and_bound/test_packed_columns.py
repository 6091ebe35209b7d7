"""Packed columns: a column fits exactly where each row has room in each of its slots."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.branch_and_bound.packed_columns import PackedColumns
from leptonopt.compile.compiler import compile_instance
from leptonopt.instance import validate
from leptonopt.problem.problem import UNLIMITED
from tests.helpers import random_instances


@pytest.mark.parametrize("seed", range(40))
def test_fits_as_arrays_say(seed: int) -> None:
    """One copy of each group is placed at random; before each the packed test equals the test on arrays."""
    made = compile_instance(validate(random_instances.instance(seed, tasks=3, slots=5)))
    problem = made.problem
    if made.impossible or not problem.groups:
        return
    packed, rng = PackedColumns(problem), np.random.default_rng(seed)
    groups = [[column for column in group if column.option >= 0] for group in packed.by_group]
    free, room = packed.free, problem.capacity.copy()
    for kind in packed.rents:
        room[list(kind.rows)] = np.minimum(room[list(kind.rows)], kind.room)
    for columns in filter(None, groups):
        chosen = columns[int(rng.integers(len(columns)))]
        for other in columns:
            rows, amounts = problem.demands(other.option)
            part = room[rows, other.start : other.end]
            fits = bool(((part >= amounts[:, None]) | (part >= UNLIMITED // 2)).all())
            assert ((free - other.use) & packed.guard == packed.guard) is fits
        if (free - chosen.use) & packed.guard == packed.guard:
            free -= chosen.use
            rows, amounts = problem.demands(chosen.option)
            room[rows, chosen.start : chosen.end] -= amounts[:, None]


def test_order_and_leaving_out() -> None:
    """Columns are in order of cost; leaving out an optional copy is one of them."""
    for seed in range(30):
        made = compile_instance(validate(random_instances.instance(seed, tasks=3, slots=5)))
        if made.impossible:
            continue
        for group, columns in enumerate(PackedColumns(made.problem).by_group):
            assert [column.cost for column in columns] == sorted(column.cost for column in columns)
            assert any(column.option < 0 for column in columns) == bool(made.problem.optional[group])

"""Sets of columns part a fractional solution evenly, and cover the open columns of the group."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.branch_and_bound.column_sets import ColumnOrders, ColumnSets
from leptonopt.algorithms.models.time_indexed import build_model
from tests.helpers import random_problems


def test_the_two_sets_are_the_open_columns_of_a_group_in_doubt() -> None:
    """Put every column into one of the sets, whatever the solution and the order; whole groups have no sets."""
    found = 0
    for seed in range(40):
        linear, rng = build_model(random_problems.problem(seed)), np.random.default_rng(seed)
        group = linear.problem.group[linear.columns.option]
        values, open_ = np.zeros(len(linear.most)), rng.random(len(linear.most)) < 0.8
        for at in np.unique(group):
            own = np.flatnonzero((group == at) & open_[: len(group)])
            values[own] = rng.dirichlet(np.ones(len(own))) if at % 2 and len(own) else 0.0
        for sets in ColumnOrders(linear).undecided(values, open_):
            own = np.flatnonzero((group == sets.group) & open_[: len(group)])
            assert sets.group % 2
            assert sorted([*sets.first, *sets.second]) == own.tolist()
            assert abs(values[sets.first].sum() - sets.share) < 1e-9
            assert 0 < sets.doubt <= 0.5
            found += 1
    assert found > 20


def test_the_lighter_set_has_less_of_the_solution() -> None:
    """With a third in the first set, that is the lighter one, and in doubt by a third."""
    sets = ColumnSets(0, np.array([0]), np.array([1, 2]), 1 / 3)
    assert sets.lighter.tolist() == [0]
    assert sets.doubt == 1 / 3

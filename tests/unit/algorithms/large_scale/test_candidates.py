"""Candidate columns per group: how many, their resource profiles, and which ones."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.option_classes import find_classes
from leptonopt.algorithms.large_scale.candidates import (
    MOST,
    TUNING,
    candidate_columns,
    candidates_per_group,
    resource_profiles,
)
from leptonopt.algorithms.large_scale.kernels import option_arrays
from leptonopt.algorithms.large_scale.staged_construction import price_prefix
from leptonopt.problem.problem import Problem
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, option, problem


@pytest.mark.parametrize(
    ("groups", "many"), [(10, MOST), (4_000, 40), (10_000, 16), (500_000, 16), (1_000_000, 12), (9_000_000, 8)]
)
def test_fewer_columns_for_more_groups(groups: int, many: int) -> None:
    """Up to 160,000 columns small problems have more than the usual 16, and very large ones have fewer."""
    assert candidates_per_group(groups) == many
    assert TUNING.fewest <= many <= MOST


@pytest.mark.parametrize("seed", range(10))
def test_profiles_are_the_demands_of_options(seed: int) -> None:
    """Rows, amounts and pool, for every option of random problems."""
    made = drawn(seed, groups=8)
    profiles, of = resource_profiles(made, find_classes(made))
    for each in range(made.options):
        part = slice(int(profiles.ptr[of[each]]), int(profiles.ptr[of[each] + 1]))
        rows, amounts = made.demands(each)
        assert profiles.row[part].tolist() == rows.tolist()
        assert profiles.amount[part].tolist() == amounts.tolist()
        assert profiles.pool[of[each]] == made.pool[each]


def test_equal_demands_share_a_profile() -> None:
    """Of two groups, whatever their durations."""
    made = problem(group(option(1, {0: 2})), group(option(3, {0: 2}), option(1, {0: 1})), capacity=[[4] * 4])
    profiles, of = resource_profiles(made, find_classes(made))
    assert of[0] == of[1] != of[2]
    assert len(profiles.pool) == 2


def columns_of(made: Problem, out: float, most: int) -> list[list[tuple[int, int, float]]]:
    """Return (option, start, cost) of each group's candidates at true costs."""
    true = price_prefix(made, np.zeros(made.capacity.shape))
    _, profile = resource_profiles(made, find_classes(made))
    found = candidate_columns(
        made, option_arrays(made), profile, true, true, ClassPricer(made).each(true), np.full(made.groups, out),
        most=most,
    )  # fmt: skip
    return [
        [(int(each["option"]), int(each["start"]), float(each["cost"])) for each in found.table[first : first + many]]
        for first, many in zip(found.first.tolist(), found.many.tolist(), strict=True)
    ]


@pytest.mark.parametrize(
    ("out", "most", "expected"),
    [
        (np.inf, 2, [(0, 1, 1.0), (0, 2, 2.0)]),
        (np.inf, 9, [(0, 1, 1.0), (0, 2, 2.0), (0, 3, 7.0)]),
        (2.0, 9, [(0, 1, 1.0)]),
    ],
)
def test_the_cheapest_columns_that_fit(out: float, most: int, expected: list[tuple[int, int, float]]) -> None:
    """Slot 0 has no capacity; columns at the leave-out cost or above are no candidates."""
    made = problem(group(option(1, {0: 1})), capacity=[[0, 1, 1, 1]], price=[[0, 1, 2, 7]])
    assert columns_of(made, out, most) == [expected]

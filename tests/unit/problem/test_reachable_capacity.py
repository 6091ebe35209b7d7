"""Capacity that demands can use up: equal to trying all sums, and never more than there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from leptonopt.problem import reachable_capacity as module
from leptonopt.problem.problem import UNLIMITED
from leptonopt.problem.reachable_capacity import Demands, SumLimits, reachable_capacity
from tests.helpers import random_problems
from tests.helpers.random_problems import ints


def test_it_is_the_largest_sum_that_fits() -> None:
    """On random demands: at most one amount for each copy of a group, summed in every way."""
    for seed in range(80):
        rng = np.random.default_rng(seed)
        many, groups = int(rng.integers(1, 6)), int(rng.integers(1, 4))
        amount, group = rng.integers(1, 9, many) * int(rng.integers(1, 4)), rng.integers(0, groups, many)
        copies, capacity = rng.integers(0, 3, groups), rng.integers(0, 40, (1, 5))
        sums = {0}
        for each in range(groups):
            choices = [0, *amount[group == each].tolist()]
            mine = {sum(chosen) for chosen in itertools.product(choices, repeat=int(copies[each]))}
            sums = {a + b for a in sums for b in mine}
        row, end = np.zeros(many, np.int64), np.full(many, 5)
        found = reachable_capacity(capacity, capacity < 30, Demands(row, amount, group, row, end), copies)
        for most, reached in zip(capacity[0].tolist(), found[0].tolist(), strict=True):
            if not (copies[group] > 0).any() or most >= 30:
                assert reached == most
            else:
                assert reached == max(each for each in sums if each <= most), seed


def test_beyond_the_limits_only_the_divisor_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Demands of 8 and 24 leave 56 of 60, whether or not their sums are enumerated."""
    none, capacity = ints([0, 0]), ints([[60]])
    demands = Demands(none, ints([8, 24]), ints([0, 1]), none, none + 1)
    assert reachable_capacity(capacity, capacity > 0, demands, ints([1, 1])).tolist() == [[32]]
    monkeypatch.setattr(module, "LIMITS", SumLimits(bits=1))
    assert reachable_capacity(capacity, capacity > 0, demands, ints([1, 1])).tolist() == [[56]]


def test_each_slot_has_its_own_divisor() -> None:
    """Where only demands of 6 may be held, 6 of 11 can be used; where 4 may be held too, 10."""
    demands = Demands(ints([0, 0]), ints([6, 4]), ints([0, 1]), ints([0, 1]), ints([2, 3]))
    found = reachable_capacity(ints([[11, 11, 11]]), np.ones((1, 3), bool), demands, ints([9, 9]))
    assert found.tolist() == [[6, 10, 8]]


def test_a_problem_keeps_rows_without_a_limit_and_those_of_nodes() -> None:
    """On random problems it is at most the capacity, and equal where nodes supply a row or nothing limits it."""
    for seed in range(40):
        problem = random_problems.rich(seed)
        assert (problem.reachable <= problem.capacity).all()
        same = problem.capacity >= UNLIMITED
        same[problem.nodes.supply_row] = True
        assert (problem.reachable == problem.capacity)[same].all()

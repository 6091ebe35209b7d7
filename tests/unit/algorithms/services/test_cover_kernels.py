"""Tests of the kernel that covers a need with whole replicas: least costs by enumeration."""

from __future__ import annotations

import random
from itertools import product
from math import inf

import numpy as np
import pytest

from leptonopt.algorithms.services.cover_kernels import least_covers
from leptonopt.algorithms.services.slot_bound import covered


def least(cost: list[int], most: list[int], weight: list[int], need: int, missed: float) -> float:
    """Return the least cost, by trying all counts."""
    found = inf
    for counts in product(*(range(each + 1) for each in most)):
        left = need - sum(count * each for count, each in zip(counts, weight, strict=True))
        paid = sum(count * each for count, each in zip(counts, cost, strict=True))
        found = min(found, paid + left * missed if left > 0 else paid)
    return found


@pytest.mark.parametrize("missed", [inf, 2.5])
def test_least_costs_are_those_of_all_counts(missed: float) -> None:
    rng = random.Random(1)
    for _ in range(60):
        ways = rng.randint(1, 4)
        weight = [rng.randint(0, 9) for _ in range(ways)]
        cost, most = ([[rng.randint(0, top) for _ in range(ways)] for _ in range(3)] for top in (20, 3))
        need = [rng.randint(0, 30) for _ in range(3)]
        arrays = (np.array(each, float) for each in (cost, most, weight, need))
        found, on = covered(*arrays, missed)
        assert found.tolist() == [least(cost[t], most[t], weight, need[t], missed) for t in range(3)]
        short = np.maximum(0, np.array(need) - on @ weight)
        assert np.all(on <= most)
        paid = (on * cost).sum(axis=1) + np.where(short > 0, short * missed if missed < inf else 0, 0)
        assert paid[found < inf].tolist() == found[found < inf].tolist()


def test_the_relaxation_bounds_where_there_are_too_many_tries() -> None:
    arrays = (np.array(each, float) for each in ([[4, 3]], [[9, 9]], [[3, 2]], [10]))
    assert least_covers(*arrays, inf, 0, np.zeros((3, 3)), np.zeros((1, 2)))[0] == pytest.approx(40 / 3)

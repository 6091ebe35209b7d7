"""Tests of batches: headroom and idle replicas do them, inside their windows."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from leptonopt.problem.offline import Offline
from tests.helpers import service_problems as made

HALF = [Fraction(1, 2)]


def work(on: list[int], batches: tuple[dict[str, Any], ...], **more: Any) -> dict[Any, Fraction] | None:
    """Return what one way of rate 4, with a planned rate of 2 and a demand of 2, does of batches."""
    of = made.services(made.service([[4]], [[2] * len(on)], holds=[{0: 1}], share=HALF, **more), batches=batches)
    usable, money = np.array([on]), np.zeros(len(on), np.int64)
    return Offline.of(of, 0).work(usable, money, np.ones(len(batches), bool))


def test_a_batch_fills_the_headroom() -> None:
    assert work([1, 1], (made.batch(0, [4], 0, 1),)) == {(0, 0, 0): 2, (0, 0, 1): 2}
    assert work([1, 1], (made.batch(0, [5], 0, 1),)) is None


def test_the_headroom_may_be_kept_free() -> None:
    assert work([1, 1], (made.batch(0, [1], 0, 1),), fill=False) is None
    assert work([2, 1], (made.batch(0, [4], 0, 1),), fill=False) == {(0, 0, 0): 4}


def test_a_batch_is_done_in_its_window() -> None:
    assert work([3, 1, 1], (made.batch(0, [3], 1, 1),)) is None


def test_the_earliest_deadline_comes_first() -> None:
    batches = (made.batch(0, [2], 0, 1), made.batch(0, [2], 0, 0))
    assert work([1, 1], batches) == {(1, 0, 0): 2, (0, 0, 1): 2}


@pytest.mark.parametrize(("amount", "fits"), [([10, 10], True), ([10, 11], False), ([15, 5], True), ([16, 5], False)])
def test_classes_are_divided_among_slots(amount: list[int], fits: bool) -> None:
    """The way of slot 0 does both classes alike, that of slot 1 mostly the first: filling in order would not do."""
    ways = made.service([[10, 10], [10, 1]], [[0, 0], [0, 0]], holds=[{0: 1}, {0: 1}])
    services = made.services(ways, batches=(made.batch(0, amount, 0, 1),))
    usable, done = np.array([[1, 0], [0, 1]]), np.array([True])
    found = Offline.of(services, 0).work(usable, np.zeros(2, int), done)
    assert (found is not None) == fits
    if found is not None:
        assert [sum(value for (_, c, _), value in found.items() if c == b) for b in (0, 1)] == amount

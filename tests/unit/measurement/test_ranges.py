"""Ranges hold what they claim, and are no wider than order statistics allow."""

from __future__ import annotations

import random

import pytest

from leptonopt.measurement.ranges import Measured, median_range, share_range


def test_the_range_of_a_median_by_hand() -> None:
    """With 15 values the fourth from both ends: 1 - 2 (1 + 15 + 105 + 455) / 2^15 = 0.965."""
    assert median_range(list(range(1, 16))) == Measured(8, 4, 12)
    assert median_range([3, 1, 2]) == Measured(2, 1, 3)


def test_the_range_of_a_median_covers_it_as_often_as_it_says() -> None:
    rng = random.Random(0)
    found = [median_range([rng.expovariate(1) for _ in range(15)]) for _ in range(2000)]
    assert sum(each.low <= 0.6931 <= each.high for each in found) >= 0.95 * len(found)


def test_the_range_of_a_share() -> None:
    """Within 0 and 1, with the share inside."""
    assert share_range(10, 10).high == 1.0
    assert share_range(10, 10).low == pytest.approx(0.7225, abs=1e-4)
    assert share_range(5, 10).low == pytest.approx(0.2366, abs=1e-4)
    assert share_range(0, 7).value == share_range(0, 7).low == 0


def test_a_speed_that_may_be_none() -> None:
    assert Measured(1.2, 0.99, 1.5).covers_one
    assert not Measured(1.2, 1.01, 1.5).covers_one
    assert not Measured(0.14, 0.13, 0.15).covers_one
    assert str(Measured(1.234, 1.1, 1.5)) == "1.23 (1.1 to 1.5)"

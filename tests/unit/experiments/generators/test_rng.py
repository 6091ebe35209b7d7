"""Random numbers that are the same on any machine."""

from __future__ import annotations

import numpy as np

from leptonopt.experiments.generators.rng import RandomStream, between, splitmix64

DRAWS = RandomStream("seed 1")


def test_the_published_sequence() -> None:
    """Of splitmix64 from state 0."""
    assert [hex(word) for word in splitmix64(0, 3).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]


def test_streams_are_independent() -> None:
    """By name and seed; more numbers do not change the first."""
    assert DRAWS.bits("a", 5).tolist() == DRAWS.bits("a", 9).tolist()[:5]
    assert DRAWS.bits("a", 5).tolist() != DRAWS.bits("b", 5).tolist()
    assert DRAWS.bits("a", 5).tolist() != RandomStream("seed 2").bits("a", 5).tolist()


def test_numbers_below_a_limit() -> None:
    """All of them occur, none beyond; limits of their own."""
    assert set(DRAWS.below("a", 1000, 3).tolist()) == {0, 1, 2}
    limits = np.arange(1, 11)
    found = DRAWS.below("b", 10, limits)
    assert np.all((found >= 0) & (found < limits))


def test_weights() -> None:
    """A weight of zero never; a triple weight about three times as often."""
    counts = np.bincount(DRAWS.weighted("a", 10_000, [1, 0, 3]), minlength=3)
    assert counts[1] == 0
    assert 2.7 < counts[2] / counts[0] < 3.3


def test_quantiles_of_a_table() -> None:
    """Straight lines between the values."""
    ends = np.array([0, 1 << 23, (1 << 24) - 1])
    assert between(ends, [10, 20, 40]).tolist() == [10, 20, 39]
    found = DRAWS.quantiles("a", 10_000, [0, 100])
    assert found.min() >= 0
    assert found.max() < 100
    assert 48 < found.mean() < 52


def test_exact_shares() -> None:
    """To the nearest whole number, and never more than there are."""
    assert DRAWS.share("a", 10, 250).sum() == 3
    among = np.array([True, False, True, True])
    found = DRAWS.chosen("b", among, 2)
    assert found.sum() == 2
    assert not found[1]
    assert DRAWS.chosen("b", among, 9).sum() == 3

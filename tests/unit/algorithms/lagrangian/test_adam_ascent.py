"""The projected Adam ascent on concave functions of known maximum."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.adam_ascent import AdamAscent, AdamParameters
from leptonopt.algorithms.lagrangian.capacity_dual import STEADY, SWIFT
from leptonopt.algorithms.lagrangian.pattern_dual import STEPS

TARGET = np.array([[0.5, 3.0], [-2.0, 10.0]])


def climb(parameters: AdamParameters, rounds: int) -> AdamAscent:
    """Rounds on -sum |u - TARGET|, whose maximum over u >= 0 is -2."""
    ascent = AdamAscent(np.zeros((2, 2)), np.array([[True, True], [True, False]]), parameters)
    for _ in range(rounds):
        value = -float(np.abs(ascent.price - TARGET)[ascent.free].sum())
        if not ascent.record(value):
            ascent.return_to_best()
        ascent.move(np.sign(TARGET - ascent.price), np.ones((2, 1)))
    return ascent


@pytest.mark.parametrize("parameters", [STEADY, SWIFT, STEPS], ids=["steady", "swift", "pattern"])
def test_it_comes_near_the_maximum(parameters: AdamParameters) -> None:
    """The best value is near the maximum, is that of the best multipliers, and these are at least 0."""
    ascent = climb(parameters, 600)
    assert -2.1 < ascent.best <= -2.0
    assert ascent.best == max(ascent.values)
    assert ascent.best == -float(np.abs(ascent.best_price - TARGET)[ascent.free].sum())
    assert (ascent.best_price >= 0).all()
    assert ascent.best_price[1, 1] == 0, "fixed multipliers stay 0"


def test_steps_get_shorter_without_gain() -> None:
    """After `patience` rounds without gain the ascent returns to the best multipliers with a shorter step."""
    ascent = AdamAscent(np.ones(3), np.ones(3, bool), AdamParameters(1.0, 0.9, patience=2, shorter=0.5))
    assert ascent.record(5.0)
    ascent.move(np.ones(3), np.ones(3))
    assert not ascent.record(4.0)
    assert not ascent.return_to_best()
    assert not ascent.record(3.0)
    assert ascent.return_to_best()
    assert (ascent.price == 1).all()
    assert ascent.pace == 0.5


def test_slope_is_the_relative_gain() -> None:
    """The gain of the best value over the last rounds, relative to it; infinite while there are fewer rounds."""
    ascent = AdamAscent(np.ones(1), np.ones(1, bool), STEADY)
    for value in (50.0, 100.0, 90.0):
        ascent.record(value)
    assert ascent.slope(3) == float("inf")
    assert ascent.slope(2) == 0.5

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


def test_a_flat_start_is_not_the_end() -> None:
    """While the first multipliers are the best and steps are long, the slope is infinite; after short steps it is 0."""
    parameters = AdamParameters(1.0, 0.9, patience=1, shorter=0.5, shortest=0.1)
    ascent = AdamAscent(np.ones(1), np.ones(1, bool), parameters)
    for value in (5.0, 4.0, 4.0):
        if not ascent.record(value):
            ascent.return_to_best()
    assert ascent.slope(2) == float("inf")
    for _ in range(3):
        ascent.record(4.0)
        ascent.return_to_best()
    assert ascent.slope(2) == 0.0


def test_multipliers_from_elsewhere_are_taken_over_when_better() -> None:
    """Better ones become the best and the present; a restart forgets the rounds and keeps them."""
    ascent = AdamAscent(np.ones(2), np.ones(2, bool), STEADY)
    ascent.record(3.0)
    assert not ascent.adopt(2.0, np.zeros(2))
    assert ascent.adopt(4.0, np.full(2, 7.0))
    assert ascent.best == 4.0
    ascent.move(np.ones(2), np.ones(2))
    ascent.restart(0.5)
    assert ascent.values == []
    assert (ascent.price == 7.0).all()
    assert (ascent.best, ascent.pace) == (4.0, 0.5)

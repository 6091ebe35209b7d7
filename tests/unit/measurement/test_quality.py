"""Quality against classes, against scores, and of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.measurement.quality import quality


def test_classes() -> None:
    """Against labels, and against the scores of another model."""
    scores = np.eye(4)[[0, 1, 2, 3, 0, 1, 2, 3, 0, 1]]
    assert quality(scores, np.array([0, 1, 2, 3, 0, 1, 2, 3, 1, 0]))[0].value == 0.8
    assert quality(scores, 5 * scores - 1)[0].value == 1.0
    assert quality(scores, scores)[1] == "share of right classes"


def test_numbers() -> None:
    """All, none, and part of the variance."""
    wanted = np.random.default_rng(0).normal(size=(500, 1))
    assert quality(wanted, wanted)[0].value == 1.0
    assert quality(-wanted, wanted)[0].value == 0.0
    noisy, counted = quality(wanted + np.random.default_rng(1).normal(scale=0.5, size=(500, 1)), wanted)
    assert noisy.low < noisy.value < noisy.high
    assert noisy.value == pytest.approx(0.75, abs=0.06)
    assert counted == "share of variance explained"
    assert quality(np.ones((20, 1)), np.ones((20, 1)))[0].value == 1.0

"""Quality of a variant's answers: against labels where there are any, else against the full model."""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.measurement.ranges import Measured, share_range

RESAMPLES, SEED = 500, 0


def quality(answers: Any, wanted: Any) -> tuple[Measured, str]:
    """Return the quality of answers with its range, and what it counts.

    Scores of classes, shape (N, C), count by the class they choose; other numbers by the share of variance explained,
    0 at least. `wanted` are classes, shape (N,), or numbers of the answers' shape.
    """
    answers = np.asarray(answers)
    wanted = np.asarray(wanted)
    if answers.ndim == 2 and answers.shape[1] > 1 and (wanted.ndim == 1 or wanted.shape == answers.shape):
        classes = wanted if wanted.ndim == 1 else wanted.argmax(axis=1)
        return share_range(int((answers.argmax(axis=1) == classes).sum()), len(classes)), "share of right classes"
    return _explained(answers.reshape(len(answers), -1), wanted.reshape(len(wanted), -1)), "share of variance explained"


def _explained(answers: Any, wanted: Any) -> Measured:
    """Return 1 - error / variance with the range of a bootstrap (Efron 1979, doi:10.1214/aos/1176344552)."""
    error = ((answers.astype(float) - wanted) ** 2).sum(axis=1)
    spread = ((wanted - wanted.mean(axis=0)) ** 2).sum(axis=1)
    drawn = np.random.default_rng(SEED).integers(0, len(error), (RESAMPLES, len(error)))
    resampled = _share(error[drawn].sum(axis=1), spread[drawn].sum(axis=1))
    low, high = np.quantile(resampled, [0.025, 0.975]).tolist()
    value = float(_share(error.sum(), spread.sum()))
    return Measured(value, min(low, value), max(high, value))


def _share(error: Any, spread: Any) -> Any:
    """Return 1 - error / spread, at least 0; where nothing varies, whether there is no error."""
    some = np.where(spread > 0, spread, 1.0)
    return np.where(spread > 0, np.maximum(0.0, 1 - error / some), np.asarray(error == 0, float))

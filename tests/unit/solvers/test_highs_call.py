"""HiGHS on arrays, in a process of its own."""

from __future__ import annotations

import numpy as np

from leptonopt.solvers.highs_call import call_highs


def model(least: float) -> dict[str, np.ndarray]:
    """Return: at least so much of two things that cost 2 and 3, at most 4 of each."""
    return {
        "costs": np.array([2.0, 3.0]), "data": np.ones(2), "indices": np.array([0, 1], np.int32),
        "indptr": np.array([0, 2], np.int32), "lower": np.array([least]), "upper": np.array([np.inf]),
        "most": np.array([4.0, 4.0]), "whole": np.array([True, True]),
    }  # fmt: skip


def test_answers() -> None:
    word, values, bound = call_highs(model(4.5), 10, 0.0, 1)
    assert (word, values.tolist(), bound) == ("optimal", [4.0, 1.0], 11.0)
    assert call_highs(model(9), 10, 0.0, 1)[:2] == ("infeasible", None)

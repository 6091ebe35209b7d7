"""The program of scenarios: blocks, rows that make decisions equal, and the tail of costs."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.models.scenario_program import joined
from leptonopt.algorithms.models.time_indexed import build_model
from tests.helpers.service_problems import random_problem


def test_blocks_links_and_tail() -> None:
    one = build_model(random_problem(24, ("switching",)))
    size, rows = len(one.most), one.matrix.shape[0]
    common, weights = np.array([[0, 2], [0, 2]]), np.array([0.25, 0.75])
    made = joined([one, one], weights, np.array([1.0, 2.0]), common, None)
    assert made.matrix.shape == (2 * rows + 2, 2 * size)
    assert np.allclose(made.costs, np.concatenate([0.25 * one.cost, 1.5 * one.cost]))
    assert made.matrix[2 * rows :].toarray()[:, [0, size, 2, size + 2]].tolist() == [[1, -1, 0, 0], [0, 0, 1, -1]]
    risk = joined([one, one], weights, np.array([1.0, 2.0]), common, (0.5, 1.0))
    assert risk.matrix.shape == (2 * rows + 4, 2 * size + 3)
    assert risk.costs[-3:].tolist() == [1.0, 0.5, 1.5]
    assert np.allclose(risk.matrix[-1].toarray()[0, size : 2 * size], 2 * one.cost)
    assert risk.matrix[-1].toarray()[0, -3:].tolist() == [-1, 0, -1]
    assert not risk.whole[-3:].any()

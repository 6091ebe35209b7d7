"""Tests of the program over counts: against all paths, also where values are computed again in blocks."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from leptonopt.algorithms.services import state_program
from leptonopt.algorithms.services.state_program import NEVER, StateProgram


def made(seed: int, switching: bool = True) -> tuple[StateProgram, list[np.ndarray]]:
    """Return a program of two ways and four slots, and its costs by slot."""
    rng = np.random.default_rng(seed)
    costs = [rng.integers(0, 30, (3, 2)) for _ in range(4)]
    for cost in costs:
        cost[rng.random((3, 2)) < 0.3] = NEVER
    start, stop = rng.integers(0, 9, (2, 4)) * switching, rng.integers(0, 4, (2, 4)) * switching
    return StateProgram((2, 1), costs.__getitem__, start, stop, rng.integers(0, 2, 2)), costs


def total(program: StateProgram, costs: list[np.ndarray], counts: np.ndarray) -> int:
    """Return the cost of counts, shape (W, T)."""
    change = np.diff(np.concatenate([program.running[:, None], counts, np.zeros((2, 1), np.int64)], axis=1))
    up, down = np.maximum(0, change[:, :-1]), np.maximum(0, -change[:, 1:])
    switching = int((up * program.start).sum() + (down * program.stop).sum())
    return switching + sum(int(cost[tuple(counts[:, slot])]) for slot, cost in enumerate(costs))


@pytest.mark.parametrize("kept", [10**6, 0])
def test_the_best_path_is_found(kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_program, "KEPT", kept)
    for seed in range(20):
        program, costs = made(seed, switching=random.Random(seed).random() < 0.8)
        paths = itertools.product(itertools.product(range(3), range(2)), repeat=4)
        least = min(total(program, costs, np.array(path).T) for path in paths)
        found = program.solve()
        if least >= NEVER:
            assert found is None
        else:
            assert found is not None
            assert found[0] == least == total(program, costs, found[1])

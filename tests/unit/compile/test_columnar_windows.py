"""The starts at which options of a columnar instance fit their pool, against trying every start."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from leptonopt.compile import columnar_windows
from leptonopt.compile.columnar_windows import starts
from tests.helpers.small_problems import ints


def sheets(uses: list[list[int]], slots: list[int], pool: list[int], release: list[int], deadline: list[int]) -> Any:
    """Return what the function reads of a columnar instance."""
    columns = {"slots": ints(slots), "pool": ints(pool), "release": ints(release), "deadline": ints(deadline)}
    return SimpleNamespace(
        resources=("r", "s"), uses=ints(uses).reshape(-1, 2), of_option=columns.__getitem__, of_task=columns.__getitem__
    )


@pytest.mark.parametrize("cells", [columnar_windows.CELLS, 1])
@pytest.mark.parametrize("seed", range(6))
def test_windows_are_those_of_every_start(seed: int, cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """First and last start within release and deadline at which every slot has room."""
    monkeypatch.setattr(columnar_windows, "CELLS", cells)
    rng, slots, options = np.random.default_rng(seed), 8, 40
    capacity = rng.integers(0, 5, (3, slots))
    of_pool = ints([[0, 1], [2, -1]])
    made = sheets(
        rng.integers(0, 4, (options, 2)).tolist(), rng.integers(1, 4, options).tolist(), rng.integers(0, 2, options).tolist(),
        rng.integers(0, 4, options).tolist(), rng.integers(4, 9, options).tolist(),
    )  # fmt: skip
    first, last = starts(made, capacity, of_pool, np.arange(options))
    for at in range(options):
        pool, length = int(made.of_option("pool")[at]), int(made.of_option("slots")[at])
        room = np.ones(slots, bool)
        for resource, amount in enumerate(made.uses[at].tolist()):
            row = of_pool[pool, resource]
            room &= amount <= (capacity[row] if row >= 0 else 0)
        low, high = int(made.of_task("release")[at]), int(made.of_task("deadline")[at]) - length
        fits = [start for start in range(low, high + 1) if room[start : start + length].all()]
        assert (first[at] > last[at]) if not fits else (first[at], last[at]) == (fits[0], fits[-1]), at


def test_nothing_to_do() -> None:
    """Without options, and where every option fits everywhere."""
    first, last = starts(sheets([], [], [], [], []), ints([[5, 5]]), ints([[0, -1]]), ints([]))
    assert (first.tolist(), last.tolist()) == ([], [])
    first, last = starts(sheets([[1, 0]], [1], [0], [0], [2]), ints([[5, 5]]), ints([[0, -1]]), ints([0]))
    assert (first.tolist(), last.tolist()) == ([0], [1])

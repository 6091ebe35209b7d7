"""A reactive scaler: it sees late, starts late, and waits before it switches off."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.simulation.scaler import Scaler, scaled, scaled_above
from tests.unit.simulation.test_fleet import fleet

LOAD = np.array([1.0, 3.0, 3.0, 1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("lag", "calm", "on", "usable"),
    [
        (0, 0, [1, 1, 3, 3, 1, 1], [1, 1, 3, 3, 1, 1]),
        (1, 0, [1, 1, 3, 3, 1, 1], [1, 1, 1, 3, 1, 1]),
        (0, 1, [1, 1, 3, 3, 3, 1], [1, 1, 3, 3, 3, 1]),
        (2, 2, [1, 1, 3, 3, 3, 3], [1, 1, 1, 1, 3, 3]),
    ],
)
def test_lag_and_calm(lag: int, calm: int, on: list[int], usable: list[int]) -> None:
    found = Scaler(0.0, lag, calm).replicas(LOAD)
    assert [each.tolist() for each in found] == [on, usable]


def test_headroom_asks_for_more() -> None:
    assert Scaler(0.5, 0, 0).replicas(np.array([1.0, 1.0]))[0].tolist() == [2, 2]
    assert Scaler(0.1, 0, 0).replicas(np.array([0.9, 0.9]))[0].tolist() == [1, 1]  # no more for a rounding error


def test_scaled_above_a_plan_adds_what_it_misses() -> None:
    asked, planned = np.array([[2.0, 6.0, 6.0], [0.0, 0.0, 0.0]]), np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    on, usable = scaled_above(fleet(), asked, Scaler(0.0, 0, 0), planned, planned)
    assert on.tolist() == usable.tolist() == [[1, 1, 3], [0, 0, 0]]
    assert planned.tolist()[0] == [1, 1, 1]
    alone, _ = scaled(fleet(), asked, Scaler(0.0, 0, 0))
    assert alone.tolist() == [[1, 1, 3], [0, 0, 0]]

"""Speeds are ratios of the same round: a machine that slows down does so for all."""

from __future__ import annotations

import pytest

from leptonopt.measurement.timing import relative_speeds


class Clock:
    """A clock on which work takes ever longer."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds * (1 + self.now / 50)


def test_drift_does_not_count() -> None:
    """Three times as fast, while the machine slows down several times."""
    clock = Clock()
    runs = {"full": lambda: clock.work(0.3), "fast": lambda: clock.work(0.1), "same": lambda: clock.work(0.3)}
    found = relative_speeds(runs, seconds=60, rounds=11, clock=clock)
    assert found["full"][0].value == found["full"][0].low == 1
    assert found["fast"][0].value == pytest.approx(3, rel=0.05)
    assert found["same"][0].covers_one
    assert not found["fast"][0].covers_one
    assert found["fast"][1] < found["full"][1]

"""Families of many jobs on a fleet: windows, loads, workflows, spot."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.experiments.generators import generate
from leptonopt.experiments.generators.fleet import FAIR, SPREAD, windows
from leptonopt.experiments.generators.rng import RandomStream, between


def test_windows_have_the_slack_on_average() -> None:
    """None is shorter than its job; the mean is near the slack."""
    shortest = np.full(20_000, 40, np.int64)
    found = windows(RandomStream("s"), shortest, 2000)
    assert found.min() >= 40
    assert found.mean() / 40 == pytest.approx(2.0, rel=0.05)


def test_the_spread_has_its_mean() -> None:
    """As the constant beside it states."""
    places = np.linspace(0, (1 << 24) - 1, 100_001).astype(np.int64)
    assert between(places, SPREAD).mean() == pytest.approx(FAIR, rel=0.01)


@pytest.mark.parametrize("load", [0.5, 1.0])
def test_a_greater_load_needs_more(load: float) -> None:
    """Of pools of the same hours."""
    made = generate("gavel", tasks=60, seed=1, load=load)
    assert len(made.pools) >= 1
    assert sum(task.copies for task in made.tasks) == 60


def test_features_that_are_asked_for() -> None:
    """Workflows, optional tasks, spot pools with checkpoints."""
    made = generate("gavel", tasks=60, seed=1, precedence=0.5, optional=0.5, preemptible=0.5)
    assert sum(bool(task.after) for task in made.tasks) == 30
    assert sum(task.copies for task in made.tasks if task.optional) == 30
    assert any(pool.interruptions for pool in made.pools)
    assert sum(task.copies for task in made.tasks if task.checkpoint) == 30

"""Factors of durations: the same for a task and seed, lognormal with the mean that is stated."""

from __future__ import annotations

from fractions import Fraction
from statistics import mean, stdev

import pytest

from leptonopt.errors import InstanceError
from leptonopt.simulation.noise import read_noise
from tests.unit.simulation.worlds import day


def test_common_random_numbers() -> None:
    """The factor depends on task and seed alone, also when the noise of other tasks differs."""
    one = read_noise({"duration": {"sigma": 0.3}}, day())
    other = read_noise({"duration": {"sigma": 0.3}, "tasks": {"last": {"sigma": 0.1}}}, day())
    assert one.factor("job0", 4) == other.factor("job0", 4)
    assert len({one.factor(task, seed) for task in ("job0", "job1") for seed in range(5)}) == 10


def test_mean_and_spread() -> None:
    """The mean of many draws is the factor, the standard deviation of their logarithms sigma."""
    from math import log

    noise = read_noise({"tasks": {"job0": {"sigma": 0.4, "factor": 1.5}}}, day())
    drawn = [float(noise.factor("job0", seed)) for seed in range(4000)]
    assert mean(drawn) == pytest.approx(1.5, abs=0.04)
    assert stdev(map(log, drawn)) == pytest.approx(0.4, abs=0.02)


def test_given_factors_are_exact() -> None:
    """Without sigma the factor is as stated; without noise it is 1."""
    noise = read_noise({"tasks": {"job0": {"factor": 0.8}}}, day())
    assert (noise.factor("job0", 7), noise.factor("job1", 7)) == (Fraction(4, 5), 1)


def test_bad_noise() -> None:
    """Unknown tasks and keys are named with their place."""
    with pytest.raises(InstanceError, match="there is no task 'other'"):
        read_noise({"tasks": {"other": {"sigma": 1}}}, day())
    with pytest.raises(InstanceError, match=r"duration\.spread"):
        read_noise({"duration": {"spread": 1}}, day())

"""Factors of durations: the same for a task and seed, lognormal with the mean that is stated."""

from __future__ import annotations

from fractions import Fraction
from statistics import mean, stdev

import pytest

from leptonopt.errors import InstanceError
from leptonopt.simulation.noise import read_noise, shares_by_slot
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


def test_failures() -> None:
    """A run with checkpoints loses less than one without, and none less than its work; the draws are common."""
    noise = read_noise({"failures": {"per_hour": 0.5, "restart": "10m"}}, day())
    whole = [noise.with_failures("job0", seed, Fraction(4 * 3600), None) for seed in range(50)]
    saved = [noise.with_failures("job0", seed, Fraction(4 * 3600), Fraction(600)) for seed in range(50)]
    assert all(4 * 3600 <= some <= all_ for some, all_ in zip(saved, whole, strict=True))
    assert 4.2 < mean(map(float, saved)) / 3600 < 5  # two failures lose a quarter of an hour each
    assert read_noise({}, day()).with_failures("job0", 0, Fraction(7), None) == 7


def test_arrivals() -> None:
    """Delays have the stated mean and are the same for every policy."""
    noise = read_noise({"arrivals": {"delay": "1h"}}, day())
    drawn = [noise.delay("job1", seed) for seed in range(2000)]
    assert mean(drawn) == pytest.approx(3600, rel=0.1)
    assert noise.delay("job1", 3) == drawn[3]


def test_shares_by_slot() -> None:
    """A slot has what is there throughout; a trace that ends is repeated."""
    half = [Fraction(1), Fraction(1, 2)]
    assert shares_by_slot(half, 1800, 3600, 2) == [Fraction(1, 2)] * 2
    assert shares_by_slot(half, 3600, 1800, 6) == [1, 1, Fraction(1, 2), Fraction(1, 2), 1, 1]


@pytest.mark.parametrize(
    ("spot", "what"),
    [
        ({"other": {"values": [1], "every": "1h"}}, r"spot\.other: there is no pool"),
        ({"rent": {"values": [1], "every": "1h"}}, r"spot\.rent: pool 'rent' has nodes"),
        ({"own": {"values": [1]}}, "values need `every`"),
        ({"own": {}}, "a trace has a file, or values"),
    ],
)
def test_bad_traces(spot: dict[str, object], what: str) -> None:
    """A trace that says too little, or goes with no pool, is named."""
    with pytest.raises(InstanceError, match=what):
        read_noise({"spot": spot}, day())

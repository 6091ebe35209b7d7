"""Durations on interruptible capacity: Daly's mean, Young's interval, Poisson's chances."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from leptonopt.compile.spot import CheckpointPlan, InterruptionRates, SpotRuns, at_most, contiguous
from leptonopt.instance import Checkpoint

HOUR = Fraction(3600)


def plan(work: Fraction = HOUR, every: str | None = "10m", cost: str = "1m", restart: str = "2m") -> CheckpointPlan:
    """Return a plan with checkpoints."""
    stated = {"cost": cost, "restart": restart} | ({"every": every} if every else {})
    return CheckpointPlan.of(work, Checkpoint.model_validate(stated))


def test_without_interruptions_only_checkpoints_cost_time() -> None:
    """A minute after every ten; none without checkpoints."""
    assert plan().slowdown(Fraction(0)) == Fraction(11, 10)
    assert CheckpointPlan.of(HOUR, None).slowdown(Fraction(0)) == 1


@pytest.mark.parametrize("rate", [Fraction(1, 10), Fraction(1), Fraction(5)])
def test_the_mean_is_dalys(rate: Fraction) -> None:
    """Equation 13, to nine decimals."""
    between = 3600 / float(rate)
    expected = between * math.exp(120 / between) * (math.exp(660 / between) - 1) / 600
    assert float(plan().slowdown(rate) or 0) == pytest.approx(expected, abs=2e-9)


def test_youngs_interval() -> None:
    """sqrt(2 delta M), and never more than the work; without cost there is no limit to checkpoints."""
    made = plan(every=None)
    assert float(made.interval(Fraction(1))) == pytest.approx(math.sqrt(2 * 60 * 3600), abs=1e-8)
    assert made.interval(Fraction(1, 10**6)) == HOUR
    assert made.interval(Fraction(0)) == HOUR
    free = plan(every=None, cost="0s", restart="0s")
    assert (free.interval(Fraction(1)), free.overhead(Fraction(0)), free.slowdown(Fraction(1))) == (0, 1, 1)


def test_no_progress_at_a_great_rate() -> None:
    """More than fifty interruptions in each interval, or a slow-down beyond the limit."""
    alone = CheckpointPlan.of(HOUR, None)
    assert alone.slowdown(Fraction(51)) is None
    assert alone.slowdown(Fraction(30)) is None


def test_durations_by_start() -> None:
    """Progress of the slots adds up to the work; None where the horizon ends first."""
    still = InterruptionRates([Fraction(0)] * 4)
    assert SpotRuns(plan(), still, 3600).durations() == [2, 2, 2, None]
    assert SpotRuns(plan(work=HOUR * 10), still, 3600).durations() == [None] * 4
    mixed = InterruptionRates([Fraction(60), Fraction(0), Fraction(0), Fraction(0)])
    assert SpotRuns(CheckpointPlan.of(HOUR, None), mixed, 3600).durations() == [2, 1, 1, 1]


@pytest.mark.parametrize(
    ("expected", "count", "chance", "holds"),
    [
        (1, 0, 0.36, True),
        (1, 0, 0.37, False),
        (1, 2, 0.91, True),
        (1, 2, 0.92, False),
        (0, 0, 0.999, True),
        (100, 50, 0.5, False),
    ],
)
def test_chances_of_poisson(expected: int, count: int, chance: float, holds: bool) -> None:
    """e^-1 = 0.3679; with two more terms 0.9197."""
    assert at_most(Fraction(expected), count, Fraction(str(chance))) is holds


def test_starts_that_end_on_time() -> None:
    """A certain end needs room for the interruptions that are likely."""
    saving = plan(work=HOUR, every="10m", cost="0s", restart="0s")
    calm, rough = (InterruptionRates([rate] * 6) for rate in (Fraction(0), Fraction(1)))
    given = (range(6), 1, 4)
    assert SpotRuns(saving, calm, 3600).on_time(*given, Fraction(99, 100)) == [0, 1, 2, 3]
    assert SpotRuns(saving, rough, 3600).on_time(*given, Fraction(99, 100)) == [0, 1, 2]
    assert SpotRuns(saving, InterruptionRates([Fraction(10**6)] * 6), 3600).on_time(*given, Fraction(1, 2)) == []


@pytest.mark.parametrize(
    ("starts", "runs"), [([], []), ([3], [[3]]), ([3, 4, 5], [[3, 4, 5]]), ([0, 1, 4, 6, 7], [[0, 1], [4], [6, 7]])]
)
def test_starts_fall_into_runs_of_consecutive_ones(starts: list[int], runs: list[list[int]]) -> None:
    """Each is an option with a window of its own."""
    assert [run.tolist() for run in contiguous(np.array(starts, np.int64))] == runs

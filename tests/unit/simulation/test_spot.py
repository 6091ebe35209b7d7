"""The rules by which jobs choose their machine."""

from __future__ import annotations

import pytest

from leptonopt.simulation.availability import IDLE, SPOT, SURE
from leptonopt.simulation.spot import Job, Rule, as_planned, threshold, uniform_progress
from leptonopt.simulation.spot_jobs import jobs_of
from tests.unit.simulation.spot_worlds import spot_job


def _job() -> Job:
    return jobs_of(spot_job(), spot_job(), ["spot"])[0]


@pytest.mark.parametrize("rule", [uniform_progress, threshold])
def test_spot_is_taken_while_there_is_time(rule: Rule) -> None:
    """A rule uses spot where it is there."""
    assert rule(_job(), 0, True) == SPOT


def test_uniform_progress_catches_up() -> None:
    """Behind a steady run it takes the sure machine, and leaves it when it is two restarts ahead."""
    job = _job()
    assert uniform_progress(job, 0, False) == IDLE
    assert uniform_progress(job, 2, False) == SURE  # an hour of eight should be done
    for slot in (2, 3):
        job.run(SURE, slot, 1)
    assert uniform_progress(job, 4, False) == SURE  # two hours are done, two and a half wanted
    job.run(SURE, 4, 1)
    assert uniform_progress(job, 5, False) == IDLE


def test_threshold_waits_until_the_latest_safe_start() -> None:
    """Eight hours and a restart before hour 16 begin at hour 7, on the sure machine."""
    job = _job()
    assert [threshold(job, slot, False) for slot in (0, 6, 7)] == [IDLE, IDLE, SURE]
    assert threshold(job, 7, True) == SURE


def test_a_plan_is_left_when_time_is_short() -> None:
    """A wish for spot that is not there waits, and the sure machine saves the deadline."""
    rule, job = as_planned({("job", 1): {0: SPOT, 1: SPOT}}), _job()
    assert [rule(job, slot, there) for slot, there in ((0, True), (1, False), (5, True), (8, True))] == [
        SPOT, IDLE, SPOT, SURE,
    ]  # fmt: skip


def test_starts_lose_their_restart() -> None:
    """The first start loses nothing; a start that ends within its restart has done nothing."""
    job = _job()
    job.run(SPOT, 0, 1)
    assert job.left == 7 * 3600
    job.run(SURE, 1, 1)
    assert (job.left, job.pending) == (6.5 * 3600, 0)

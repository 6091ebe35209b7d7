"""Worlds: soft deadlines, other durations, and what is known when."""

from __future__ import annotations

from decimal import Decimal

import pytest

from leptonopt.errors import Unsupported
from leptonopt.simulation.noise import read_noise
from leptonopt.simulation.world import (
    as_it_turns_out,
    known_at,
    moment_of,
    refuse_unsupported,
    restricted_to,
    with_soft_deadlines,
)
from tests.unit.simulation.worlds import DAY, day, option


def test_soft_deadlines() -> None:
    """A deadline is a due date with a penalty; the horizon is longer, in whole slots."""
    world = with_soft_deadlines(day(), Decimal(7), 5400)
    job = world.tasks[0]
    assert (job.deadline, job.due, job.late_penalty) == (None, day().tasks[0].deadline, 7)
    assert world.time.horizon == 18 * 3600


def test_durations_that_turn_out() -> None:
    """Every option takes the factor of its task, rounded up to seconds; work is written out."""
    tasks = [{"id": "w", "work": {"hours": 3, "speed": {"own": 1}, "devices": {1: 1, 2: 1.5}}}]
    world = day(tasks=tasks)
    noise = read_noise({"tasks": {"w": {"factor": 1.1}}}, world)
    (task,) = as_it_turns_out(world, noise, 0).tasks
    assert {way.id: way.duration for way in task.options} == {"own x1": 11880, "own x2": 7920}
    assert task.work is None


def test_known_from_the_release_on() -> None:
    """A task is known from its release on, and once all that it comes after is known."""
    world = day(tasks=[
        {"id": "late", "release": DAY.format(3), "options": [option("own", 1, 1)]},
        {"id": "next", "after": ["late"], "options": [option("own", 1, 1)]},
        {"id": "now", "team": "red", "options": [option("own", 1, 1)]},
    ], quotas=[{"id": "q", "of": "gpu", "limit": 9, "tasks": ["late", "now"]}])  # fmt: skip
    assert set(known_at(world, moment_of(world, 2))) == {"now"}
    assert set(known_at(world, moment_of(world, 3))) == {"late", "next", "now"}
    seen = restricted_to(world, {"now"})
    assert [task.id for task in seen.tasks] == ["now"]
    assert list(seen.quotas[0].tasks or ()) == ["now"]


@pytest.mark.parametrize(
    "pools", [[{"id": "own", "capacity": {"gpu": 4}, "interruptions": 0.1}, {"id": "rent", "capacity": {"gpu": 1}}]]
)
def test_refusals(pools: list[dict[str, object]]) -> None:
    """What is not carried out is refused by name."""
    with pytest.raises(Unsupported, match="does not support pools with interruptions"):
        refuse_unsupported(day(pools=pools))
    with pytest.raises(Unsupported, match="jobs of other people"):
        refuse_unsupported(day(tasks=[{"id": "x", "job": {"slurm": "1"}, "options": [option("own", 1, 1)]}]))

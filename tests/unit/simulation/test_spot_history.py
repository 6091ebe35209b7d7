"""Histories on spot capacity are plans of their world, with what lost starts have cost beside."""

from __future__ import annotations

from fractions import Fraction

from leptonopt.compile.compiler import compile_instance
from leptonopt.simulation.spot import threshold
from leptonopt.simulation.spot_history import carry_out, history_plan, lines_of, lost
from leptonopt.simulation.spot_jobs import jobs_of
from leptonopt.simulation.world import as_it_turns_out
from tests.unit.simulation.spot_worlds import spot_job, trace


def test_history() -> None:
    """Spot hours cost 1 and sure ones 3; the checker takes the segments as a plan."""
    world = as_it_turns_out(spot_job(), trace("11011100000000000000"), 0)
    jobs = jobs_of(world, world, ["spot"])
    carry_out(world, jobs, threshold, {"job": Fraction(1)})
    assert [(line["pool"], line["start"][11:13], line["end"][11:13]) for line in lines_of(world, jobs)] == [
        ("spot", "00", "02"), ("spot", "03", "06"), ("sure", "12", "16"),
    ]  # fmt: skip
    plan = history_plan(compile_instance(world), world, jobs)
    assert (plan.cost, lost(world, jobs)) == (2 + 3 + 3 * 4, 0)


def test_lost_starts_are_paid() -> None:
    """A start that is interrupted within its restart is no segment of the plan, and its hour is paid."""
    world = spot_job(segments={"most": 9, "restart": "1h", "move": True})
    world = as_it_turns_out(world, trace("10100000000000000000"), 0)
    jobs = jobs_of(world, world, ["spot"])
    carry_out(world, jobs, threshold, {"job": Fraction(1)})
    assert (len(jobs[0].segments), len(lines_of(world, jobs)), lost(world, jobs)) == (3, 2, 1)


def test_the_last_segment_is_sure() -> None:
    """A job that may have two segments starts its second where nothing ends it."""
    world = spot_job(segments={"most": 2, "restart": "30m", "move": True})
    world = as_it_turns_out(world, trace("11011111111111111111"), 0)
    jobs = jobs_of(world, world, ["spot"])
    carry_out(world, jobs, threshold, {"job": Fraction(1)})
    assert [line["pool"] for line in lines_of(world, jobs)] == ["spot", "sure"]

"""Policies on spot capacity: the same worlds, checked costs, no regret below zero."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InputError, Unsupported
from leptonopt.simulation.noise import read_noise
from leptonopt.simulation.outcome import Setting
from leptonopt.simulation.policies import ON_SPOT
from leptonopt.simulation.simulate import simulate
from leptonopt.simulation.spot import threshold
from leptonopt.simulation.spot_jobs import jobs_of
from leptonopt.simulation.spot_outcomes import carry_out, history_plan, lines_of, lost
from leptonopt.simulation.world import as_it_turns_out
from tests.unit.simulation.spot_worlds import spot_job, trace
from tests.unit.simulation.worlds import day

SETTING = Setting(every=7200, seconds=5, miss=Decimal(100))


def test_all_policies_meet_the_deadline() -> None:
    """With known durations every policy is on time, none cheaper than the optimum in hindsight."""
    outcomes = simulate(spot_job(), ON_SPOT, [0], trace("11011101110000110001"), SETTING)
    assert [each.policy for each in outcomes] == list(ON_SPOT)
    for each in outcomes:
        assert each.cost is not None
        assert each.regret is not None
        assert each.regret[0] >= 0
        assert (each.hits, each.deadlines) == (1, 1)


def test_traces_of_a_folder(tmp_path: Path) -> None:
    """The world of a seed has the file at that place."""
    for at, there in enumerate((1, 0)):
        text = f'{{"metadata": {{"gap_seconds": 3600}}, "data": [{there}]}}'
        (tmp_path / f"{at}.json").write_text(text)
    noise = read_noise({"spot": {"spot": tmp_path.name}}, spot_job())
    setting = Setting(every=3600, miss=Decimal(100), hindsight=False, folder=tmp_path.parent)
    assert [each.cost for each in simulate(spot_job(), ["threshold"], [0, 1], noise, setting)] == [8, 24]
    for text, said in (("{}", "no trace of availability"), ("[" * 100_000, "no trace can be read")):
        (tmp_path / "0.json").write_text(text)
        with pytest.raises(InputError, match=rf"0\.json: {said}"):
            simulate(spot_job(), ["threshold"], [0], noise, setting)


def test_policies_that_do_not_go_together() -> None:
    """A method has no plan for traces, and Uniform Progress none without."""
    with pytest.raises(Unsupported, match="policy 'greedy' beside traces"):
        simulate(spot_job(), ["greedy"], [0], trace("1"), SETTING)
    with pytest.raises(Unsupported, match="'uniform-progress' needs traces"):
        simulate(day(), ["uniform-progress"], [0], read_noise({}, day()), SETTING)


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

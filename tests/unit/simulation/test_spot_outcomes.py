"""Policies on spot capacity: the same worlds, checked costs, no regret below zero."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from leptonopt.errors import InputError, Unsupported
from leptonopt.simulation.noise import read_noise
from leptonopt.simulation.outcome import Setting
from leptonopt.simulation.policies import ON_SPOT
from leptonopt.simulation.simulate import simulate
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
    (tmp_path / "0.json").write_text("{}")
    with pytest.raises(InputError, match=r"0\.json: no trace of availability"):
        simulate(spot_job(), ["threshold"], [0], noise, setting)


def test_policies_that_do_not_go_together() -> None:
    """A method has no plan for traces, and Uniform Progress none without."""
    with pytest.raises(Unsupported, match="policy 'greedy' beside traces"):
        simulate(spot_job(), ["greedy"], [0], trace("1"), SETTING)
    with pytest.raises(Unsupported, match="'uniform-progress' needs traces"):
        simulate(day(), ["uniform-progress"], [0], read_noise({}, day()), SETTING)

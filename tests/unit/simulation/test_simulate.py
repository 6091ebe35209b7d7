"""Policies on the same worlds: checked costs, deadlines and regret."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from leptonopt.instance import validate
from leptonopt.simulation.noise import read_noise
from leptonopt.simulation.outcome import Setting
from leptonopt.simulation.simulate import simulate
from tests.unit.simulation.worlds import DAY, day

SETTING = Setting(every=7200, seconds=10, method="greedy", miss=Decimal(50), tail=8 * 3600)


@pytest.mark.parametrize("sigma", [0, 0.5])
def test_regret_is_never_below_zero(sigma: float) -> None:
    """Histories are plans of their world: none is cheaper than the bound, and the best has no regret against itself."""
    outcomes = simulate(
        day(), ["once", "rolling"], range(2), read_noise({"duration": {"sigma": sigma}}, day()), SETTING
    )
    assert [(each.policy, each.seed) for each in outcomes] == [("once", 0), ("rolling", 0), ("once", 1), ("rolling", 1)]
    for each in outcomes:
        assert each.cost is not None
        assert each.regret is not None
        low, high = each.regret
        assert low >= 0
        assert high is None or low <= high
        assert (each.deadlines, 0 <= each.hits <= 3) == (3, True)
        assert len(each.times) >= 6


def test_a_day_without_noise_and_arrivals_is_as_planned() -> None:
    """What is known from the start and takes as long as stated has no regret, and nothing changes."""
    tasks = [{k: v for k, v in task.items() if k != "release"} for task in day().document()["tasks"]]
    instance = day(tasks=tasks)
    setting = replace(SETTING, seconds=20, method="cpsat")  # greedy need not find what it is compared with
    for each in simulate(instance, ["once", "rolling"], [0], read_noise({}, instance), setting):
        assert each.regret is not None
        assert each.regret[0] == 0
        assert (each.hits, each.changes) == (3, 0)


def test_tasks_left_undone_have_no_cost() -> None:
    """Where a quota lets a mandatory task never begin, there is no plan to pay."""
    instance = day(quotas=[{"id": "q", "of": "gpu", "limit": 37}])  # unit-hours, of which all need 36
    noise = read_noise({"tasks": {"sweep": {"factor": 2}}}, instance)
    (outcome,) = simulate(instance, ["once"], [0], noise, SETTING)
    assert (outcome.cost, outcome.regret) == (None, None)


def test_meters_are_carried_out() -> None:
    """Device-hours beyond eight cost more; a plan that is made again knows how many of them are gone."""
    option = {"uses": {"gpu": 1}, "duration": "4h"}
    instance = validate({
        "time": {"start": DAY.format(0), "slot": "1h", "horizon": "8h"},
        "pools": [{"id": "own", "capacity": {"gpu": 2}},
                  {"id": "cloud", "capacity": {"gpu": 4}, "price": {"gpu": Decimal("0.5")}}],
        "tasks": [{"id": "a", "copies": 2, "options": [{"pool": "own", **option}]},
                  {"id": "b", "release": DAY.format(4), "options": [{"pool": pool, **option} for pool in ("own", "cloud")]}],
        "meters": [{"id": "m", "of": "gpu", "pools": ["own"], "tiers": [{"price": 0}, {"from": 8, "price": 1}]}],
    })  # fmt: skip
    setting = replace(SETTING, every=3600, method="cpsat")
    (outcome,) = simulate(instance, ["rolling"], [0], read_noise({}, instance), setting)
    assert outcome.cost == 2  # four hours elsewhere at a half, and not on one's own at one

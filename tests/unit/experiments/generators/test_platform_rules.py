"""Rules around the planted plan of the family `platform` leave it room."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.experiments.generators import parameters_of, platform
from leptonopt.experiments.generators.platform_plan import Planted, plant
from leptonopt.experiments.generators.platform_rules import PlatformRules, team_name
from leptonopt.experiments.generators.rng import RandomStream


def around(seed: int, **asked: object) -> tuple[PlatformRules, Planted]:
    """The rules of an instance, and its plan."""
    given = parameters_of("platform", tasks=60, seed=seed, **asked)
    draws, site = RandomStream(f"platform/{seed}"), platform._site(given)
    plan = plant(draws, platform._jobs(draws, given), platform._profiles(given), site, given.load)
    return PlatformRules.around(draws, given, plan, site), plan


@pytest.mark.parametrize("seed", range(3))
def test_windows_hold_the_planted_plan(seed: int) -> None:
    """Release, deadline, and order of jobs that follow another; lateness is counted from due dates."""
    rules, plan = around(seed, precedence=0.4, load=1.1)
    assert (rules.release <= plan.start).all()
    assert (plan.end <= rules.deadline).all()
    follows = np.flatnonzero(rules.after >= 0)
    assert len(follows)
    assert (plan.end[rules.after[follows]] <= plan.start[follows]).all()
    dated = rules.due >= 0
    assert (rules.lateness[dated] == np.maximum(0, plan.end - rules.due)[dated]).all()
    assert rules.lateness.any()
    assert rules.late_money() == int((rules.lateness * rules.late_cost).sum())


def test_quotas_leave_room() -> None:
    """Each team's quota is at least its peak, and the budget what is rented; no team, no quota but the budget."""
    rules, plan = around(1, load=1.2)
    *teams, budget = rules.quotas(plan, platform.RENT)
    for at, quota in enumerate(teams):
        assert quota["limit"] >= plan.peak(rules.team == at)
    assert budget["limit"] >= plan.money(platform.RENT)
    assert len(around(1, params={"teams": 0})[0].quotas(plan, platform.RENT)) == 1
    assert (team_name(0), team_name(12)) == ("vision", "team-12")

"""The planted plan of the family `platform`: no node holds more than it has, and the load is what was asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from leptonopt.experiments.generators import parameters_of, platform, platform_plan
from leptonopt.experiments.generators.platform_plan import NODE, Planted, Site, plant
from leptonopt.experiments.generators.rng import RandomStream


def planted(tasks: int = 60, load: float = 0.8, seed: int = 0, **params: Any) -> Planted:
    """A planted plan alone."""
    asked = parameters_of("platform", tasks=tasks, load=load, seed=seed, params=params)
    draws = RandomStream(f"platform/{seed}")
    site = platform._site(asked)
    return plant(draws, platform._jobs(draws, asked), platform._profiles(asked), site, asked.load)


@pytest.mark.parametrize("load", [0.55, 0.9, 1.2])
@pytest.mark.parametrize("odd", [0, 1])
def test_no_node_holds_more_than_it_has(load: float, odd: int) -> None:
    """Counted again from the plan, piece by piece, owned and rented."""
    plan = planted(load=load, odd=odd, mixed=odd)
    free = {node: line.copy() for node, line in enumerate(plan.site.free())}
    free |= {-node - 1: np.full(plan.site.slots, NODE) for node in range(plan.rented)}
    for at, nodes in enumerate(plan.nodes):
        part = int(plan.jobs.gpus[at]) // len(nodes)
        assert part * len(nodes) == plan.jobs.gpus[at]
        for node in nodes:
            free[node][plan.start[at] : plan.end[at]] -= part
            assert free[node].min() >= 0
    assert (plan.end > plan.start).all()
    assert (plan.end <= plan.site.slots).all()


def test_the_load_is_what_was_asked_for() -> None:
    """Of what owned nodes have outside of maintenance, within 4 %; above 1, nodes are rented."""
    for load in (0.6, 0.9, 1.2):
        plan = planted(tasks=300, load=load)
        held = sum(plan.owned_slots(at) * int(plan.jobs.gpus[at]) for at in range(300))
        assert abs(held / plan.site.free().sum() / load - 1) < 0.04
    assert plan.rented > 0


def test_jobs_that_must_be_on_one_node_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nodes are looked at in blocks, and gangs are on whole nodes of their own."""
    monkeypatch.setattr(platform_plan, "BLOCK", 4)
    plan = planted(tasks=80, nodes=10)
    for at, nodes in enumerate(plan.nodes):
        if plan.jobs.alone[at]:
            assert len(nodes) == 1
        if plan.jobs.gang[at]:
            assert len(set(nodes)) == plan.jobs.gpus[at] // NODE


def test_maintenance_is_every_week() -> None:
    """Wednesday, 8:00 to 14:00, as long as the horizon has one."""
    assert Site(4, 0, 168).maintenance == [(56, 62)]
    assert Site(4, 0, 400).maintenance == [(56, 62), (224, 230), (392, 398)]
    assert Site(1, 1, 48).sizes.tolist() == [8, 4]

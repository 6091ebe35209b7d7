"""Tests of compiled services: rows, limits, costs, zones, batches, and why no plan can exist."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.compile.services import replica_options
from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from tests.helpers.tiny_instances import pool, service_document, task

WAY = {"pool": "a", "uses": {"gpu": 2}, "rate": {"short": 2, "long": 1}}


def compiled(document: dict[str, Any] | None = None, **more: Any) -> CompiledInstance:
    """Return a compiled instance with one service."""
    return compile_instance(validate(service_document(**more) | (document or {})))


def test_ways_are_called_like_options() -> None:
    made = validate(service_document(replicas=[WAY, WAY, WAY | {"id": "x"}]))
    assert [option.id for option in replica_options(made, made.services[0])] == ["a", "a#2", "x"]


def test_replicas_hold_rows_and_draw_power() -> None:
    powered = pool(gpu=8, power={"gpu": 0.5}, price={"gpu": 1, "power": 2})
    services = compiled({"pools": [powered]}, replicas=[WAY]).problem.services
    assert services.hold_row.tolist() == [0, 1]
    assert services.hold.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("way", "most"),
    [
        ({}, [4, 4, 4, 4]),  # what the pool holds
        ({"limit": {"steps": {"2026-01-05T00:00Z": 3, "2026-01-05T01:30Z": 1}}}, [3, 1, 1, 1]),
        ({"uses": {}}, [5, 5, 5, 5]),  # what is of use
    ],
)
def test_the_most_replicas(way: dict[str, Any], most: list[int]) -> None:
    services = compiled(replicas=[WAY | way]).problem.services
    assert services.most.tolist() == [most]
    assert services.limit.tolist() == [most]


def test_more_than_is_of_use_may_earn_money() -> None:
    services = compiled({"pools": [pool(gpu=100, price={"gpu": -1})]}, replicas=[WAY]).problem.services
    assert services.most.tolist() == [[50] * 4]


def test_the_limit_of_a_service_is_over_all_ways() -> None:
    assert compiled(replicas=[WAY, WAY], limit=3).problem.services.limit.tolist() == [[3] * 4]


def test_times_are_rounded_up_to_slots() -> None:
    services = compiled(replicas=[WAY], start={"takes": "61m"}, stay="30m").problem.services
    assert (services.boot.tolist(), services.minimum.tolist()) == ([2], [2])


def test_starts_before_the_horizon_are_paid_in_the_first_slot() -> None:
    """Where replicas take no time it makes no difference, and they simply start in it."""
    ready = compiled(start={"cost": 3})
    assert ready.problem.services.running.tolist() == [0]
    early = compiled(start={"cost": 3, "takes": "1h"}).problem.services
    paid = int(3 / compiled(start={"cost": 3, "takes": "1h"}).unit)
    on = np.array([[3, 4, 2, 2]])
    assert early.usable(on).tolist() == [[3, 3, 2, 2]]
    assert early.costs.of(on, early.running) == 4 * paid


def test_running_replicas_are_not_paid_again() -> None:
    made = compiled(replicas=[WAY | {"running": 2}], start={"cost": 3, "takes": "1h"})
    on = np.array([[3, 4, 2, 2]])
    services = made.problem.services
    assert services.usable(on).tolist() == [[2, 3, 2, 2]]
    assert services.costs.of(on, services.running) * made.unit == 2 * 3


def test_missed_requests_are_paid_in_steps_of_a_millionth() -> None:
    made = compiled(missed={"cost": 0.002}, demand={"short": 0.5, "long": 1})
    services = made.problem.services
    assert services.missed_step * made.unit == Fraction(1, 10**6)
    assert services.missed == (Fraction(2, 1000) * 3600 / 2 / made.unit,) * 2


def test_money_that_a_millionth_does_not_fit_is_refused() -> None:
    with pytest.raises(InstanceError, match=r"services: money of up to .* in all, and requests missed"):
        compiled({"pools": [pool(gpu=10**6, price={"gpu": 10**9})]}, missed={"cost": 1})


def test_zones_that_may_be_gone() -> None:
    pools = [pool(name, labels=[f"zone:{zone}"]) for name, zone in (("a", 1), ("b", 2), ("c", 2))]
    ways = [WAY | {"pool": name} for name in "abc"]
    made = compiled({"pools": pools}, replicas=ways, spread={"label": "zone:"})
    assert made.services.zones == ((("zone:1",), ("zone:2",)),)
    assert [each.kept.tolist() for each in made.problem.services.survivals] == [[1, 2], [0]]


def test_batches_are_done_in_whole_slots() -> None:
    own = {"service": "chat", "amount": {"long": 3600}}
    within = {"release": "2026-01-05T00:30Z", "deadline": "2026-01-05T03:30Z"}
    batches = [own | {"id": "all"}, own | within | {"id": "part", "optional": True, "value": 5}]
    made = compiled({"batches": batches})
    found = made.problem.services.batches
    assert (found.first.tolist(), found.last.tolist()) == ([0, 1], [3, 2])
    assert found.amount.tolist() == [[0, 1], [0, 1]]
    assert (found.value * int(1 / made.unit)).tolist() == [0, 5]
    assert found.optional.tolist() == [False, True]


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ({"needs": {"labels": ["eu"]}}, "service 'chat' cannot serve 'short': a: pool 'a' lacks the label 'eu'"),
        (
            {"replicas": [WAY | {"running": 0}], "start": {"takes": "1h"}},
            "service 'chat' cannot serve 'short' before 2026-01-05T01:00:00Z, when its first replica has started",
        ),
        (
            {"replicas": [WAY | {"running": 0}], "start": {"takes": "1h"}, "minimum": 1, "missed": {"cost": 1}},
            "service 'chat' cannot have 1 usable replicas in the first slot; say how many are `running`",
        ),
    ],
)
def test_why_no_plan_exists(service: dict[str, Any], said: str) -> None:
    assert compiled(**service).impossible[0].startswith(said)


def test_a_batch_without_a_slot_makes_plans_impossible() -> None:
    short = {"release": "2026-01-05T00:10Z", "deadline": "2026-01-05T00:50Z"}
    batch = {"id": "n", "service": "chat", "amount": {"long": 1}} | short
    assert compiled({"batches": [batch]}).impossible == ("batch 'n' has no whole slot between release and deadline",)


def test_quotas_count_replicas_and_their_starts() -> None:
    """A quota of a team has a row of its own; one of tasks covers no service."""
    quotas = [
        {"id": "all", "of": "money", "limit": 100},
        {"id": "search", "of": "money", "limit": 100, "teams": ["search"]},
        {"id": "tasks", "of": "gpu", "limit": 100, "tasks": ["t"]},
    ]
    stated = {"quotas": quotas, "tasks": [task()]}
    made = compiled(stated, team="search", start={"cost": 3})
    on = np.array([[3, 4, 2, 2]])
    used = []
    for quota, unit in zip(made.problem.quotas, made.quota_units, strict=True):
        held = made.problem.services.load(on, len(made.problem.capacity))
        starts = quota.replicas.of(on, made.problem.services.running) if quota.replicas else 0
        used.append(unit * (int((held[quota.rows] * quota.rate).sum()) + starts))
    assert used == [11 + 4 * 3, 11 + 4 * 3, 0]


def test_replicas_stay_on_in_the_end_slot() -> None:
    milestone = {"id": "m", "options": [{"pool": "a", "duration": "0s"}]}
    services = compiled({"tasks": [milestone]}, minimum=1).problem.services
    assert services.demand.shape[1] == services.most.shape[1] == services.costs.on.shape[1] == 5
    assert services.demand[:, 4].tolist() == [0, 0]
    assert services.most[0, 4] > 0

"""Tests of the bill of services: what is on, starts, requests missed, batches, quotas."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.instance import validate
from leptonopt.plan.costing import Bill
from leptonopt.plan.price_table import PriceTable
from leptonopt.plan.service_costs import Served, served
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.services import ReplicaSchedule
from tests.helpers.tiny_instances import pool, service_document

WAY = {"pool": "a", "uses": {"gpu": 2}, "rate": {"short": 2, "long": 1}}
BATCH = {"id": "n", "service": "chat", "amount": {"long": 3600}, "optional": True, "value": 7}


def compiled(document: dict[str, Any] | None = None, **more: Any) -> CompiledInstance:
    """Return a compiled instance with one service on 24 GPUs."""
    return compile_instance(validate(service_document(**more) | {"pools": [pool(gpu=24)]} | (document or {})))


def replicas(made: CompiledInstance, *on: list[int], missed: int = 0, done: bool = True) -> ReplicaSchedule:
    """Return a schedule of replicas in which all services may miss requests for some money."""
    batches = np.full(len(made.instance.batches), done)
    return ReplicaSchedule(np.array(on), batches, np.full((len(made.instance.services), 4), missed))


def billed(made: CompiledInstance, *on: list[int], missed: int = 0, done: bool = True) -> Served:
    """Return the services of a plan."""
    return served(made, replicas(made, *on, missed=missed, done=done), PriceTable(made.instance), lambda: None)


def test_what_is_on_and_what_starts_is_paid() -> None:
    """Of early starts the first slot pays; those that run already pay nothing."""
    for start in ({"cost": 3}, {"cost": 3, "takes": "1h"}):
        (way,) = billed(compiled(start=start), [5, 6, 5, 5]).ways
        assert (way.paid, way.fixed, way.total) == ((5, 1, 0, 0), 18, 18 + 21)
    running = compiled(replicas=[WAY | {"running": 4}], start={"cost": 3})
    (way,) = billed(running, [5, 6, 5, 5]).ways
    assert (way.paid, way.running) == ((1, 1, 0, 0), {"gpu": 42})


def test_missed_requests_are_rounded_up_by_service_and_slot() -> None:
    """A replica less serves two requests per second less: a third of a millionth each, 7,200 in an hour."""
    made = compiled(missed={"cost": 0.000000333})
    found = billed(made, [4, 5, 5, 5], missed=10**9)
    assert found.missed == Fraction(1199, 10**6)  # 3,600 requests of class long: 0.0011988
    assert found.services[0].routing.slots[0].missed


def test_batches_that_are_left_out_are_forgone() -> None:
    made = compiled({"batches": [BATCH]})
    assert (billed(made, [6, 5, 5, 5]).forgone, billed(made, [6, 5, 5, 5]).profit) == (0, 7)
    assert (billed(made, [5, 5, 5, 5], done=False).forgone, billed(made, [5, 5, 5, 5], done=False).profit) == (7, 0)


def test_pools_quotas_and_the_objective_count_replicas() -> None:
    """On from slot 0 to 3: 5, 6, 5, 5 replicas of two GPUs at 1 per hour."""
    quotas = [
        {"id": "money", "of": "money", "limit": 100},
        {"id": "gpus", "of": "gpu", "limit": 100, "per": "moment", "teams": ["red"]},
    ]
    made = compiled({"quotas": quotas}, replicas=[WAY], team="red", start={"cost": 3})
    bill = Bill(
        made, [], [], NodeSchedule(np.zeros((0, 4), int), np.zeros(0, int)), replicas=replicas(made, [5, 6, 5, 5])
    )
    found = bill.by_pool["a"]
    assert (found.running, found.fixed, found.hours["gpu"], found.peak("gpu")) == (42, 18, 42, 12)
    assert bill.used(list(made.windows)) == [60]
    assert bill.peak(made.instance.quotas[1]) == 12
    assert bill.objective == 60

"""Tests of the entries of services and batches in a plan document."""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.compile.compiler import CompiledInstance, compile_instance
from leptonopt.instance import validate
from leptonopt.problem.schedule import Schedule
from leptonopt.problem.services import ReplicaSchedule
from tests.helpers.service_documents import plan_of
from tests.helpers.tiny_instances import pool, service_document, task

DAY = "2026-01-05T0"
WAY = {"pool": "a", "uses": {"gpu": 1}, "rate": {"short": 2, "long": 1}}


def written(made: CompiledInstance, *on: list[int], missed: int = 0, done: bool = True) -> dict[str, Any]:
    """Return the plan document of replicas."""
    batches = np.full(len(made.instance.batches), done)
    replicas = ReplicaSchedule(np.array(on), batches, np.full((len(on) and 1, 4), missed))
    return plan_of(made, Schedule.of([], [], replicas=replicas))


def compiled(document: dict[str, Any] | None = None, **more: Any) -> CompiledInstance:
    """Return a compiled instance with one service."""
    return compile_instance(validate(service_document(**more) | (document or {})))


def test_plans_without_services_have_no_such_keys() -> None:
    made = compile_instance(validate({**service_document(), "services": [], "tasks": [task(optional=True, value=0)]}))
    document = plan_of(made, Schedule.of([], []))
    assert not {"services", "batches"} & set(document)
    assert "missed" not in document["bill"]


def test_replicas_on_are_stated_from_each_change_on() -> None:
    plan = written(compiled(start={"cost": 2}), [5, 5, 6, 5])
    (way,) = plan["services"][0]["ways"]
    assert way["on"] == [
        {"from": f"{DAY}0:00:00Z", "count": 5},
        {"from": f"{DAY}2:00:00Z", "count": 6},
        {"from": f"{DAY}3:00:00Z", "count": 5},
    ]
    assert (way["starts"], way["replica_hours"], way["cost"], way["parts"]) == (6, 21, 33, {"running": 21, "fixed": 12})
    assert (plan["services"][0]["cost"], plan["cost"], plan["bill"]["missed"]) == (33, 33, 0)


def test_equal_shares_in_a_row_are_one_entry() -> None:
    """A class without a demand in a slot has no entry for it."""
    later = {"steps": {f"{DAY}0:00Z": 2, f"{DAY}3:00Z": 0}}
    plan = written(compiled(demand={"short": later, "long": 1}), [2, 2, 2, 2])
    assert plan["services"][0]["routing"] == [
        {"from": f"{DAY}0:00:00Z", "to": f"{DAY}3:00:00Z", "class": "short", "shares": {"a": "1"}},
        {"from": f"{DAY}0:00:00Z", "to": f"{DAY}4:00:00Z", "class": "long", "shares": {"a": "1"}},
    ]


def test_what_is_missed_is_stated_in_fractions() -> None:
    made = compiled(missed={"cost": 0.001}, demand={"short": 3, "long": 0})
    service = written(made, [1, 2, 2, 2], missed=10**9)["services"][0]
    assert service["missed"] == [
        {"from": f"{DAY}0:00:00Z", "to": f"{DAY}1:00:00Z", "class": "short", "requests_per_second": "1"}
    ]
    assert service["routing"][0]["shares"] == {"a": "2/3"}
    assert service["missed_cost"] == 3.6


def test_zones_that_are_gone_have_a_routing_of_their_own() -> None:
    pools = [pool(name, labels=[f"zone:{name}"]) for name in "ab"]
    ways = [WAY | {"pool": name} for name in "ab"]
    made = compiled({"pools": pools}, replicas=ways, spread={"label": "zone:"}, demand={"short": 2, "long": 0})
    lines = written(made, [1] * 4, [1] * 4)["services"][0]["routing"]
    assert [(line.get("without"), line["shares"]) for line in lines[1:]] == [
        (["zone:a"], {"b": "1"}),
        (["zone:b"], {"a": "1"}),
    ]


def test_batches_are_done_or_left_out() -> None:
    batch = {"id": "n", "service": "chat", "amount": {"long": 7200}, "optional": True, "value": 7}
    made = compiled({"batches": [batch]}, demand={"short": 2})
    done = written(made, [2, 2, 2, 2])["batches"]
    span = {"from": f"{DAY}0:00:00Z", "to": f"{DAY}2:00:00Z"}
    assert done == [{"id": "n", "service": "chat", "done": [{**span, "class": "long", "way": "a", "requests": "7200"}]}]
    plan = written(made, [1, 1, 1, 1], done=False)
    assert plan["batches"] == [{"id": "n", "service": "chat", "left_out": True, "value": 7}]
    assert (plan["bill"]["forgone"], plan["cost"]) == (7, 11)

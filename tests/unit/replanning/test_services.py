"""Replan services and batches."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import Instance, validate
from leptonopt.replanning.document import Replanned, remaining_instance
from leptonopt.replanning.state import read_state

DAY = "2026-11-30T{:02}:00Z"
PLAN: dict[str, Any] = {
    "services": [
        {"id": "chat", "ways": [
            {"way": "a", "on": [{"from": DAY.format(0), "count": 2}, {"from": DAY.format(4), "count": 5}]},
            {"way": "a#2", "on": [{"from": DAY.format(0), "count": 1}]},
        ]}
    ],
    "batches": [{"id": "night", "done": [{"from": DAY.format(2), "to": DAY.format(6), "class": "c", "requests": "300"}]}],
}  # fmt: skip


def world() -> Instance:
    """Return a service with two ways on one pool, and a batch."""
    way = {"pool": "a", "uses": {"gpu": 1}, "rate": {"c": 1}}
    return validate({
        "time": {"start": DAY.format(0), "slot": "1h", "horizon": "12h"},
        "pools": [{"id": "a", "capacity": {"gpu": 9}}],
        "services": [{"id": "chat", "demand": {"c": 1}, "replicas": [way, {**way, "running": 7}]}],
        "batches": [{"id": "night", "service": "chat", "amount": {"c": 400}, "release": DAY.format(2), "deadline": DAY.format(8)}],
    })  # fmt: skip


def rest(**state: Any) -> Replanned:
    """Return what is left at four."""
    instance = world()
    found = remaining_instance(instance, PLAN, read_state({"now": DAY.format(4), **state}, instance))
    validate(found.document)
    return found


def running(found: Replanned) -> list[int]:
    """Return the replicas that are on."""
    return [way["running"] for way in found.document["services"][0]["replicas"]]


def test_replicas_are_on_as_planned_or_as_said() -> None:
    """Just before the instant; what the state says of a service holds for all of its ways."""
    assert running(rest()) == [2, 1]
    assert running(rest(replicas=[{"service": "chat", "way": "a#2", "on": 3}])) == [0, 3]


def test_what_is_left_of_batches() -> None:
    """As planned, as said, or nothing, when the batch is done or too late."""
    (batch,) = rest().document["batches"]
    assert (batch["amount"], "release" in batch) == ({"c": 250}, False)
    assert rest(batches=[{"id": "night", "done": {"c": 100.5}}]).document["batches"][0]["amount"] == {"c": 299.5}
    assert "batches" not in rest(batches=[{"id": "night", "done": {"c": 400}}]).document
    late = rest(now=DAY.format(9), batches=[{"id": "night", "done": {"c": 399}}])
    assert late.notes == ["batch 'night' is past its deadline, with 1 requests left"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"replicas": [{"service": "chat", "on": 1}]}, r"replicas\[0\]: service 'chat' has 2 ways; say which"),
        ({"replicas": [{"service": "char", "on": 1}]}, r"replicas\[0\].service: there is no service 'char'"),
        ({"replicas": [{"service": "chat", "way": "b", "on": 1}]}, r"replicas\[0\].way: .*'b'"),
        ({"batches": [{"id": "day", "done": {"c": 1}}]}, r"batches\[0\].id: .*'day'"),
    ],
)
def test_wrong_states_are_refused(state: dict[str, Any], words: str) -> None:
    """Where they stand, in one line."""
    with pytest.raises(InstanceError, match=words):
        rest(**state)

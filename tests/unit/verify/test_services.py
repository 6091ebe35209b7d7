"""Services in the rules of all: what replicas hold counts, and entries are of services that there are."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.verify.checker import PlanChecker
from leptonopt.verify.exact import Findings
from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.quotas import check_quotas, users_of
from leptonopt.verify.services import read_services
from tests.helpers.stated_services import at, broken, instance, plan, served

NONE = [0, 0, 0, 0]
ON_Q = {"a": {"q": "1"}, "b": {"q": "1"}}


@pytest.mark.parametrize("change", ["missing", "twice", "other", "batch", "unasked"])
def test_entries_of_services(change: str) -> None:
    """An entry for each service and each batch, and none besides."""
    made = plan(NONE, [1] * 4, ON_Q)
    if change == "missing":
        made["services"] = []
    elif change == "twice":
        made["services"] *= 2
    elif change == "other":
        made["services"][0]["id"] = "t"
    else:
        made["batches"] = [{"id": "n", "service": "s", "done": []}]
    findings = Findings()
    read_services(StatedInstance(instance()), made, findings)
    assert {each.rule for each in findings.found} & {"replicas", "serve", "form"}


def test_values_of_batches() -> None:
    """What is left out is forgone, what is done is earned."""
    batch = {"id": "n", "service": "s", "amount": {"b": 0}, "value": 7, "optional": True}
    document = instance(batches=[batch, batch | {"id": "m", "value": 5}])
    entries = [{"id": "n", "service": "s", "left_out": True, "value": 7}, {"id": "m", "service": "s", "done": []}]
    made = plan(NONE, [1] * 4, ON_Q, batches=entries)
    found, findings = served(document, made)
    assert (found.forgone, found.earned, broken(document, made)) == (7, 5, set())
    entries[0]["value"] = 6
    assert "batch 'n': value" in {each.witness for each in served(document, made)[1].found}
    assert "batch 'n': value" not in {each.witness for each in findings.found}


def overfull(document: dict[str, Any], made: dict[str, Any]) -> set[str]:
    """Return the witnesses of what holds too much."""
    stated = StatedInstance(document)
    checker = PlanChecker(stated, made, same=True)
    checker._capacity(read_services(stated, made, Findings()).runs, [])
    return {each.witness for each in checker.findings.found}


def test_booting_replicas_hold() -> None:
    """A replica holds its GPUs from the slot in which it is switched on, though it is not usable yet."""
    document = instance(start={"takes": "2h"})
    assert overfull(document, plan(NONE, [0, 0, 4, 4], ON_Q)) == set()
    assert overfull(document, plan(NONE, [0, 0, 5, 4], ON_Q)) == {f"pool 'q' gpu at {at(2)}"}


@pytest.mark.parametrize(
    ("quota", "used"),
    [
        ({"of": "gpu"}, 4 * 2 + 4 * 1),
        ({"of": "gpu", "pools": ["q"]}, 8),
        ({"of": "gpu", "teams": ["red"]}, 12),
        ({"of": "gpu", "teams": ["blue"]}, 0),
        ({"of": "gpu", "tasks": ["s"]}, 0),  # a task of that name, not the service
        ({"of": "gpu", "per": "moment"}, 3),
        ({"of": "money"}, 4 * 4 + 4 * 1 + 2 * 5),
    ],
)
def test_quotas_count_replicas(quota: dict[str, Any], used: int) -> None:
    """By team and pool; money with starts."""
    tasks = [{"id": "s", "team": "blue", "optional": True, "value": 0, "options": [{"pool": "p", "duration": "1h"}]}]
    document = instance(team="red", start={"cost": 5}, tasks=tasks)
    document["quotas"] = [{"id": "limit", "limit": 0, **quota}]
    stated, findings = StatedInstance(document), Findings()
    replicas = read_services(stated, plan([1] * 4, [1] * 4, ON_Q), Findings()).replicas
    line = {"id": "limit", "from": at(0), "to": at(4), "limit": 0, "used": Fraction(used)}
    check_quotas(stated, {"quotas": [line | {"used": used}]}, users_of([], replicas), [], findings)
    assert [each.rule for each in findings.found] == (["quota"] if used else [])

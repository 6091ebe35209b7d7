"""Tests of the checks of services and batches across an instance."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from tests.helpers.tiny_instances import service_document

ZONES = [
    {"id": "a", "capacity": {"gpu": 4}, "labels": ["zone:1"]},
    {"id": "b", "capacity": {"gpu": 4}, "labels": ["zone:2"]},
]
WAYS = [{"pool": name, "uses": {"gpu": 1}, "rate": {"short": 2, "long": 1}} for name in "ab"]


def findings(document: dict[str, Any]) -> list[str]:
    """Return the findings of a document as they are printed."""
    try:
        validate(document)
    except InstanceError as error:
        return [str(finding) for finding in error.findings]
    return []


def way(**changes: Any) -> dict[str, Any]:
    """Return a service with one way."""
    return {"replicas": [WAYS[0] | changes]}


@pytest.mark.parametrize(
    ("service", "said"),
    [
        (way(pool="c"), "services[0].replicas[0].pool: there is no pool 'c'; known are 'a'"),
        (way(uses={"gpus": 1}), "services[0].replicas[0].uses.gpus: there is no resource 'gpus'; did you mean 'gpu'?"),
        (
            way(rate={"short": 2, "long": 1, "lang": 1}),
            "services[0].replicas[0].rate.lang: there is no class 'lang'; did you mean 'long'?",
        ),
        (way(offline_rate={"x": 1}), "services[0].replicas[0].offline_rate.x: there is no class 'x'"),
        (
            way(rate={"short": 2, "long": 0}),
            "services[0].demand.long: no way has a rate of this class; give one, or a price of `missed`",
        ),
        (
            {"replicas": [WAYS[0] | {"id": "w"}] * 2},
            "services[0].replicas[1].id: the id 'w' stands twice in this service",
        ),
        (
            {"demand": {"short": {"steps": {"2026-01-05T01:00Z": 1}}, "long": 1}},
            "services[0].demand.short.steps: the first step is after the start of the horizon",
        ),
        (
            {"demand": {"rate": 5, "mix": {"short": 0.7, "long": 0.2}}},
            "services[0].demand.mix: the shares sum to 0.9; they sum to 1",
        ),
        (
            {"spread": {"label": "zone:"}},
            "services[0].spread.label: pool 'a' has 0 labels that begin with 'zone:'; exactly one is allowed",
        ),
    ],
)
def test_services(service: dict[str, Any], said: str) -> None:
    """Each with its place."""
    found = findings(service_document(**service))
    assert [line for line in found if line.startswith(said)] == found
    assert len(found) == 1


def test_a_class_without_a_rate_may_be_missed_at_a_price() -> None:
    assert not findings(service_document(**way(rate={"short": 2}), missed={"cost": 1}))


def test_pools_with_interruptions_are_refused() -> None:
    stated = service_document() | {"pools": [{"id": "a", "capacity": {"gpu": 4}, "interruptions": 0.1}]}
    assert findings(stated) == [
        "services[0].replicas[0].pool: pool 'a' has interruptions; replicas are allowed on pools without them"
    ]


@pytest.mark.parametrize(
    ("survive", "said"),
    [(1, []), (2, ["services[0].spread.survive: 2 of 2 zones may be gone; at least one must be left"])],
)
def test_a_zone_is_left(survive: int, said: list[str]) -> None:
    spread = {"label": "zone:", "survive": survive}
    assert findings(service_document(replicas=WAYS, spread=spread) | {"pools": ZONES}) == said


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        ({"service": "chats"}, "batches[0].service: there is no service 'chats'; did you mean 'chat'?"),
        (
            {"amount": {"lang": 1}},
            "batches[0].amount.lang: no way of the service 'chat' does requests of class 'lang'; known are 'long', 'short'",
        ),
    ],
)
def test_batches(batch: dict[str, Any], said: str) -> None:
    """Of a service that there is, in classes that its replicas do."""
    stated = {"id": "nightly", "service": "chat", "amount": {"short": 5}} | batch
    assert findings(service_document() | {"batches": [stated]}) == [said]


def test_ids_are_unique() -> None:
    batch = {"id": "n", "service": "chat", "amount": {"short": 5}}
    twice = service_document() | {"batches": [batch, batch]}
    twice["services"] *= 2
    assert findings(twice) == [
        "services[1].id: the id 'chat' stands already at services[0]; ids are unique",
        "batches[1].id: the id 'n' stands already at batches[0]; ids are unique",
    ]


def test_teams_of_services_are_known_to_quotas() -> None:
    quota = {"id": "q", "of": "gpu", "limit": 5, "teams": ["search"]}
    assert not findings(service_document(team="search") | {"quotas": [quota]})
    assert findings(service_document(team="searches") | {"quotas": [quota]})
    assert not findings(service_document() | {"quotas": [quota]})  # a team with nothing to do

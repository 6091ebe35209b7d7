"""Tests of services and batches as they are stated."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from leptonopt.errors import InstanceError
from leptonopt.instance import Instance, instance_schema, validate
from tests.helpers.tiny_instances import service_document

BY_CLASS = {"short": 6, "long": {"daily": {"00:00": 1, "08:00": 3}}}
BY_MIX = {"rate": {"steps": {"2026-01-05T00:00Z": 12}}, "mix": {"short": 0.7, "long": 0.3}}


SAMPLES = {"quantile": 0.75, "samples": [BY_CLASS, BY_MIX, {"short": 9}]}


@pytest.mark.parametrize("demand", [BY_CLASS, BY_MIX, SAMPLES])
def test_all_forms_of_demand_are_written_as_they_are_read(demand: dict[str, Any]) -> None:
    """An instance states what it was made of, and its schema allows it."""
    stated = service_document(demand=demand)
    made = validate(stated)
    assert made.services[0].demand.names == ("short", "long")
    assert validate(made.document()) == made
    schema = json.loads(json.dumps(instance_schema()))
    jsonschema.validate(stated, schema)
    assert Instance.model_validate(made.document()) == made


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"demand": {"rate": 5}},
            "services[0].demand: 'rate' without 'mix'; write {rate: …, mix: …} or {CLASS: number}",
        ),
        ({"demand": {"mix": {"short": 1}}}, "services[0].demand: 'mix' without 'rate'"),
        ({"demand": {"samples": [BY_CLASS]}}, "services[0].demand: 'samples' without 'quantile'"),
        ({"demand": {"quantile": 0, "samples": [BY_CLASS]}}, "services[0].demand.quantile: 0 is not a quantile"),
        ({"demand": {"quantile": 1, "samples": []}}, "services[0].demand: 0 samples; 1 to 1,000 are allowed"),
        ({"demand": {"quantile": 1, "samples": [SAMPLES]}}, "services[0].demand: a sample has samples of its own"),
        ({"demand": {**SAMPLES, **BY_MIX}}, "services[0].demand: both 'samples' and 'mix'"),
        (
            {"demand": {"quantile": 1, "samples": [{"short": 1}, {"other": 1}]}},
            "services[0].demand.samples[1].other: no way has a rate of this class",
        ),
        ({"demand": {}}, "services[0].demand: is empty; at least one entry"),
        ({"demand": {"short": -1}}, "services[0].demand.short: below zero; at least 0"),
        ({"demand": {"short": "unlimited"}}, "services[0].demand.short: "),
        ({"headroom": 1}, "services[0].headroom: 1 is not a share; at least 0 and below 1"),
        ({"replicas": []}, "services[0].replicas: is empty; at least one entry"),
        ({"routing": "any"}, "services[0].routing: 'any' is not allowed; 'split', 'whole' or 'one-way'"),
        ({"start": {"take": "5m"}}, "services[0].start.take: is not a key that is known here; did you mean 'takes'?"),
        ({"limit": 1.5}, "services[0].limit: a count is whole"),
        ({"spread": {"label": "zone:", "survive": 0}}, "services[0].spread.survive: "),
        ({"spare": -1}, "services[0].spare: "),
        ({"spare": 1.5}, "services[0].spare: "),
        ({"spare": 11}, "services[0].spare: "),
        ({"missed": 5}, "services[0].missed: 5 is not a mapping of keys to values"),
    ],
)
def test_services_that_are_refused(changes: dict[str, Any], said: str) -> None:
    """Each with one line: place, what is wrong, what is allowed."""
    with pytest.raises(InstanceError) as caught:
        validate(service_document(**changes))
    assert [str(finding) for finding in caught.value.findings if str(finding).startswith(said)], caught.value


@pytest.mark.parametrize(
    ("batch", "said"),
    [
        ({"optional": True}, "batches[0]: an optional batch needs a value; without one it would never be done"),
        (
            {"release": "2026-01-05T04:00Z", "deadline": "2026-01-05T04:00Z"},
            "batches[0]: the deadline is not after the release",
        ),
        ({"amount": {}}, "batches[0].amount: is empty; at least one entry"),
        ({"optional": True, "value": -1}, "batches[0].value: -1 is below zero; at least 0"),
    ],
)
def test_batches_that_are_refused(batch: dict[str, Any], said: str) -> None:
    """Alone, before other parts are looked at."""
    stated = {"id": "nightly", "service": "chat", "amount": {"short": 5}} | batch
    with pytest.raises(InstanceError) as caught:
        validate(service_document() | {"batches": [stated]})
    assert [str(finding) for finding in caught.value.findings if str(finding).startswith(said)], caught.value


def test_tasks_may_be_left_out_where_there_are_services() -> None:
    stated = service_document()
    assert validate(stated).tasks == ()
    assert validate(stated | {"tasks": []}).tasks == ()

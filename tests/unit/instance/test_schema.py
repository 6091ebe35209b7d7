"""The JSON Schema of instances agrees with what is read."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from leptonopt.instance import instance_schema
from tests.helpers.tiny_instances import document, pool, task


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """Return the schema, as it is printed."""
    made: dict[str, Any] = json.loads(json.dumps(instance_schema()))
    jsonschema.Draft202012Validator.check_schema(made)
    return made


@pytest.mark.parametrize(
    "stated",
    [
        document(),
        document(task(after=["u", {"task": "u", "lag": "1h"}]), task("u")),
        document(
            pools=[
                pool(capacity={"gpu": "unlimited"}),
                {"id": "n", "nodes": {"size": {"gpu": 1}, "count": 1, "commit": 2}},
            ]
        ),
        document(
            {
                "id": "n",
                "repeat": {"from": "22:00", "to": "06:00", "days": ["mon"]},
                "work": {"hours": 1, "memory": "80GiB"},
            },
            time={"start": "2026-01-05T00:00", "horizon": "4h", "zone": "Europe/Berlin"},
            pools=[pool(capacity={"gpu": 1, "ram": {"daily": {"00:00": "1TiB"}}})],
            quotas=[{"id": "q", "of": "ram", "limit": "2TB", "per": "month", "used": "1GB"}],
        ),
        document({"id": "w", "work": {"hours": 1, "speed": {"a": {"1": 1, "2": 1.5}}}}),
    ],
)
def test_short_forms_are_valid(schema: dict[str, Any], stated: dict[str, Any]) -> None:
    """Names for tasks to wait for, one kind of nodes without a list, numbers for commitments."""
    jsonschema.validate(stated, schema)


@pytest.mark.parametrize(
    "stated",
    [
        document(extra=1),
        document(task(copies=0)),
        document(pools=[]),
        document(pools=[pool(price={"gpu": "free"})]),
        document(pools=[pool(price={"gpu": "1GB"})]),
        document(task(repeat="22:00")),
    ],
)
def test_wrong_documents_are_not(schema: dict[str, Any], stated: dict[str, Any]) -> None:
    """Unknown keys, numbers out of range, empty lists, other types."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(stated, schema)


def test_defaults_are_as_a_file_states_them(schema: dict[str, Any]) -> None:
    """Durations are texts, numbers numbers; the head names the draft."""
    assert schema["$defs"]["Time"]["properties"]["slot"]["default"] == "1h"
    assert schema["$defs"]["Option"]["properties"]["cost"]["default"] == 0
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "leptonopt instance"

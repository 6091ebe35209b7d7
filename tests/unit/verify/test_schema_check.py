"""Documents against a JSON Schema, in the small part of it that is used."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from leptonopt.verify.schema_check import load_schema, schema_violations
from tests.helpers import plans

SCHEMA: dict[str, Any] = {
    "$defs": {"positive": {"type": "number", "minimum": 0}},
    "type": "object",
    "required": ["a"],
    "additionalProperties": False,
    "properties": {
        "a": {"$ref": "#/$defs/positive"},
        "b": {"type": ["array", "null"], "minItems": 1, "items": {"enum": ["x", 1]}},
        "c": {"type": "string", "pattern": "^[0-9]+$"},
        "d": {"type": "string", "format": "date-time"},
        "e": {"type": "integer"},
        "f": {"const": 1},
        "g": {"type": "object", "additionalProperties": {"type": "boolean"}},
    },
}


@pytest.mark.parametrize(
    "document",
    [
        {"a": 0},
        {"a": Decimal("0.5"), "b": None, "c": "12", "d": "2026-01-05T03:00:00Z", "e": -4, "f": 1, "g": {"x": True}},
        {"a": 1.5, "b": ["x", 1]},
    ],
)
def test_what_is_allowed(document: Any) -> None:
    """Nothing is found."""
    assert list(schema_violations(document, SCHEMA)) == []


@pytest.mark.parametrize(
    ("more", "place", "said"),
    [
        ({"a": -1}, "a", "is too small; at least 0"),
        ({"a": True}, "a", "True is not a finite number"),
        ({"a": float("inf")}, "a", "is not a finite number"),
        ({"b": []}, "b", "has 0 entries; at least 1"),
        ({"b": ["x", 1.0]}, "b[1]", "1.0 is not known; allowed is x, 1"),
        ({"b": {}}, "b", "a mapping is not a list or null"),
        ({"c": "1a"}, "c", "is not written as"),
        ({"d": "2026-01-05"}, "d", "is not an instant"),
        ({"e": 2.0}, "e", "2.0 is not a whole number"),
        ({"f": True}, "f", "True is not known; allowed is 1"),
        ({"g": {"x": 1}}, "g.x", "1 is not true or false"),
        ({"h": 1}, "h", "is not a key that is known here; allowed are a, b"),
        ({5: 1}, "", "5 is not a text; keys are texts"),
    ],
)
def test_what_is_not(more: dict[Any, Any], place: str, said: str) -> None:
    """The place and what is allowed there."""
    (found,) = schema_violations({"a": 1, **more}, SCHEMA)
    assert found[0] == place
    assert said in found[1]


def test_missing_keys_and_other_schemas() -> None:
    """A schema with an unknown word is refused, not ignored."""
    assert list(schema_violations({}, SCHEMA)) == [("a", "is missing")]
    with pytest.raises(ValueError, match="oneOf"):
        list(schema_violations(1, {"oneOf": []}))


def test_the_published_schemas_are_read() -> None:
    """A plan by hand is valid; a plan is no summary of columns."""
    plan = plans.plan(plans.task("x", "a", 0, 1))
    assert list(schema_violations(plan, load_schema("plan"))) == []
    assert list(schema_violations(plan, load_schema("plan-columns")))

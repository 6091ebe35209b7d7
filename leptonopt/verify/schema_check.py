"""Check a document against its published JSON Schema: keys, types, allowed values, finite numbers.

The schemas of this package use a small part of JSON Schema (2020-12); `schema_violations` knows that part and refuses a
schema that uses another. It is stricter in one place: `2.0` is no integer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any

from leptonopt.verify.exact import Malformed, instant

IGNORED = {"$schema", "$defs", "title", "description"}
KNOWN = IGNORED | {
    "$ref", "type", "const", "enum", "required", "properties", "additionalProperties", "items", "minItems",
    "uniqueItems", "minimum", "pattern", "format",
}  # fmt: skip
NAMES = {
    "object": "a mapping", "array": "a list", "string": "a text", "number": "a finite number",
    "integer": "a whole number", "boolean": "true or false", "null": "null",
}  # fmt: skip


@cache
def load_schema(name: str) -> dict[str, Any]:
    """Return the schema of a kind of document: `plan` or `plan-columns`."""
    text = Path(__file__).with_name(f"{name}.schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def schema_violations(document: Any, root: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the place and the fault of everything in a document that its schema does not allow."""
    yield from _objections(document, root, root, "")


def _objections(value: Any, rule: Mapping[str, Any], root: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    if unknown := rule.keys() - KNOWN:
        raise ValueError(f"the schema uses {sorted(unknown)}, which is not read")
    if "$ref" in rule:
        yield from _objections(value, root["$defs"][rule["$ref"].removeprefix("#/$defs/")], root, at)
    kinds = rule.get("type", ())
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(_is(value, kind) for kind in kinds):
        yield at, f"{_shown(value)} is not {' or '.join(NAMES[kind] for kind in kinds)}"
        return
    allowed = [rule["const"]] if "const" in rule else rule.get("enum")
    if allowed is not None and not any(type(value) is type(each) and value == each for each in allowed):
        yield at, f"{_shown(value)} is not known; allowed is {', '.join(map(str, allowed))}"
    if isinstance(value, str):
        yield from _text(value, rule, at)
    elif isinstance(value, Mapping):
        yield from _mapping(value, rule, root, at)
    elif isinstance(value, list | tuple):
        if len(value) < rule.get("minItems", 0):
            yield at, f"has {len(value)} entries; at least {rule['minItems']}"
        if rule.get("uniqueItems") and any(child in value[:number] for number, child in enumerate(value)):
            yield at, "has an entry twice"
        for number, child in enumerate(value) if "items" in rule else ():
            yield from _objections(child, rule["items"], root, f"{at}[{number}]")
    elif _is(value, "number") and "minimum" in rule and value < rule["minimum"]:
        yield at, f"{_shown(value)} is too small; at least {rule['minimum']}"


def _mapping(
    value: Mapping[str, Any], rule: Mapping[str, Any], root: Mapping[str, Any], at: str
) -> Iterator[tuple[str, str]]:
    """Yield the violations in the keys of a mapping, and in the values under them."""
    known, others = rule.get("properties", {}), rule.get("additionalProperties", True)
    for key in rule.get("required", ()):
        if key not in value:
            yield _under(at, key), "is missing"
    for key, child in value.items():
        if not isinstance(key, str):
            yield at, f"{_shown(key)} is not a text; keys are texts"
        elif key in known:
            yield from _objections(child, known[key], root, _under(at, key))
        elif others is False:
            yield _under(at, key), f"is not a key that is known here; allowed are {', '.join(known)}"
        elif isinstance(others, Mapping):
            yield from _objections(child, others, root, _under(at, key))


def _text(value: str, rule: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    if "pattern" in rule and not re.fullmatch(rule["pattern"].removeprefix("^").removesuffix("$"), value):
        yield at, f"{_shown(value)} is not written as {rule['pattern']} says"
    if rule.get("format") == "date-time":
        try:
            instant(value)
            datetime.strptime(value[:11], "%Y-%m-%dT")
        except (Malformed, ValueError):
            yield at, f"{_shown(value)} is not an instant; write one such as 2026-01-05T03:00:00Z"


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "string":
            return isinstance(value, str)
        case "object":
            return isinstance(value, Mapping)
        case "array":
            return isinstance(value, list | tuple)
    if isinstance(value, bool):
        return False
    if kind == "integer":
        return isinstance(value, int)
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, int) or (isinstance(value, float) and isfinite(value))


def _under(at: str, key: str) -> str:
    return f"{at}.{key[:60]}" if at else key[:60]


def _shown(value: Any) -> str:
    """A value as an objection quotes it."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**60:
        return "a number of more than 60 digits"
    if isinstance(value, Mapping | list | tuple):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

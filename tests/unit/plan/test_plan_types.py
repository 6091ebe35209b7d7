"""The types of a plan's document have the keys of the JSON schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_type_hints, is_typeddict

from leptonopt.plan.plan_types import PlanDocument
from leptonopt.verify.schema_check import load_schema
from tests.helpers.typed_keys import required


def objects(schema: Mapping[str, Any], typed: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Yield each object of a schema that lists its keys, with its type."""
    for part in get_args(typed):
        if not is_typeddict(typed):
            yield from objects(schema.get("items", schema), part)
    if is_typeddict(typed) and "properties" in schema:
        yield schema, typed
        for key, kind in get_type_hints(typed).items():
            yield from objects(schema["properties"].get(key, {}), kind)


def test_the_keys_are_those_of_the_schema() -> None:
    """A key that is added to plans is added to `leptonopt/plan/plan_types.py` as well."""
    found = list(objects(load_schema("plan"), PlanDocument))
    assert len(found) >= 20
    for schema, typed in found:
        assert set(get_type_hints(typed)) == set(schema["properties"]), (
            f"add the keys to {typed.__name__} in plan/plan_types.py"
        )
        assert required(typed) == set(schema.get("required", ())), typed.__name__

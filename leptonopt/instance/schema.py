"""Make the JSON Schema of instance files from the classes of an instance."""

from __future__ import annotations

from typing import Any

from leptonopt.instance import units
from leptonopt.instance.instance import Instance
from leptonopt.instance.placements import PLACEMENTS


def instance_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of native instance files."""
    import warnings

    with warnings.catch_warnings():
        # pydantic warns that defaults are written as texts; `_as_written` puts that right.
        warnings.simplefilter("ignore", UserWarning)
        schema = Instance.model_json_schema(by_alias=True)
    _short_forms(schema["$defs"])
    _notation(schema, schema["$defs"])
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "leptonopt instance"}
    some = {"anyOf": [{"required": ["tasks"], **_filled("tasks")}, {"required": ["services"], **_filled("services")}]}
    return {**head, **_as_written(schema), **some, "title": "leptonopt instance"}


def _filled(key: str) -> dict[str, Any]:
    """Return the schema of a list under a key that has an entry."""
    return {"properties": {key: {"minItems": 1}}}


def _short_forms(nouns: dict[str, Any]) -> None:
    """Add the short forms: one kind of nodes for a list of one, a number for a commitment's price."""
    nodes, commit = nouns["Pool"]["properties"]["nodes"], nouns["NodeKind"]["properties"]["commit"]
    nodes["anyOf"] = [nodes["items"], {"type": nodes.pop("type"), "items": nodes.pop("items")}]
    commit["anyOf"].append({"type": "number", "minimum": 0})


_AMOUNTS = {
    "Pool": ("device_memory",), "NodeKind": ("size", "minimum_load"), "Maintenance": ("capacity",),
    "Option": ("uses", "consumes"), "Way": ("uses",),
    "Work": ("uses", "per_device", "consumes", "memory"),
    "Profile": ("uses", "per_device", "memory"), "Quota": ("limit", "used"),
    "Meter": ("used",), "Tier": ("from",),
}  # fmt: skip
_WITH_UNIT = {
    "type": "string",
    "pattern": r"^[+-]?\d+(\.\d+)?\s*([kKMGTP]?B|[KMGTP]iB)$",
    "examples": ["80GiB", "500GB"],
}
_REPEAT = {
    "description": "a task on each of these days, from one time of day to the next other",
    "type": "object",
    "properties": {
        **{key: {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"} for key in ("from", "to", "due")},
        "days": {"type": "array", "items": {"enum": list(units.WEEK)}, "minItems": 1},
    },
    "required": ["from", "to"],
    "additionalProperties": False,
}


_APART = {
    "description": "tasks on different nodes, or on pools of different labels that begin so",
    "type": "object",
    "properties": {"tasks": {"type": "array", "items": {"type": "string"}}, "by": {"type": "string", "minLength": 1}},
    "required": ["tasks"],
    "additionalProperties": False,
}


_SETUPS = {
    "description": "what a node can be set up for, one at a time, by name: models or images",
    "type": "object",
    "minProperties": 1,
    "additionalProperties": {
        "type": "object",
        "properties": {
            "takes": {"type": "string"},
            "cost": {"type": "number", "minimum": 0},
            "running": {"type": "integer", "minimum": 0},
        },
        "additionalProperties": False,
    },
}


_ROUTES = {
    "description": "sets of alternative routes, each a list of tasks: of every set one route is taken",
    "type": "array",
    "items": {
        "type": "array",
        "items": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "minItems": 2,
    },
}


_PLACEMENT = {
    "description": "of tasks without a placement of their own",
    "anyOf": [{"enum": list(PLACEMENTS)}, {"type": "null"}],
    "default": None,
}


_OFFERS = {
    "description": "offers: one for the whole horizon, and others for a term from each of their starts",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            **{key: {"type": "number", "minimum": 0} for key in ("price", "total")},
            "max": {"type": "integer", "minimum": 0},
            "term": {"type": "string"},
            "start": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        },
        "additionalProperties": False,
    },
}


_TIME = {"type": "string", "pattern": r"^\d{1,9}(\.\d{1,9})?(ms|s)$"}
_TARGETS = {"ttft": _TIME, "tpot": _TIME}
_SLO = {
    "description": "targets of latency, within which `runs` are rates: time to the first token, and per output token",
    "type": "object",
    "properties": _TARGETS,
    "minProperties": 1,
    "additionalProperties": False,
}
_RUNS = {
    "description": "what was measured of a replica, in place of `rate`",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"class": {"type": "string"}, "rate": {"type": "number", "minimum": 0}, **_TARGETS},
        "required": ["class", "rate"],
        "additionalProperties": False,
    },
    "minItems": 1,
}


def _notation(top: dict[str, Any], nouns: dict[str, Any]) -> None:
    """Add what documents may say shorter: units of bytes, and tasks that repeat; see `instance.notation`."""
    nouns["Amounts"] = _with_units(nouns["Series"])
    nouns["Pool"]["properties"]["capacity"]["additionalProperties"] = {"$ref": "#/$defs/Amounts"}
    nouns["Task"]["properties"]["repeat"] = {"anyOf": [_REPEAT, {"type": "null"}], "default": None}
    nouns["Task"]["properties"]["setup"] = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    nouns["NodeKind"]["properties"]["commit"]["anyOf"].append(_OFFERS)
    nouns["NodeKind"]["properties"]["setups"] = _SETUPS
    nouns["Service"]["properties"]["slo"] = {"anyOf": [_SLO, {"type": "null"}], "default": None}
    nouns["Way"]["properties"]["runs"] = {"anyOf": [_RUNS, {"type": "null"}], "default": None}
    nouns["Way"]["required"].remove("rate")
    nouns["Way"]["anyOf"] = [{"required": ["rate"]}, {"required": ["runs"]}]
    top["properties"] |= {"placement": _PLACEMENT, "routes": _ROUTES}
    sets = top["properties"]["apart"]
    sets["items"] = {"anyOf": [sets["items"], _APART]}
    for noun, keys in _AMOUNTS.items():
        for key in keys:
            nouns[noun]["properties"][key] = _with_units(nouns[noun]["properties"][key])


def _with_units(schema: Any) -> Any:
    """Return a schema in which each number may be a text with a unit."""
    if isinstance(schema, list):
        return [_with_units(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    about = {key: schema[key] for key in ("description", "default") if key in schema}
    if schema.get("type") == "number":
        return {**about, "anyOf": [{key: value for key, value in schema.items() if key not in about}, _WITH_UNIT]}
    return {key: _with_units(part) for key, part in schema.items()}


def _as_written(schema: Any) -> Any:
    """Return defaults as a file states them: durations as texts, numbers as numbers; no titles."""
    if isinstance(schema, list):
        return [_as_written(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _as_written(part) for key, part in schema.items() if key != "title" or isinstance(part, dict)}
    if made.get("type") == "string" and isinstance(made.get("default"), int):
        made["default"] = units.duration_text(made["default"])
    elif made.get("type") == "number" and isinstance(made.get("default"), str):
        made["default"] = int(made["default"])
    return made

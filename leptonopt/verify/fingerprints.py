"""Compute the fingerprint of an instance: SHA-256 of what it says, however it is written.

Numbers, durations and instants are compared by value, keys in any order, and a key that states its default counts as
absent. `name`, `description` and `source` are for people and left out; a plan states the name beside the fingerprint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

from leptonopt.verify.exact import BROKEN, Malformed, duration, exact, instant
from leptonopt.verify.notation import plain

Reader = Callable[[Any], Any]
Noun = Mapping[str, tuple[Reader, Any]]  # per key how its value is read, and its default


def fingerprint(document: Mapping[str, Any]) -> str:
    """Return the fingerprint of an instance's document."""
    with suppress(Malformed, *BROKEN):
        document = plain(document)
    said = _noun(INSTANCE)({key: value for key, value in document.items() if key not in FOR_PEOPLE})
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A value of no known meaning: numbers as exact fractions."""
    if type(value) is str:
        return value
    if type(value) is int:
        return f"#{value}"
    if isinstance(value, Mapping):
        return {str(key): _plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(child) for child in value]
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return f"#{exact(value)}"
    return value


def _instant(value: Any) -> Any:
    try:
        return instant(value).isoformat()
    except Malformed:
        return _plain(value)


def _duration(value: Any) -> Any:
    try:
        return f"#{duration(value)}"
    except Malformed:
        return _plain(value)


def _series(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(steps := value.get("steps"), Mapping):
        return _plain(value) | {"steps": {_instant(at): _plain(number) for at, number in steps.items()}}
    return _plain(value)


def _noun(keys: Noun) -> Reader:
    """Read a mapping with these keys; what states a default, or null, is left out."""

    def read(value: Any) -> Any:
        if not isinstance(value, Mapping):
            return _plain(value)
        found = {}
        for key, child in value.items():
            reader, default = keys.get(key, (_plain, None))
            if child is not None and (said := reader(child)) != default:
                found[str(key)] = said
        return found

    return read


def _each(reader: Reader) -> Reader:
    return lambda value: [reader(child) for child in value] if isinstance(value, list | tuple) else _plain(value)


def _named(reader: Reader) -> Reader:
    return lambda value: (
        {str(name): reader(child) for name, child in value.items()} if isinstance(value, Mapping) else _plain(value)
    )


def _nodes(value: Any) -> Any:
    return _each(_noun(NODES))([value] if isinstance(value, Mapping) else value)


def _commit(value: Any) -> Any:
    return _plain(value if isinstance(value, Mapping) or value is None else {"price": value})


def _demand(value: Any) -> Any:
    if isinstance(value, Mapping) and "samples" in value:
        return _noun({"quantile": (_plain, None), "samples": (_each(_demand), None)})(value)
    if isinstance(value, Mapping) and isinstance(value.get("mix"), Mapping):
        return _noun({"rate": SERIES, "mix": BY_NAME})(value)
    return _named(_series)(value)


def _after(value: Any) -> Any:
    return _noun(AFTER)({"task": value} if isinstance(value, str) else value)


def _segments(value: Any) -> Any:
    return _noun(SEGMENTS)({} if value is True else value)


FOR_PEOPLE = ("name", "description", "source")
Key = tuple[Reader, Any]
AT: Key = (_instant, None)
UNPLANNED: Key = (lambda value: None, None)  # carries a plan out; no plan depends on it
LONG: Key = (_duration, None)
SOME: Key = (_plain, [])
NONE: Key = (_plain, {})
ZERO, ONE, SHORT, FALSE = (_plain, "#0"), (_plain, "#1"), (_duration, "#0"), (_plain, False)
SERIES: Key = (_series, None)
BY_NAME: Key = (_named(_series), {})
NODES: Noun = {
    "count": SERIES, "price": SERIES, "startup": ZERO, "shutdown": ZERO, "boot": SHORT, "minimum": SHORT, "power": ZERO,
    "minimum_off": SHORT, "minimum_load": NONE, "since": (_each(_instant), []),
    "commit": (_commit, None), "reserved": ZERO, "running": ZERO,
}  # fmt: skip
POOL: Noun = {
    "capacity": BY_NAME, "nodes": (_nodes, []), "price": BY_NAME, "power": NONE, "carbon": SERIES, "sunk": ZERO,
    "charge": (_named(_series), None), "billing": (_noun({"unit": (_duration, "#1"), "minimum": SHORT}), None),
    "interruptions": SERIES, "maintenance": (_each(_noun({"from": AT, "to": AT})), []), "labels": SOME,
    "target": UNPLANNED,
}  # fmt: skip
AFTER: Noun = {"lag": SHORT, "most": LONG, "gib": ZERO}
LINK: Noun = {"price": ZERO, "setup": SHORT}
NEEDS: Noun = {"labels": SOME, "without": SOME, "quality": ZERO}
CHECKPOINT: Noun = {"every": LONG, "cost": SHORT, "restart": SHORT}
SEGMENTS: Noun = {
    "most": (_plain, "#4"), "shortest": LONG, "restart": LONG, "cost": ZERO, "move": FALSE, "resize": FALSE,
    "begun": (_noun({"left": LONG, "paused": FALSE, "shortest": LONG, "number": UNPLANNED}), None),
}  # fmt: skip
OPTION: Noun = {
    "not_before": AT,
    "not_after": AT,
    "pools": SOME,
    "uses": NONE,
    "consumes": NONE,
    "duration": LONG,
    "cost": ZERO,
    "quality": ONE,
}
PROFILE: Noun = {"variants": (_named(_noun({"speed": ONE, "quality": ONE, "memory": ONE})), None)}
WORK: Noun = {**PROFILE, "cost": ZERO, "consumes": NONE}
TASK: Noun = {
    "copies": ONE, "release": AT, "deadline": AT, "due": AT, "optional": FALSE, "after": (_each(_after), []),
    "needs": (_noun(NEEDS), {}), "confidential": FALSE, "placement": (_plain, "span"),
    "checkpoint": (_noun(CHECKPOINT), None), "options": (_each(_noun(OPTION)), []), "work": (_noun(WORK), None),
    "segments": (_segments, None), "run": UNPLANNED, "job": UNPLANNED, "inputs": SOME,
}  # fmt: skip
START: Noun = {"takes": SHORT, "cost": ZERO}
WAY: Noun = {
    "uses": NONE, "quality": ONE, "start": (_noun(START), None), "stay": LONG, "limit": SERIES, "minimum": ZERO,
}  # fmt: skip
SERVICE: Noun = {
    "demand": (_demand, None), "replicas": (_each(_noun(WAY)), None), "routing": (_plain, "split"), "headroom": ZERO,
    "minimum": ZERO, "limit": SERIES, "start": (_noun(START), {}), "stay": SHORT,
    "spread": (_noun({"survive": ONE}), None), "spare": ZERO, "fill": (_plain, True), "needs": (_noun(NEEDS), {}),
    "confidential": FALSE,
}  # fmt: skip
BATCH: Noun = {"release": AT, "deadline": AT, "optional": FALSE}
METER: Noun = {"per": (_plain, "horizon"), "used": ZERO, "minimum": ZERO, "tiers": (_each(_noun({"from": ZERO})), None)}
SAVINGS: Noun = {
    "committed": (_series, "#0"), "order": ONE,
    "commit": (_noun({"step": ONE, "term": LONG, "start": (_each(_instant), [])}), None),
}  # fmt: skip
INSTANCE: Noun = {
    "leptonopt": ONE, "currency": (_plain, "USD"),
    "time": (_noun({"start": AT, "slot": (_duration, "#3600"), "horizon": LONG, "zone": (_plain, "UTC")}), None),
    "objective": (_noun({"cost": ONE, "carbon_kg": ZERO, "ties": SOME}), {}), "pools": (_each(_noun(POOL)), None),
    "profiles": (_named(_noun(PROFILE)), {}), "tasks": (_each(_noun(TASK)), []),
    "services": (_each(_noun(SERVICE)), []), "batches": (_each(_noun(BATCH)), []),
    "quotas": (_each(_noun({"per": (_plain, "horizon"), "used": ZERO})), []), "together": SOME, "apart": SOME,
    "routes": SOME, "links": (_each(_noun(LINK)), []), "datasets": SOME,
    "meters": (_each(_noun(METER)), []), "savings": (_each(_noun(SAVINGS)), []),
}  # fmt: skip

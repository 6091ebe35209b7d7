"""Rewrite what joins several parts of a document: nodes with setups, alternative routes, sets apart.

What is rewritten is read before the validation. So its parts are validated by themselves first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ConfigDict, Field, ValidationError

from leptonopt.errors import Finding
from leptonopt.instance.apart import without_apart_by
from leptonopt.instance.fields import ByName, Many, Name, StrictModel, empty_mapping
from leptonopt.instance.messages import findings_of
from leptonopt.instance.pools import Pool, Time
from leptonopt.instance.quotas import Meter, Quota
from leptonopt.instance.routes import without_routes
from leptonopt.instance.services import Service
from leptonopt.instance.setups import without_setups
from leptonopt.instance.stated import Origin
from leptonopt.instance.tasks import Profile, Task
from leptonopt.instance.unchecked import entries, kinds

Document = dict[str, Any]


class _Parts(StrictModel):
    """The parts of a document that are joined."""

    model_config = ConfigDict(extra="ignore")

    pools: Many[Pool] = Field(min_length=1)
    profiles: ByName[Profile] = empty_mapping()
    tasks: Many[Task] = ()
    services: Many[Service] = ()
    quotas: Many[Quota] = ()
    meters: Many[Meter] = ()
    together: Many[Many[Name]] = ()


def rewritten(document: Document, findings: list[Finding], nodes: Origin, sets: Origin) -> Document:
    """Return a document without setups, routes and sets apart by node or label.

    What is wrong with them, or with the parts that they join, is added to `findings`; what moves of kinds of nodes and
    of sets to `nodes` and `sets`.
    """
    if _joins(document):
        findings += malformed(document)
    if not findings:
        document = without_routes(without_setups(document, findings, nodes), findings, sets)
    return document if findings else without_apart_by(document, findings, sets)


def _joins(document: Document) -> bool:
    sets, of_pools = document.get("apart"), [kind for pool in entries(document, "pools") for kind in kinds(pool)]
    return (
        "routes" in document
        or any("setup" in task for task in entries(document, "tasks"))
        or any(isinstance(kind, dict) and "setups" in kind for kind in of_pools)
        or (isinstance(sets, list | tuple) and any(isinstance(each, Mapping) for each in sets))
    )


class _Timed(StrictModel):
    model_config = ConfigDict(extra="ignore")

    time: Time


def malformed_time(document: Document) -> list[Finding]:
    """Return what is wrong with the time of a document."""
    try:
        _Timed.model_validate(document)
    except ValidationError as error:
        return findings_of(error, _Timed)
    return []


def malformed(document: Document) -> list[Finding]:
    """Return what is wrong with the parts of a document by themselves, whatever joins them."""
    try:
        _Parts.model_validate(document | _edited(document, "pools", _pool) | _edited(document, "tasks", _task))
    except ValidationError as error:
        return findings_of(error, _Parts)
    return []


def _edited(document: Document, key: str, edit: Callable[[Document], Document]) -> Document:
    """Return a key whose value is a list, with each mapping in it edited; nothing of what is no list."""
    values = document.get(key)
    if not isinstance(values, list | tuple):
        return {}
    return {key: [edit(value) if isinstance(value, dict) else value for value in values]}


def _pool(pool: Document) -> Document:
    """Return a pool without setups of its nodes."""
    nodes = pool.get("nodes")
    if isinstance(nodes, dict):
        return {**pool, "nodes": _without(nodes, "setups")}
    return pool | _edited(pool, "nodes", lambda kind: _without(kind, "setups"))


def _task(task: Document) -> Document:
    return _without(task, "setup")


def _without(part: Document, key: str) -> Document:
    return {name: value for name, value in part.items() if name != key}

"""Validate documents and report every finding of a plain tree at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from leptonopt.errors import Finding, InstanceError
from leptonopt.instance.cross_checks import MAX_FINDINGS, cross_findings
from leptonopt.instance.fields import StrictModel
from leptonopt.instance.instance import Instance
from leptonopt.instance.messages import findings_of
from leptonopt.instance.notation import plain
from leptonopt.instance.pools import Pool, Time
from leptonopt.instance.quotas import Meter, Quota
from leptonopt.instance.services import Batch, Service
from leptonopt.instance.tasks import Profile, Task
from leptonopt.runtime.document_kinds import document_kind, wrong_kind_message


def validate(document: dict[str, Any]) -> Instance:
    """Return the instance of a plain tree; raise all findings at once.

    Raises
    ------
    InstanceError
        With every finding, each at its path (lines are added by `leptonopt.io.load`).
    """
    if wrong := wrong_kind_message(document_kind(document), "an instance"):
        raise InstanceError([Finding(f"{wrong}; give the document of the instance itself")])
    written = plain(document)
    document = written.document
    try:
        return Instance.model_validate(document)
    except ValidationError as error:
        found = findings_of(error, Instance)
        if len(found) <= MAX_FINDINGS and not _is_cross(error):
            found += _cross_of_partial(document)
        found = list(dict.fromkeys(map(written.stated, found)))
        if len(found) > MAX_FINDINGS:
            more = Finding(f"and more; of all findings the first {MAX_FINDINGS} are shown")
            found = [*found[:MAX_FINDINGS], more]
        raise InstanceError(found) from None


def stated(given: Instance | Mapping[str, Any]) -> tuple[Instance, dict[str, Any]]:
    """Return a validated instance in its present state, and its document.

    An `Instance` is validated again: it may have been changed since, or made without validation.
    Raises `InstanceError`.
    """
    document = given.document() if isinstance(given, Instance) else dict(given)
    return validate(document), document


def _is_cross(error: ValidationError) -> bool:
    """Return True when the parts are valid by themselves."""
    return any("findings" in (item.get("ctx") or {}) for item in error.errors(include_url=False))


def _cross_of_partial(document: Any) -> list[Finding]:
    """Return the cross findings of a document some of whose parts are invalid."""

    def each(kind: type[StrictModel], values: Any) -> list[Any]:
        if values and isinstance(values, list | tuple):
            return [one(kind, value) for value in values]
        return [] if values in ([], ()) and kind is not Pool else [None]

    def one(kind: type[StrictModel], value: Any) -> Any:
        try:
            return kind.model_validate(value)
        except ValidationError:
            return None

    if not isinstance(document, dict):
        return []
    given = document.get("profiles")
    profiles = {name: one(Profile, value) for name, value in given.items()} if isinstance(given, dict) else {}
    if None in profiles.values() or (given is not None and not isinstance(given, dict)):
        return []
    return cross_findings(
        one(Time, document.get("time")),
        each(Pool, document.get("pools")),
        profiles,
        each(Task, document.get("tasks", [])),
        each(Quota, document.get("quotas", [])),
        services=each(Service, document.get("services", [])),
        batches=each(Batch, document.get("batches", [])),
        meters=each(Meter, document.get("meters", [])),
    )

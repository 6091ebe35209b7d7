"""Validate documents and report every finding of a plain tree at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from leptonopt.errors import Finding, InstanceError, Path
from leptonopt.instance.cross_checks import MAX_FINDINGS, cross_findings
from leptonopt.instance.fields import StrictModel, quoted
from leptonopt.instance.instance import Instance, Objective
from leptonopt.instance.notation import plain
from leptonopt.instance.pools import Billing, Commit, Maintenance, NodeKind, Pool, Time
from leptonopt.instance.quotas import Meter, Quota, Tier
from leptonopt.instance.savings import SavingsCommit, SavingsPlan, SavingsRate
from leptonopt.instance.services import Batch, Missed, Service, Spread, Start, Way
from leptonopt.instance.tasks import After, Checkpoint, Needs, Option, Profile, Segments, Task, Variant, Work
from leptonopt.runtime.document_kinds import document_kind, wrong_kind_message

Model = TypeVar("Model", bound=StrictModel)


def findings_of(error: Any) -> list[Finding]:
    """Return the findings of a `pydantic.ValidationError`."""
    return _findings(error.errors(include_url=False))


def validated(kind: type[Model], document: Mapping[str, Any]) -> Model:
    """Return what a document beside an instance says; raises `InstanceError` with every finding."""
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise InstanceError(findings_of(error)) from None


def _findings(items: list[Any]) -> list[Finding]:
    found: list[Finding] = []
    # A list counts as empty when none of its entries is valid; only the entries' own errors help then.
    items = [item for item in items if item["type"] != "too_short" or not item.get("input")]
    for item in items[: MAX_FINDINGS + 1]:
        if "findings" in (context := item.get("ctx") or {}):
            found += context["findings"]
        else:
            path = tuple(step for step in item["loc"] if step not in _INNER)
            found.append(Finding(_message(item), path))
    return found


# Steps of pydantic's places that are ours, not the user's: a series written as a bare number, keys of mappings,
# a demand by class.
_INNER = {"constant", "unlimited", "[key]", "[classes]"}


# Where a noun stands in a document: the key that holds it, and the class whose keys are allowed there.
_AT: dict[str | int, type[StrictModel]] = {
    "time": Time, "pools": Pool, "tasks": Task, "options": Option, "work": Work, "variants": Variant, "after": After,
    "needs": Needs, "maintenance": Maintenance, "profiles": Profile, "nodes": NodeKind, "commit": Commit,
    "billing": Billing,
    "checkpoint": Checkpoint, "segments": Segments, "objective": Objective, "quotas": Quota,
    "meters": Meter, "tiers": Tier, "savings": SavingsPlan, "rates": SavingsRate,
    "services": Service,
    "replicas": Way, "batches": Batch, "start": Start, "spread": Spread, "missed": Missed,
}  # fmt: skip


def _unknown_key(place: Path) -> str:
    from difflib import get_close_matches

    *above, key = place
    noun: type[StrictModel] = next((_AT[step] for step in reversed(above) if step in _AT), Instance)
    noun = SavingsCommit if noun is Commit and above[0] == "savings" else noun
    keys = [field.alias or name for name, field in noun.model_fields.items()]
    close = get_close_matches(str(key), keys, 1)
    return "is not a key that is known here; " + (
        f"did you mean {close[0]!r}?" if close else f"allowed are {', '.join(keys)}"
    )


def _message(item: Any) -> str:
    kind, value = item["type"], quoted(item.get("input"))
    match kind:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return _unknown_key(item["loc"])
        case "value_error":
            return str(item["ctx"]["error"])
        case "literal_error":
            return f"{value} is not allowed; {item['ctx']['expected']}"
        case "bool_type":
            return f"{value} is not true or false"
        case "string_type":
            return f"{value} is not a text"
        case "string_unicode":
            return f"{value} holds half a character (a lone surrogate); only whole ones are allowed"
        case "tuple_type":
            return f"{value} is not a list"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{value} is not a mapping of keys to values"
        case "int_type" | "int_from_float" | "int_parsing_size":
            return f"{value} is not a whole number; write it plainly, such as 4"
        case "too_short":
            return "is empty; at least one entry"
    return f"{item['msg'][0].lower()}{item['msg'][1:]} (not {value})"


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
        items = error.errors(include_url=False)
        found = _findings(items)
        if len(found) <= MAX_FINDINGS and not any("findings" in (item.get("ctx") or {}) for item in items):
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

"""Edits of an instance's document by path: set, remove, lose."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from leptonopt.errors import UsageError

Document = dict[str, Any]
NAMED = (
    "pools",
    "tasks",
    "services",
    "batches",
    "quotas",
    "meters",
    "savings",
    "nodes",
    "options",
    "replicas",
)  # lists whose entries go by `id`


def plain(value: Any) -> Any:
    """Return a document with lists in place of tuples, not shared with the given one."""
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list | tuple) else copy.copy(value)


def with_value(document: Document, path: str, text: str) -> Document:
    """Return a document with a value set, such as `pools.own.price.gpu=2`.

    A step of the path is a key, the `id` of an entry, or its number from 0. Keys that are missing are made. The value
    is a number, `true`, `false`, `null`, which removes the key, or else a text.

    Raises
    ------
    UsageError
        When a step leads nowhere.
    """
    made: Document = plain(document)
    _, last, place = _container(made, path, makes=True)
    value = _value(text)
    if isinstance(place, list):
        place[_index(place, last, path)] = value
    elif value is None:
        place.pop(last, None)
    else:
        place[last] = value
    return made


def without(document: Document, path: str) -> Document:
    """Return a document without a part, such as `tasks.train`, `pools.cloud` or `quotas.budget`.

    What names a removed task, service or pool elsewhere (precedence, sets, quotas, options, ways, batches) is removed
    with it.

    Raises
    ------
    UsageError
        When the path leads nowhere, or nothing is left.
    """
    made: Document = plain(document)
    above, last, place = _container(made, path)
    if isinstance(place, list):
        gone = place.pop(_index(place, last, path))
        if above == ["tasks"]:
            _forget_task(made, gone["id"])
        elif above == ["services"]:
            _forget_service(made, gone["id"])
        elif above == ["pools"]:
            _forget_pool(made, gone["id"])
    elif last in place:
        del place[last]
    else:
        raise UsageError(f"{path}: there is nothing to remove")
    return made


def with_loss(document: Document, text: str) -> Document:
    """Return a document in which a pool has lost units or nodes: `own.gpu=2`, `cloud.p4d=1`.

    Raises
    ------
    UsageError
        When the pool has no such resource or kind of nodes, or less of it than is lost.
    """
    made: Document = plain(document)
    path, equals, number = text.partition("=")
    pool_id, dot, name = path.rpartition(".")
    pool = next((pool for pool in made["pools"] if pool["id"] == pool_id), None)
    lost = _value(number)
    if not equals or not dot or pool is None or not isinstance(lost, int | Decimal) or lost < 0:
        raise UsageError(f"{text}: write POOL.RESOURCE=NUMBER or POOL.KIND=NUMBER, such as own.gpu=2")
    for kind in pool.get("nodes", ()):
        if kind.get("id", pool_id) == name:
            kind["count"] = _less(kind["count"], lost, text)
            if "reserved" in kind:
                kind["reserved"] = max(0, kind["reserved"] - lost)
            return made
    if name not in pool.get("capacity", {}):
        known = [*pool.get("capacity", {}), *(kind.get("id", pool_id) for kind in pool.get("nodes", ()))]
        raise UsageError(f"{text}: pool {pool_id!r} has no {name!r}; it has {', '.join(map(str, known))}")
    pool["capacity"][name] = _less(pool["capacity"][name], lost, text)
    return made


def forced(document: Document, task: str, options: Sequence[Document]) -> Document:
    """Return a document in which a task has these options alone."""
    made: Document = plain(document)
    entry = next(entry for entry in made["tasks"] if entry["id"] == task)
    entry.pop("work", None)
    entry["options"] = [plain(option) for option in options]
    entry.pop("optional", None)
    return made


def _less(amount: Any, lost: Any, text: str) -> Any:
    """Return a number, or a series, less what is lost."""
    if isinstance(amount, Mapping):
        return {how: {at: _less(value, lost, text) for at, value in series.items()} for how, series in amount.items()}
    if amount == "unlimited":
        raise UsageError(f"{text}: is unlimited; nothing of it can be lost")
    return max(type(amount)(0) if not isinstance(amount, float) else 0, amount - lost)


def _forget_task(document: Document, id: str) -> None:
    for task in document["tasks"]:
        after = [edge for edge in task.get("after", ()) if (edge["task"] if isinstance(edge, dict) else edge) != id]
        task.pop("after", None)
        if after:
            task["after"] = after
    for name in ("together", "apart"):
        if name in document:
            document[name] = [each for each in ([t for t in ids if t != id] for ids in document[name]) if each]
    for quota in (*document.get("quotas", ()), *document.get("meters", ())):
        if "tasks" in quota:
            quota["tasks"] = [each for each in quota["tasks"] if each != id]
    if not document["tasks"] and not document.get("services"):
        raise UsageError(f"tasks.{id}: is the only task")


def _forget_service(document: Document, id: str) -> None:
    if not document["tasks"] and not document["services"]:
        raise UsageError(f"services.{id}: is the only service")
    if "batches" in document:
        document["batches"] = [batch for batch in document["batches"] if batch["service"] != id]


def _forget_pool(document: Document, id: str) -> None:
    for service in document.get("services", ()):
        service["replicas"] = [way for way in service["replicas"] if way["pool"] != id]
    for task in document["tasks"]:
        options = [_off(option, id) for option in task.get("options", ())]
        task["options"] = [option for option in options if option is not None]
        work = task.get("work")
        if work and work.get("speed"):
            work["speed"] = {pool: speed for pool, speed in work["speed"].items() if pool != id}
            if not work["speed"]:
                del task["work"]
    for profile in document.get("profiles", {}).values():
        if profile.get("speed"):
            profile["speed"] = {pool: speed for pool, speed in profile["speed"].items() if pool != id}
    for quota in (*document.get("quotas", ()), *document.get("meters", ())):
        if "pools" in quota:
            quota["pools"] = [each for each in quota["pools"] if each != id]
    for plan in document.get("savings", ()):
        plan["rates"] = [rate for rate in plan["rates"] if rate["pool"] != id]
    if "savings" in document:
        document["savings"] = [plan for plan in document["savings"] if plan["rates"]]


def _off(option: Document, pool: str) -> Document | None:
    """Return an option without a pool; None where it has no other."""
    if option.get("pool") == pool:
        return None
    if pool in option.get("pools", ()):
        left = [each for each in option["pools"] if each != pool]
        return {**option, "pools": left} if left else None
    return option


def _steps(path: str) -> list[str]:
    steps = path.split(".")
    if not all(steps):
        raise UsageError(f"{path!r} is no path; write one such as pools.own.price.gpu")
    return steps


def _container(document: Any, path: str, makes: bool = False) -> tuple[list[str], str, Any]:
    """Return the steps above the last one of a path, the last one, and the mapping or list that it is in.

    Names may hold dots: of all ways to read the path the one with the shortest last step that leads somewhere counts.
    """
    steps = _steps(path)
    first: UsageError | None = None
    for at in range(len(steps) - 1, -1, -1):
        above, last = steps[:at], ".".join(steps[at:])
        try:
            place = _place(document, above, path, makes and at == len(steps) - 1)
            if isinstance(place, list):
                _index(place, last, path)
            elif at < len(steps) - 1 and last not in place:
                continue  # a new key is one step
            return above, last, place
        except UsageError as error:
            first = first or error
    raise first or UsageError(f"{path}: leads nowhere")


def _place(document: Any, steps: Sequence[str], path: str, makes: bool = False) -> Any:
    """Return the mapping or list at a path; keys with dots in them are tried as well."""
    place = document
    at = 0
    while at < len(steps):
        for end in range(len(steps), at, -1):
            name = ".".join(steps[at:end])
            if isinstance(place, list) and any(_is(entry, name, index) for index, entry in enumerate(place)):
                place, at = place[_index(place, name, path)], end
                break
            if isinstance(place, dict) and name in place:
                place, at = place[name], end
                break
        else:
            if not makes or not isinstance(place, dict) or at == 0:
                raise UsageError(f"{path}: there is no {steps[at]!r} here")
            place[steps[at]] = {}
    if not isinstance(place, dict | list):
        raise UsageError(f"{path}: leads into a value")
    return place


def _is(entry: Any, name: str, index: int) -> bool:
    return (isinstance(entry, dict) and entry.get("id") == name) or str(index) == name


def _index(place: Sequence[Any], name: str, path: str) -> int:
    for index, entry in enumerate(place):
        if isinstance(entry, dict) and entry.get("id") == name:
            return index
    if name.isdigit() and int(name) < len(place):
        return int(name)
    known = [str(entry.get("id")) for entry in place if isinstance(entry, dict) and "id" in entry]
    raise UsageError(f"{path}: there is no {name!r} here; known are {', '.join(known[:8])}")


def _value(text: str) -> Any:
    words = {"true": True, "false": False, "null": None}
    if text in words:
        return words[text]
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return int(number) if number == int(number) and "." not in text and "e" not in text.lower() else number

"""Edits of an instance's document by path: set, remove, lose."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance.forget import forget, forget_names
from leptonopt.instance.names import unknown_name
from leptonopt.instance.unchecked import kinds

Document = dict[str, Any]


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

    What names a removed task, service or pool elsewhere (precedence, sets, routes, quotas, options, ways, batches) is
    removed with it.

    Raises
    ------
    UsageError
        When the path leads nowhere.
    """
    made: Document = plain(document)
    above, last, place = _container(made, path)
    if isinstance(place, list):
        gone = place.pop(_index(place, last, path))
        if len(above) == 1:
            forget(made, above[0], gone)
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
    if not equals or not dot or not isinstance(lost, int | Decimal) or lost < 0:
        raise UsageError(f"{text}: write POOL.RESOURCE=NUMBER or POOL.KIND=NUMBER, such as own.gpu=2")
    if pool is None:
        raise UsageError(f"{text}: {unknown_name('pool', pool_id, (str(each['id']) for each in made['pools']))}")
    for kind in kinds(pool):
        if kind.get("id", pool_id) == name:
            _lose_nodes(kind, lost, text)
            return made
    if name not in pool.get("capacity", {}):
        known = [*pool.get("capacity", {}), *(kind.get("id", pool_id) for kind in kinds(pool))]
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
    forget_names(made)
    return made


def _lose_nodes(kind: Document, lost: Any, text: str) -> None:
    """Take nodes off a kind, also of those that are reserved and of those that run already."""
    kind["count"] = _less(kind["count"], lost, text)
    if "reserved" in kind:
        kind["reserved"] = max(0, kind["reserved"] - lost)
    series = kind["count"].values() if isinstance(kind["count"], Mapping) else ()
    most = max((each for values in series for each in values.values()), default=kind["count"])
    if kind.get("running", 0) > most:
        kind["running"] = most
    if "since" in kind:
        kind["since"] = kind["since"][: kind.get("running", 0)]


def _less(amount: Any, lost: Any, text: str) -> Any:
    """Return a number, or a series, less what is lost."""
    if isinstance(amount, Mapping):
        return {how: {at: _less(value, lost, text) for at, value in series.items()} for how, series in amount.items()}
    if amount == "unlimited":
        raise UsageError(f"{text}: is unlimited; nothing of it can be lost")
    if isinstance(amount, str):
        raise UsageError(f"{text}: {amount} is no number")
    return max(type(amount)(0) if not isinstance(amount, float) else 0, amount - lost)


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

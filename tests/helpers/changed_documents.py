"""Change instance documents of any kind: numbers under keys, keys taken away, names, pools, copies as tasks."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.second_reading.documents import duration

Document = dict[str, Any]
GIVEN = {"confidential", "*"}
"""Names with a meaning of their own."""


def under(tree: Any, keys: tuple[str, ...], change: Callable[[Any], Any], inside: bool = False) -> Any:
    """Return a document with every number changed that lies under one of some keys."""
    if isinstance(tree, dict):
        return {key: under(value, keys, change, inside or key in keys) for key, value in tree.items()}
    if isinstance(tree, list):
        return [under(each, keys, change, inside) for each in tree]
    return change(tree) if inside and isinstance(tree, int | Decimal) and not isinstance(tree, bool) else tree


def without(tree: Any, *keys: str) -> Any:
    """Return a document without some keys, wherever they stand."""
    if isinstance(tree, dict):
        return {key: without(value, *keys) for key, value in tree.items() if key not in keys}
    return [without(each, *keys) for each in tree] if isinstance(tree, list) else tree


def ways_of(document: Document) -> Iterator[list[Document]]:
    """Yield the list of options of each task, and the list of ways of each service."""
    for task in document.get("tasks", []):
        if "options" in task:
            yield task["options"]
    for service in document.get("services", []):
        yield service["replicas"]


def speeds_of(document: Document) -> Iterator[Document]:
    """Yield the speeds by pool of each work and each profile."""
    works = [task["work"] for task in document.get("tasks", []) if "work" in task]
    for holder in [*works, *document.get("profiles", {}).values()]:
        yield holder.get("speed", {})


def measures_of(document: Document) -> list[Document]:
    """Return the quotas and meters."""
    return [*document.get("quotas", []), *document.get("meters", [])]


def kept(document: Document, pools: list[str]) -> Document | None:
    """Return a document with some of its pools only; None where something could run nowhere any more."""
    document["pools"] = [pool for pool in document["pools"] if pool["id"] in pools]
    for named in measures_of(document):
        if "pools" in named:
            named["pools"] = [name for name in named["pools"] if name in pools]
    for ways in ways_of(document):
        for way in ways:
            if "pools" in way:
                way["pools"] = [name for name in way["pools"] if name in pools]
        ways[:] = [way for way in ways if way.get("pool") in pools or way.get("pools")]
    for speed in speeds_of(document):
        for name in speed.keys() - {*pools}:
            del speed[name]
    works = all(task.get("options") or task.get("work") for task in document.get("tasks", []))
    return (
        document
        if document["pools"] and works and all(each["replicas"] for each in document.get("services", []))
        else None
    )


def twin(document: Document, pool: str) -> None:
    """Let a pool be there twice, in place, with all that can run there."""
    document["pools"].append(
        next(copy.deepcopy(each) for each in document["pools"] if each["id"] == pool) | {"id": "twin"}
    )
    for ways in ways_of(document):
        for way in [way for way in ways if way.get("pool") == pool]:
            ways.append({key: value for key, value in copy.deepcopy(way).items() if key != "id"} | {"pool": "twin"})
    for noun in [*measures_of(document), *(way for ways in ways_of(document) for way in ways)]:
        if pool in noun.get("pools", ()):
            noun["pools"].append("twin")
    for speed in speeds_of(document):
        if pool in speed:
            speed["twin"] = copy.deepcopy(speed[pool])


def written_out(document: Document) -> Document:
    """Return a document with as many tasks as there are copies, changed in place."""
    names: dict[str, list[str]] = {}
    tasks = []
    for task in document["tasks"]:
        count = task.pop("copies", 1)
        names[task["id"]] = [task["id"], *(f"{task['id']} again {number}" for number in range(1, count))]
        tasks += [{**copy.deepcopy(task), "id": name} for name in names[task["id"]]]
    for task in tasks:
        if "after" in task:
            task["after"] = [
                {**each, "task": name} if isinstance(each, dict) else name
                for each in task["after"]
                for name in names[each["task"] if isinstance(each, dict) else each]
            ]

    def every(ids: list[str]) -> list[str]:
        return [name for each in ids for name in names[each]]

    for key in ("together", "apart"):
        if key in document:
            document[key] = [
                {**group, "tasks": every(group["tasks"])} if isinstance(group, dict) else every(group)
                for group in document[key]
            ]
    for named in measures_of(document):
        if "tasks" in named:
            named["tasks"] = every(named["tasks"])
    return {**document, "tasks": tasks}


def renamed(document: Document) -> Document:
    """Return a document with other names for all that has one, in another order."""
    names = sorted({*_names(document)} - GIVEN)
    new = {name: f"Ω {len(names) - number}" for number, name in enumerate(names)}
    made = _texts(document, new)
    for number, named in enumerate(measures_of(made)):
        named["id"] = f"Ω {number}"
    return made


def _names(document: Document) -> Iterator[str]:
    """Yield the names of pools, nodes, tasks, options, services, classes, batches, datasets, regions and labels."""
    for part in ("pools", "tasks", "services", "batches", "datasets"):
        yield from _under(document.get(part, []), ("id", "at", "labels", "team"))
    for service in document.get("services", []):
        for key in ("demand", "rate"):
            yield from _keys(service, key)
    yield from document.get("profiles", {})


def _under(tree: Any, keys: tuple[str, ...], inside: bool = False) -> Iterator[str]:
    """Yield the texts under some keys, of labels the part behind the colon."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _under(value, keys, key in keys)
    elif isinstance(tree, list):
        for each in tree:
            yield from _under(each, keys, inside)
    elif inside and isinstance(tree, str):
        yield tree.rpartition(":")[2]


def _keys(tree: Any, name: str) -> Iterator[str]:
    """Yield the classes that a demand or a rate names."""
    if isinstance(tree, list):
        for each in tree:
            yield from _keys(each, name)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key == name and isinstance(value, dict):
                yield from value.keys() - {"samples", "quantile", "rate", "mix", "steps", "daily", "weekly"}
                yield from value.get("mix", {})
            yield from _keys(value, name)


def _texts(tree: Any, new: dict[str, str]) -> Any:
    """Return a document with names replaced, as keys, values and behind the colon of labels."""
    if isinstance(tree, dict):
        return {new.get(key, key): _texts(value, new) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_texts(each, new) for each in tree]
    if not isinstance(tree, str):
        return tree
    before, colon, last = tree.rpartition(":")
    return f"{before}:{new.get(last, last)}" if colon and before in ("region", "zone") else new.get(tree, tree)


def ending(document: Document) -> datetime:
    """Return the end of the horizon."""
    time = document["time"]
    return datetime.fromisoformat(time["start"]).astimezone(UTC) + timedelta(seconds=float(duration(time["horizon"])))


def until(demand: Any, start: datetime, end: datetime) -> Any:
    """Return a demand that is 0 from a moment on; one by the day is its greatest value until then."""
    if isinstance(demand, list):
        return [until(each, start, end) for each in demand]
    if not isinstance(demand, dict):
        return {"steps": {start.isoformat(): demand, end.isoformat(): 0}}
    if "steps" in demand:
        before = {at: value for at, value in demand["steps"].items() if datetime.fromisoformat(at) < end}
        return {"steps": before | {end.isoformat(): 0}}
    if "daily" in demand or "weekly" in demand:
        return until(max(next(iter(demand.values())).values()), start, end)
    return {key: value if key in ("mix", "quantile") else until(value, start, end) for key, value in demand.items()}

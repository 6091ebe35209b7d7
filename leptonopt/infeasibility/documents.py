"""Parts of an instance document: some tasks only, and no gaps of removed entries.

Documents are canonical, as `Instance.document()` returns them; they are copied, never changed. An entry removed from a
list leaves a gap (None, or an empty set) until `pruned`, so that positions stay valid.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Iterator
from typing import Any

Document = dict[str, Any]


GONE = ("together", "apart", "quotas", "services", "batches")  # keys that go where nothing is left of them
BRIEF = "brief"  # key of the shorter horizon beside one that stands for none


def subset(document: Document, ids: Collection[str]) -> Document:
    """The document in which only these tasks must run.

    The others are gone, with all that refers to them. One that can earn money for a budget becomes optional instead:
    the rest may depend on what it earns.
    """
    keep, earning, result = set(ids), earners(document), copy.deepcopy(document)
    for key in ("meters", "savings"):  # they cost money, and limit nothing
        result.pop(key, None)
    left = keep | earning
    result["tasks"] = [task for task in result["tasks"] if task["id"] in left]
    for task in result["tasks"]:
        own = task["id"] in keep
        if "after" in task:
            task["after"] = [after if own and after and _id(after) in keep else None for after in task["after"]]
        if not own:
            task["optional"], task["value"] = True, 0
    if "quotas" in result:
        result["quotas"] = list(living_quotas(document, result))
    for key in ("together", "apart"):
        if key in result:
            result[key] = [[id for id in ids if id in keep] for ids in result[key]]
    return result


def pruned(document: Document) -> Document:
    """The document without the gaps that removed entries left."""
    result = dict(document)
    result["time"] = {key: value for key, value in document["time"].items() if key != BRIEF}
    result["tasks"] = [_without_gaps(task, "after") for task in document["tasks"]]
    result["pools"] = [_without_gaps(pool, "maintenance") for pool in document["pools"]]
    many = {task["id"] for task in document["tasks"] if task.get("copies", 1) > 1}
    for key in ("together", "apart"):
        if key in result:
            result[key] = [ids for ids in result[key] if len(ids) > 1 or set(ids) & many]
    return {key: value for key, value in result.items() if value or key not in GONE}


def _without_gaps(noun: Document, key: str) -> Document:
    if key not in noun:
        return noun
    left = [each for each in noun[key] if each is not None]
    return {name: value for name, value in {**noun, key: left}.items() if value or name != key}


def earners(document: Document) -> set[str]:
    """Tasks that can cost less than nothing, where a budget counts money."""
    if not any(quota["of"] == "money" for quota in document.get("quotas", ())):
        return set()
    gainful = {
        pool["id"]
        for pool in document["pools"]
        if any(number < 0 for price in pool.get("price", {}).values() for number in _numbers(price))
    }
    profiles = document.get("profiles", {})
    return {task["id"] for task in document["tasks"] if _earns(task, gainful, profiles)}


def _earns(task: Document, gainful: set[str], profiles: Document) -> bool:
    work = task.get("work", {})
    speed = work.get("speed") or profiles.get(work.get("profile"), {}).get("speed") or {}
    ways = [
        ({option.get("pool"), *option.get("pools", ())}, option.get("cost", 0)) for option in task.get("options", ())
    ]
    ways += [(set(speed), work.get("cost", 0))] if work else []
    return any(pools & gainful or cost < 0 for pools, cost in ways)


def _numbers(price: Any) -> Iterable[Any]:
    return [number for table in price.values() for number in table.values()] if isinstance(price, dict) else [price]


def living_quotas(document: Document, result: Document) -> Iterator[Document]:
    """Yield the quotas that still limit something.

    A quota of tasks, teams or amounts that are gone would be refused.
    """
    nouns = [*result["tasks"], *result.get("services", ())]
    left = {"tasks": {task["id"] for task in result["tasks"]}, "teams": {noun.get("team") for noun in nouns}}
    gone = _consumed(document) - _consumed(result) - _offered(document)
    for quota in result["quotas"]:
        for key, names in left.items():
            if quota.get(key) is not None:
                quota[key] = [name for name in quota[key] if name in names]
        if quota["of"] not in gone and all(quota.get(key) != [] for key in left):
            yield quota


def _consumed(document: Document) -> set[str]:
    ways = [way for task in document["tasks"] for way in [*task.get("options", ()), task.get("work") or {}]]
    return {name for way in ways for name in way.get("consumes", ())}


def _offered(document: Document) -> set[str]:
    """Resources of pools and of their nodes."""
    found = set[str]()
    for pool in document["pools"]:
        nodes = pool.get("nodes") or []
        found |= {
            *pool.get("capacity", ()),
            *(name for kind in ([nodes] if isinstance(nodes, dict) else nodes) for name in kind["size"]),
        }
    return found


def _id(after: Any) -> str:
    return str(after if isinstance(after, str) else after["task"])


def shorter(document: Document) -> Document | None:
    """The document with the shorter of the two horizons that stand for none; None where it states one."""
    if BRIEF not in document["time"]:
        return None
    time = {key: value for key, value in document["time"].items() if key != BRIEF}
    return {**document, "time": time | {"horizon": document["time"][BRIEF]}}

"""Forget what is removed from a document wherever else it is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from leptonopt.instance.cross_checks import ALSO, ENDS
from leptonopt.instance.unchecked import entries, kinds

Document = dict[str, Any]
NOTHING = "nothing"  # a milestone that stands where no task and no service is left: it costs nothing, and holds nothing


def forget(document: Document, key: str, gone: Mapping[str, Any]) -> None:
    """Take the names of a removed task, service or pool out of a document.

    Where no task and no service is left, a milestone `nothing` takes their place.
    """
    if key not in _WHERE:
        return
    _WHERE[key](document, gone["id"])
    if key != "pools" and not document.get("tasks") and not document.get("services"):
        document["tasks"] = [{"id": NOTHING, "options": [{"pool": document["pools"][0]["id"], "duration": "0s"}]}]
    forget_names(document)


def _measures(document: Document) -> list[Document]:
    return [*entries(document, "quotas"), *entries(document, "meters")]


def _forget_task(document: Document, id: str) -> None:
    for task in document["tasks"]:
        after = [edge for edge in task.get("after", ()) if (edge["task"] if isinstance(edge, dict) else edge) != id]
        task.pop("after", None)
        if after:
            task["after"] = after
    for name in ("together", "apart"):
        if name in document:
            document[name] = [each for each in (_set_without(each, id) for each in document[name]) if each]
    for measure in _measures(document):
        if "tasks" in measure:
            measure["tasks"] = [each for each in measure["tasks"] if each != id]
    _forget_route(document, id)


def _set_without(members: Any, id: str) -> Any:
    """Return a set of tasks without one; empty where no other is left."""
    if isinstance(members, Mapping):
        left = _set_without(members.get("tasks") or (), id)
        return {**members, "tasks": left} if left else left
    return [each for each in members if each != id]


def _forget_route(document: Document, id: str) -> None:
    """Take a task out of its route; empty routes go, and sets of a single one."""
    if "routes" in document:
        sets = [[[each for each in route if each != id] for route in routes] for routes in document["routes"]]
        sets = [[route for route in routes if route] for routes in sets]
        document["routes"] = [routes for routes in sets if len(routes) > 1]


def _forget_service(document: Document, id: str) -> None:
    if "batches" in document:
        document["batches"] = [batch for batch in document["batches"] if batch["service"] != id]


def _forget_pool(document: Document, id: str) -> None:
    for service in entries(document, "services"):
        service["replicas"] = [way for way in service["replicas"] if way["pool"] != id]
    for task in entries(document, "tasks"):
        options = [_off(option, id) for option in task.get("options", ())]
        if "options" in task:
            task["options"] = [option for option in options if option is not None]
        work = task.get("work")
        if work and work.get("speed"):
            work["speed"] = {pool: speed for pool, speed in work["speed"].items() if pool != id}
            if not work["speed"]:
                del task["work"]
    for profile in document.get("profiles", {}).values():
        if profile.get("speed"):
            profile["speed"] = {pool: speed for pool, speed in profile["speed"].items() if pool != id}
    for measure in _measures(document):
        if "pools" in measure:
            measure["pools"] = [each for each in measure["pools"] if each != id]
    for plan in entries(document, "savings"):
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


_WHERE: dict[str, Callable[[Document, str], None]] = {
    "tasks": _forget_task,
    "services": _forget_service,
    "pools": _forget_pool,
}


# --- what nothing has any more ---


def forget_names(document: Document) -> None:
    """Take away quotas, meters and ties of what no option consumes and no pool has any more."""
    consumed = {name for task in entries(document, "tasks") for name in _consumed(task)}
    pools = {pool.get("id"): set(_resources(pool)) for pool in entries(document, "pools")}
    for key in ("quotas", "meters"):
        if key in document:
            document[key] = [each for each in document[key] if each.get("of") in _known(each, pools, consumed)]
    objective = document.get("objective")
    if isinstance(objective, dict) and objective.get("ties"):
        objective["ties"] = [name for name in objective["ties"] if name in {ENDS, *consumed}]


def _known(measure: Mapping[str, Any], pools: Mapping[Any, set[str]], consumed: set[str]) -> set[str]:
    """Return what a quota or a meter can count."""
    covered = pools if measure.get("pools") is None else measure["pools"]
    return {*ALSO, *consumed, *(name for pool in covered for name in pools.get(pool, ()))}


def _consumed(task: Mapping[str, Any]) -> Iterator[str]:
    for holder in (*entries(task, "options"), task.get("work") or {}):
        yield from holder.get("consumes") or ()


def _resources(pool: Mapping[str, Any]) -> Iterator[str]:
    yield "power"
    for holder in (pool, *kinds(pool)):
        for key in ("capacity", "size", "price"):
            if isinstance(names := holder.get(key), Mapping):
                yield from names

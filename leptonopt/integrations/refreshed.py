"""Refresh an instance with the nodes and the jobs of other people as a cluster has them now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from leptonopt.integrations.imported import Document, Imported
from leptonopt.integrations.slurm_values import node_names


def refreshed_instance(stated: Mapping[str, Any], found: Imported) -> Document:
    """Return an instance with the nodes and the jobs of other people that are found now."""
    tasks = refreshed_tasks(stated["tasks"], found.tasks)
    return {**stated, "pools": refreshed_pools(stated["pools"], found.pools), "tasks": tasks}


def refreshed_tasks(stated: Sequence[Document], found: Iterable[Document]) -> list[Document]:
    """Return the tasks of an instance with the jobs of other people that are found now.

    A job keeps what is stated of it and not found (a team, a value). One that is found no more stays, for the state to
    say that it is over; what waits for it waits for the job of the same number, where it has another name now.
    """
    now = {task["id"]: task for task in found}
    by_number: dict[Any, str] = {_number(task): id for id, task in now.items()}
    names: dict[str, str] = {
        task["id"]: by_number.get(_number(task)) or task["id"] for task in stated if is_foreign(task)
    }
    tasks = []
    for task in stated:
        new = now.pop(task["id"], None) if is_foreign(task) else None
        tasks.append(_waiting_for({**task, **(new or {})}, names))
    return [*tasks, *now.values()]


def _waiting_for(task: Document, names: Mapping[str, str]) -> Document:
    """Return a task whose predecessors have the names that jobs of other people have now."""
    if not task.get("after") or not names:
        return task
    edges = ({"task": edge} if isinstance(edge, str) else edge for edge in task["after"])
    return {**task, "after": [{**edge, "task": names.get(edge["task"], edge["task"])} for edge in edges]}


def refreshed_state(state: Mapping[str, Any], stated: Mapping[str, Any], found: Imported) -> Document:
    """Return a state in which jobs of other people run as they are found now.

    Those that are not found are done. What runs on nodes that take no new work is `outside` of the pools.
    """
    foreign = {task["id"]: task.get("copies", 1) for task in stated["tasks"] if is_foreign(task)}
    outside = [entry for entry in found.outside if entry["task"] in foreign]
    there = {task["id"] for task in found.tasks} | {entry["task"] for entry in outside}
    parts = {
        key: [entry for entry in state.get(key, ()) if entry["task"] not in foreign]
        for key in ("done", "running", "failed")
    }
    parts["done"] += [
        {"task": id, "copy": copy} for id, copies in foreign.items() if id not in there for copy in range(1, copies + 1)
    ]
    unusable = set(found.unusable)
    for entry in parts["running"]:
        if (on := set(node_names(entry.get("place")))) and on <= unusable:
            entry["outside"] = True
    parts["running"] += [*found.running, *outside]
    return {**state, **parts}


def is_foreign(task: Mapping[str, Any]) -> bool:
    """Return whether a task is a job of somebody else: it has a job, and no command of its own."""
    return bool(task.get("job")) and not task.get("run")


def _number(task: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(task.get("job", {}).items()))


def refreshed_pools(stated: Iterable[Document], found: Iterable[Document]) -> list[Document]:
    """Return the pools of an instance with the nodes, labels and targets that are found now.

    What a system does not know (prices, power, maintenance) stays as it is stated, also of kinds of nodes. Pools and
    kinds that are not found have no nodes; pools that are new are added.
    """
    now = {pool["id"]: dict(pool) for pool in found}
    pools = []
    for pool in stated:
        new = now.pop(pool["id"], None)
        if new is None and "nodes" not in pool:
            pools.append(dict(pool))
            continue
        kinds = {kind["id"]: dict(kind) for kind in (new or {}).get("nodes", ())}
        nodes = []
        for kind in pool.get("nodes", ()):
            seen = kinds.pop(kind.get("id"), None)
            nodes.append({**kind, **(seen or {"count": 0, "reserved": 0})})
        pools.append({**pool, **(new or {}), **({"nodes": [*nodes, *kinds.values()]} if nodes or kinds else {})})
    return [*pools, *now.values()]

"""Read sets of tasks kept apart by node or by label, as resources of nodes and as quotas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leptonopt.verify.exact import Malformed
from leptonopt.verify.offers import kinds_of

Plain = dict[str, Any]


def without_apart_by(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document whose sets of `apart` are all by pool."""
    sets = document.get("apart") or ()
    if not any(isinstance(each, Mapping) for each in sets):
        return document
    made: Plain = {**document, "apart": []}
    marks: list[str] = []
    for each in sets:
        by = each.get("by", "pool") if isinstance(each, Mapping) else "pool"
        names = each["tasks"] if isinstance(each, Mapping) else each
        if by == "pool":
            made["apart"].append(list(names))
        elif names:
            count = 1 + sum(mark.split("#")[0] == f"apart:{names[0]}" for mark in marks)
            marks.append(f"apart:{names[0]}" + (f"#{count}" if count > 1 else ""))
            made = _by_node(made, set(names), marks[-1]) if by == "node" else _by_label(made, set(names), marks[-1], by)
    return made


def _with(entry: Mapping[str, Any], key: str, mark: str, amount: Any = 1) -> Plain:
    return {**entry, key: {**(entry.get(key) or {}), mark: amount}}


def _where(option: Mapping[str, Any]) -> list[str]:
    return list(option["pools"]) if option.get("pool") is None else [option["pool"]]


def _work(document: Mapping[str, Any], work: Mapping[str, Any]) -> Plain:
    """Return work completed by its profile."""
    below = (document.get("profiles") or {}).get(work.get("profile")) or {}
    return {**below, **{key: value for key, value in work.items() if value is not None}}


def _by_node(document: Plain, names: set[str], mark: str) -> Plain:
    """Every node holds 1 of the mark; a task of the set on a node uses 1."""
    of_nodes = {pool["id"]: {name for kind in kinds_of(pool) for name in kind["size"]} for pool in document["pools"]}
    named, tasks = set[str](), []
    for task in document["tasks"]:
        if task["id"] not in names:
            tasks.append(task)
            continue
        if task.get("placement") not in ("one-node", "packed"):
            raise Malformed(f"task {task['id']!r} is apart by node and may span several")
        options = []
        for option in task.get("options") or ():
            held = {name for pool in _where(option) for name in of_nodes[pool]} & set(option.get("uses") or ())
            named |= set(_where(option)) if held or option.get("nodes") is not None else set()
            options.append(_with(option, "uses", mark) if held and option.get("nodes") is None else option)
        task = {**task, "options": options} if options else task
        if task.get("work"):
            whole = _work(document, task["work"])
            named |= set(whole["speed"])
            task = {**task, "work": _with({**task["work"], "uses": whole.get("uses")}, "uses", mark)}
        tasks.append(task)
    pools = [_holding(pool, mark) if pool["id"] in named else pool for pool in document["pools"]]
    return {**document, "tasks": tasks, "pools": pools}


def _holding(pool: Mapping[str, Any], mark: str) -> Plain:
    kinds = kinds_of(pool)
    if not kinds:
        return _with(pool, "capacity", mark, "unlimited")
    return {**pool, "nodes": [_with(kind, "size", mark) for kind in kinds]}


def _by_label(document: Plain, names: set[str], mark: str, prefix: str) -> Plain:
    """A task of the set consumes 1 of the mark, and on the pools of a label at most 1 is consumed."""
    named, tasks = set[str](), []
    for task in document["tasks"]:
        if task["id"] in names:
            options = task.get("options") or ()
            named |= {pool for option in options for pool in _where(option)}
            task = {**task, "options": [_with(option, "consumes", mark) for option in options]}
            if task.get("work"):
                named |= set(_work(document, task["work"])["speed"])
                task = {**task, "work": _with(task["work"], "consumes", mark)}
        tasks.append(task)
    zones: dict[str, list[str]] = {}
    for pool in document["pools"]:
        if pool["id"] in named:
            own = [label for label in pool.get("labels") or () if label.startswith(prefix)]
            if len(own) != 1:
                raise Malformed(f"pool {pool['id']!r} has {len(own)} labels that begin with {prefix!r}")
            zones.setdefault(own[0], []).append(pool["id"])
    limits = [{"id": f"{mark} {zone}", "of": mark, "limit": 1, "pools": pools} for zone, pools in zones.items()]
    return {**document, "tasks": tasks, "quotas": [*(document.get("quotas") or ()), *limits]}

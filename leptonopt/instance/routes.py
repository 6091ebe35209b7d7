"""Rewrite alternative routes: a task of a route that is not taken is a milestone.

Each set of routes becomes names that the options of its tasks consume, and quotas of them: one route is taken, and all
of its tasks run or none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from leptonopt.errors import Finding, Path
from leptonopt.instance.stated import Origin
from leptonopt.instance.unchecked import are_texts, entries, listed, texts

Document = dict[str, Any]
NOT_TAKEN = "not taken"  # the option of a task whose route is not taken
_SHAPE = "write lists of ids of tasks, one for each route: [[prepare, train], [fine-tune]]"
_FORBIDDEN = ("optional", "segments", "due", "inputs", "results")  # keys that a task of a route lacks


def without_routes(document: Document, findings: list[Finding], origin: Origin) -> Document:
    """Return a document without `routes`; what is wrong with them is added to `findings`.

    Of which set each name is, is added to `origin`.
    """
    sets = document.get("routes")
    made = {key: value for key, value in document.items() if key != "routes"}
    if sets is None or sets in ([], ()):
        return made
    tasks = {task.get("id"): task for task in entries(document, "tasks")}
    faults = [*_shape(sets)]
    faults = faults or [*_faults(document, sets, tasks)]
    findings += faults
    if faults:
        return made
    origin[("routes",)] = {f"route:{name}": at for at, routes in enumerate(sets) for name in chain(*routes)}
    consumed: dict[str, tuple[dict[str, int], dict[str, int]]] = {}
    limits = [quota for routes in sets for quota in _rewrite(routes, consumed)]
    made["tasks"] = [
        _with_choice(task, *consumed[name], _pool(document, task) or "")
        if isinstance(task, dict) and (name := task.get("id")) in consumed
        else task
        for task in document["tasks"]
    ]
    made["quotas"] = [*(document.get("quotas") or ()), *limits]
    return made


def _is_route(value: Any) -> bool:
    return bool(value) and are_texts(value)


def _shape(sets: Any) -> Iterator[Finding]:
    """Yield what is no list of sets of routes."""
    for at, routes in enumerate(listed(sets) or [None]):
        if len(listed(routes)) < 2 or not all(map(_is_route, routes)):
            yield Finding(f"not a set of at least two routes; {_SHAPE}", ("routes", at))


def _faults(document: Document, sets: Sequence[Any], tasks: Mapping[Any, Document]) -> Iterator[Finding]:
    """Yield ids that are unknown or in two routes, and tasks that cannot be in a route."""
    seen = set[Any]()
    for at, routes in enumerate(sets):
        windows = list[tuple[Any, Any]]()
        for number, route in enumerate(routes):
            for place, name in enumerate(route):
                path = ("routes", at, number, place)
                if name not in tasks:
                    yield Finding(f"there is no task {name!r}", path)
                    continue
                if name in seen:
                    yield Finding(f"task {name!r} is in a route already; one is allowed", path)
                seen.add(name)
                windows.append((tasks[name].get("release"), tasks[name].get("deadline")))
                yield from _unfit(tasks[name], path)
                if _pool(document, tasks[name]) is None:
                    yield Finding(f"no pool has the labels that task {name!r} of a route needs; one has", path)
        if windows != windows[:1] * len(windows):
            yield Finding("tasks of routes differ in release or deadline; all have the same", ("routes", at))
    yield from _beside(document, seen, tasks)


def _unfit(task: Document, path: Path) -> Iterator[Finding]:
    found = [key for key in _FORBIDDEN if task.get(key)]
    for key in found if task.get("copies", 1) == 1 else ["copies", *found]:
        yield Finding(f"task {task['id']!r} of a route has {key}; it has none", path)


def _beside(document: Document, seen: set[Any], tasks: Mapping[Any, Document]) -> Iterator[Finding]:
    """Yield sets and edges that do not go with tasks of routes."""
    for key in ("together", "apart"):
        for at, each in enumerate(listed(document.get(key))):
            names = each.get("tasks") if isinstance(each, Mapping) else each
            if seen & texts(names):
                yield Finding("names a task of a route; none is allowed here", (key, at))
    for at, task in enumerate(entries(document, "tasks")):
        for place, edge in enumerate(task.get("after") or ()):
            if isinstance(edge, Mapping) and set(edge) - {"task"} and seen & texts([task.get("id"), edge.get("task")]):
                text = "an edge to or from a task of a route has a lag or data; it has none"
                yield Finding(text, ("tasks", at, "after", place))


def _rewrite(
    routes: Sequence[Sequence[str]], consumed: dict[str, tuple[dict[str, int], dict[str, int]]]
) -> Iterator[Document]:
    """Yield the quotas of a set of routes; set what each task consumes where it runs, and where not."""
    mark = f"route:{routes[0][0]}"
    yield {"id": mark, "of": mark, "limit": 1}
    yield {"id": f"{mark} else", "of": f"{mark} else", "limit": len(routes) - 1}
    for first, *others in routes:
        runs, rests = consumed[first] = {mark: 1}, {f"{mark} else": 1}
        for other in others:
            name = f"route:{other}"
            runs[name], rests[f"{name} else"] = 1, 1
            consumed[other] = {f"{name} else": 1}, {name: 1}
            yield {"id": name, "of": name, "limit": 1}
            yield {"id": f"{name} else", "of": f"{name} else", "limit": 1}


def _with_choice(task: Document, runs: dict[str, int], rests: dict[str, int], pool: str) -> Document:
    """Return a task that consumes its names, with a way not to run."""
    quality = (task.get("needs") or {}).get("quality")
    idle = {"id": NOT_TAKEN, "pool": pool, "duration": "0s", "consumes": rests}
    if quality is not None:
        idle["quality"] = quality
    options = [_consuming(option, runs) for option in task.get("options") or ()]
    made = {**task, "options": [*options, idle]}
    if task.get("work") is not None:
        made["work"] = _consuming(task["work"], runs)
    return made


def _consuming(entry: Any, names: dict[str, int]) -> Any:
    return {**entry, "consumes": {**(entry.get("consumes") or {}), **names}} if isinstance(entry, dict) else entry


def _pool(document: Document, task: Document) -> str | None:
    """Return the first pool of the instance on which a task may run; None without one."""
    needs = task.get("needs")
    needs = needs if isinstance(needs, dict) else {}
    wanted = texts(needs.get("labels")) | ({"confidential"} if task.get("confidential") else set())
    for pool in entries(document, "pools"):
        labels = texts(pool.get("labels"))
        if wanted <= labels and not texts(needs.get("without")) & labels:
            return str(pool.get("id"))
    return None

"""Rewrite sets of tasks that are kept apart by node or by label as resources and quotas.

A set by node becomes a resource of which each node holds 1, and each of its tasks uses 1. A set by label becomes a name
that each of its tasks consumes once, and a quota of 1 of it on the pools of each label.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from leptonopt.errors import Finding, Path
from leptonopt.instance.stated import Origin, moved
from leptonopt.instance.unchecked import are_texts, entries, kinds

Document = dict[str, Any]
BY_POOL, BY_NODE = "pool", "node"
_ALLOWED = "write a list of ids, or {tasks: [ids], by: node}, by: pool or by: the beginning of a label such as 'zone:'"


def without_apart_by(document: Document, findings: list[Finding], origin: Origin) -> Document:
    """Return a document whose sets of `apart` are lists of ids; what cannot be is added to `findings`.

    What moves is added to `origin`.
    """
    sets = document.get("apart")
    if not isinstance(sets, list | tuple) or not any(isinstance(each, Mapping) for each in sets):
        return document
    rewriting, kept, marks = _Rewriting(document, findings), dict[int, Any](), dict[int, str]()
    for at, each in enumerate(sets):
        if not isinstance(each, Mapping):
            kept[at] = each
        elif names := rewriting.set(each, ("apart", at)):
            kept[at] = names
        else:
            marks[at] = rewriting.last
    if not findings:
        origin[("apart",)] = moved(kept) | {mark: at for at, mark in marks.items()}
    return {**rewriting.document, "apart": list(kept.values())}


class _Rewriting:
    """A document that is rewritten set by set."""

    def __init__(self, document: Document, findings: list[Finding]) -> None:
        self.document, self.findings = document, findings
        self.used, self.last = set[str](), ""

    def set(self, stated: Mapping[str, Any], path: Path) -> list[Any] | None:
        """Rewrite a set; return its ids where it is by pool, None otherwise."""
        names: Any = stated.get("tasks")
        by = stated.get("by", BY_POOL)
        if set(stated) - {"tasks", "by"} or not are_texts(names) or not isinstance(by, str) or not by:
            self.findings.append(Finding(f"not a set of tasks kept apart; {_ALLOWED}", path))
            return None
        if by == BY_POOL:
            return list(names)
        tasks = self._tasks(names, path)
        if tasks and not self.findings:
            mark = self._mark(str(names[0]))
            found = self._by_node(tasks, mark, path) if by == BY_NODE else self._by_label(tasks, mark, by, path)
            self.findings += found
        return None

    def _tasks(self, names: Iterable[Any], path: Path) -> list[int]:
        """Return the positions of tasks; unknown ids are noted."""
        at = {task.get("id"): number for number, task in enumerate(entries(self.document, "tasks"))}
        for number, name in enumerate(names):
            if name not in at:
                self.findings.append(Finding(f"there is no task {name!r}", (*path, "tasks", number)))
        return [at[name] for name in dict.fromkeys(names) if name in at]

    def _mark(self, name: str) -> str:
        """Return a name for a set that no other set has."""
        mark, number = f"apart:{name}", 2
        while mark in self.used:
            mark, number = f"apart:{name}#{number}", number + 1
        self.used.add(mark)
        self.last = mark
        return mark

    # --- by node ---

    def _by_node(self, tasks: list[int], mark: str, path: Path) -> Iterator[Finding]:
        """Have each node hold 1 of a mark and each task use 1; yield what is wrong."""
        pools = {pool.get("id"): pool for pool in entries(self.document, "pools")}
        named: dict[str, None] = {}
        for at in tasks:
            task = entries(self.document, "tasks")[at]
            if task.get("placement") not in ("one-node", "packed"):
                text = (
                    f"task {task.get('id')!r} is apart by node and may span several; say placement one-node or packed"
                )
                yield Finding(text, path)
            edited, own = _marked(task, self._profile(task), mark, pools)
            named |= dict.fromkeys(own)
            self._replace("tasks", at, edited)
        for at, pool in enumerate(entries(self.document, "pools")):
            if pool.get("id") in named:
                self._replace("pools", at, _holding(pool, mark))

    def _profile(self, task: Document) -> Mapping[str, Any]:
        """Return the profile of a task's work; empty where it has none."""
        work, profiles = task.get("work"), self.document.get("profiles")
        name = work.get("profile") if isinstance(work, dict) else None
        found = profiles.get(name) if isinstance(profiles, dict) else None
        return found if isinstance(found, dict) else {}

    def _replace(self, key: str, at: int, entry: Document) -> None:
        edited = list(self.document[key])
        edited[at] = entry
        self.document = {**self.document, key: edited}

    # --- by label ---

    def _by_label(self, tasks: list[int], mark: str, prefix: str, path: Path) -> Iterator[Finding]:
        """Have each task consume a mark, of which there is one for each label; yield what is wrong."""
        named: dict[Any, None] = {}
        for at in tasks:
            task = entries(self.document, "tasks")[at]
            named |= dict.fromkeys(_pools_of(task, self._profile(task)))
            edited = dict(task)
            if isinstance(options := task.get("options"), list | tuple):
                edited["options"] = [_adding(option, "consumes", mark) for option in options]
            if isinstance(task.get("work"), dict):
                edited["work"] = _adding(task["work"], "consumes", mark)
            self._replace("tasks", at, edited)
        pools: dict[str, list[Any]] = {}
        for pool in entries(self.document, "pools"):
            if pool.get("id") in named:
                labels = [label for label in pool.get("labels") or () if str(label).startswith(prefix)]
                if len(labels) != 1:
                    yield Finding(
                        f"pool {pool.get('id')!r} has {len(labels)} labels that begin with {prefix!r}; 1", path
                    )
                for label in labels:
                    pools.setdefault(str(label), []).append(pool.get("id"))
        limits = [{"id": f"{mark} {label}", "of": mark, "limit": 1, "pools": ids} for label, ids in pools.items()]
        self.document = {**self.document, "quotas": [*(self.document.get("quotas") or ()), *limits]}


def _kinds(pool: Mapping[str, Any]) -> list[Any]:
    return [kind for kind in kinds(pool) if isinstance(kind, dict) and isinstance(kind.get("size"), dict)]


def _pools_of(task: Mapping[str, Any], profile: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the pools that options and work of a task name."""
    for option in task.get("options") or ():
        if isinstance(option, dict):
            yield from [option["pool"]] if option.get("pool") is not None else option.get("pools") or ()
    work = task.get("work")
    if isinstance(work, dict):
        yield from work.get("speed") or profile.get("speed") or ()


def _adding(entry: Any, key: str, mark: str, below: Mapping[str, Any] | None = None) -> Any:
    return {**entry, key: {**(below or {}), **(entry.get(key) or {}), mark: 1}} if isinstance(entry, dict) else entry


def _marked(
    task: Document, profile: Mapping[str, Any], mark: str, pools: Mapping[Any, Document]
) -> tuple[Document, list[Any]]:
    """Return a task whose ways on nodes use a mark, and the pools on which they do."""
    edited, named = dict(task), list[Any]()

    def on_nodes(where: Iterable[Any], uses: Iterable[Any]) -> bool:
        held = {name for pool in where for kind in _kinds(pools.get(pool, {})) for name in kind["size"]}
        return bool(held & set(uses))

    options = task.get("options")
    if isinstance(options, list | tuple):
        made = []
        for option in options:
            own = list(_pools_of({"options": [option]}, {}))
            if isinstance(option, dict) and option.get("nodes") is not None:
                named += own
            elif isinstance(option, dict) and on_nodes(own, option.get("uses") or ()):
                named += own
                option = _adding(option, "uses", mark)
            made.append(option)
        edited["options"] = made
    if isinstance(work := task.get("work"), dict):
        named += _pools_of({"work": work}, profile)
        below = profile.get("uses") if work.get("uses") is None else None
        edited["work"] = _adding(work, "uses", mark, below)
    return edited, named


def _holding(pool: Document, mark: str) -> Document:
    """Return a pool each of whose nodes holds 1 of a mark; one without nodes has it unlimited."""
    nodes = pool.get("nodes")
    if not _kinds(pool):
        return {**pool, "capacity": {**(pool.get("capacity") or {}), mark: "unlimited"}}
    if isinstance(nodes, dict):
        return {**pool, "nodes": _adding(nodes, "size", mark)}
    return {**pool, "nodes": [_adding(kind, "size", mark) for kind in nodes or ()]}

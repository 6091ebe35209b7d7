"""Plans in the words of the user: without what routes, setups and `apart` are rewritten as."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from leptonopt.instance.routes import NOT_TAKEN

Document = Mapping[str, Any]


def as_written(document: Document) -> dict[str, Any]:
    """Return a plan document for reports: without quotas and resources that no user states.

    Tasks of routes that are not taken are under `not_taken`, by id, and not among the tasks.
    """
    idle = [line for line in document["tasks"] if line["option"] == NOT_TAKEN]
    found = {**document, "tasks": [line for line in document["tasks"] if line["option"] != NOT_TAKEN]}
    found["not_taken"] = sorted(line["id"] for line in idle)
    found["quotas"] = [line for line in document["quotas"] if not _is_made(line["id"], document, bool(idle))]
    found["utilisation"] = [line for line in document["utilisation"] if not _is_mark(line["resource"], document)]
    if document["bill"] is not None:
        beside = Counter(line["pool"] for line in idle)
        pools = [
            {
                **pool,
                "tasks": pool["tasks"] - beside[pool["pool"]],
                "resources": [line for line in pool["resources"] if not _is_mark(line["resource"], document)],
            }
            for pool in document["bill"]["pools"]
        ]
        found["bill"] = {**document["bill"], "pools": pools}
    return found


def _is_made(id: str, document: Document, routes: bool) -> bool:
    """Return whether a quota is one of those that routes, setups and sets kept apart stand for."""
    kind, _, name = id.partition(":")
    if kind == "route":
        return routes and name.removesuffix(" else") in _tasks(document)
    if kind == "apart":
        return _is_mark(id.partition(" ")[0], document)
    pool = id.removeprefix("setups of ")
    return pool != id and any(line["pool"] == pool and " for " in line["kind"] for line in document["nodes"])


def _is_mark(name: str, document: Document) -> bool:
    """Return whether a name is that of a set of tasks kept apart."""
    kind, _, task = name.partition(":")
    return kind == "apart" and (task in _tasks(document) or task.rpartition("#")[0] in _tasks(document))


def _tasks(document: Document) -> set[str]:
    return {line["id"] for key in ("tasks", "left_out") for line in document[key]}

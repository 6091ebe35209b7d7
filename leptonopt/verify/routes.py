"""Read alternative routes: tasks that may be milestones, and quotas that choose one route."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

Plain = dict[str, Any]
Amounts = dict[str, int]


def without_routes(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document in which each task of a route has a way not to run."""
    sets = document.get("routes")
    made = {key: value for key, value in document.items() if key != "routes"}
    if not sets:
        return made
    limits: Amounts = {}
    runs, rests = defaultdict[str, Amounts](dict), defaultdict[str, Amounts](dict)
    for routes in sets:
        mark = f"route:{routes[0][0]}"
        limits |= {mark: 1, f"{mark} else": len(routes) - 1}
        for route in routes:
            first = route[0]
            runs[first][mark] = rests[first][f"{mark} else"] = 1
            for other in route[1:]:
                name = f"route:{other}"
                limits |= {name: 1, f"{name} else": 1}
                runs[first][name] = rests[other][name] = 1
                runs[other][f"{name} else"] = rests[first][f"{name} else"] = 1
    made["tasks"] = [
        _chosen(document, task, runs[task["id"]], rests[task["id"]]) if task["id"] in runs else task
        for task in document["tasks"]
    ]
    quotas = [{"id": name, "of": name, "limit": limit} for name, limit in limits.items()]
    made["quotas"] = [*(document.get("quotas") or ()), *quotas]
    return made


def _chosen(document: Mapping[str, Any], task: Mapping[str, Any], runs: Amounts, rests: Amounts) -> Plain:
    """Return a task with a milestone as a further option; its ways consume what says whether it runs."""
    needs = task.get("needs") or {}
    asked = set(needs.get("labels") or ()) | ({"confidential"} if task.get("confidential") else set())
    banned = set(needs.get("without") or ())
    allowed = (pool["id"] for pool in document["pools"] if _may(set(pool.get("labels") or ()), asked, banned))
    idle = {"id": "not taken", "pool": next(allowed), "duration": "0s", "consumes": rests}
    if needs.get("quality") is not None:
        idle["quality"] = needs["quality"]
    made = {**task, "options": [*(_with(option, runs) for option in task.get("options") or ()), idle]}
    if task.get("work"):
        made["work"] = _with(task["work"], runs)
    return made


def _may(labels: set[str], asked: set[str], banned: set[str]) -> bool:
    return asked <= labels and not banned & labels


def _with(way: Mapping[str, Any], amounts: Amounts) -> Plain:
    return {**way, "consumes": {**(way.get("consumes") or {}), **amounts}}

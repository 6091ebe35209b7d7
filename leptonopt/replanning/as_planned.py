"""The state in which everything has gone as planned until an instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance import units
from leptonopt.plan.entries import each_copy
from leptonopt.replanning.standing import on_before


def state_as_planned(plan: Mapping[str, Any], now: str) -> dict[str, Any]:
    """Return the state in which all went as planned until an instant; raises `UsageError`."""
    try:
        moment = units.instant(now)
    except ValueError as error:
        raise UsageError(f"--now: {error}") from None
    done, running, paused = [], [], []
    for (task, copy), lines in _lines_by_copy(plan).items():
        begun = [line for line in lines if units.instant(line["start"]) < moment]
        if not begun:
            continue
        line = begun[-1]
        end = units.instant(line["end"])
        entry = {"task": task, "copy": copy, "option": line["option"], "pool": line["pool"], "started": line["start"]}
        if end > moment:
            running.append(entry if "segment" in line else {**entry, "ends": units.instant_text(end)})
        elif len(begun) < len(lines):
            paused.append(entry)
        else:
            done.append({**entry, "ended": units.instant_text(end)})
    state = {"leptonopt_state": 1, "now": units.instant_text(moment), "done": done, "running": running}
    nodes = _nodes_as_planned(plan, moment)
    return {**state, **({"paused": paused} if paused else {}), **({"nodes": nodes} if nodes else {})}


def _lines_by_copy(plan: Mapping[str, Any]) -> dict[tuple[str, int], list[Mapping[str, Any]]]:
    """Return the entries of every copy, its segments in order."""
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for key, line in each_copy(plan.get("tasks", ())):
        found.setdefault(key, []).append(line)
    return {key: sorted(lines, key=lambda line: units.instant(line["start"])) for key, lines in found.items()}


def _nodes_as_planned(plan: Mapping[str, Any], moment: datetime) -> list[dict[str, Any]]:
    """Return the nodes that are on just before an instant, and committed, by pool and kind."""
    found: dict[tuple[str, str], list[int]] = {}
    for entry in plan.get("nodes", ()):
        counts = found.setdefault((entry["pool"], entry["kind"]), [0, 0])
        counts[0] += on_before(entry["on"], moment)
        counts[1] += entry.get("committed", 0)
    return [
        {"pool": pool, "kind": kind, "on": on, "committed": committed}
        for (pool, kind), (on, committed) in found.items()
        if on or committed
    ]

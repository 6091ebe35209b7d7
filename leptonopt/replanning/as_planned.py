"""The state in which everything has gone as planned until an instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance import units
from leptonopt.plan.entries import each_copy


def state_as_planned(plan: Mapping[str, Any], now: str) -> dict[str, Any]:
    """Return the state in which all went as planned until an instant; raises `UsageError`."""
    try:
        moment = units.instant(now)
    except ValueError as error:
        raise UsageError(f"--now: {error}") from None
    done, running = [], []
    for (task, copy), line in each_copy(plan.get("tasks", ())):
        start, end = units.instant(line["start"]), units.instant(line["end"])
        entry = {"task": task, "copy": copy, "option": line["option"], "pool": line["pool"]}
        entry["started"] = units.instant_text(start)
        if end <= moment:
            done.append({**entry, "ended": units.instant_text(end)})
        elif start < moment:
            running.append({**entry, "ends": units.instant_text(end)})
    state = {"leptonopt_state": 1, "now": units.instant_text(moment), "done": done, "running": running}
    nodes = _nodes_as_planned(plan, moment)
    return {**state, **({"nodes": nodes} if nodes else {})}


def _nodes_as_planned(plan: Mapping[str, Any], moment: datetime) -> list[dict[str, Any]]:
    """Return the nodes that are on and committed at an instant, by pool and kind, where there are some."""
    found: dict[tuple[str, str], list[int]] = {}
    for entry in plan.get("nodes", ()):
        on = [step["count"] for step in entry["on"] if units.instant(step["from"]) <= moment][-1:]
        counts = found.setdefault((entry["pool"], entry["kind"]), [0, 0])
        counts[0] += sum(on)
        counts[1] += entry.get("committed", 0)
    return [
        {"pool": pool, "kind": kind, "on": on, "committed": committed}
        for (pool, kind), (on, committed) in found.items()
        if on or committed
    ]

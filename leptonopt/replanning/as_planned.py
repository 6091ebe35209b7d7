"""The state in which everything has gone as planned until an instant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance import units
from leptonopt.plan.entries import each_copy


def state_as_planned(plan: Mapping[str, Any], now: str) -> dict[str, Any]:
    """Return the document of a state: what ended by then is done, what started runs; raises `UsageError`."""
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
    return {"leptonopt_state": 1, "now": units.instant_text(moment), "done": done, "running": running}

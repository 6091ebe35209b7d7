"""The state in which everything has gone as planned until an instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance import Instance, units
from leptonopt.instance.unit_commitment import may_be_restrained
from leptonopt.plan.entries import each_copy
from leptonopt.replanning.standing import on_before, since_before


def state_as_planned(plan: Mapping[str, Any], now: str, instance: Instance | None = None) -> dict[str, Any]:
    """Return the state in which all went as planned until an instant; raises `UsageError`.

    With the `instance` it says since when nodes are on, where a minimum time that is not over is supported.
    """
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
    nodes = _nodes_as_planned(plan, moment, instance)
    return {**state, **({"paused": paused} if paused else {}), **({"nodes": nodes} if nodes else {})}


def _lines_by_copy(plan: Mapping[str, Any]) -> dict[tuple[str, int], list[Mapping[str, Any]]]:
    """Return the entries of every copy, its segments in order."""
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for key, line in each_copy(plan.get("tasks", ())):
        found.setdefault(key, []).append(line)
    return {key: sorted(lines, key=lambda line: units.instant(line["start"])) for key, lines in found.items()}


def _nodes_as_planned(plan: Mapping[str, Any], moment: datetime, instance: Instance | None) -> list[dict[str, Any]]:
    """Return the nodes that are on just before an instant, since when, and committed, by pool and kind."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in plan.get("nodes", ()):
        found.setdefault((entry["pool"], entry["kind"]), []).append(entry)
    return [made for key, entries in found.items() if (made := _standing(key, entries, moment, instance))]


def _standing(
    key: tuple[str, str], entries: Sequence[Mapping[str, Any]], moment: datetime, instance: Instance | None
) -> dict[str, Any]:
    """Return the nodes of a kind that are on and committed; nothing where there are none."""
    on = sum(on_before(entry["on"], moment) for entry in entries)
    committed = sum(entry.get("committed", 0) for entry in entries)
    if not on and not committed:
        return {}
    named = {"pool": key[0], "kind": key[1], "on": on, "committed": committed}
    if instance is None or not may_be_restrained(key[0], instance.tasks, instance.services):
        return named
    since = since_before([entry["on"] for entry in entries], moment, _on_at_first(instance, key))
    return {**named, "since": [units.instant_text(each) for each in since]}


def _on_at_first(instance: Instance, key: tuple[str, str]) -> list[datetime | None]:
    """Return since when each node of a kind is on that is so before the horizon; None: not known."""
    kinds = [kind for pool in instance.pools if pool.id == key[0] for name, kind in pool.kinds if name == key[1]]
    if not kinds:
        return []
    since = sorted(kinds[0].since)
    return [*[None] * (kinds[0].running - len(since)), *since]

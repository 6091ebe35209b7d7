"""Changes from an old plan to a new one, by task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from leptonopt.instance import units
from leptonopt.plan.diff import Place, TaskChange, kind_of_change
from leptonopt.plan.diff_report import change_text, place_text
from leptonopt.plan.diff_services import replica_changes
from leptonopt.plan.entries import added
from leptonopt.replanning.document import Replanned
from leptonopt.replanning.names import place_in

COUNTED = ("moved", "shifted")  # the changes that are made few


def changes_of(replanned: Replanned, plan: Mapping[str, Any]) -> list[TaskChange]:
    """Return what the plan of the instance of what is left does with every task, by new start.

    Beside the kinds of changes there is `stays` of a task that runs on, and `kept` of one that keeps its place.
    """
    lines: dict[str, list[Mapping[str, Any]]] = {}
    for each in plan.get("tasks", ()):
        lines.setdefault(each["id"], []).append(each)
    tasks = {task["id"]: task for task in replanned.document["tasks"]} if replanned.segments else {}
    found = list[TaskChange]()
    for id, key in replanned.names.items():
        if id in replanned.segments:
            found += _segment_changes(replanned, tasks[id], lines.get(id, []))
            continue
        line, before = lines.get(id, [None])[0], replanned.placed.get(key)
        if line is not None or before is not None:
            after = None if line is None else place_in(line)
            found.append(TaskChange(id, _what(line, before, after), 1, before, after))
    return sorted(found, key=lambda change: (change.after is None, change.after and change.after.start, change.task))


def _what(line: Mapping[str, Any] | None, before: Place | None, after: Place | None) -> str:
    return (added(str(line["option"])) if line is not None else None) or kind_of_change(before, after)


def _segment_changes(
    replanned: Replanned, task: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]
) -> Iterator[TaskChange]:
    """Yield what happens to each segment: it goes on, is kept, or takes the place of a planned one."""
    id = task["id"]
    ran = replanned.placed.get(replanned.names[id])
    begun = task["segments"].get("begun")
    kept = {line["start"] for line in lines if added(str(line["option"])) == "kept"}
    planned = [place for place in replanned.segments[id] if place.start not in kept]
    for line in sorted(lines, key=lambda line: int(line["segment"])):
        after = place_in(line)
        goes_on = begun and not begun.get("paused") and line["segment"] == 1 and after.option == begun["option"]
        if goes_on and line["start"] == replanned.document["time"]["start"]:
            yield TaskChange(id, "stays", 1, ran or after, after)
        elif line["start"] in kept:
            yield TaskChange(id, "kept", 1, after, after)
        else:
            same = [place for place in planned if (place.start, place.mode) == (after.start, after.mode)]
            before = next(iter([*same, *planned]), ran)
            planned = [place for place in planned if place is not before]
            yield TaskChange(id, "kept" if same else kind_of_change(before, after), 1, before, after)
    if not lines:
        yield from (TaskChange(id, "gone", 1, place, None) for place in planned)


def replica_lines(replanned: Replanned, old: Mapping[str, Any], plan: Mapping[str, Any]) -> list[str]:
    """Return a line for each way of a service whose replicas differ from what an old plan has from now on."""
    changes = replica_changes(old, plan, units.instant(replanned.document["time"]["start"]))
    return [
        f"replicas {change.service} {change.way}  {float(change.hours[0]):,.6g} h -> {float(change.hours[1]):,.6g} h"
        f" (+{float(change.more):,.6g} -{float(change.less):,.6g})"
        for change in changes
    ]


def counted(found: Sequence[TaskChange]) -> int:
    """Return how many tasks change."""
    return sum(change.what in COUNTED for change in found)


def shown(change: TaskChange) -> str:
    """Return a change as a line: what happens, the task, and from where to where."""
    unchanged = change.what in ("stays", "kept")
    return f"{change.what:<8} {f'{change.task}  {place_text(change.after)}' if unchanged else change_text(change)}"

"""Changes from an old plan to a new one, by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leptonopt.plan.diff import Place, TaskChange, kind_of_change
from leptonopt.plan.diff_report import change_text, place_text
from leptonopt.replanning.document import KEPT, STAYS, Replanned, place_in

COUNTED = ("moved", "shifted")  # the changes that are made few


def changes_of(replanned: Replanned, plan: Mapping[str, Any]) -> list[TaskChange]:
    """Return what the plan of the instance of what is left does with every task, by new start.

    Beside the kinds of changes there is `stays` of a task that runs on, and `kept` of one that keeps its place.
    """
    lines: dict[str, Mapping[str, Any]] = {line["id"]: line for line in plan.get("tasks", ())}
    found = []
    for id, key in replanned.names.items():
        line, before = lines.get(id), replanned.placed.get(key)
        if line is not None or before is not None:
            after = None if line is None else place_in(line)
            found.append(TaskChange(id, _what(line, before, after), 1, before, after))
    return sorted(found, key=lambda change: (change.after is None, change.after and change.after.start, change.task))


def _what(line: Mapping[str, Any] | None, before: Place | None, after: Place | None) -> str:
    option = "" if line is None else str(line["option"])
    for ending, what in ((STAYS, "stays"), (KEPT, "kept")):
        if option.endswith(ending):
            return what
    return kind_of_change(before, after)


def counted(found: Sequence[TaskChange]) -> int:
    """Return how many tasks change."""
    return sum(change.what in COUNTED for change in found)


def shown(change: TaskChange) -> str:
    """Return a change as a line: what happens, the task, and from where to where."""
    unchanged = change.what in ("stays", "kept")
    return f"{change.what:<8} {f'{change.task}  {place_text(change.after)}' if unchanged else change_text(change)}"

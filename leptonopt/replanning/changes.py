"""Changes from an old plan to a new one, by task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leptonopt.instance import units
from leptonopt.replanning.document import KEPT, STAYS, Replanned


@dataclass(frozen=True)
class Change:
    """A copy of a task before and after: pool and start; None where it did not, or does not, run.

    `what` is `stays`, `kept`, `moved` (to another pool or option), `shifted` (to another start), `new` or `dropped`.
    """

    task: str
    what: str
    before: tuple[str, datetime] | None
    after: tuple[str, datetime] | None

    @property
    def counts(self) -> bool:
        """Return whether it is one of the changes that are made few."""
        return self.what in ("moved", "shifted")


def changes_of(replanned: Replanned, plan: Mapping[str, Any]) -> list[Change]:
    """Return what the plan of the instance of what is left does with every task, by new start."""
    lines: dict[str, Mapping[str, Any]] = {line["id"]: line for line in plan.get("tasks", ())}
    found = []
    for id, key in replanned.names.items():
        line, placed = lines.get(id), replanned.placed.get(key)
        before = None if placed is None else (placed.pool, placed.start)
        after = None if line is None else (str(line["pool"]), units.instant(line["start"]))
        found.append(Change(id, _what(line, before, after), before, after))
    return sorted(found, key=lambda change: (change.after is None, change.after and change.after[1], change.task))


def _what(
    line: Mapping[str, Any] | None, before: tuple[str, datetime] | None, after: tuple[str, datetime] | None
) -> str:
    if line is None or after is None:
        return "dropped"
    if str(line["option"]).endswith(STAYS):
        return "stays"
    if str(line["option"]).endswith(KEPT):
        return "kept"
    if before is None:
        return "new"
    return "shifted" if before[0] == after[0] else "moved"


def counted(found: list[Change]) -> int:
    """Return how many tasks change."""
    return sum(change.counts for change in found)


def shown(change: Change) -> str:
    """Return a change as a line: the task, what happens, and from where to where."""

    def place(at: tuple[str, datetime] | None) -> str:
        return "nowhere" if at is None else f"{at[0]} {units.instant_text(at[1])}"

    if change.what in ("stays", "kept"):
        return f"{change.what:<8} {change.task}  {place(change.after)}"
    if change.what == "new":
        return f"new      {change.task}  {place(change.after)}"
    return f"{change.what:<8} {change.task}  {place(change.before)} -> {place(change.after)}"

"""Add greatest lags between tasks to the second model, and price ends off their due dates."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from leptonopt.confirm.builder import Builder, begins_of, ends_of
from leptonopt.verify.exact import duration, exact


def add_greatest_lag(model: Builder, id: str, edge: Mapping[str, Any]) -> None:
    """Add that no copy of a task starts later than `most` of an edge, if any, after the end of a copy.

    A variable for each slot allows either starts from then on, or ends more than `most` before.
    """
    if edge.get("most") is None:
        return
    first, most = edge["task"], duration(edge["most"]) // model.stated.slot
    late, early = (int(model.stated.tasks[each].get("copies", 1)) for each in (id, first))
    begins, ends = begins_of(model, id), ends_of(model, first)
    for slot in sorted({model.columns[at].start for at in begins}):
        started = [at for at in begins if model.columns[at].start >= slot]
        ended = [at for at in ends if model.columns[at].end + most < slot]
        starts = model.variable(1)
        model.row(dict.fromkeys(started, 1) | {starts: -late}, high=0)
        model.row(dict.fromkeys(ended, 1) | {starts: early}, high=early)


def off_due(task: Mapping[str, Any], seconds: int) -> Fraction:
    """Return the money for an end so many seconds after `due`, or before it where they are below 0."""
    if seconds <= 0:
        return exact(task.get("early_cost") or 0) * Fraction(-seconds, 3600)
    return exact(task.get("late_cost") or 0) * Fraction(seconds, 3600) + exact(task.get("late_penalty") or 0)

"""Instances in columns as documents, for plots and other notations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.errors import UsageError
from leptonopt.instance import Instance, units, validate
from leptonopt.instance.columnar import ColumnarInstance
from leptonopt.io.columnar import load, refuse_params

MAX_LINES = 100_000  # tasks, options and copies that run; a larger document would take too much memory


def tree_of(file: Path, params: Mapping[str, str] | None = None) -> Instance:
    """Return the instance of a file or folder of columns.

    Raises `InputError` for what is no such file, and `UsageError` where it would be too large, or for parameters.
    """
    refuse_params(params)
    return validate(columnar_document(load(file)))


def columnar_document(sheets: ColumnarInstance) -> dict[str, Any]:
    """Return the native document of an instance in columns; tasks are named by their position.

    Raises `UsageError` where it would be too large.
    """
    if max(sheets.tasks, sheets.options) > MAX_LINES:
        text = (
            f"{sheets.tasks:,} tasks with {sheets.options:,} options in columns; at most {MAX_LINES:,} are written out"
        )
        raise UsageError(f"{sheets.name}: {text} one by one")
    return {**sheets.head, "tasks": list(_tasks(sheets))}


def _tasks(sheets: ColumnarInstance) -> Iterator[dict[str, Any]]:
    """The tasks, one by one."""
    time, pools, ptr = sheets.instance.time, [pool.id for pool in sheets.instance.pools], sheets.ptr.tolist()
    instants = [units.instant_text(time.start + timedelta(seconds=at * time.slot)) for at in range(time.slots + 1)]
    pool, slots, cost = (sheets.of_option(name).tolist() for name in ("pool", "slots", "cost"))
    uses = sheets.uses.tolist()
    names = ("release", "deadline", "copies", "value", "due", "late_cost")
    for at, row in enumerate(zip(*(sheets.of_task(name).tolist() for name in names), strict=True)):
        release, deadline, copies, value, due, late_cost = row
        task: dict[str, Any] = {"id": str(at), "release": instants[release], "deadline": instants[deadline]}
        if copies > 1:
            task["copies"] = copies
        if value >= 0:
            task |= {"optional": True, "value": _money(value)}
        if due >= 0:
            task |= {"due": instants[due], "late_cost": _money(late_cost)}
        task["options"] = [
            {
                "pool": pools[pool[option]],
                "uses": {name: use for name, use in zip(sheets.resources, uses[option], strict=True) if use},
                "duration": units.duration_text(slots[option] * time.slot),
                "cost": _money(cost[option]),
            }
            for option in range(ptr[at], ptr[at + 1])
        ]
        if not task["options"]:  # a tree wants an option; one that takes longer than there is time is none
            task["options"] = [{"pool": pools[0], "duration": units.duration_text((time.slots + 1) * time.slot)}]
        yield task


def _money(cents: int) -> Decimal:
    return Decimal(cents) / 100

"""Columns as a tree of tasks, for what is read task by task: a plot, or another notation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.compile.columnar import Column
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.work_options import concrete_options
from leptonopt.errors import UsageError
from leptonopt.instance import Instance, units, validate
from leptonopt.instance.columnar import ColumnarInstance
from leptonopt.io.columnar import load, refuse_params
from leptonopt.plan.document import Outcome
from leptonopt.plan.plan import Plan
from leptonopt.session.columnar_source import ColumnarPlan
from leptonopt.session.request import decode_warm_start
from leptonopt.session.source import TreeSource
from leptonopt.verify import fingerprint

MOST = 100_000  # tasks, options and copies that run, beyond which a tree would take too much memory


def tree_of(file: Path, params: Mapping[str, str] | None = None) -> Instance:
    """Return the instance of a file or folder of columns.

    Raises `InputError` for what is no such file, and `UsageError` where it would be too large, or for parameters.
    """
    refuse_params(params)
    return validate(columnar_document(load(file)))


def drawable_plan(file: Path, plan: Plan) -> tuple[dict[str, Any], Instance]:
    """Return the plan document of a plan in columns, and its instance; raises `UsageError` as `plan_document`."""
    assert isinstance(plan, ColumnarPlan)
    sheets = load(file)
    return plan_document(sheets, plan.document, plan.columns), validate(columnar_document(sheets))


def columnar_document(sheets: ColumnarInstance) -> dict[str, Any]:
    """Return the native document of an instance in columns; tasks are named by their position.

    Raises `UsageError` where it would be too large.
    """
    if max(sheets.tasks, sheets.options) > MOST:
        text = f"{sheets.tasks:,} tasks with {sheets.options:,} options in columns; at most {MOST:,} are written out"
        raise UsageError(f"{sheets.name}: {text} one by one")
    return {**sheets.head, "tasks": list(_tasks(sheets))}


def plan_document(
    sheets: ColumnarInstance, summary: Mapping[str, Any], columns: Mapping[str, Column]
) -> dict[str, Any]:
    """Return the plan document of a plan in columns: a line for each copy that runs.

    Raises `UsageError` where it would be too large.
    """
    if int(columns["count"].sum(dtype=np.int64)) > MOST:
        raise UsageError(f"{sheets.name}: the plan has more than {MOST:,} lines; it is not written out")
    stated = columnar_document(sheets)
    instance = validate(stated)
    compiled = compile_instance(instance)
    origin = {**summary["instance"], "sha256": fingerprint(stated), "format": "native"}
    source = TreeSource(compiled, stated, origin)
    schedule = decode_warm_start(compiled, {"tasks": list(_lines(sheets, instance, columns))})
    outcome = Outcome(
        summary["status"],
        summary["stop"],
        summary["method"],
        None if summary["bound_exact"] is None else Fraction(summary["bound_exact"]),
        summary["made"],
        origin,
    )
    return source.answer(outcome, schedule)[0]


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


def _lines(sheets: ColumnarInstance, instance: Instance, columns: Mapping[str, Column]) -> Iterator[dict[str, Any]]:
    """The lines of a plan: task, option and start of each copy."""
    time = instance.time
    for task, option, start, count in zip(*(column.tolist() for column in columns.values()), strict=True):
        way = concrete_options(instance, instance.tasks[task])[option - int(sheets.ptr[task])]
        begin = units.instant_text(time.start + timedelta(seconds=start * time.slot))
        yield from [{"id": str(task), "option": way.id, "start": begin}] * count


def _money(cents: int) -> Decimal:
    return Decimal(cents) / 100

"""The instance of what is left of an instance in columns, and what a new plan changes.

It keeps the time axis, so that all prices, deadlines and starts mean what they meant; nothing starts before now. Each
row of the old plan that waits is a task of its own, with all options of its task. Copies that run are tasks with one
option for the slots that are left, whose window lets them start at once and at no other time; their cost is paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.errors import UsageError
from leptonopt.instance import units
from leptonopt.instance.columnar import ColumnarInstance
from leptonopt.problem.arrays import Bools, Ints, pointers, positions
from leptonopt.replanning.columns_state import Happened, OldRows

NONE = -1
Plan = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class RemainingColumns:
    """The instance of what is left.

    Attributes
    ----------
    sheets : the instance.
    warm_start : the old plan in its numbers, by the names of the columns of a plan.
    runs : which of its tasks run on, shape (tasks,).
    """

    sheets: ColumnarInstance
    warm_start: dict[str, Ints]
    runs: Bools


@dataclass(frozen=True, eq=False)
class _Lines:
    """Tasks of the rest: copies of a task that wait or run alike; int64, shape (N,) each.

    `option` and `start` are those of the old plan, or -1; `left` are the slots of those that run, else 0.
    """

    task: Ints
    copies: Ints
    option: Ints
    start: Ints
    left: Ints


def remaining_columns(
    sheets: ColumnarInstance, rows: OldRows, happened: Happened, fixed: Bools | None = None, frozen: int = 0
) -> RemainingColumns:
    """Return the instance of what is left.

    Parameters
    ----------
    fixed : shape (tasks,), the tasks that keep option and start; None: none
    frozen : slots from now in which planned starts are kept

    Raises `UsageError` where all is done.
    """
    lines = _lines(rows, happened)
    if not len(lines.task):
        raise UsageError("all tasks are done; there is nothing to plan")
    slot, runs, planned = happened.slot, lines.left > 0, lines.option > NONE
    holds = planned & ~runs & (lines.start < slot + frozen)
    if fixed is not None:
        holds |= planned & fixed[lines.task]
    length = np.where(runs, lines.left, sheets.of_option("slots")[np.maximum(lines.option, 0)])
    release = np.where(runs | holds, lines.start, np.maximum(sheets.of_task("release")[lines.task], slot))
    deadline = np.where(runs, slot + lines.left, sheets.of_task("deadline")[lines.task])
    deadline = np.where(holds, np.minimum(deadline, lines.start + length), deadline)
    one, late = runs | holds, deadline <= release
    begin = np.where(one, lines.option, sheets.ptr[lines.task])
    end = np.where(late, begin, np.where(one, lines.option + 1, sheets.ptr[lines.task + 1]))
    task = {"release": release, "deadline": np.where(late, release + 1, deadline), "copies": lines.copies}
    return _made(sheets, lines, task, begin, end)


def _lines(rows: OldRows, happened: Happened) -> _Lines:
    """Return what runs, what waits with a place, and what waits without one, by task."""
    waits, out, now = np.flatnonzero(happened.waiting > 0), np.flatnonzero(happened.left_out > 0), happened.slot
    still, none = np.zeros_like(waits), np.full_like(out, NONE)
    parts = (
        (happened.task, happened.count, happened.option, np.full_like(happened.task, now), happened.left),
        (rows.task[waits], happened.waiting[waits], rows.option[waits], np.maximum(rows.start[waits], now), still),
        (out, happened.left_out[out], none, none, np.zeros_like(out)),
    )
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.argsort(columns[0], kind="stable")
    return _Lines(*(column[order] for column in columns))


def _made(sheets: ColumnarInstance, lines: _Lines, task: dict[str, Ints], begin: Ints, end: Ints) -> RemainingColumns:
    """Return the instance whose task i has the options begin[i] .. end[i] - 1 of the old one."""
    runs, ptr, chosen = lines.left > 0, pointers(end - begin), positions(begin, end)
    own = np.repeat(np.arange(len(begin)), end - begin)
    task |= {
        "value": np.where(runs, -1, sheets.of_task("value")[lines.task]),
        "of": _origin(sheets.of_task("of"), lines.task),
    }
    tasks = {name: task.get(name, _taken(column, lines.task)) for name, column in sheets.task.items()}
    option = {name: _taken(column, chosen) for name, column in sheets.option.items()}
    option["slots"] = np.where(runs[own], lines.left[own], sheets.of_option("slots")[chosen])
    option["of"] = _origin(sheets.of_option("of"), chosen)
    option["cost"] = np.where(runs[own], 0, sheets.of_option("cost")[chosen])
    rest = replace(sheets, task=tasks, option=option, ptr=ptr, uses=sheets.uses[chosen])
    kept = np.flatnonzero((lines.option > NONE) & (begin < end))
    start = {"task": kept, "option": ptr[kept] + lines.option[kept] - begin[kept]}
    return RemainingColumns(rest, start | {"start": lines.start[kept], "count": lines.copies[kept]}, runs)


def _taken(column: NDArray[Any] | None, some: Ints) -> NDArray[Any] | None:
    return None if column is None else column[some]


def _origin(of: NDArray[Any], some: Ints) -> Ints:
    """Return the positions that tasks or options have in the instance that was planned first."""
    return np.where(of[some] < 0, some, of[some]).astype(np.int64)


# --- what a new plan changes ----------------------------------------------------------------------


def changes_of(rest: RemainingColumns, plan: Plan) -> tuple[dict[str, int], list[str]]:
    """Return how many copies stay, are kept and change, and a line for each change."""
    before, after = _places(rest.warm_start), _places(plan)
    same = {place: min(count, after[place]) for place, count in before.items() if place in after}
    stay = sum(count for place, count in same.items() if rest.runs[place[0]])
    gone, came = (_by_task(places, same) for places in (before, after))
    lines = [line for task in sorted(gone) for line in _moves(rest.sheets, task, gone[task], came.get(task, []))]
    moved = sum(len(places) for places in gone.values())
    return {"stay": stay, "kept": sum(same.values()) - stay, "change": moved}, lines


Place = tuple[int, int, int]  # task, option, start


def _places(plan: Plan) -> dict[Place, int]:
    """Return how many copies run in each place."""
    columns = (np.asarray(plan[name]).tolist() for name in ("task", "option", "start", "count"))
    return {(task, option, start): count for task, option, start, count in zip(*columns, strict=True)}


def _by_task(places: Mapping[Place, int], same: Mapping[Place, int]) -> dict[int, list[Place]]:
    """Return the places that differ, by task, once for each copy."""
    found: dict[int, list[Place]] = {}
    for place, count in places.items():
        if count > same.get(place, 0):
            found.setdefault(place[0], []).extend([place] * (count - same.get(place, 0)))
    return found


def _moves(sheets: ColumnarInstance, task: int, before: list[Place], after: list[Place]) -> Iterator[str]:
    """Yield a line for each copy that leaves its place."""
    name = int(sheets.of_task("of")[task])
    for at, place in enumerate(before):
        there = _shown(sheets, after[at]) if at < len(after) else "left out"
        yield f"task {name}  {_shown(sheets, place)} -> {there}"


def _shown(sheets: ColumnarInstance, place: Place) -> str:
    """Return pool and start of a place."""
    time = sheets.instance.time
    begins = units.instant_text(time.start + timedelta(seconds=place[2] * time.slot))
    return f"{sheets.instance.pools[int(sheets.of_option('pool')[place[1]])].id} {begins}"

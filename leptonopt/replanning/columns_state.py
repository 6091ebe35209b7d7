"""Read what has happened to a plan in columns: copies that wait, run and are done, as arrays.

Tasks are named by their positions, and so are options. The copies of a task are numbered as the old plan has them, by
start and option, and then those that it leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.errors import Finding, InstanceError, UsageError
from leptonopt.instance import units
from leptonopt.instance.columnar import ColumnarInstance
from leptonopt.instance.messages import validated
from leptonopt.problem.arrays import Ints, pointers
from leptonopt.replanning.state import Run, Running, State

REFUSED = ("paused", "nodes", "used", "replicas", "batches", "move")  # keys of a state
COLUMNS = ("task", "option", "start", "count")


@dataclass(frozen=True, eq=False)
class OldRows:
    """The rows of an old plan that the instance knows, by task, start and option; int64, shape (N,) each.

    `first` is the number of copies that stand before each row, shape (N + 1,).
    """

    task: Ints
    option: Ints
    start: Ints
    count: Ints
    first: Ints

    def of_copy(self, task: int, copy: int) -> int | None:
        """Return the row of a copy of a task, which count from 1; None where the plan leaves it out."""
        low, high = np.searchsorted(self.task, [task, task + 1])
        row = int(np.searchsorted(self.first, self.first[low] + copy - 1, "right")) - 1
        return row if row < high else None


@dataclass(frozen=True, eq=False)
class Happened:
    """Copies by what they do at `slot`, the first one that is planned again.

    Attributes
    ----------
    waiting : shape (rows of the old plan,), copies that have not begun
    left_out : shape (tasks,), copies that wait and have no row
    task, option, left, count : copies that run, and the slots that are left of each
    ends_over : how many of them run beyond the horizon
    """

    slot: int
    waiting: Ints
    left_out: Ints
    task: Ints
    option: Ints
    left: Ints
    count: Ints
    ends_over: int = 0


def old_rows(sheets: ColumnarInstance, plan: Mapping[str, NDArray[Any]]) -> OldRows:
    """Return the rows of a plan that the instance knows, sorted; raises `UsageError` for what is no plan."""
    columns = [np.asarray(plan.get(name, ())) for name in COLUMNS]
    if any(column.dtype.kind not in "iu" or column.shape != columns[0].shape for column in columns):
        raise UsageError(f"the old plan: has no whole numbers {', '.join(COLUMNS)} of one length")
    task, option, start, count = (column.astype(np.int64) for column in columns)
    known = (task >= 0) & (task < sheets.tasks) & (count > 0) & (start >= 0)
    at = np.where(known, task, 0)
    known &= (option >= sheets.ptr[at]) & (option < sheets.ptr[at + 1])
    order = np.flatnonzero(known)
    order = order[np.lexsort((option[order], start[order], task[order]))]
    return OldRows(task[order], option[order], start[order], count[order], pointers(count[order]))


def read_columns_state(document: Mapping[str, Any], sheets: ColumnarInstance) -> State:
    """Return the state of a document; raises `InstanceError` with everything that is wrong with it."""
    state = validated(State, document)
    found = [Finding("columns have none of these; done, running, failed and fixed are allowed", (key,))
             for key in REFUSED if getattr(state, key)]  # fmt: skip
    seen = set[tuple[str, int]]()
    for what in ("done", "running", "failed"):
        for at, run in enumerate(getattr(state, what)):
            found += [Finding(text, (what, at)) for text in _faults(run, sheets, seen)]
            seen.add(run.key)
    found += [Finding(_no_task(name, sheets), ("fixed", at)) for at, name in enumerate(state.fixed)
              if _task(name, sheets) is None]  # fmt: skip
    if found:
        raise InstanceError(found)
    return state


def _faults(run: Run, sheets: ColumnarInstance, seen: set[tuple[str, int]]) -> Iterator[str]:
    task = _task(run.task, sheets)
    if task is None:
        yield _no_task(run.task, sheets)
    elif run.copy_ > (copies := int(sheets.of_task("copies")[task])):
        yield f"task {run.task} has {copies} copies, not {run.copy_}"
    if run.key in seen:
        yield f"task {run.task}, copy {run.copy_} stands in the state already; it is allowed once"
    if isinstance(run, Running) and (run.move is not None or run.outside):
        yield "what runs stays where it is in columns; no `move` and no `outside` is allowed"


def _task(name: str, sheets: ColumnarInstance) -> int | None:
    """Return the position of a task; None where there is none."""
    return int(name) if name.isdecimal() and name.isascii() and int(name) < sheets.tasks else None


def _no_task(name: str, sheets: ColumnarInstance) -> str:
    return f"there is no task {name!r}; positions from 0 to {sheets.tasks - 1} are allowed"


def first_slot(sheets: ColumnarInstance, now: datetime) -> int:
    """Return the first slot from an instant on; raises `UsageError` where the horizon is over."""
    time = sheets.instance.time
    slot = max(0, ceil((now - time.start).total_seconds() / time.slot))
    if slot >= time.slots:
        raise UsageError(f"at {units.instant_text(now)} nothing is left of the horizon; give a longer one")
    return slot


def as_planned(sheets: ColumnarInstance, rows: OldRows, now: datetime) -> Happened:
    """Return what has happened where all went as planned until an instant."""
    slot, length = first_slot(sheets, now), sheets.of_option("slots")[rows.option]
    seconds = int((now - sheets.instance.time.start).total_seconds())
    begun = rows.start * sheets.instance.time.slot < seconds
    runs = begun & (rows.start + length > slot)  # what ends before that slot is over then
    left = (rows.start + length - slot)[runs]
    running = (rows.task[runs], rows.option[runs], left, rows.count[runs])
    return Happened(slot, np.where(begun, 0, rows.count), _left_out(sheets, rows), *running)


def as_said(sheets: ColumnarInstance, rows: OldRows, state: State) -> Happened:
    """Return what has happened by a state; copies of which it says nothing wait.

    Raises `UsageError` for a task that runs in no option of its own.
    """
    slot, waiting, left_out = first_slot(sheets, state.now), rows.count.copy(), _left_out(sheets, rows)
    for run in (*state.done, *state.running):
        row = rows.of_copy(int(run.task), run.copy_)
        if row is None:
            left_out[int(run.task)] -= 1
        else:
            waiting[row] -= 1
    begins = sheets.instance.time.start + timedelta(seconds=slot * sheets.instance.time.slot)
    runs = [(int(run.task), *_on(sheets, rows, state.now, slot, run)) for run in state.running
            if not run.is_over_by(begins, state.now)]  # fmt: skip
    task, option, left = np.array(runs, np.int64).reshape(-1, 3).T
    most = sheets.instance.time.slots - slot
    over = int((left > most).sum())
    return Happened(slot, waiting, left_out, task, option, np.minimum(left, most), np.ones_like(task), over)


def _left_out(sheets: ColumnarInstance, rows: OldRows) -> Ints:
    """Return the copies of each task that have no row."""
    planned = np.bincount(rows.task, rows.count, sheets.tasks).astype(np.int64)
    return np.maximum(0, sheets.of_task("copies") - planned)


def _on(sheets: ColumnarInstance, rows: OldRows, now: datetime, slot: int, run: Running) -> tuple[int, int]:
    """Return the option in which a copy runs, and the slots that are left of it, at least 1."""
    row = rows.of_copy(int(run.task), run.copy_)
    option, time = _option_of(sheets, run, None if row is None else int(rows.option[row])), sheets.instance.time
    whole, begins = int(sheets.of_option("slots")[option]) * time.slot, time.start + timedelta(seconds=slot * time.slot)
    if run.ends is not None:
        left = Fraction(int((run.ends - begins).total_seconds()))
    elif run.progress is not None:
        left = (1 - Fraction(run.progress)) * whole - max(0, int((begins - now).total_seconds()))
    else:
        planned = now if row is None else time.start + timedelta(seconds=int(rows.start[row]) * time.slot)
        left = Fraction(whole - int((begins - (run.started or planned)).total_seconds()))
    return option, max(1, ceil(left / time.slot))


def _option_of(sheets: ColumnarInstance, run: Running, planned: int | None) -> int:
    """Return the option in which a copy runs: by number, by its pool, or as planned; raises `UsageError`."""
    own = range(*sheets.ptr[int(run.task) : int(run.task) + 2].tolist())
    pools = [sheets.instance.pools[at].id for at in sheets.of_option("pool")[own.start : own.stop].tolist()]
    fits = [at for at, pool in zip(own, pools, strict=True) if run.pool in (None, pool)]
    if run.option is not None:
        fits = [at for at in fits if str(at) == run.option]
    elif planned in fits:
        return planned
    if not fits or (len(fits) > 1 and run.pool is None):
        known = ", ".join(f"{at} on {pool}" for at, pool in zip(own, pools, strict=True)) or "none"
        text = "its option is not known" if fits else "it has no such option"
        raise UsageError(f"state: running task {run.task}: {text}; there are {known}")
    return fits[0]

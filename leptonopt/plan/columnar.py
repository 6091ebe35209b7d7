"""Plans and certificates as columns: arrays of task, option, start and count with a summary in JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.compile.columnar import Column, CompiledColumnar
from leptonopt.errors import InputError, UsageError
from leptonopt.io import files
from leptonopt.io.columnar import read_csv
from leptonopt.io.npz import npz_bytes, read_npz_safely
from leptonopt.problem.arrays import Ints, pointers, positions
from leptonopt.problem.schedule import Schedule

KINDS = ("npz", "csv")
COLUMNS = ("task", "option", "start", "count")
MAX_COPIES = 2**31


Runs = tuple[Ints, Ints, Ints, Ints]  # task, option of the problem, start and count, shape (N,) each


def runs(built: CompiledColumnar, schedule: Schedule, wanted: Mapping[str, Any] | None = None) -> dict[str, Column]:
    """Return the runs of a schedule by task, start and option; int32, shape (N,) each.

    Options have the numbers of the instance.

    Tasks of a group keep the runs of the plan `wanted`, as far as the schedule has them. Other copies are handed out in
    the order of the tasks, those that start first to the first task.
    """
    problem, copies = built.problem, built.sheets.of_task("copies").astype(np.int64)
    count, kept = schedule.count, _none()
    if wanted is not None:
        kept, count = _kept(built, schedule, wanted)
        copies = copies - np.bincount(kept[0], kept[3], len(copies)).astype(np.int64)
    parts = zip(kept, _handed_out(built, schedule, count, copies), strict=True)
    task, option, start, run = (np.concatenate(part) for part in parts)
    rows = built.kept[built.kept_ptr[task] + option - problem.option_ptr[problem.group[option]]]
    columns: tuple[Column, ...] = (task, rows, start, run)
    order = np.lexsort((columns[1], columns[2], columns[0]))
    return {name: column[order].astype(np.int32) for name, column in zip(COLUMNS, columns, strict=True)}


def _none() -> Runs:
    empty = np.zeros(0, np.int64)
    return empty, empty, empty, empty


def _kept(built: CompiledColumnar, schedule: Schedule, wanted: Mapping[str, Any]) -> tuple[Runs, Ints]:
    """Return the runs of a plan that a schedule has as well, and the copies of its entries that are left."""
    task, option, start, count = _known_runs(built, wanted)
    own = np.minimum(count, built.sheets.of_task("copies")[task])
    order = np.lexsort((task, start, option))
    task, option, start, own = (column[order] for column in (task, option, start, own))
    key, keys = (a * (built.problem.slots + 1) + b for a, b in ((option, start), (schedule.option, schedule.start)))
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    within = keys[at] == key
    task, option, start, own, at = (column[within] for column in (task, option, start, own, at))
    taken = pointers(own)
    before = taken[:-1] - taken[np.searchsorted(at, at)]
    run = np.clip(schedule.count[at] - before, 0, own)
    left = schedule.count - np.bincount(at, run, len(keys)).astype(np.int64)
    some = run > 0
    return (task[some], option[some], start[some], run[some]), left


def _handed_out(built: CompiledColumnar, schedule: Schedule, count: Ints, copies: Ints) -> Runs:
    """Return runs of the entries of a schedule with these counts, for tasks that have so many copies left."""
    problem, members = built.problem, built.members
    group = problem.group[schedule.option]
    order = np.lexsort((schedule.option, schedule.start, group))
    group, option = group[order], schedule.option[order]
    start, count = schedule.start[order], count[order]
    # All copies of all groups in a row: entry i takes those from begin[i] to end[i], task j has those from own[j].
    taken = pointers(count)
    first = np.searchsorted(group, np.arange(problem.groups))
    own = pointers(copies[members])
    before = own[np.searchsorted(built.group[members], np.arange(problem.groups))]
    begin = before[group] + taken[:-1] - taken[first][group]
    end = begin + count
    low = np.searchsorted(own, begin, "right") - 1
    high = np.maximum(low, np.where(count > 0, np.searchsorted(own, end, "left"), low))
    of = np.repeat(np.arange(len(order)), high - low)
    at = positions(low, high)
    run = np.minimum(end[of], own[at + 1]) - np.maximum(begin[of], own[at])
    some = run > 0
    return members[at][some], option[of][some], start[of][some], run[some]


def schedule_of(built: CompiledColumnar, plan: Mapping[str, Any]) -> Schedule:
    """Return the schedule of a plan's columns; the inverse of `runs`.

    Runs that the instance does not offer are dropped.

    Raises `UsageError` for what is no plan.
    """
    _, option, start, count = _known_runs(built, plan)
    return Schedule.of(option, start, count)


def _known_runs(built: CompiledColumnar, plan: Mapping[str, Any]) -> Runs:
    """Return the runs of a plan that the instance offers; raises `UsageError` for what is no plan."""
    try:
        task, option, start, count = (np.asarray(plan[name]) for name in COLUMNS)
    except KeyError as error:
        raise UsageError(f"the warm start: has no column {error}; a plan has {', '.join(COLUMNS)}") from None
    for name in COLUMNS:
        column = np.asarray(plan[name])
        if column.dtype.kind not in "iu" or column.shape != task.shape or column.ndim != 1:
            text = f"{name}: {column.dtype}, shape {column.shape}; whole numbers, as many as in the others, are allowed"
            raise UsageError(f"the warm start: {text}")
    known = (task >= 0) & (task < built.sheets.tasks) & (count > 0) & (count <= MAX_COPIES) & (abs(start) < MAX_COPIES)
    task, option, start, count = (column[known].astype(np.int64) for column in (task, option, start, count))
    at = np.searchsorted(built.kept, option)
    known = (at >= built.kept_ptr[task]) & (at < built.kept_ptr[task + 1])
    known[known] = built.kept[at[known]] == option[known]
    task, at = task[known], at[known]
    chosen = built.problem.option_ptr[built.group[task]] + at - built.kept_ptr[task]
    return task, chosen, start[known], count[known]


def read_plan(path: Path) -> dict[str, Column]:
    """Return the columns of a plan file, `.npz` or `.csv`.

    Raises `InputError` for what is no such file, and `UsageError` for another ending.
    """
    kind = path.suffix.lower()
    if kind == ".npz":
        return read_npz_safely(path)
    if kind == ".csv":
        return read_csv(path)
    raise UsageError(f"{path}: a plan in columns is read from .{' and .'.join(KINDS)}; choose one of these endings")


def read_summarised_plan(path: Path) -> tuple[dict[str, Any], dict[str, Column]]:
    """Return the summary of a plan file, whose form is not checked, and its columns.

    Raises
    ------
    InputError
        When a file is not what it should be, or columns differ in length.
    """
    columns = read_plan(path)
    packed = columns.pop("summary", None)
    beside = path.with_suffix(".json")
    text = beside.read_text(encoding="utf-8") if packed is None and beside.is_file() else ""
    try:
        summary = json.loads(text if packed is None else bytes(packed))
    except (ValueError, RecursionError):
        raise InputError(f"{files.printable(path)}: has no summary; a plan in columns has one") from None
    task = columns.get("task")
    for name in COLUMNS:
        column = columns.get(name)
        if task is None or column is None or column.dtype.kind not in "iu" or column.shape != task.shape:
            raise InputError(f"{files.printable(path)}: {name}: is no column of whole numbers as long as the others")
    return summary, columns


def write_plan(path: Path, summary: dict[str, Any], columns: Mapping[str, Column]) -> list[Path]:
    """Write a plan as `.npz`, or as `.csv` with a summary in `.json`; return the files written.

    Raises `UsageError` for another ending, or where it cannot be written.
    """
    kind = path.suffix.lower()
    text = files.json_text(summary, indent=1) + "\n"
    if kind == ".npz":
        files.write_atomic(path, npz_bytes({"summary": np.frombuffer(text.encode(), np.uint8), **columns}))
        return [path]
    if kind == ".csv":
        buffer = io.StringIO()
        np.savetxt(
            buffer,
            np.stack([columns[name] for name in COLUMNS], axis=1),
            "%d",
            ",",
            header=",".join(COLUMNS),
            comments="",
        )
        files.write_atomic(path, buffer.getvalue())
        files.write_atomic(path.with_suffix(".json"), text)
        return [path, path.with_suffix(".json")]
    raise UsageError(f"{path}: a plan in columns is written as .{', .'.join(KINDS)}; choose one of these endings")


def certificate(built: CompiledColumnar, price: Ints, scale: int, bound: Fraction | None) -> dict[str, Any]:
    """Return prices on capacity, whole multiples of a part of money, and the bound that they prove.

    Rows stand by pool, in each in the order of the head's `resources`; what is not among these nobody uses.
    """
    rows = [(pool.id, name) for pool in built.sheets.instance.pools for name in pool.resources]
    index = {row: at for at, row in enumerate(rows)}
    wanted = [(pool.id, name) for pool in built.sheets.instance.pools for name in built.sheets.resources]
    price = price[[index[row] for row in wanted if row in index]]
    return {
        "leptonopt_certificate_columns": 1,
        "sha256": built.sheets.sha256,
        "unit": str(built.unit / scale),
        "bound": None if bound is None else str(bound),
        "price": price[:, : built.sheets.instance.time.slots],
    }


def write_certificate(path: Path, certificate: Mapping[str, Any]) -> None:
    """Write a certificate as `.npz`: its prices, and the rest as JSON."""
    head = {key: value for key, value in certificate.items() if key != "price"}
    text = json.dumps(head, ensure_ascii=False)
    files.write_atomic(path, npz_bytes({"head": np.frombuffer(text.encode(), np.uint8), "price": certificate["price"]}))

"""The instance of what is left of one in columns: it costs what a plan still costs, and names what changes."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from leptonopt.compile.columnar import compile_columnar
from leptonopt.errors import UsageError
from leptonopt.instance.columnar import ColumnarInstance
from leptonopt.io.columnar import load, save
from leptonopt.plan.columnar import runs, write_plan
from leptonopt.replanning.columns import RemainingColumns, changes_of, remaining_columns
from leptonopt.replanning.columns_state import Happened, OldRows, as_planned, old_rows, read_columns_state
from leptonopt.verify.columnar_checker import StatedColumns, cost_of_columns
from tests.helpers import bruteforce
from tests.helpers.columnar_files import saved, tiny

DAY = "2026-01-05T{:02}:00Z"


def planned_until(sheets: ColumnarInstance, rows: OldRows, slot: int) -> Happened:
    """Return what has happened by a slot of an hour, as planned."""
    return as_planned(sheets, rows, read_columns_state({"now": DAY.format(slot)}, sheets).now)


def paid(path: Path, rows: OldRows, slot: int) -> Fraction:
    """Return what the rows of a plan have cost before a slot, from the checker's own sums of prices."""
    stated, total = StatedColumns(path), 0
    for task, option, start, count in zip(rows.task, rows.option, rows.start, rows.count, strict=True):
        end = int(start) + stated.option["slots"][option]
        one = stated.option["cost"][option] * stated.cent if start < slot else 0
        for at in range(stated.width):
            row, amount = stated.rows[stated.option["pool"][option]][at], stated.uses[option * stated.width + at]
            if row is not None and start < slot:
                one += amount * (stated.prefix[row][min(end, slot)] - stated.prefix[row][start])
        one += stated.late(int(task), end) if end <= slot and start < slot else 0
        total += one * int(count)
    return Fraction(total, stated.part)


@pytest.mark.parametrize("seed", range(12))
def test_the_rest_of_an_optimal_plan_is_optimal(tmp_path: Path, seed: int) -> None:
    """At every slot the least cost of the rest is what the plan still costs, and the old plan has it."""
    path = saved(tmp_path, tiny(seed))
    built = compile_columnar(load(path))
    best = bruteforce.optimum(built.problem)
    assert best is not None
    rows = old_rows(built.sheets, runs(built, best[1]))
    for slot in range(1, 8):
        happened = planned_until(built.sheets, rows, slot)
        try:
            rest = remaining_columns(built.sheets, rows, happened)
        except UsageError:
            continue  # all is done
        save(tmp_path / "rest.npz", rest.sheets)
        write_plan(tmp_path / "old.npz", {"leptonopt_plan_columns": 1}, rest.warm_start)
        again = compile_columnar(load(tmp_path / "rest.npz"))
        least = bruteforce.optimum(again.problem)
        assert least is not None
        still = best[0] * built.unit - paid(path, rows, slot)
        assert least[0] * again.unit == still == cost_of_columns(tmp_path / "rest.npz", tmp_path / "old.npz")
        assert changes_of(rest, rest.warm_start)[0]["change"] == 0


def rest_of(tmp_path: Path, slot: int = 2, frozen: int = 0, fixed: tuple[int, ...] = ()) -> RemainingColumns:
    """Return what is left of four tasks at a slot: one runs, one waits in two places, one is left out, one is done."""
    arrays = tiny(3, slots=8)
    arrays |= {
        "task_release": [0, 0, 0, 0], "task_deadline": [8, 8, 8, 1], "task_copies": [1, 3, 2, 1],
        "task_value": [-1, 500, 500, 500], "task_due": [-1] * 4, "option_ptr": [0, 2, 4, 5, 6],
        "option_pool": [0, 1, 0, 1, 0, 0], "option_slots": [4, 3, 1, 1, 1, 1], "option_cost": [25] * 6,
        "option_uses": [[1] + [0] * (arrays["option_uses"].shape[1] - 1)] * 6,
    }  # fmt: skip
    del arrays["task_late_cost"]
    sheets = load(saved(tmp_path, {name: np.asarray(column) for name, column in arrays.items()}))
    plan = {"task": [0, 1, 1, 9], "option": [0, 2, 3, 0], "start": [1, 3, 4, 0], "count": [1, 1, 2, 1]}
    rows = old_rows(sheets, {name: np.array(column) for name, column in plan.items()})
    kept = np.isin(np.arange(4), fixed)
    return remaining_columns(sheets, rows, planned_until(sheets, rows, slot), kept, frozen)


def test_tasks_of_the_rest(tmp_path: Path) -> None:
    """A running row has one option for the slots that are left, paid; rows that wait are tasks; positions are kept."""
    sheets = rest_of(tmp_path).sheets
    columns = ("of", "release", "deadline", "copies", "value")
    assert [sheets.of_task(name).tolist() for name in columns] == [
        [0, 1, 1, 2, 3], [2, 2, 2, 2, 2], [5, 8, 8, 8, 3], [1, 1, 2, 2, 1], [-1, 500, 500, 500, 500]
    ]  # fmt: skip
    assert sheets.ptr.tolist() == [0, 1, 3, 5, 6, 6]  # what is past its deadline has no option
    assert sheets.of_option("of").tolist() == [0, 2, 3, 2, 3, 4]
    assert sheets.of_option("slots").tolist() == [3, 1, 1, 1, 1, 1]
    assert sheets.of_option("cost").tolist() == [0, 25, 25, 25, 25, 25]


def test_of_the_rest_of_the_rest(tmp_path: Path) -> None:
    """Positions are those of the instance that was planned first."""
    rest = rest_of(tmp_path)
    rows = old_rows(rest.sheets, rest.warm_start)
    again = remaining_columns(rest.sheets, rows, planned_until(rest.sheets, rows, 4))
    assert again.sheets.of_task("of").tolist() == [0, 1, 2, 3]
    assert again.sheets.of_option("slots").tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("frozen", "fixed", "windows"), [(2, (), (3, 4)), (3, (), (3, 4, 4, 5)), (0, (1,), (3, 4, 4, 5))]
)
def test_frozen_and_fixed(tmp_path: Path, frozen: int, fixed: tuple[int, ...], windows: tuple[int, ...]) -> None:
    """What is to start soon, or is fixed, has its planned option and start alone."""
    sheets = rest_of(tmp_path, frozen=frozen, fixed=fixed).sheets
    held = [(sheets.of_task(name)[at]) for at in range(1, 1 + len(windows) // 2) for name in ("release", "deadline")]
    assert tuple(held) == windows
    assert np.diff(sheets.ptr)[1:3].tolist() == [1, 2 if len(windows) == 2 else 1]


def test_changes_are_named(tmp_path: Path) -> None:
    """By the position of the task, from pool and start to pool and start."""
    rest = rest_of(tmp_path)
    moved = {name: column.copy() for name, column in rest.warm_start.items()}
    moved["start"][1] += 2
    counts, lines = changes_of(rest, {name: column[:2] for name, column in moved.items()})
    assert counts == {"stay": 1, "kept": 0, "change": 3}
    assert lines == [
        "task 1  pool-0 2026-01-05T03:00:00Z -> pool-0 2026-01-05T05:00:00Z",
        *["task 1  pool-1 2026-01-05T04:00:00Z -> left out"] * 2,
    ]


def test_nothing_is_left(tmp_path: Path) -> None:
    """One line where all is done."""
    sheets = load(saved(tmp_path, tiny(1, tasks=1, must=True)))
    rows = old_rows(sheets, {"task": np.array([0]), "option": np.array([0]), "start": np.array([0]),
                             "count": sheets.of_task("copies")})  # fmt: skip
    with pytest.raises(UsageError, match="all tasks are done"):
        remaining_columns(sheets, rows, planned_until(sheets, rows, 7))

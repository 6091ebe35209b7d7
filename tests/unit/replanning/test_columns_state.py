"""What has happened to a plan in columns: by the time, or by a state that names tasks by their positions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leptonopt.errors import InstanceError, UsageError
from leptonopt.instance.columnar import ColumnarInstance
from leptonopt.io.columnar import load
from leptonopt.replanning.columns_state import Happened, OldRows, as_planned, as_said, old_rows, read_columns_state
from tests.helpers.columnar_files import saved, tiny

NOON = "2026-01-05T02:00Z"


@pytest.fixture
def world(tmp_path: Path) -> tuple[ColumnarInstance, OldRows]:
    """Return three tasks of four slots on two pools, the second with three copies, and a plan of four copies."""
    arrays = tiny(3, slots=12)
    uses = [[1] + [0] * (arrays["option_uses"].shape[1] - 1)] * 6
    arrays |= {
        "task_release": [0, 0, 0], "task_deadline": [12, 12, 12], "task_copies": [1, 3, 1], "task_value": [-1] * 3,
        "option_ptr": [0, 2, 4, 6], "option_pool": [0, 1] * 3, "option_slots": [4, 3] * 3, "option_uses": uses,
    }  # fmt: skip
    for name in ("task_due", "task_late_cost", "option_cost"):
        del arrays[name]
    sheets = load(saved(tmp_path, {name: np.asarray(column) for name, column in arrays.items()}))
    plan = {"task": [1, 1, 0, 7, 2], "option": [3, 2, 0, 0, 0], "start": [5, 1, 0, 0, 0], "count": [1, 1, 1, 1, 1]}
    return sheets, old_rows(sheets, {name: np.array(column) for name, column in plan.items()})


def said(world: tuple[ColumnarInstance, OldRows], **state: Any) -> Happened:
    """Return what has happened by a state at two."""
    sheets, rows = world
    return as_said(sheets, rows, read_columns_state({"now": NOON, **state}, sheets))


def test_rows_of_the_old_plan(world: tuple[ColumnarInstance, OldRows]) -> None:
    """They are sorted; those that the instance does not know are left out; copies count by start."""
    rows = world[1]
    assert (rows.task.tolist(), rows.start.tolist()) == ([0, 1, 1], [0, 1, 5])
    assert [rows.of_copy(1, copy) for copy in (1, 2, 3)] == [1, 2, None]
    with pytest.raises(UsageError, match="the old plan"):
        old_rows(world[0], {"task": np.array([0.5])})


@pytest.mark.parametrize(
    ("now", "slot", "left"), [("02:00Z", 2, [2, 3]), ("02:20Z", 3, [1, 2]), ("03:20Z", 4, [1]), ("04:00Z", 4, [1])]
)
def test_as_planned(world: tuple[ColumnarInstance, OldRows], now: str, slot: int, left: list[int]) -> None:
    """What has begun and not ended runs, for the slots that are left of it from the next whole one on."""
    found = as_planned(*world, read_columns_state({"now": f"2026-01-05T{now}"}, world[0]).now)
    assert (found.slot, found.left.tolist()) == (slot, left)
    assert (found.waiting.tolist(), found.left_out.tolist()) == ([0, 0, 1], [0, 1, 1])


@pytest.mark.parametrize(
    ("run", "option", "left"),
    [
        ({"task": "0"}, 0, 2),
        ({"task": "0", "progress": 0.25}, 0, 3),
        ({"task": "0", "started": "2026-01-05T01:00Z"}, 0, 3),
        ({"task": "0", "ends": "2026-01-05T02:10Z"}, 0, 1),
        ({"task": "0", "pool": "pool-1", "progress": 0}, 1, 3),
        ({"task": "0", "option": "1", "progress": 1}, 1, 1),
        ({"task": "1", "copy": 3, "option": "3"}, 3, 3),
    ],
)
def test_what_runs(world: tuple[ColumnarInstance, OldRows], run: dict[str, Any], option: int, left: int) -> None:
    """By progress, start or end, in the option, on the pool, or as planned."""
    found = said(world, running=[run])
    assert (found.option.tolist(), found.left.tolist(), found.count.tolist()) == ([option], [left], [1])
    assert int(found.waiting.sum() + found.left_out.sum()) == 4


def test_what_is_done_and_failed(world: tuple[ColumnarInstance, OldRows]) -> None:
    """What is done waits no more, planned or not; what failed waits."""
    found = said(world, done=["2", {"task": "1", "copy": 2}], failed=["0"])
    assert (found.waiting.tolist(), found.left_out.tolist()) == ([1, 1, 0], [0, 1, 0])


def test_what_runs_beyond_the_horizon(world: tuple[ColumnarInstance, OldRows]) -> None:
    """It is cut there, and counted."""
    found = said(world, running=[{"task": "0", "ends": "2026-01-06T02:00Z"}])
    assert (found.left.tolist(), found.ends_over) == ([10], 1)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"done": ["three"]}, "done[0]: there is no task 'three'; positions from 0 to 2 are allowed"),
        ({"running": ["3"]}, "running[0]: there is no task '3'"),
        ({"fixed": ["-1"]}, "fixed[0]: there is no task '-1'"),
        ({"done": [{"task": "1", "copy": 4}]}, "done[0]: task 1 has 3 copies, not 4"),
        ({"done": ["0"], "running": ["0"]}, "running[0]: task 0, copy 1 stands in the state already"),
        ({"nodes": [{"pool": "pool-0", "on": 1}]}, "nodes: columns have none of these"),
        ({"move": {"cost": 3}}, "move: columns have none of these"),
        ({"running": [{"task": "0", "move": {}}]}, "running[0]: what runs stays where it is in columns"),
        ({"running": [{"task": "0", "progress": 2}]}, "at most 1"),
    ],
)
def test_wrong_states(world: tuple[ColumnarInstance, OldRows], state: dict[str, Any], message: str) -> None:
    """A line for each fault, with its place."""
    with pytest.raises(InstanceError) as error:
        said(world, **state)
    assert message in str(error.value)
    assert len(error.value.findings) == 1


@pytest.mark.parametrize("run", [{"task": "0", "option": "2"}, {"task": "0", "pool": "none"}, {"task": "2"}])
def test_an_option_that_is_not_known(world: tuple[ColumnarInstance, OldRows], run: dict[str, Any]) -> None:
    """One line with those that there are."""
    with pytest.raises(UsageError, match=r"state: running task \d: .*; there are \d on pool-0, \d on pool-1"):
        said(world, running=[run])


@pytest.mark.parametrize(("now", "slot"), [("2026-01-04T02:00Z", 0), ("2026-01-05T11:00Z", 11)])
def test_now(world: tuple[ColumnarInstance, OldRows], now: str, slot: int) -> None:
    """Before the horizon nothing has begun; at its end nothing is left."""
    assert as_planned(*world, read_columns_state({"now": now}, world[0]).now).slot == slot
    with pytest.raises(UsageError, match="nothing is left of the horizon"):
        said(world, now="2026-01-05T11:20Z")

"""Windows of tasks for the bound, tightened by precedence."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.verify.exact import Malformed
from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.windows import Fit, Windows, slot_of
from tests.helpers.stated import stated
from tests.helpers.tiny_instances import task


def windows(made: StatedInstance, edges: dict[str, list[tuple[str, int]]], lengths: dict[str, int]) -> Windows:
    """Return the windows of tasks whose only option takes so many slots; one of 0 fits nowhere."""
    fits = {
        id: [Fit(next(iter(made.ways(id).values())), ((length, (0, made.slots - length)),))] if length else []
        for id, length in lengths.items()
    }
    return Windows(made, fits, edges)


def test_precedence_tightens_both_ways() -> None:
    """x of one slot, y of two with a lag, z."""
    made = stated(task("x"), task("y"), task("z"))
    found = windows(made, {"y": [("x", 1)], "z": [("y", 0)]}, {"x": 1, "y": 2, "z": 0})
    assert (found.release["y"], found.deadline["x"]) == (2, 1)
    assert not found.may_miss
    wide = windows(stated(task("x"), task("y")), {"y": [("x", 0)]}, {"x": 1, "y": 2})
    assert (wide.release, wide.deadline) == ({"x": 0, "y": 1}, {"x": 2, "y": 4})


def test_tasks_that_may_be_left_out() -> None:
    """Not those that a mandatory task waits for."""
    made = stated(task("x", optional=True, value=1), task("y"), task("z", optional=True, value=1))
    assert windows(made, {"y": [("x", 0)]}, {"x": 1, "y": 1, "z": 1}).may_miss == {"z"}


def test_a_mandatory_task_behind_one_that_cannot_run() -> None:
    """There is no plan; an optional one is only left out."""
    made = stated(task("x", optional=True, value=1), task("y"))
    assert windows(made, {"y": [("x", 0)]}, {"x": 0, "y": 1}).impossible
    free = stated(task("x", optional=True, value=1), task("y", optional=True, value=1))
    found = windows(free, {"y": [("x", 0)]}, {"x": 0, "y": 1})
    assert (found.impossible, found.fits["y"]) == (False, [])


def test_circles_are_malformed() -> None:
    """Nobody has validated the instance."""
    with pytest.raises(Malformed, match="in a circle"):
        windows(stated(task("x"), task("y")), {"x": [("y", 0)], "y": [("x", 0)]}, {"x": 1, "y": 1})


@pytest.mark.parametrize(
    ("moment", "up", "slot"),
    [
        (None, False, 7),
        ("2026-01-05T01:30:00Z", False, 1),
        ("2026-01-05T01:30:00Z", True, 2),
        ("2026-01-04T00:00:00Z", True, 0),
        ("2026-01-09T00:00:00Z", False, 4),
    ],
)
def test_slots_of_moments(moment: Any, up: bool, slot: int) -> None:
    """Rounded to the safe side, and kept within the horizon on that side."""
    assert slot_of(stated(), moment, 7, up) == slot

"""Replan tasks in segments."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt import solve
from leptonopt.errors import InstanceError, UsageError
from leptonopt.instance import Instance, validate
from leptonopt.replanning.as_planned import state_as_planned
from leptonopt.replanning.changes import changes_of, counted
from leptonopt.replanning.document import Replanned, remaining_instance
from leptonopt.replanning.state import read_state
from tests.unit.replanning.worlds import line

DAY = "2026-11-30T{:02}:00Z"


def world(**more: Any) -> Instance:
    """Return an instance of two copies of eight hours in segments, on a pool that is dear from two to six."""
    prices = {"steps": {DAY.format(0): 1, DAY.format(2): 5, DAY.format(6): 1}}
    cut = {"most": 3, "restart": "30m", "shortest": "2h", **more}
    task = {"id": "t", "copies": 2, "segments": cut, "options": [{"pool": "own", "uses": {"gpu": 1}, "duration": "8h"}]}
    time = {"start": DAY.format(0), "slot": "1h", "horizon": "1d"}
    return validate(
        {"time": time, "pools": [{"id": "own", "capacity": {"gpu": 2}, "price": {"gpu": prices}}], "tasks": [task]}
    )


PLAN: dict[str, Any] = {
    "leptonopt_plan": 1,
    "tasks": [
        line("t", "own", 0, 2, copy=1, segment=1), line("t", "own", 6, 7, copy=1, segment=2),
        line("t", "own", 6, 8, copy=2, segment=1),
    ],
}  # fmt: skip


def rest(state: dict[str, Any], instance: Instance | None = None, **more: Any) -> Replanned:
    """Return what is left in a state."""
    instance = instance or world()
    return remaining_instance(instance, PLAN, read_state(state, instance), **more)


def cut(found: Replanned, number: int = 0) -> dict[str, Any]:
    """Return `segments` of a task of what is left."""
    validate(found.document)
    stated: dict[str, Any] = found.document["tasks"][number]["segments"]
    return stated


def as_planned(hour: int) -> dict[str, Any]:
    """Return the state as planned until an hour."""
    return state_as_planned(PLAN, DAY.format(hour))


def test_the_warm_start_stays_on_its_nodes() -> None:
    """Segments, and whole tasks, are on the nodes of the old plan in the one to start from."""
    nodes = {"id": "own", "nodes": {"id": "n", "size": {"gpu": 1}, "count": 2, "price": 1}}
    whole = {"id": "w", "options": [{"pool": "own", "uses": {"gpu": 1}, "duration": "2h"}]}
    document = world().document() | {"placement": "one-node", "pools": [nodes]}
    instance = validate({**document, "tasks": [*document["tasks"], whole]})
    lines = [{**each, "nodes": [f"n/{each['copy']}"]} for each in PLAN["tasks"]]
    plan = {**PLAN, "tasks": [*lines, line("w", "own", 9, 2, nodes=["n/2"])]}
    found = remaining_instance(instance, plan, read_state(state_as_planned(plan, DAY.format(1)), instance))
    assert {(each["id"], *each["nodes"]) for each in found.warm_start["tasks"]} == {
        ("t#1", "n/1"), ("t#2", "n/2"), ("w", "n/2"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("hour", "most", "begun"),
    [
        (1, 3, {"option": "own", "left": "7h", "shortest": "1h"}),
        (4, 2, {"option": "own", "left": "6h", "paused": True}),
        (9, 2, {"option": "own", "left": "3h30m", "number": 2}),
    ],
)
def test_what_has_begun_as_planned(hour: int, most: int, begun: dict[str, Any]) -> None:
    """The work that is left and the segments, of what runs and of what waits between segments."""
    assert (cut(rest(as_planned(hour)))["most"], cut(rest(as_planned(hour)))["begun"]) == (most, begun)


def test_what_the_state_says_counts() -> None:
    """Progress and the number of segments are those that are said; a copy of which nothing is said has not begun."""
    said = {"now": DAY.format(4), "running": [{"task": "t", "progress": 0.5, "segments": 2}],
            "paused": [{"task": "t", "copy": 2, "progress": 0.25}]}  # fmt: skip
    found = rest(said)
    assert cut(found) == {
        "most": 2,
        "restart": "30m",
        "shortest": "2h",
        "begun": {"option": "own", "left": "4h", "number": 2},
    }
    assert cut(found, 1)["begun"] == {"option": "own", "left": "6h", "paused": True}
    assert "begun" not in cut(rest({"now": DAY.format(4)}))


def test_wrong_states_are_refused() -> None:
    """No segment is left, a whole task pauses, or a share is above 1."""
    with pytest.raises(UsageError, match="'t' has run in all of its 3 segments"):
        rest({"now": DAY.format(4), "paused": [{"task": "t", "segments": 3}]})
    with pytest.raises(InstanceError, match=r"paused\[0\]: 't' has no segments"):
        rest({"now": DAY.format(4), "paused": ["t"]}, world(most=1))
    with pytest.raises(InstanceError, match="progress and work are shares"):
        rest({"now": DAY.format(4), "paused": [{"task": "t", "progress": 2}]})


def test_planned_segments_are_kept() -> None:
    """As planned nothing changes, and the plan of what is left costs what is left of the old one: 15 less 2."""
    found = rest(as_planned(4))
    result = solve(found.document, method="cpsat", time_limit=10, isolate=False, warm_start=found.warm_start)
    changed = changes_of(found, result.document)
    assert {change.what for change in changed} == {"kept"}
    assert (result.cost, counted(changed)) == (15, 0)


def test_a_deadline_that_cannot_be_met_is_dropped() -> None:
    """With a note, and frozen time keeps other segments from beginning."""
    document = world().document()
    document["tasks"][0]["deadline"] = DAY.format(6)
    found = rest(as_planned(4), validate(document), frozen=3 * 3600)
    assert found.notes == ["'t#1' runs 5h past its deadline, which it cannot meet any more"]
    assert [option.get("not_before") for option in found.document["tasks"][0]["options"]] == [
        "2026-11-30T06:00:00Z", "2026-11-30T07:00:00Z"
    ]  # fmt: skip


def test_work_and_numbers_of_a_state() -> None:
    """The share that segments of the old plan have done counts, and numbers go on from those before it."""
    said = {"task": "t", "copy": 1, "segments": 2, "work": 0.5}
    found = cut(rest({"now": DAY.format(8), "paused": [said]}))
    assert found["begun"] == {"option": "own", "left": "4h", "paused": True, "number": 2}
    found = cut(rest({"now": DAY.format(8), "running": [{**said, "started": DAY.format(5)}]}))
    assert found["begun"] == {"option": "own", "left": "4h", "number": 2}
    paused = world(begun={"option": "own", "left": "6h", "paused": True, "number": 3})
    found = cut(rest({"now": DAY.format(8), "paused": [{**said, "segments": 1}]}, paused))
    assert found["begun"] == {"option": "own", "left": "2h", "paused": True, "number": 4}
    runs = world(begun={"option": "own", "left": "6h", "number": 3})  # its first segment goes on
    found = cut(rest({"now": DAY.format(8), "paused": [{**said, "segments": 1}]}, runs))
    assert found["begun"]["number"] == 3
    found = cut(rest({"now": DAY.format(8)}, runs))
    assert found["begun"] == {"option": "own", "left": "6h", "number": 3, "paused": True}


def fetching() -> Instance:
    """Return an instance of one task in segments that first fetches a dataset for an hour, and pays 2 for that."""
    document = world().document()
    pool = {"id": "own", "capacity": {"gpu": 2}, "price": {"gpu": 1}, "labels": ["region:x"]}
    link = {"from": "y", "to": "x", "price": 1, "setup": "1h"}
    task = {**document["tasks"][0], "inputs": ["d"], "copies": 1}
    return validate({
        "time": document["time"], "pools": [pool], "links": [link], "tasks": [task],
        "datasets": [{"id": "d", "gib": 2, "at": ["y"]}],
    })  # fmt: skip


FETCHED: dict[str, Any] = {
    "leptonopt_plan": 1,
    "tasks": [line("t", "own", 0, 4, segment=1), line("t", "own", 6, 6, segment=2)],
}


@pytest.mark.parametrize(("hour", "left", "cost"), [(2, "7h", 7), (4, "5h", 6), (7, "4h30m", 5)])
def test_inputs_are_there_once_it_has_begun(hour: int, left: str, cost: int) -> None:
    """Their hour does no work, and what is left pays for them no more."""
    instance = fetching()
    found = remaining_instance(instance, FETCHED, read_state(state_as_planned(FETCHED, DAY.format(hour)), instance))
    assert cut(found)["begun"]["left"] == left
    result = solve(found.document, method="segments", time_limit=5, isolate=False, warm_start=found.warm_start)
    assert result.cost == cost


def test_inputs_of_what_waits_are_fetched_once() -> None:
    """A planned segment that is kept fetches them, as any other first segment does."""
    instance = fetching()
    moved = {"tasks": [line("t", "own", 3, 9, segment=1), line("t", "own", 14, 4, segment=2)]}
    found = remaining_instance(instance, moved, read_state({"now": DAY.format(1)}, instance))
    kept = found.document["tasks"][0]["options"][0]
    assert (kept["id"], kept["duration"], kept["cost"]) == ("own (kept)", "8h", 0)
    result = solve(found.document, method="segments", time_limit=5, isolate=False, warm_start=found.warm_start)
    assert (result.cost, result.document["tasks"][0]["start"]) == (11, "2026-11-30T03:00:00Z")

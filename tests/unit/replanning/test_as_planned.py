"""The state in which all went as planned."""

from __future__ import annotations

import pytest

import leptonopt
from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.replanning.as_planned import state_as_planned
from leptonopt.replanning.changes import changes_of, counted
from leptonopt.replanning.document import remaining_instance
from leptonopt.replanning.state import read_state
from tests.unit.replanning.worlds import PLAN, line


def test_done_and_running() -> None:
    """At 13:00 three are done and two copies run until 15:00; at a start nothing of it runs yet."""
    state = state_as_planned(PLAN, "2026-11-30T13:00Z")
    assert [entry["task"] for entry in state["done"]] == ["a", "b", "c"]
    assert [(run["task"], run["copy"], run["ends"]) for run in state["running"]] == [
        ("sweep", 1, "2026-11-30T15:00:00Z"), ("sweep", 2, "2026-11-30T15:00:00Z")
    ]  # fmt: skip
    assert state_as_planned(PLAN, "2026-11-30T12:00Z")["running"] == []
    with pytest.raises(UsageError, match="--now"):
        state_as_planned(PLAN, "noon")


def test_nodes_as_planned() -> None:
    """Nodes of a kind are counted together, by the last step before the instant; kinds that are off are left out."""
    steps = [{"from": "2026-11-30T00:00:00Z", "count": 2}, {"from": "2026-11-30T04:00:00Z", "count": 5}]
    nodes = [
        {"pool": "n", "kind": "k", "node": 1, "on": steps[:1], "committed": 1},
        {"pool": "n", "kind": "k", "node": 3, "last": 9, "on": steps, "committed": 0},
        {"pool": "n", "kind": "off", "on": steps[1:], "committed": 0},
    ]
    state = state_as_planned({"tasks": [], "nodes": nodes}, "2026-11-30T03:00Z")
    assert state["nodes"] == [{"pool": "n", "kind": "k", "on": 4, "committed": 1}]


def test_nodes_that_run_on_cost_no_second_start() -> None:
    """Three hours on, a node is on: the rest costs its hours alone, and one-node tasks keep their place on it."""
    node = {"id": "k", "size": {"gpu": 4}, "count": 3, "price": 2, "startup": 10, "boot": "1h"}
    small = {"placement": "one-node", "options": [{"pool": "rent", "uses": {"gpu": 2}, "duration": "2h"}]}
    instance = validate({
        "time": {"start": "2026-11-30T00:00Z", "slot": "1h", "horizon": "12h"},
        "pools": [{"id": "rent", "nodes": node}],
        "tasks": [{"id": "a", "options": [{"pool": "rent", "uses": {"gpu": 4}, "duration": "6h"}]},
                  {"id": "b", **small}, {"id": "c", **small}],
    })  # fmt: skip
    old = {
        "tasks": [line("a", "rent", 1, 6), line("b", "rent", 7, 2), line("c", "rent", 7, 2)],
        "nodes": [{"pool": "rent", "kind": "k", "on": [{"from": "2026-11-30T00:00:00Z", "count": 1}], "committed": 0}],
    }
    state = read_state(state_as_planned(old, "2026-11-30T03:00Z"), instance)
    found = remaining_instance(instance, old, state)
    result = leptonopt.solve(found.document, method="greedy", time_limit=60, warm_start=found.warm_start, threads=1)
    assert result.cost == 6 * 2
    assert counted(changes_of(found, result.document)) == 0


@pytest.mark.parametrize(("placement", "since"), [("span", ["2026-11-30T01:00:00Z"]), ("one-node", None)])
def test_minimum_times_go_on(placement: str, since: list[str] | None) -> None:
    """A node within its minimum time says since when it is on; where tasks tell nodes apart, that is not supported."""
    task = {"id": "a", "placement": placement, "options": [{"pool": "n", "uses": {"gpu": 1}, "duration": "2h"}]}
    kind = {"id": "k", "size": {"gpu": 4}, "count": 3, "price": 2, "minimum": "5h"}
    time = {"start": "2026-11-30T00:00Z", "slot": "1h", "horizon": "12h"}
    instance = validate({"time": time, "pools": [{"id": "n", "nodes": kind}], "tasks": [task]})
    nodes = [{"pool": "n", "kind": "k", "on": [{"from": "2026-11-30T01:00:00Z", "count": 1}]}]
    old = {"tasks": [line("a", "n", 1, 2)], "nodes": nodes}
    state = state_as_planned(old, "2026-11-30T02:00Z", instance)
    assert state["nodes"][0].get("since") == since
    found = remaining_instance(instance, old, read_state(state, instance))
    (left,) = found.document["pools"][0]["nodes"]
    assert (left["running"], left.get("since")) == (1, since)
    validate(found.document)

"""The state in which all went as planned."""

from __future__ import annotations

import pytest

from leptonopt.errors import UsageError
from leptonopt.replanning.as_planned import state_as_planned
from tests.unit.replanning.worlds import PLAN


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

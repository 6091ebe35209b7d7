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

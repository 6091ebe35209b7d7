"""Nodes that are on when planning again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from leptonopt.replanning.standing import committed_savings, standing_pools
from leptonopt.replanning.state import read_state
from tests.unit.replanning.worlds import FOUR, NIGHT, world


def nodes(now: str, **said: Any) -> dict[str, Any]:
    """Return the kind of nodes of what is left."""
    kind = {"size": {"cpu": 8}, "count": 4, "price": 1, "running": 3, "commit": {"price": 1, "max": 3}}
    instance = world(pools=[*world().document()["pools"], {"id": "n", "nodes": [kind]}])
    state = read_state({"now": now, "nodes": [{"pool": "n", **said}] if said else []}, instance)
    found: dict[str, Any] = standing_pools(instance, instance.document()["pools"], state)[-1]["nodes"][0]
    return found


def test_nodes_that_are_on_are_those_of_now() -> None:
    """Those of the old start are gone, unless that is now."""
    assert "running" not in nodes(FOUR)
    assert nodes(NIGHT)["running"] == 3
    assert nodes(FOUR, on=2)["running"] == 2
    assert (nodes(FOUR, committed=2)["reserved"], nodes(FOUR, committed=2)["commit"]["max"]) == (2, 1)


def test_what_savings_plans_commit_stays() -> None:
    """Two more an hour on top of what is stated, at every step; nothing can be added."""
    stated = [
        {"id": "a", "committed": {"steps": {"2026-01-05T00:00Z": 1, "2026-01-05T02:00Z": 0}}, "commit": {"max": 5}},
        {"id": "b"},
    ]
    assert committed_savings(stated, {"savings": [{"id": "a", "commit": 2.5}]}) == [
        {"id": "a", "committed": {"steps": {"2026-01-05T00:00Z": Decimal("3.5"), "2026-01-05T02:00Z": Decimal("2.5")}}},
        {"id": "b", "committed": 0},
    ]

"""Solves on counted nodes: proven by the relaxation, or searched on with nodes told apart."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.session.alike_session import AlikeSession
from leptonopt.session.session import SolveSession
from leptonopt.session.session_type import session_type
from leptonopt.session.source import open_source


def stated(uses: list[int], hours: int = 2, count: int = 2, **kind: Any) -> dict[str, Any]:
    """One-node tasks of an hour on nodes of eight."""
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": f"{hours}h"},
        "pools": [{"id": "p", "nodes": {"id": "box", "size": {"gpu": 8}, "count": count, "price": 1, **kind}}],
        "tasks": [
            {
                "id": f"t{at}",
                "placement": "one-node",
                "options": [{"pool": "p", "uses": {"gpu": use}, "duration": "1h"}],
            }
            for at, use in enumerate(uses)
        ],
    }


def test_the_session_follows_from_the_placement() -> None:
    """Without a one-node task nothing is counted that plans tell apart."""
    document = stated([1])
    assert session_type(open_source(document)()) is AlikeSession
    del document["tasks"][0]["placement"]
    assert session_type(open_source(document)()) is SolveSession


@pytest.mark.parametrize("method", ["auto", "greedy", "cpsat"])
def test_the_relaxation_proves_what_is_assigned_at_its_cost(method: str) -> None:
    """Three tasks of 4 fill a node and a half: two node hours."""
    found = leptonopt.solve(stated([4, 4, 4]), method=method, time_limit=20, isolate=False)
    assert found.cost == 2
    if method != "greedy":
        assert found.status == "optimal"


def test_where_the_relaxation_has_a_cheaper_schedule_the_search_goes_on() -> None:
    """Four tasks of 3 in one hour weigh a node and a half and need two; 3 + 3 + 3 + 3 + 4 need three nodes, not two."""
    found = leptonopt.solve(stated([3, 3, 3, 3, 4], hours=1, count=3), method="cpsat", time_limit=20, isolate=False)
    assert found.cost == 3
    assert found.status == "optimal"


@pytest.mark.parametrize("uses", [[4, 4, 4], [3, 3, 3, 3, 4]])
def test_secondary_goals_hold_with_and_without_nodes_told_apart(uses: list[int]) -> None:
    """Of two options of equal cost the one that consumes less, where the relaxation is enough and where it is not."""
    document = stated(uses, hours=1, count=3)
    document["objective"] = {"ties": ["wear"]}
    for at, task in enumerate(document["tasks"]):
        way = task["options"][0]
        task["options"] = [
            {**way, "id": "rough", "consumes": {"wear": 2 + at}},
            {**way, "id": "soft", "consumes": {"wear": 1}},
        ]
    found = leptonopt.solve(document, method="cpsat", time_limit=20, isolate=False)
    assert found.status == "optimal"
    assert found.cost == len(uses) // 2 + len(uses) % 2 == found.bound
    assert {line["option"] for line in found.document["tasks"]} == {"soft"}


def test_deterministic_solves_give_the_same_plan() -> None:
    """Also where the search goes on with nodes told apart."""
    document = stated([3, 3, 3, 3, 4, 5, 6], hours=2, count=3)
    plans = []
    for _ in range(2):
        found = leptonopt.solve(document, time_limit=3, threads=1, deterministic=True, isolate=False)
        plans.append((found.cost, found.document["tasks"], found.document["nodes"]))
    assert plans[0] == plans[1]
    assert plans[0][0] is not None


def test_no_plan_with_nodes_is_proven() -> None:
    """Five tasks of 3 in one hour fit two nodes by their sum, and not one by one."""
    found = leptonopt.solve(stated([3, 3, 3, 3, 3], hours=1), method="cpsat", time_limit=20, isolate=False)
    assert found.status == "infeasible"

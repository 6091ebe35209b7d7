"""Solves on counted nodes: proven by the relaxation, or searched on with nodes told apart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

import leptonopt
from leptonopt.compile.node_form import TOLD_APART
from leptonopt.problem.protocol import Limits, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import now
from leptonopt.runtime.signals import Signals
from leptonopt.session import portfolio
from leptonopt.session.alike_session import AlikeSession, AlikeState, ToldApartSession
from leptonopt.session.lane import Lane
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


def test_the_search_on_counted_nodes_ends_after_the_first_annealing(monkeypatch: pytest.MonkeyPatch) -> None:
    """After 35 % of the time without nodes for the best schedule; after 65 % before annealing has ended."""
    source = open_source(stated([4, 4, 4]))()
    monkeypatch.setattr(AlikeState, "fits", lambda state, near=0.0: False)
    monkeypatch.setattr(AlikeState, "place_exactly", lambda state, equal=False: None)

    def stops(share: float, begun: bool | None) -> bool:
        session = AlikeSession(source, Limits(1000.0), now(), source.closing(0.0), Signals(False))
        session.state.schedule = Schedule.of([], [])
        lane = Lane([portfolio.ANNEALING, portfolio.LNS], 1000.0)
        session.lanes = [] if begun is None else [lane]
        if begun:
            lane.begin(portfolio.ANNEALING, 0.0)
            lane.end(Stop.LIMIT, 300.0)
            lane.waiting = [portfolio.LNS]
        monkeypatch.setattr(session.state.watch, "seconds", lambda: share * 1000.0)
        return session.should_stop()

    assert [stops(share, begun=True) for share in (0.34, 0.36)] == [False, True]
    for begun in (None, False):
        assert [stops(share, begun) for share in (0.36, 0.64, 0.66)] == [False, False, True]


def test_neighbourhoods_go_first_beside_a_plan_with_nodes_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Annealing comes before them without a plan, and on many groups."""
    monkeypatch.setattr(portfolio, "is_annealed", lambda problem, deterministic=False: True)
    source = open_source(stated([4, 4, 4]))().in_form(TOLD_APART)

    def first(schedule: Schedule | None, few_groups: int) -> str:
        monkeypatch.setattr(portfolio, "LIMITS", replace(portfolio.LIMITS, small_columns=0, few_groups=few_groups))
        session = ToldApartSession(source, Limits(9.0, threads=1), now(), source.closing(0.0), Signals(False))
        session.state.schedule = schedule
        return next(one.method for one in session._lanes_of_auto()[0] if one.method != "cpsat-intervals")

    some = Schedule.of([], [])
    assert [first(some, 250), first(some, 0), first(None, 250)] == ["lns", "penalty-search", "penalty-search"]

"""A search on the nodes of a plan and a few more."""

from __future__ import annotations

import time
from typing import Any

import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.node_form import COUNTED
from leptonopt.instance import validate
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.signals import Signals
from leptonopt.session import node_search
from leptonopt.session.node_assignment import AssignedRuns, NodeAssigner
from leptonopt.session.placed_plan import placed_plan
from leptonopt.session.session import SolveSession, WorkerOptions
from leptonopt.session.source import TreeSource, open_source


def stated(uses: list[int], count: int) -> dict[str, Any]:
    """One-node tasks of an hour on nodes of ten, within four hours."""
    hours = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}
    way = {"pool": "p", "duration": "1h"}
    return {
        "time": hours,
        "pools": [{"id": "p", "nodes": {"id": "box", "size": {"gpu": 10}, "count": count, "price": 1}}],
        "tasks": [
            {"id": f"t{at}", "placement": "one-node", "options": [{**way, "uses": {"gpu": use}}]}
            for at, use in enumerate(uses)
        ],
    }


def test_the_nodes_in_use_and_one_more_are_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand nodes two are in use, so three are offered; None where that is more than allowed."""
    compiled = compile_instance(validate(stated([6, 6, 2], 1000)), COUNTED)
    assigner = NodeAssigner(compiled)
    assigned = assigner.assign(Schedule.of(compiled.problem.option_ptr[:-1], [0, 0], compiled.problem.copies))
    choices = node_search.narrowed_choices(assigner, assigned, None)
    assert choices is not None
    assert [len(found) for found in choices.values()] == [3, 3, 3]
    monkeypatch.setattr(node_search, "SETTINGS", node_search.NodeSearchSettings(max_options=8))
    assert node_search.narrowed_choices(assigner, assigned, None) is None


def test_a_plan_gets_cheaper_on_its_nodes() -> None:
    """Two halves of a node in two hours are two node hours, and one in the same hour; the session learns no bound."""
    source = open_source(stated([5, 5], 1000))()
    assert isinstance(source, TreeSource)
    runs = tuple((at, source.compiled.kept[at][0].id, ("p/box/1",), at, 1) for at in range(2))
    plan = placed_plan(source, AssignedRuns(runs, (), {"p": ["p/box/1", "p/box/2"]}, {}))
    assert plan is not None
    assert plan.cost == 2
    limits = Limits(1.0, deterministic=True)
    with Signals() as signals:
        session = SolveSession(
            source, limits, time.monotonic(), source.closing(0.0), signals, options=WorkerOptions(False)
        )
        choices = {("t0", runs[0][1]): [("p/box/1",)], ("t1", runs[1][1]): [("p/box/1",)]}
        found = node_search.search_narrowed(session, source, choices, plan)
    assert found is not None
    assert found.cost == 1
    assert session.state.lower is None

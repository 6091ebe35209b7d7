"""Nodes told apart: as many as tasks can need, whatever the count; what is alike beyond that is counted."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

import leptonopt
from leptonopt.compile import node_kinds
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InstanceError
from leptonopt.instance import validate
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import objective
from leptonopt.solvers import cpsat
from leptonopt.verify import verify

TIME = {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}


def document(count: Any, copies: int = 3, **kind: Any) -> dict[str, Any]:
    """Copies within a node each, others that span, and one on a whole node."""
    ways = {"pool": "p", "duration": "2h"}
    return {
        "time": TIME,
        "pools": [{"id": "p", "nodes": {"id": "box", "size": {"gpu": 8}, "count": count, "price": 1, **kind}}],
        "tasks": [
            {"id": "one", "copies": copies, "placement": "one-node", "options": [{**ways, "uses": {"gpu": 5}}]},
            {"id": "span", "options": [{**ways, "uses": {"gpu": 12}}]},
            {"id": "whole", "options": [{**ways, "nodes": 1}]},
        ],
    }


def ranges(stated: dict[str, Any]) -> list[tuple[int | None, int | None]]:
    """Node numbers of every kind of the problem."""
    return [(kind.node, kind.last) for kind in compile_instance(validate(stated)).kinds]


def test_as_many_as_can_be_needed() -> None:
    """3 copies and a whole node: 4 of each kind of alike nodes, and the rest together; all of few."""
    assert ranges(document(6)) == [(n, n) for n in range(1, 7)]
    assert ranges(document(100_000)) == [*((n, n) for n in range(1, 5)), (5, 100_000)]
    singles = [(1, 1), (2, 2), *((n, n) for n in range(3, 7)), (7, 100), *((n, n) for n in range(101, 105)), (105, 500)]
    steps = {"steps": {"2026-01-05T00:00Z": 500, "2026-01-05T02:00Z": 100}}
    assert ranges(document(steps, reserved=2)) == singles


def test_nodes_that_could_change_places_stay_apart() -> None:
    """Committed nodes and others with a minimum time: 10 of them one by one."""
    found = ranges(document(200, commit={"price": 0.5, "max": 10}, minimum="3h"))
    assert found[:10] == [(n, n) for n in range(1, 11)]
    assert found[10:] == [*((n, n) for n in range(11, 15)), (15, 200)]


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"reserved": 1, "startup": 0.5},
        {"boot": "1h"},
        {"commit": {"total": 1, "max": 2}, "minimum": "3h", "shutdown": 0.25},
        {"price": None, "commit": 0.5, "boot": "1h"},
    ],
)
def test_the_cost_is_that_of_nodes_all_told_apart(kind: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 7 nodes, counted beyond what is needed or each by itself, the optimum is the same, and the checker agrees."""
    stated = document({"steps": {"2026-01-05T00:00Z": 7, "2026-01-05T03:00Z": 6}}, copies=1, **kind)
    stated["pools"][0]["nodes"] = {
        key: value for key, value in stated["pools"][0]["nodes"].items() if value is not None
    }
    found = []
    for small in (64, 0):
        monkeypatch.setattr(node_kinds, "SMALL", small)
        compiled = compile_instance(validate(copy.deepcopy(stated)))
        solution = cpsat.solve(compiled.problem, None, Limits(), NullMonitor())
        assert solution.status == "optimal"
        assert solution.schedule is not None
        found.append((objective(compiled.problem, solution.schedule) * compiled.unit, len(compiled.kinds)))
    assert found[0][0] == found[1][0]
    assert found[0][1] > found[1][1]
    result = leptonopt.solve(copy.deepcopy(stated), method="cpsat", isolate=False)
    assert result.status == "optimal"
    assert verify(stated, result.document).ok
    assert result.cost == found[0][0]


def test_the_checker_takes_no_range_of_nodes_that_differ() -> None:
    """Ranges over a reserved node, with a task on them, that overlap, or with more on than there are, are noticed."""
    stated = document(100, reserved=2)
    plan = json.loads(json.dumps(leptonopt.solve(stated, method="cpsat", isolate=False).document))
    assert verify(stated, plan).ok

    def rules(change: Any) -> set[str]:
        broken = copy.deepcopy(plan)
        change(broken)
        return {found.rule for found in verify(stated, broken).violations}

    last = len(plan["nodes"]) - 1
    assert plan["nodes"][last]["last"] == 100
    assert "nodes" in rules(lambda p: p["nodes"].pop(last))
    assert "nodes" in rules(lambda p: p["nodes"][last].update(last=99))
    assert "nodes" in rules(lambda p: p["nodes"][last].update(node=p["nodes"][last]["node"] - 1))
    assert "nodes" in rules(lambda p: p["nodes"][last].update(on=[{"from": "2026-01-05T00:00:00Z", "count": 99}]))
    assert "nodes" in rules(lambda p: p["nodes"].__setitem__(slice(0, None), [{**p["nodes"][last], "node": 1}]))
    assert "option" in rules(lambda p: p["tasks"][0].update(nodes=[f"box/{p['nodes'][last]['node']}"]))


def test_more_than_can_be_told_apart_is_refused() -> None:
    """Above a thousand that tasks could need, in a line at the placement."""
    with pytest.raises(InstanceError, match=r"tasks\[0\]\.placement: pool 'p': .* more than 1,000 nodes of 'box'"):
        compile_instance(validate(document(5000, copies=2000)))

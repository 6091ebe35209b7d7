"""Runs of a schedule with counted nodes get nodes."""

from __future__ import annotations

from typing import Any

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.node_form import COUNTED
from leptonopt.instance import validate
from leptonopt.problem.schedule import Schedule
from leptonopt.session.node_assignment import NodeAssigner


def stated(**kind: Any) -> dict[str, Any]:
    """Three copies within a node, a task that spans nodes, and one of whole nodes."""
    way = {"pool": "p", "duration": "1h"}
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "3h"},
        "pools": [{"id": "p", "nodes": {"id": "box", "size": {"gpu": 8}, "count": 4, "price": 1, **kind}}],
        "tasks": [
            {"id": "one", "copies": 3, "placement": "one-node", "options": [{**way, "uses": {"gpu": 4}}]},
            {"id": "span", "options": [{**way, "uses": {"gpu": 12}}]},
            {"id": "whole", "options": [{**way, "nodes": 2}]},
        ],
    }


def test_every_run_that_needs_a_node_gets_one() -> None:
    """Three copies share two nodes, the gang has two of its own, what spans has none."""
    compiled = compile_instance(validate(stated()), COUNTED)
    found = NodeAssigner(compiled).assign(Schedule.of([0, 1, 2], [0, 2, 0], [3, 1, 1]))
    assert found.failed == ()
    nodes = {task: [] for task in range(3)}  # type: dict[int, list[str]]
    for task, _, chosen, _, _ in found.runs:
        nodes[task] += chosen
    assert nodes[1] == []
    assert len(nodes[0]) == 3
    assert len(set(nodes[0])) == 2
    assert len(nodes[2]) == 2
    assert not set(nodes[0]) & set(nodes[2])
    assert set(found.placements(compiled)) == {("one", "p"), ("span", "p"), ("whole", "p")}


def test_options_with_nodes_told_apart_are_estimated() -> None:
    """Four nodes for the task within one and for the gang, one option for what spans."""
    assert NodeAssigner(compile_instance(validate(stated()), COUNTED)).options_told_apart() == 4 + 1 + 4


def test_a_node_that_boots_holds_nothing_yet() -> None:
    """In the first slot every node boots, so nothing finds one there."""
    compiled = compile_instance(validate(stated(boot="1h")), COUNTED)
    found = NodeAssigner(compiled).assign(Schedule.of([0], [1], [3]))
    assert found.failed == ()
    assert compiled.problem.first[0] == 1

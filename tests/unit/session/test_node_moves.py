"""Runs without a node move to a start at which one is free."""

from __future__ import annotations

from typing import Any

from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.node_form import COUNTED
from leptonopt.instance import validate
from leptonopt.problem.schedule import Schedule
from leptonopt.session.node_assignment import NodeAssigner
from leptonopt.session.node_moves import moved_runs


def stated(uses: list[int], hours: int, optional: bool = False) -> dict[str, Any]:
    """One-node tasks of an hour on two nodes of ten."""
    rest = {"optional": True, "value": 3} if optional else {}
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": f"{hours}h"},
        "pools": [{"id": "p", "nodes": {"id": "box", "size": {"gpu": 10}, "count": 2, "price": 1}}],
        "tasks": [
            {
                "id": f"t{at}",
                "placement": "one-node",
                "options": [{"pool": "p", "uses": {"gpu": use}, "duration": "1h"}],
                **rest,
            }
            for at, use in enumerate(uses)
        ],
    }


USES = [4, 4, 3, 3, 3, 3]  # two nodes hold them, but not by best fit


def failing(hours: int, optional: bool = False) -> tuple[NodeAssigner, Schedule]:
    """The assigner, and a schedule with all tasks in the first hour."""
    compiled = compile_instance(validate(stated(USES, hours, optional)), COUNTED)
    options = compiled.problem.option_ptr[:-1]
    return NodeAssigner(compiled), Schedule.of(options, [0] * len(options), compiled.problem.copies)


def test_the_one_that_found_no_node_runs_later() -> None:
    """In the second hour there is room; the others stay."""
    assigner, schedule = failing(2)
    assigned = assigner.assign(schedule)
    assert len(assigned.failed) == 1
    found = moved_runs(assigner, assigned)
    assert found is not None
    assert not found.failed
    assert sorted(run[3] for run in found.runs) == [0, 0, 0, 0, 0, 1]


def test_without_another_start_there_is_none_unless_it_may_be_left_out() -> None:
    """In a single hour, one task has no node; where tasks are optional it is left out."""
    assigner, schedule = failing(1)
    assert moved_runs(assigner, assigner.assign(schedule)) is None
    assigner, schedule = failing(1, optional=True)
    found = moved_runs(assigner, assigner.assign(schedule))
    assert found is not None
    assert len(found.runs) == 5

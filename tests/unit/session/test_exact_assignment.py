"""CP-SAT assigns nodes where best fit does not."""

from __future__ import annotations

from typing import Any

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.node_form import COUNTED
from leptonopt.instance import validate
from leptonopt.problem.schedule import Schedule
from leptonopt.session.node_assignment import NodeAssigner


def stated(uses: list[int], **kind: Any) -> dict[str, Any]:
    """One-node tasks of an hour, all at once, on two nodes of ten."""
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "1h"},
        "pools": [{"id": "p", "nodes": {"id": "box", "size": {"gpu": 10}, "count": 2, "price": 1, **kind}}],
        "tasks": [
            {
                "id": f"t{at}",
                "placement": "one-node",
                "options": [{"pool": "p", "uses": {"gpu": use}, "duration": "1h"}],
            }
            for at, use in enumerate(uses)
        ],
    }


def test_what_best_fit_cannot_pack_is_packed() -> None:
    """4, 4, 3, 3, 3, 3 fill two nodes of ten, but not larger first."""
    document = stated([4, 4, 3, 3, 3, 3])
    compiled = compile_instance(validate(document), COUNTED)
    options = compiled.problem.option_ptr[:-1]
    counts = compiled.problem.copies
    assert NodeAssigner(compiled).assign(Schedule.of(options, [0] * len(options), counts)).failed
    found = leptonopt.solve(document, method="greedy", time_limit=20, isolate=False)
    assert found.cost == 2
    assert "cpsat" not in found.document["made"]["engines"]  # no search with nodes told apart


def test_a_task_that_fits_nowhere_leaves_it_to_the_search() -> None:
    """6, 6, 6 and 1: the sum is 19 of 20, and the packing row says that there is no plan."""
    found = leptonopt.solve(stated([6, 6, 6, 1]), method="cpsat", time_limit=20, isolate=False)
    assert found.status == "infeasible"

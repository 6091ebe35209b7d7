"""Milestones: the end slot of the problem, and the same problem from a tree and from columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import leptonopt
from leptonopt.compile.columnar import compile_columnar
from leptonopt.compile.compiler import compile_instance
from leptonopt.compile.end_slot import with_end_slot
from leptonopt.instance import validate
from leptonopt.io.columnar import load
from leptonopt.session.columnar_tree import columnar_document
from leptonopt.verify import verify
from tests.helpers.columnar_files import saved, tiny

POOL = {"id": "a", "nodes": {"id": "n", "size": {"gpu": 2}, "count": 2, "price": 3, "startup": 1, "shutdown": 2}}


def stated(*durations: str, **more: Any) -> dict[str, Any]:
    """Tasks of these durations in a row, on nodes, over four slots."""
    return {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"},
        "pools": [POOL],
        "tasks": [
            {
                "id": f"t{at}",
                "after": [f"t{at - 1}"] if at else [],
                "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": duration, "cost": 1}],
            }
            for at, duration in enumerate(durations)
        ],
        **more,
    }


def test_no_milestone_no_end_slot() -> None:
    """A problem without milestones is the same object."""
    problem = compile_instance(validate(stated("1h", "2h"))).problem
    assert problem.slots == 4
    assert with_end_slot(problem) is problem


def test_the_end_slot_costs_nothing() -> None:
    """Nodes may stay on as they were, for nothing; quotas of the last slot hold on."""
    quotas = [{"id": "q", "of": "money", "limit": 50}, {"id": "r", "of": "gpu", "limit": 50, "per": "day"}]
    problem = compile_instance(validate(stated("1h", "0s", quotas=quotas))).problem
    assert problem.slots == 5
    assert problem.duration.tolist() == [1, 0]
    assert problem.last.tolist() == [3, 4]
    assert problem.demand_ptr.tolist() == [0, 1, 1]
    costs = problem.nodes.costs
    assert not costs.on_demand[:, 4].any()
    assert not costs.on[:, 4].any()
    assert (costs.stop[:, 4] == costs.stop[:, 3]).all()
    assert (problem.nodes.count[:, 4] == problem.nodes.count[:, 3]).all()
    assert [quota.last for quota in problem.quotas] == [4, 4]
    assert not problem.price[:, 4].any()


@pytest.mark.parametrize("method", ["cpsat", "highs", "cbc", "lns", "lagrangian", "greedy", "large-scale"])
def test_a_milestone_ends_the_horizon(method: str) -> None:
    """What ends with the horizon can have a milestone behind it, with every method."""
    document = stated("3h", "0s", "1h", "0s")
    result = leptonopt.solve(document, method=method, time_limit=3, isolate=False)
    assert result.require_plan().entry("t3", 1)["start"] == "2026-01-05T04:00:00Z"
    assert result.cost == 4 * 3 + 3 + 4
    assert verify(document, result.document).ok


def test_a_plan_that_starts_at_the_end_is_judged() -> None:
    """The checker does not pass over what starts at the end of the horizon, or after it."""
    document = stated("1h")
    plan = dict(leptonopt.solve(document, method="greedy", isolate=False).document)
    for start, end in (("04", "04"), ("05", "04"), ("06", "06")):
        line = plan["tasks"][0] | {"start": f"2026-01-05T{start}:00:00Z", "end": f"2026-01-05T{end}:00:00Z"}
        found = {each.rule for each in verify(document, plan | {"tasks": [line]}).violations}
        assert found & {"option", "window"}, (start, end)


@pytest.mark.parametrize("seed", range(6))
def test_tree_and_columns_have_one_problem(tmp_path: Path, seed: int) -> None:
    """Arrays of columns with milestones are those of the tree of the same tasks."""
    arrays = tiny(seed)
    arrays["option_slots"] = np.where(np.arange(len(arrays["option_slots"])) % 2, arrays["option_slots"], 0)
    sheets = load(saved(tmp_path, arrays))
    ours, theirs = compile_columnar(sheets), compile_instance(validate(columnar_document(sheets)))
    assert ours.unit == theirs.unit
    for name in ("capacity", "price", "copies", "duration", "first", "last", "fixed", "demand_ptr", "demand"):
        assert np.array_equal(getattr(ours.problem, name), getattr(theirs.problem, name)), name

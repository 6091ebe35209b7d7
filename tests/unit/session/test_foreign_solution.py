"""A solution of another solver becomes a plan that the checker has seen, or is refused in one line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from leptonopt import solve
from leptonopt.algorithms.models.export import to_mps
from leptonopt.algorithms.models.time_indexed import build_model, encode
from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InputError, Unsupported
from leptonopt.instance import validate
from leptonopt.problem.schedule import with_node_schedule
from leptonopt.session.foreign_solution import plan_of_solution
from leptonopt.session.source import TreeSource

INSTANCE: dict[str, Any] = {
    "time": {"start": "2026-11-23T08:00Z", "slot": "1h", "horizon": "6h"},
    "pools": [
        {"id": "own", "capacity": {"gpu": 4}, "price": {"gpu": 1}},
        {"id": "cloud", "nodes": {"count": 3, "size": {"gpu": 4}, "price": 9, "boot": "1h"}},
    ],
    "tasks": [
        {"id": name, "deadline": "2026-11-23T12:00Z", "options": [{"pools": ["own", "cloud"], "uses": {"gpu": 3}, "duration": "2h"}]}
        for name in "abc"
    ],
}  # fmt: skip
PROBLEM = compile_instance(validate(INSTANCE)).problem
NAMES = build_model(PROBLEM).names()


def solution(**values: float) -> str:
    return "".join(f"{name} {value}\n" for name, value in values.items())


def test_what_cbc_writes_is_the_optimum(tmp_path: Path) -> None:
    """Nodes included; and the plan is a warm start."""
    import pulp

    model, found = tmp_path / "m.mps", tmp_path / "m.sol"
    model.write_text(to_mps(PROBLEM))
    cbc = pulp.PULP_CBC_CMD(msg=False).path
    subprocess.run([cbc, str(model), "solve", "solu", str(found)], check=True, capture_output=True)
    plan = plan_of_solution(INSTANCE, found.read_text())
    best = solve(INSTANCE, method="cpsat", time_limit=20, warm_start=plan.document)
    assert (plan.cost, best.status, plan.document["status"], plan.document["bound"]) == (
        best.cost, "optimal", "feasible", None,
    )  # fmt: skip


def test_our_own_schedule_comes_back() -> None:
    """From the values of all variables."""
    plan = solve(INSTANCE, method="greedy", time_limit=10).require_plan()
    schedule = TreeSource(compile_instance(validate(INSTANCE)), INSTANCE, {}).schedule_of(plan.document)
    values = encode(build_model(PROBLEM), with_node_schedule(PROBLEM, schedule))
    text = solution(**dict(zip(NAMES, values.tolist(), strict=True)))
    assert plan_of_solution(INSTANCE, text).cost == plan.cost


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({NAMES[0]: 0.5}, f"variable {NAMES[0]} is 0.5; allowed is a whole number"),
        ({NAMES[0]: 7}, f"variable {NAMES[0]} is 7; allowed is 0 to 3"),
        ({NAMES[0]: 1}, "breaks the rules"),
    ],
)
def test_what_is_no_plan_is_refused(values: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        plan_of_solution(INSTANCE, solution(**values))


def test_data_between_tasks_is_refused_by_name() -> None:
    """The exported model has none of it."""
    document = {
        **INSTANCE,
        "pools": INSTANCE["pools"][:1],
        "tasks": [
            {"id": "a", "options": [{"pool": "own", "uses": {"gpu": 1}, "duration": "1h"}]},
            {"id": "b", "after": [{"task": "a", "gib": 5}], "options": [{"pool": "own", "uses": {"gpu": 1}, "duration": "1h"}]},
        ],
    }  # fmt: skip
    with pytest.raises(Unsupported, match="data passed on between tasks"):
        plan_of_solution(document, "x_0_0_0 1")

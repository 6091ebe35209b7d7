"""Questions whether a document has a plan, answered until a time."""

from __future__ import annotations

from typing import Any

import pytest

from leptonopt.infeasibility.feasibility_check import FeasibilityOracle, Question, frugal, is_small, without_costs
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.runtime.deadline import Deadline
from tests.helpers.tiny_instances import compiled, instance, pool, task


def stated(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the canonical document of an instance."""
    return instance(*tasks, **more).document()


WITHIN = {"placement": "one-node"}
GOING = {"steps": {"2026-01-05T00:00Z": 2, "2026-01-05T01:00Z": 0}}  # what is switched on cannot stay for two hours
BOX = {"id": "box", "size": {"gpu": 4}, "count": 1, "price": 3}
RACK = {"id": "rack", "size": {"gpu": 5}, "count": GOING, "minimum": "2h", "running": 1, "reserved": 2}
MIXED = [{"id": "a", "nodes": [BOX, RACK]}]


@pytest.fixture
def oracle() -> FeasibilityOracle:
    """Return an oracle with time enough."""
    return FeasibilityOracle(Deadline.after(60))


@pytest.mark.parametrize(
    ("document", "feasible"),
    [
        (stated(), True),
        (stated(task(gpu=5)), False),
        (stated(task("x", gpu=3, duration="3h"), task("y", gpu=2, duration="2h")), False),
        (stated(task(copies=8)), True),
        (stated(task(copies=9)), False),
        (stated(quotas=[{"id": "q", "of": "gpu", "limit": 1}]), False),
        (
            stated(
                *(task(f"t{gpus}", gpu=gpus, deadline="2026-01-05T01:00Z", **WITHIN) for gpus in (4, 5)), pools=MIXED
            ),
            True,
        ),
    ],
)
def test_answers(oracle: FeasibilityOracle, document: dict[str, Any], feasible: bool) -> None:
    """A plan exists, or none does."""
    assert oracle.possible(document, share=1.0) is feasible
    answer = oracle.answer(document, share=1.0, plan_first=True)
    assert answer.feasible is feasible


def test_a_proof_without_search_names_the_tasks(oracle: FeasibilityOracle) -> None:
    """Those that cannot all run; a task elsewhere is not among them."""
    tasks = [task(f"x{at}", gpu=3, duration=f"{1 + at % 2}h", value=at) for at in range(4)]
    answer = oracle.answer(stated(*tasks, task("y", "b"), pools=[pool(), pool("b")]), share=1.0)
    assert answer.feasible is False
    assert "y" not in answer.core


def test_out_of_time_is_unknown() -> None:
    """Neither yes nor no."""
    late = FeasibilityOracle(Deadline.after(-1))
    assert late.out_of_time()
    assert late.left() <= 0
    assert late.answer(stated(task(copies=8))).feasible in (None, True)


def test_the_least_use_of_a_quota(oracle: FeasibilityOracle) -> None:
    """On the pool that counts, with what was used before, and a plan for it; None without such a quota."""
    limited = [{"id": "q", "of": "gpu", "limit": 9, "used": 3, "pools": ["b"]}]
    document = stated(task("x", "b", duration="2h"), pools=[pool(), pool("b")], quotas=limited)
    assert oracle.least_use(document, "r", 20) is None
    found = oracle.least_use(document, "q", 20)
    assert found is not None
    uses, answer = found
    assert (uses, answer.feasible) == (7, True)
    assert [line["id"] for line in answer.tasks] == ["x"]
    peak = [{"id": "q", "of": "gpu", "limit": 9, "per": "moment"}]
    found = oracle.least_use(stated(task("x", gpu=3), task("y", after=["x"], gpu=2), quotas=peak), "q", 20)
    assert found is not None
    assert found[0] == 3


def test_impossible_tasks_need_no_engine() -> None:
    """A task without a start."""
    assert Question(stated(task(gpu=5))).impossible
    assert not Question(stated()).impossible
    assert is_small(stated())


def test_problems_without_costs() -> None:
    """Every schedule costs nothing, and the rules are the same."""
    made = compiled(task("x", due="2026-01-05T01:00Z", late_cost=4), task("y", optional=True, value=9)).problem
    free = without_costs(made)
    assert objective(free, Schedule.of([0], [2])) == 0
    assert free.capacity.tolist() == made.capacity.tolist()


def test_the_use_of_quotas_as_the_cost() -> None:
    """None where there is no quota."""
    assert frugal(compiled().problem) is None
    made = compiled(quotas=[{"id": "q", "of": "gpu", "limit": 9}]).problem
    cheap = frugal(made)
    assert cheap is not None
    assert objective(cheap, Schedule.of([0], [0])) > 0

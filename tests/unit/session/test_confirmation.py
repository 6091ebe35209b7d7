"""Confirmation of proofs on the second model and by other engines."""

from __future__ import annotations

from typing import Any

import pytest

import leptonopt
from leptonopt.errors import Alarm
from leptonopt.problem.protocol import Limits, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.solvers import cpsat
from tests.helpers.recording_monitor import Ear
from tests.helpers.tiny_instances import document, pool, task

TWO = document(task("x", gpu=3), task("y", gpu=3), pools=[pool(price={"gpu": {"daily": {"00:00": 1, "01:00": 2}}})])


@pytest.mark.parametrize(
    ("method", "stated", "status"),
    [
        ("cpsat", TWO, "optimal"),
        ("cpsat-intervals", document(*[task(name, gpu=3, duration="2h") for name in "xyz"]), "infeasible"),
    ],
)
def test_proofs_are_confirmed(method: str, stated: dict[str, Any], status: str) -> None:
    """Where CP-SAT alone is behind a proof, an engine of another make confirms it beside the second model."""
    found = leptonopt.solve(stated, method=method, confirm=True, time_limit=60)
    assert found.status == status
    assert found.document["proof"]["confirmed_by"] == ["cpsat", "highs"]
    assert found.document["proof"]["confirmation"] in ("second model", "same model")


def test_a_wrong_proof_raises_the_alarm() -> None:
    """An engine that calls a dearer plan optimal."""

    def lies(problem: Any, warm_start: Any, limits: Limits, monitor: Any) -> Solution:
        honest = cpsat.solve(problem, None, limits, Ear())
        assert honest.schedule is not None
        dearer = Schedule.of([0, 0], [1, 2])
        return Solution(Status.OPTIMAL, Stop.PROOF, dearer, objective(problem, dearer))

    with pytest.raises(Alarm):
        leptonopt.solve(TWO, method=lies, confirm=True, time_limit=60)


def plans_only(problem: Any, warm_start: Any, limits: Limits, monitor: Any) -> Solution:
    """Return a dear plan without a bound."""
    return Solution(Status.FEASIBLE, Stop.DONE, Schedule.of([0, 0], [1, 2]))


def test_nothing_is_confirmed_without_a_proof() -> None:
    """A heuristic plan."""
    found = leptonopt.solve(TWO, method=plans_only, confirm=True, time_limit=20)
    assert found.status == "feasible"
    assert found.document["proof"]["confirmed_by"] == []

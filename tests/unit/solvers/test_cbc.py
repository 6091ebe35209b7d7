"""`cbc` and other solvers behind PuLP: what they print and what is believed."""

from __future__ import annotations

import pytest

import leptonopt
from leptonopt.problem.protocol import Limits, Status
from leptonopt.solvers import cbc
from tests.helpers import random_problems
from tests.helpers.answers import honest
from tests.helpers.recording_monitor import Ear


@pytest.mark.parametrize("seed", range(6))
def test_answers_are_proven(seed: int) -> None:
    """The optimum, or that there is none."""
    made, ear = random_problems.problem(seed, groups=3, slots=5), Ear()
    answer = cbc.solve(made, None, Limits(time_limit=20), ear)
    assert answer.status is (Status.INFEASIBLE if honest(made, answer, ear) is None else Status.OPTIMAL)


@pytest.mark.parametrize("value", [1.0, 123_456.7, 0.000012, 98_765_432.1, 3e15])
def test_numbers_that_print_alike(value: float) -> None:
    """The least of them is not above the number that was printed."""
    assert cbc.printed_above(f"{value:.6g}") <= value * (1 + 1e-12)
    assert cbc.printed_above(f"{value:.6g}") >= value * (1 - 1e-5)


@pytest.mark.parametrize(
    "line",
    [
        "Optimal - objective value 5.00000000",
        "Infeasible - objective value 0",
        "Stopped on time - objective value 5",
        "nonsense",
    ],
)
def test_first_lines_of_solution_files(line: str) -> None:
    """Only known proofs count as proofs."""
    word = cbc.first_word(line)
    assert word in ("optimal", "infeasible", "stopped", "nothing")
    assert (word == "optimal") == line.startswith("Optimal")
    assert (word == "infeasible") == line.startswith("Infeasible")


def test_solvers_that_pulp_reaches() -> None:
    """CBC comes with it; an unknown one is named with those there are."""
    assert cbc.available_solvers("PULP_CBC_CMD", "NO_SUCH") == ["PULP_CBC_CMD"]
    message = cbc.unavailable_message("NO_SUCH")
    assert "NO_SUCH" in message
    assert "PULP_CBC_CMD" in message


@pytest.mark.filterwarnings("ignore:The solver SCIP_PY can only run with a single thread")
@pytest.mark.parametrize("seed", range(4))
def test_scip_proves_to_the_end(seed: int) -> None:
    """Its gap is 0: what it calls optimal is; what it calls infeasible is not confirmed, and stays unknown."""
    pytest.importorskip("pyscipopt", reason="the extra `scip` is not installed")
    made, ear = random_problems.problem(seed, groups=3, slots=5), Ear()
    answer = cbc.solver("SCIP_PY")(made, None, Limits(time_limit=20), ear)
    none = (Status.UNKNOWN, Status.INFEASIBLE)  # the latter where no task has a column
    assert answer.status in (none if honest(made, answer, ear) is None else (Status.OPTIMAL,))


def test_a_schedule_of_ways_that_the_model_leaves_out() -> None:
    """A hint with a replica of a way that another does as well as is no fault."""
    ways = [
        {"pool": "p", "uses": {"gpu": 1}, "rate": {"a": 1, "b": 1}, "limit": 3},
        {"pool": "p", "uses": {"gpu": 1}, "rate": {"a": 2, "b": 1}, "limit": 3, "running": 1},
    ]
    stated = {
        "time": {"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "1h"},
        "pools": [{"id": "p", "capacity": {"gpu": 3}, "price": {"gpu": 2}}],
        "services": [{"id": "s", "demand": {"a": 1, "b": 1}, "replicas": ways, "missed": {"cost": 0}, "fill": False}],
        "batches": [{"id": "n", "service": "s", "amount": {"a": 5000, "b": 3600}}],
    }
    found = leptonopt.solve(stated, method="cbc", isolate=False, threads=1, time_limit=20)
    assert (found.status, found.cost) == ("optimal", 4)

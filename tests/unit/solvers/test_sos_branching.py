"""Branching on sets of columns finds the optimum of brute force, and its bounds never pass it."""

from __future__ import annotations

import pytest

import leptonopt
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.problem.schedule import objective
from leptonopt.solvers import greedy, sos_branching
from tests.helpers import bruteforce
from tests.helpers.recording_monitor import Ear


def test_status_cost_and_bound_are_those_of_brute_force() -> None:
    """With and without a start, on problems with nodes, quotas and affinity."""
    tried = 0
    for seed, problem, best in bruteforce.solved(range(3000, 3006), 300_000):
        first = greedy.solve(problem, None, Limits(time_limit=5), Ear()).schedule
        for start in (None, first)[tried % 2 :][:1]:
            ear = Ear()
            said = sos_branching.solve(problem, start, Limits(time_limit=30), ear)
            assert said.schedule is not None, seed
            assert (said.status, objective(problem, said.schedule), said.bound) == (
                Status.OPTIMAL,
                best[0],
                best[0],
            )
            assert max(ear.bounds) <= best[0]
        tried += 1
    assert tried > 2


@pytest.mark.parametrize("family", ["segments", "services"])
def test_it_refuses_by_name_what_it_cannot_do(family: str) -> None:
    """Segments and services are refused in one line."""
    problem = compile_instance(
        leptonopt.load(f"instances/{'serving' if family == 'services' else family}.yaml")
    ).problem
    said = sos_branching.solve(problem, None, Limits(time_limit=5), Ear())
    assert (said.status, said.stop) == (Status.UNKNOWN, Stop.FAILED)
    assert "sos-branching does not take" in said.note

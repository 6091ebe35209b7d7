"""`cpsat`: proofs, bounds in integers, and problems that it refuses."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.solvers import cpsat
from tests.helpers import random_problems
from tests.helpers.answers import honest
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem


@pytest.mark.parametrize("seed", range(25))
def test_answers_are_proven(seed: int) -> None:
    """The optimum, or that there is none."""
    made, ear = random_problems.problem(seed, groups=3, slots=5), Ear()
    answer = cpsat.solve(made, None, Limits(time_limit=20), ear)
    assert answer.status is (Status.INFEASIBLE if honest(made, answer, ear) is None else Status.OPTIMAL)


def test_a_cutoff_is_a_question() -> None:
    """At the optimum there is a schedule, below it none."""
    made = problem(group(option(1, {0: 1})), capacity=[[1, 1]], price=[[3, 2]])
    assert cpsat.solve(made, None, Limits(cutoff=2), Ear()).status is Status.OPTIMAL
    assert cpsat.solve(made, None, Limits(cutoff=1), Ear()).status is Status.INFEASIBLE


def test_costs_beyond_doubles_are_refused() -> None:
    """Nothing is claimed."""
    answer = cpsat.solve(random_problems.one_slot([1, 1], [2**53, 2**53 + 1], 1), None, Limits(), Ear())
    assert (answer.status, answer.stop) == (Status.UNKNOWN, Stop.FAILED)


@pytest.mark.parametrize("value", [3.0, 2.5, -2.5, 2.0000000001, 1e15, 0.0])
def test_bounds_in_doubles(value: float) -> None:
    """The integer is one that the double certainly reaches."""
    assert cpsat.about(value) <= value


def test_bounds_of_a_response() -> None:
    """Exact where its two fields agree."""
    response = SimpleNamespace(best_objective_bound=5.0, inner_objective_lower_bound=5)
    assert cpsat.inner_bound(response) == 5

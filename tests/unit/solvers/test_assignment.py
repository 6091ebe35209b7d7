"""`assignment`: branch and bound where every task goes to one agent; other problems are refused."""

from __future__ import annotations

import pytest

from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.solvers import assignment
from tests.helpers.answers import honest
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem
from tests.unit.algorithms.assignment.test_assignment import places


@pytest.mark.parametrize("seed", range(8))
def test_answers_are_proven(seed: int) -> None:
    """The optimum of small problems, or that there is none."""
    made, ear = places(seed, nodes=seed % 2 == 0), Ear()
    answer = assignment.solve(made, None, Limits(time_limit=20), ear)
    assert answer.status is (Status.INFEASIBLE if honest(made, answer, ear) is None else Status.OPTIMAL)


def test_other_problems_are_refused() -> None:
    """By name."""
    made = problem(group(option(1, {0: 1})), group(option(1, {0: 1})), capacity=[[1, 1]], edges=[(0, 1, 0)])
    answer = assignment.solve(made, None, Limits(), Ear())
    assert (answer.status, answer.stop) == (Status.UNKNOWN, Stop.FAILED)
    assert answer.note

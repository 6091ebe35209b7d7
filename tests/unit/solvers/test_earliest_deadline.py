"""The rule `earliest-deadline`: tasks by deadline, each where it ends first."""

from __future__ import annotations

import pytest

from leptonopt.problem.protocol import Limits
from leptonopt.solvers import earliest_deadline
from tests.helpers.answers import honest
from tests.helpers.random_problems import problem as drawn
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem


def test_the_urgent_task_goes_first() -> None:
    """In the order stated it would come too late."""
    made = problem(group(option(1, {0: 1})), group(option(1, {0: 1}, last=0)), capacity=[[1, 1]])
    found = earliest_deadline.solve(made, None, Limits(), Ear())
    assert found.schedule is not None
    assert list(found.schedule) == [(0, 1, 1), (1, 0, 1)]


def test_the_option_that_ends_first() -> None:
    """Whatever it costs."""
    made = problem(group(option(3, {0: 1}), option(1, {0: 1}, fixed=9)), capacity=[[1, 1, 1]])
    found = earliest_deadline.solve(made, None, Limits(), Ear())
    assert found.schedule is not None
    assert list(found.schedule) == [(1, 0, 1)]


@pytest.mark.parametrize("seed", range(30))
def test_claims_are_true(seed: int) -> None:
    """On random problems."""
    made, ear = drawn(seed, groups=3, slots=5), Ear()
    honest(made, earliest_deadline.solve(made, None, Limits(time_limit=5), ear), ear)

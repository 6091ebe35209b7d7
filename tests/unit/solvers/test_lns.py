"""`lns`: improves a schedule until a limit or the bound."""

from __future__ import annotations

import pytest

from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule, objective
from leptonopt.solvers import lns
from tests.helpers.answers import honest
from tests.helpers.random_problems import problem as drawn
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem


@pytest.mark.parametrize("seed", range(6))
def test_claims_are_true(seed: int) -> None:
    """On random problems; incumbents improve."""
    made, ear = drawn(seed, groups=3, slots=5), Ear()
    honest(made, lns.solve(made, None, Limits(time_limit=2, deterministic=True, work=0.2), ear), ear)
    assert ear.costs == sorted(ear.costs, reverse=True)


def test_a_warm_start_is_never_made_worse() -> None:
    """A dear one is improved to the optimum here."""
    made = problem(*[group(option(1, {0: 1}))] * 3, capacity=[[1] * 4], price=[[1, 2, 3, 50]])
    dear = Schedule.of([0, 1, 2], [3, 2, 1])
    found = lns.solve(made, dear, Limits(time_limit=5, deterministic=True, work=0.5), Ear())
    assert found.schedule is not None
    assert objective(made, found.schedule) == 6 < objective(made, dear)

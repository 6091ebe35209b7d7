"""The rule `cheapest-option`: the cheapest option that has a start, as early as possible."""

from __future__ import annotations

import pytest

from leptonopt.problem.protocol import Limits
from leptonopt.solvers import cheapest_option
from tests.helpers.answers import honest
from tests.helpers.random_problems import problem as drawn
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem


def test_the_cheapest_option_first() -> None:
    """The second task finds the cheap pool taken at first, and waits for it; prices by time do not count."""
    cheap, dear = option(1, {0: 1}, fixed=1), option(1, {1: 1}, fixed=5, pool=1)
    made = problem(group(dear, cheap), group(dear, cheap), capacity=[[1, 1], [1, 1]])
    found = cheapest_option.solve(made, None, Limits(), Ear())
    assert found.schedule is not None
    assert list(found.schedule) == [(1, 0, 1), (3, 1, 1)]


@pytest.mark.parametrize("seed", range(30))
def test_claims_are_true(seed: int) -> None:
    """On random problems."""
    made, ear = drawn(seed, groups=3, slots=5), Ear()
    honest(made, cheapest_option.solve(made, None, Limits(time_limit=5), ear), ear)

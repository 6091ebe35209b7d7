"""The rule `least-loaded`: the pool with the least load, as early as possible."""

from __future__ import annotations

import pytest

from leptonopt.problem.protocol import Limits
from leptonopt.solvers import least_loaded
from tests.helpers.answers import honest
from tests.helpers.random_problems import problem as drawn
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem


def test_tasks_spread_over_the_pools() -> None:
    """The second and the third go where there is less, in shares of the capacity."""
    ways = (option(1, {0: 1}), option(1, {1: 1}, fixed=9, pool=1))
    made = problem(*[group(*ways)] * 3, capacity=[[4, 4], [8, 8]])
    found = least_loaded.solve(made, None, Limits(), Ear())
    assert found.schedule is not None
    pools = [int(made.pool[each]) for each, _, _ in found.schedule]
    assert sorted(pools) == [0, 1, 1]


@pytest.mark.parametrize("seed", range(30))
def test_claims_are_true(seed: int) -> None:
    """On random problems."""
    made, ear = drawn(seed, groups=3, slots=5), Ear()
    honest(made, least_loaded.solve(made, None, Limits(time_limit=5), ear), ear)

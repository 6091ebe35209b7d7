"""`lns-parallel`: neighbourhoods on the workers of an executor."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import objective
from leptonopt.solvers import greedy, lns_parallel
from tests.helpers.answers import honest
from tests.helpers.random_problems import bins
from tests.helpers.random_problems import problem as drawn
from tests.helpers.recording_monitor import Ear


@pytest.mark.parametrize("seed", range(3))
def test_claims_are_true(seed: int) -> None:
    """On random problems, with threads as workers."""
    made, ear = drawn(seed, groups=3, slots=5), Ear()
    with ThreadPoolExecutor(2) as pool:
        answer = lns_parallel.on(pool)(made, None, Limits(time_limit=5, deterministic=True, work=0.2), ear)
    honest(made, answer, ear)


def test_it_is_no_worse_than_its_start() -> None:
    """From a greedy schedule of a crowded problem."""
    made = bins(2, items=12)
    start = greedy.baseline(made, None, Limits(time_limit=5), Ear()).schedule
    assert start is not None
    with ThreadPoolExecutor(2) as pool:
        found = lns_parallel.on(pool)(made, start, Limits(time_limit=20, deterministic=True, work=0.5), Ear())
    assert found.schedule is not None
    assert objective(made, found.schedule) <= objective(made, start)

"""`random-key`: a genetic algorithm on orders of tasks."""

from __future__ import annotations

import pytest

from leptonopt.problem.protocol import Limits
from leptonopt.solvers import random_key
from tests.helpers.answers import honest
from tests.helpers.random_problems import problem as drawn
from tests.helpers.recording_monitor import Ear


@pytest.mark.parametrize("seed", range(6))
def test_claims_are_true(seed: int) -> None:
    """On random problems; incumbents improve."""
    made, ear = drawn(seed, groups=3, slots=5), Ear()
    honest(made, random_key.solve(made, None, Limits(time_limit=0.5, seed=seed), ear), ear)
    assert ear.costs == sorted(ear.costs, reverse=True)


def test_the_same_seed_gives_the_same_schedule() -> None:
    """Deterministic, by its number of generations."""
    made = drawn(5, groups=4, slots=6)
    one, other = (
        random_key.solve(made, None, Limits(time_limit=30, deterministic=True, work=0.2, seed=3), Ear())
        for _ in range(2)
    )
    assert (one.schedule is None) == (other.schedule is None)
    if one.schedule is not None and other.schedule is not None:
        assert list(one.schedule) == list(other.schedule)

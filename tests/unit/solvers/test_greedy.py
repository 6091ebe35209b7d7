"""`greedy`: a good schedule at once, and a bound without congestion."""

from __future__ import annotations

import pytest

from leptonopt.problem.protocol import Limits, Status
from leptonopt.solvers import greedy
from tests.helpers import random_problems
from tests.helpers.answers import honest
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem


def test_without_congestion_it_is_optimal() -> None:
    """Its bound meets its cost."""
    made = problem(group(option(1, {0: 1})), group(option(2, {0: 1})), capacity=[[2, 2, 2]], price=[[5, 1, 2]])
    found = greedy.solve(made, None, Limits(), Ear())
    assert (found.status, found.bound) == (Status.OPTIMAL, 1 + 3)


@pytest.mark.parametrize(
    ("seed", "rich"), [*((seed, False) for seed in range(6)), *((seed, True) for seed in range(4))]
)
def test_claims_are_true(seed: int, rich: bool) -> None:
    """On random problems, also with nodes, quotas and affinity."""
    made = random_problems.rich(seed) if rich else random_problems.problem(seed, groups=3, slots=5)
    ear = Ear()
    answer = greedy.solve(made, None, Limits(time_limit=5), ear)
    try:
        honest(made, answer, ear)
    except OverflowError:  # too large for brute force
        return


def test_a_first_schedule_at_once() -> None:
    """The baseline has one too, and it is never better than what the whole search finds."""
    made = random_problems.bins(1, items=30)
    first, best = (method(made, None, Limits(time_limit=5), Ear()) for method in (greedy.baseline, greedy.solve))
    assert first.schedule is not None
    assert best.schedule is not None


def test_little_time_beside_a_given_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a schedule the baseline takes a twentieth of the time, once other searches have their kernels."""
    made, shares = random_problems.bins(1, items=30), list[float]()
    given = greedy.solve(made, None, Limits(time_limit=5), Ear()).schedule
    monkeypatch.setattr(greedy, "_searched", lambda *words: shares.append(words[-1]))
    for compiled in (True, False):
        monkeypatch.setattr("leptonopt.runtime.jit.compiled", lambda compiled=compiled: compiled)
        for schedule in (given, None):
            greedy.baseline(made, schedule, Limits(time_limit=5), Ear())
    assert shares == [0.05, 0.4, 0.4, 0.4]

"""`lagrangian`: a bound without a schedule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.runtime.deadline import Deadline
from leptonopt.solvers import lagrangian
from tests.helpers.answers import honest
from tests.helpers.random_problems import problem as drawn
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem


def test_a_bound_above_that_without_congestion() -> None:
    """Two tasks want the one cheap slot: 1 + 1 without congestion, 1 + 9 in truth, 10 at the best price."""
    made = problem(*[group(option(1, {0: 1}))] * 2, capacity=[[1, 1]], price=[[1, 9]])
    ear = Ear()
    found = lagrangian.solve(made, None, Limits(time_limit=10, deterministic=True), ear)
    assert found.schedule is None
    assert found.bound is not None
    assert 2 < found.bound <= 10
    assert ear.bounds == sorted(ear.bounds)


class Rising:
    """An ascent that gains one in every round."""

    best = 0

    def step(self) -> None:
        """Gain one."""
        self.best += 1

    def exact(self) -> int:
        """Return the bound in integers."""
        return self.best

    def slope(self, rounds: int) -> float:
        """Return a slope at which nothing ends."""
        return 1.0


def test_first_bounds_come_after_few_rounds() -> None:
    """On a busy machine a stage of `auto` that has told no gain gives way."""
    ear, rising = Ear(), Rising()
    run = lagrangian._Run(ear, 0, 25, Deadline.never())
    assert run.climb(rising) is Stop.DONE  # type: ignore[arg-type]
    assert ear.bounds == [3, 10, 20, 25]


@pytest.mark.parametrize("seed", range(20))
def test_claims_are_true(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On random problems, and infeasible where a task has no start; half of them as if they had many groups."""
    if seed % 2:
        monkeypatch.setattr(lagrangian, "SETTINGS", replace(lagrangian.SETTINGS, many=0))
    made, ear = drawn(seed, groups=3, slots=5), Ear()
    answer = lagrangian.solve(made, None, Limits(time_limit=1, deterministic=True), ear)
    best = honest(made, answer, ear)
    assert answer.status is Status.UNKNOWN or best is None

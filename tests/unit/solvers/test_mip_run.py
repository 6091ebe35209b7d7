"""One model on one engine: bounds rounded safely, gaps, and answers."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.models.time_indexed import build_model
from leptonopt.problem.protocol import Limits
from leptonopt.solvers.mip_run import EngineAnswer, MipRun, round_up_safely
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem


class Run(MipRun):
    """A run whose engine says nothing."""

    def call(self, careful: bool) -> EngineAnswer:
        """Return nothing."""
        return EngineAnswer("nothing")


def run(**limits: float) -> Run:
    """Return a run on a small problem."""
    made = problem(group(option(1, {0: 1})), capacity=[[1, 1]], price=[[30, 20]])
    given = Limits(**limits)  # type: ignore[arg-type]
    return Run("own", made, build_model(made), None, given, Ear(), given.start(), guarded=False)


@pytest.mark.parametrize(("value", "bound"), [(3.0, 3), (2.4, 3), (-2.4, -2), (2.0000001, 2), (-0.0000001, 0)])
def test_bounds_are_rounded_to_the_safe_side(value: float, bound: int) -> None:
    """Up to the next integer, less what an engine's tolerance may add."""
    assert round_up_safely(value) == bound


def test_time_that_is_left() -> None:
    """Of the limit; the run ends with it."""
    assert 0 < run(time_limit=5).left() <= 5
    assert not run(time_limit=5).should_end()
    assert run(time_limit=-1).limited()


def test_gaps_of_the_shifted_objective() -> None:
    """Zero where a proof is asked for."""
    assert run().gaps()[0] == 0

"""The state of a large neighbourhood search: gains, reports, bounds and schedules of others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from leptonopt.algorithms.heuristics.multistart import MultiStart
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lns import search_state
from leptonopt.algorithms.lns.column_model import SubproblemSolution
from leptonopt.algorithms.lns.search_state import SearchState
from leptonopt.algorithms.lns.subproblem import SubproblemResult
from leptonopt.problem.protocol import Limits
from leptonopt.problem.schedule import Schedule, objective
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem

MADE = problem(group(option(1, {0: 1})), group(option(1, {0: 2})), capacity=[[2, 2, 2]], price=[[1, 5, 3]])
START = Schedule.of([0, 1], [0, 1])  # 1 + 10


class Other(Ear):
    """A monitor that knows a schedule of another method."""

    def __init__(self, other: Schedule | None = None) -> None:
        super().__init__()
        self.other = other

    def best(self) -> Schedule | None:
        return self.other


def state(monitor: Other) -> SearchState:
    """Return the state at a first schedule of cost 11, with a bound of 2."""
    starts = MultiStart(MADE, BlockPricer(MADE), Limits(1.0), monitor)
    starts.found, starts.cost = START, objective(MADE, START)
    return SearchState(starts, monitor, 2)


def test_a_gain_is_accepted_and_committed() -> None:
    """The second group moves from slot 1 at 10 to slot 2 at 6: the incumbent costs 7."""
    monitor = Other()
    made = state(monitor)
    assert made.cost == 11
    ran = {1: made.placing.remove_group(1)}
    assert made.accept_or_restore(10, ran, [(1, 2, 1)]) == 4
    assert made.pending_gain == 4
    made.report(1)
    assert (made.cost, made.pending_gain) == (7, 0)
    assert monitor.costs == [7]
    assert list(made.best) == [(0, 0, 1), (1, 2, 1)]


@pytest.mark.parametrize("columns", [None, [(1, 0, 1)]])
def test_columns_that_do_not_fit_are_refused(columns: list[tuple[int, int, int]] | None) -> None:
    """Slot 0 has one unit left; the group returns to its column, as it does without a solution."""
    made = state(Other())
    ran = {1: made.placing.remove_group(1)}
    assert made.accept_or_restore(10, ran, columns) is None
    assert made.placing.runs[1] == {(1, 1): 1}
    assert made.pending_gain == 0


def test_columns_that_cost_more_are_refused() -> None:
    """The first group moves from 1 to 3."""
    made = state(Other())
    ran = {0: made.placing.remove_group(0)}
    assert made.accept_or_restore(1, ran, [(0, 2, 1)]) is None
    assert made.placing.runs[0] == {(0, 0): 1}


def test_large_problems_report_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every 15 turns; a gain in between waits."""
    monkeypatch.setattr(search_state, "TUNING", replace(search_state.TUNING, small=1))
    monitor = Other()
    made = state(monitor)
    made.accept_or_restore(10, {1: made.placing.remove_group(1)}, [(1, 2, 1)])
    made.report(14)
    assert monitor.costs == []
    made.report(15)
    assert monitor.costs == [7]


def test_only_better_bounds_are_reported() -> None:
    """None and lower ones are not."""
    monitor = Other()
    made = state(monitor)
    for value in (None, 1, 2, 5, 4):
        made.raise_bound(value)
    assert monitor.bounds == [5]
    assert made.bound == 5


def test_a_better_schedule_of_others_is_adopted_once() -> None:
    """It replaces incumbent and current schedule; a worse one and one that breaks a rule do not."""
    monitor = Other()
    made = state(monitor)
    assert not made.adopt_external()
    monitor.other = Schedule.of([0, 1], [1, 0])  # 5 + 2
    assert made.adopt_external()
    assert made.cost == 7
    assert made.placing.total_cost() == 7
    assert not made.adopt_external()
    for other in (Schedule.of([0, 1], [1, 2]), Schedule.of([0, 1], [0, 0])):  # dearer; above the capacity
        monitor.other = other
        assert not made.adopt_external()
    assert made.cost == 7


@pytest.mark.parametrize(
    ("proven", "whole", "groups", "optimal"),
    [(True, True, 2, True), (False, True, 2, False), (True, False, 2, False), (True, True, 1, False)],
)
def test_a_proof_needs_all_columns_of_all_groups(proven: bool, whole: bool, groups: int, optimal: bool) -> None:
    """Of a result that is proven itself."""
    result = SubproblemResult(SubproblemSolution([], proven, 0.1), whole, 0.1)
    assert state(Other()).proves_optimal(result, groups, 2) is optimal
    assert not state(Other()).proves_optimal(SubproblemResult(None, True, 0.1), 2, 2)

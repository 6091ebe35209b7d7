"""What a method is given and returns: limits, monitors, and solutions that cannot claim too much."""

from __future__ import annotations

import time

import pytest

from leptonopt.problem.protocol import SHORTEST_CALL, Limits, NullMonitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Deadline

NOTHING = Schedule.of([], [])


def test_effort_is_the_work_where_it_is_stated() -> None:
    """Otherwise it is the time limit."""
    assert Limits(time_limit=7).effort == 7
    assert Limits(time_limit=7, work=2).effort == 2


def test_a_method_ends_at_the_earlier_moment() -> None:
    """The time limit counts from the start, and never beyond the deadline."""
    now = time.monotonic()
    assert Limits(time_limit=100).start().until == pytest.approx(now + 100, abs=5)
    soon = Deadline(now + 10)
    assert Limits(time_limit=100, deadline=soon).start() == soon
    assert Limits(time_limit=1, deadline=soon).start().until < soon.until


def test_no_clock_decides_in_deterministic_solves() -> None:
    """Elsewhere the deadline by which a method decides is its end."""
    assert Limits(deterministic=True, deadline=Deadline.after(1)).deciding() == Deadline.never()
    soon = Deadline.after(10)
    assert Limits(time_limit=100, deadline=soon).deciding() == soon


def test_the_time_until_a_deadline_is_the_limit() -> None:
    """A deadline that has passed leaves the shortest call that engines accept."""
    deadline = Deadline.after(50)
    made = Limits(seed=3).until(deadline)
    assert (made.deadline, made.seed) == (deadline, 3)
    assert 45 < made.time_limit <= 50
    assert Limits().until(Deadline.after(-1)).time_limit == SHORTEST_CALL


def test_a_monitor_without_ears() -> None:
    """It ignores reports and answers only whether to stop."""
    monitor = NullMonitor(lambda: True)
    monitor.incumbent(NOTHING, 3)
    monitor.bound(1)
    assert (monitor.best(), monitor.should_stop(), NullMonitor().should_stop()) == (None, True, False)


@pytest.mark.parametrize("status", list(Status))
def test_a_status_goes_with_a_schedule_or_without(status: Status) -> None:
    """Optimal and feasible need a schedule; infeasible and unknown must not have one."""
    has = status in (Status.OPTIMAL, Status.FEASIBLE)
    assert Solution(status, Stop.DONE, NOTHING if has else None, bound=0).status is status
    with pytest.raises(ValueError, match="without a schedule" if has else "with a schedule"):
        Solution(status, Stop.DONE, None if has else NOTHING, bound=0)


def test_optimal_needs_a_bound() -> None:
    """There is no proof without one."""
    with pytest.raises(ValueError, match="optimal without a bound"):
        Solution(Status.OPTIMAL, Stop.PROOF, NOTHING)


@pytest.mark.parametrize(
    ("schedule", "cost", "bound", "status", "stop"),
    [
        (None, None, 3, Status.UNKNOWN, Stop.LIMIT),
        (NOTHING, 4, 3, Status.FEASIBLE, Stop.LIMIT),
        (NOTHING, 4, None, Status.FEASIBLE, Stop.LIMIT),
        (NOTHING, 4, 4, Status.OPTIMAL, Stop.PROOF),
    ],
)
def test_a_claim_follows_from_cost_and_bound(
    schedule: Schedule | None, cost: int | None, bound: int | None, status: Status, stop: Stop
) -> None:
    """Optimal where the bound reaches the cost, and only there."""
    made = Solution.claim(schedule, cost, bound, Stop.LIMIT, "engine 1", "why")
    assert (made.status, made.stop, made.bound, made.engine, made.note) == (status, stop, bound, "engine 1", "why")

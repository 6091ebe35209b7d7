"""The method `segments`: a proof where the bound is met, and the same result for the same seed."""

from __future__ import annotations

from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.problem.schedule import objective
from leptonopt.solvers import segments
from tests.helpers.cut_problems import cut_problem, hourly

PROBLEM = cut_problem({"segments": {"restart": "30m"}}, price=hourly(1, 1, 9, 9, 1, 1, 9, 9))


def test_the_cheapest_path_of_a_task_alone_is_optimal() -> None:
    """One task meets the bound, so that the method ends with a proof; what it starts from may be dearer."""
    found = segments.solve(PROBLEM, None, Limits(10), NullMonitor())
    first = segments.baseline(PROBLEM, None, Limits(10), NullMonitor())
    assert found.status is Status.OPTIMAL
    assert found.schedule is not None
    assert first.schedule is not None
    assert found.bound == first.bound == objective(PROBLEM, found.schedule) <= objective(PROBLEM, first.schedule)


def test_a_task_without_a_path_is_infeasible() -> None:
    """Too little time for the work in all segments is proven."""
    problem = cut_problem({"segments": {"restart": "2h"}, "options": [{"pool": "a", "duration": "9h"}]}, horizon=9)
    window = [{"from": "2026-01-05T02:00Z", "to": "2026-01-05T03:00Z"}]
    blocked = cut_problem(
        {"segments": True, "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "8h"}]}, maintenance=window
    )
    assert segments.solve(problem, None, Limits(5), NullMonitor()).status is Status.OPTIMAL
    assert segments.solve(blocked, None, Limits(5), NullMonitor()).status is Status.INFEASIBLE


def test_too_much_work_is_counted() -> None:
    """The start of other methods proves that two tasks of three hours do not fit into four hours."""
    shut = [{"from": "2026-01-05T02:00Z", "to": "2026-01-05T06:00Z"}]
    for copies, status in ((2, Status.INFEASIBLE), (1, Status.OPTIMAL)):
        options = [{"pool": "a", "uses": {"gpu": 2}, "duration": "3h"}]
        problem = cut_problem({"segments": True, "copies": copies, "options": options}, maintenance=shut)
        found = segments.baseline(problem, None, Limits(10), NullMonitor())
        assert (found.status, "too much work" in found.note) == (status, copies == 2)


def test_deterministic() -> None:
    """Equal seeds give equal schedules, whatever the clock."""
    problem = cut_problem(
        {"copies": 3, "segments": True, "options": [{"pool": "a", "uses": {"gpu": 2}, "duration": "2h"}]},
        price=hourly(1, 3, 2, 5, 4, 1, 5, 2),
    )
    limits = Limits(3, deterministic=True, seed=5)
    one, other = (segments.solve(problem, None, limits, NullMonitor()) for _ in range(2))
    assert one.schedule is not None
    assert other.schedule is not None
    assert list(one.schedule) == list(other.schedule)
    assert one.bound == other.bound

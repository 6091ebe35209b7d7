"""The self-test of engines: small problems, and false claims."""

from __future__ import annotations

import pytest

from leptonopt.problem.protocol import Solution, Status, Stop
from leptonopt.problem.schedule import Schedule
from leptonopt.solvers import selftest
from leptonopt.solvers.selftest import RecordingMonitor, SelftestCase, failed_selftest, objection
from tests.helpers.answers import optimum

CASES = next(
    value
    for value in vars(selftest).values()
    if isinstance(value, tuple) and value and isinstance(value[0], SelftestCase)
)


SMALL = [case for case in CASES if len(case.demand) * len(case.room) <= 8 and case.copies == 1]


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.what)
def test_the_answers_of_small_cases_are_right(case: SelftestCase) -> None:
    """By brute force."""
    assert optimum(case.problem()) == case.least


CASE = SelftestCase("two tasks", (1, 1), ((3,), (4,)), (2,), least=7)
RIGHT = Schedule.of([0, 1], [0, 0])


@pytest.mark.parametrize(
    ("said", "bounds", "true"),
    [
        (Solution(Status.OPTIMAL, Stop.PROOF, RIGHT, 7), (), True),
        (Solution(Status.UNKNOWN, Stop.LIMIT), (), True),
        (Solution(Status.INFEASIBLE, Stop.PROOF), (), False),
        (Solution(Status.OPTIMAL, Stop.PROOF, RIGHT, 8), (), False),
        (Solution(Status.FEASIBLE, Stop.LIMIT, Schedule.of([0], [0]), 0), (), False),
        (Solution(Status.UNKNOWN, Stop.LIMIT), (8,), False),
    ],
)
def test_false_claims_are_objected_to(said: Solution, bounds: tuple[int, ...], true: bool) -> None:
    """Wrong statuses, bounds and schedules."""
    assert (objection(CASE, said, bounds) == "") is true


def test_engines_that_pass_are_used() -> None:
    """A method without an engine needs no test."""
    assert failed_selftest("cpsat") == ""
    assert failed_selftest("greedy") == ""


def test_bounds_are_remembered() -> None:
    """Incumbents are not."""
    monitor = RecordingMonitor(lambda: True)
    monitor.bound(3)
    monitor.incumbent(RIGHT, 7)
    assert (monitor.bounds, monitor.best(), monitor.should_stop()) == ([3], None, True)

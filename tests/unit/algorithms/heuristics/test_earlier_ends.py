"""Earlier ends at no more cost."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.heuristics.earlier_ends import earlier_ends
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import Schedule
from leptonopt.solvers.greedy import solve
from tests.helpers.job_states import problems
from tests.helpers.tiny_instances import compiled, pool, task


def ends(problem: Problem, schedule: Schedule) -> int:
    """Return the sum of all ends."""
    return int((schedule.count * (schedule.start + problem.duration[schedule.option])).sum())


def test_rules_hold_and_ends_are_no_later() -> None:
    """On random problems of all features, each schedule ends no later in all; some are earlier."""
    earlier = 0
    for problem in problems(40):
        schedule = solve(problem, None, Limits(), NullMonitor()).schedule
        if schedule is None:
            continue
        found = earlier_ends(problem, schedule, lambda: False)
        assert np.array_equal(
            np.bincount(problem.group[found.option], found.count, problem.groups),
            np.bincount(problem.group[schedule.option], schedule.count, problem.groups),
        )
        assert ends(problem, found) <= ends(problem, schedule)
        assert not violated_rules(problem, found)
        earlier += ends(problem, found) < ends(problem, schedule)
    assert earlier


def test_copies_stop_in_time() -> None:
    """Of many equal copies no more move than there is time for."""
    problem = compiled(task(copies=50), pools=[pool(gpu=100)]).problem
    left = iter([False] * 5)
    found = earlier_ends(problem, Schedule.of([0], [3], [50]), lambda: next(left, True))
    assert list(found) == [(0, 0, 5), (0, 3, 45)]

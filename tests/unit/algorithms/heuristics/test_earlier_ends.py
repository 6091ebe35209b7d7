"""Earlier ends at no more cost."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.heuristics.earlier_ends import earlier_ends
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import Schedule
from leptonopt.solvers.registry import load_method
from tests.helpers.job_states import problems
from tests.helpers.tiny_instances import compiled, pool, task


def ends(problem: Problem, schedule: Schedule) -> int:
    """Return the sum of all ends."""
    return int((schedule.count * (schedule.start + problem.duration[schedule.option])).sum())


def delayed(problem: Problem, schedule: Schedule) -> Schedule:
    """Return a schedule whose entries, one after another, begin as late as their windows allow, where rules hold."""
    for at in range(len(schedule.option)):
        start = schedule.start.copy()
        start[at] = problem.last[schedule.option[at]]
        later = Schedule.of(schedule.option, start, schedule.count)
        if len(later.option) == len(start) and not violated_rules(problem, later):
            schedule = later
    return schedule


def test_rules_hold_and_ends_are_no_later() -> None:
    """On random problems of all features, each schedule ends no later in all; some are earlier."""
    earlier, placed = 0, load_method("least-loaded")
    for problem in problems(60):
        schedule = placed(problem, None, Limits(), NullMonitor()).schedule
        if schedule is None:
            continue
        schedule = delayed(problem, Schedule.of(schedule.option, schedule.start, schedule.count))
        found = earlier_ends(problem, schedule, lambda: False)
        assert np.array_equal(
            np.bincount(problem.group[found.option], found.count, problem.groups),
            np.bincount(problem.group[schedule.option], schedule.count, problem.groups),
        )
        assert ends(problem, found) <= ends(problem, schedule)
        assert not violated_rules(problem, found)
        earlier += ends(problem, found) < ends(problem, schedule)
    assert earlier > 10


def test_copies_stop_in_time() -> None:
    """Of many equal copies no more move than there is time for."""
    problem = compiled(task(copies=50), pools=[pool(gpu=100)]).problem
    left = iter([False] * 5)
    found = earlier_ends(problem, Schedule.of([0], [3], [50]), lambda: next(left, True))
    assert list(found) == [(0, 0, 5), (0, 3, 45)]

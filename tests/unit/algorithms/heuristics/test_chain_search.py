"""Construction and search with chains: schedules keep all rules, and come close to the optimum of small problems."""

from __future__ import annotations

from leptonopt.algorithms.heuristics.chain_search import ChainSearch, whole_start
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import objective
from leptonopt.solvers import cpsat
from tests.helpers.cut_problems import cut_problem, drawn_problems, hourly


def test_a_task_around_maintenance() -> None:
    """A task that cannot run as a whole is placed in segments at once."""
    window = [{"from": "2026-01-05T02:00Z", "to": "2026-01-05T06:00Z"}]
    problem = cut_problem({"segments": True, "checkpoint": {"restart": "5m"}}, maintenance=window)
    search = ChainSearch(problem, NullMonitor(), 0)
    search.start(None)
    assert search.found is not None
    assert violated_rules(problem, search.found) == set()


def test_whole_tasks_to_start_from() -> None:
    """Where all can run as a whole, a start without segments keeps all rules."""
    problem = cut_problem({"copies": 2, "segments": True}, price=hourly(5, 1, 1, 1, 5, 5, 5, 5))
    start = whole_start(problem, Limits(2))
    assert start is not None
    assert violated_rules(problem, start) == set()


def test_close_to_the_optimum_of_small_problems() -> None:
    """Most drawn problems with a schedule are solved to the optimum in a hundred steps, and none is beaten."""
    equal = all_ = 0
    for problem in drawn_problems(range(16)):
        found = cpsat.solve(problem, None, Limits(10), NullMonitor()).schedule
        search = ChainSearch(problem, NullMonitor(), 1)
        search.start(None)
        search.improve(lambda: False, 100)
        if found is None:
            assert search.found is None
            continue
        all_ += 1
        if search.found is not None:
            assert violated_rules(problem, search.found) == set()
            assert search.cost >= objective(problem, found)
            equal += search.cost == objective(problem, found)
    assert equal >= 0.8 * all_ > 3

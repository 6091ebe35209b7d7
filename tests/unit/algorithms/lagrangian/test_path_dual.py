"""The bound by paths is never above an optimum, and prices raise it where capacity binds."""

from __future__ import annotations

from functools import partial

import numpy as np

from leptonopt.algorithms.lagrangian.path_dual import PathDual, restricted_least
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import objective
from leptonopt.solvers import cpsat
from tests.helpers.cut_problems import cut_problem, drawn_problems, hourly


def test_never_above_the_optimum() -> None:
    """On drawn problems the bound holds at all prices of the ascent; without a path there is no schedule."""
    compared = 0
    for problem in drawn_problems(range(40)):
        found = cpsat.solve(problem, None, Limits(10), NullMonitor()).schedule
        dual = PathDual(problem)
        best = None if found is None else objective(problem, found)
        dual.ascend(lambda: False, 12, partial(int, best) if best is not None else lambda: None)
        if found is None:
            continue
        assert not dual.impossible
        assert dual.best is not None
        assert best is not None
        assert dual.best <= best
        compared += 1
    assert compared > 10


def test_prices_raise_the_bound() -> None:
    """Three equal tasks that all want the two cheap hours of a GPU have to wait."""
    problem = cut_problem(
        {"copies": 3, "segments": True, "options": [{"pool": "a", "uses": {"gpu": 2}, "duration": "2h"}]},
        price=hourly(1, 1, 5, 5, 5, 5, 5, 5),
    )
    dual = PathDual(problem)
    dual.evaluate()
    before = dual.best
    dual.ascend(lambda: False, 60, lambda: None)
    assert dual.best is not None
    assert before is not None
    assert dual.best > 1.5 * before


def test_least_costs_of_some_groups() -> None:
    """Options of other groups count as infeasible."""
    problem = cut_problem({"segments": {"most": 2}})
    least = restricted_least(problem, np.array([1]))
    assert least[problem.group == 0].min() > 2**40
    assert least[problem.group == 1].min() == 0

"""Greedy ends when its own time is up, whether or not it has found anything, and builds a first order whole."""

from itertools import count

import numpy as np
import pytest

import leptonopt
from leptonopt.algorithms.heuristics import multistart as starting
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Stop
from leptonopt.solvers import greedy


@pytest.fixture
def tight() -> Problem:
    """Packed so closely that mending fails for seconds."""
    return compile_instance(leptonopt.generate("lumpy", tasks=100, load=0.95)).problem


@pytest.mark.parametrize(("search", "most"), [(greedy.solve, 100), (greedy.baseline, 40)])
def test_ends_without_a_plan_when_the_time_is_up(monkeypatch, tight, search, most):
    """On a clock that goes on by a hundredth of the limit whenever it is looked at."""
    looks = count()
    monkeypatch.setattr(starting.time, "monotonic", lambda: next(looks) * 0.01)
    found = search(tight, None, Limits(1.0), NullMonitor())
    assert found.schedule is None
    assert found.stop is Stop.LIMIT
    assert next(looks) <= most + 20  # each order that is left looks once, and is not begun
    assert "found no place" in found.note


def test_a_plan_of_the_first_order_is_given_even_when_others_must_have_their_time(monkeypatch):
    loose = compile_instance(leptonopt.generate("gaia", tasks=100)).problem
    ticks = iter(np.concatenate([[0.0], np.full(10_000, 0.5)]).tolist())
    monkeypatch.setattr(starting.time, "monotonic", lambda: next(ticks))
    assert greedy.baseline(loose, None, Limits(1.0), NullMonitor()).schedule is not None

"""The shortest path over slots and work is the cheapest way to do a task in segments."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian import segment_path
from leptonopt.algorithms.lagrangian.segment_path import Path, WorkUnits, cheapest_path
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor
from leptonopt.problem.schedule import objective
from leptonopt.problem.slot_chain import SlotChain
from leptonopt.solvers import cpsat
from tests.helpers.cut_problems import cut_problem, hourly


def path_of(problem: Problem, optimistic: bool = False) -> Path | None:
    """Return the cheapest path of the only chain, alone."""
    chain = SlotChain(problem, problem.chains[0])
    late = problem.late(chain.last, np.arange(chain.slots + 1))
    return cheapest_path(chain, chain.works, chain.slot_cost, late, optimistic=optimistic)


def test_by_hand() -> None:
    """Three hours of work run in the two cheap hours, and two behind the dear ones, as one half is lost."""
    problem = cut_problem({"segments": {"restart": "30m"}}, price=hourly(1, 1, 9, 9, 1, 1, 1, 1))
    path = path_of(problem)
    assert path is not None
    assert [(start, length) for _, start, length in path.segments] == [(4, 3)]
    pausing = path_of(cut_problem({"segments": {"restart": "30m"}}, price=hourly(1, 1, 9, 9, 1, 1, 9, 9)))
    assert pausing is not None
    assert [(start, length) for _, start, length in pausing.segments] == [(0, 2), (4, 2)]


def test_equal_to_an_exact_method() -> None:
    """Over many prices, limits, ways and due dates the cost is the optimum of the problem of that task."""
    random = np.random.default_rng(3)
    for turn in range(40):
        most, shortest = int(random.integers(2, 5)), int(random.integers(1, 4))
        segments = {
            "most": most,
            "shortest": f"{shortest}h",
            "restart": f"{int(random.integers(0, 4)) * 20}m",
            "cost": int(random.integers(0, 3)),
            "move": True,
            "resize": bool(turn % 2),
        }
        options = [
            {"id": "one", "pool": "a", "uses": {"gpu": 1}, "duration": "4h"},
            {"id": "two", "pool": "a", "uses": {"gpu": 2}, "duration": "150m", "cost": 1},
        ]
        task = {"segments": segments, "options": options, "due": "2026-01-05T04:30Z", "late_cost": 1}
        problem = cut_problem(task, horizon=9, price=hourly(*random.integers(0, 6, 9).tolist()))
        found = cpsat.solve(problem, None, Limits(10), NullMonitor())
        assert found.schedule is not None
        path = path_of(problem)
        assert path is not None
        assert path.cost == objective(problem, found.schedule)
        entries = SlotChain(problem, problem.chains[0]).entries(path.segments)
        assert entries is not None
        schedule = type(found.schedule).of(*np.array(entries).T)
        assert objective(problem, schedule) == path.cost


def test_coarse_units_are_on_the_safe_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """With few units a path does all of the work, a bound is no larger, and both are exact while uncounted ones fit."""
    problem = cut_problem(
        {"segments": {"restart": "7m"}, "options": [{"pool": "a", "uses": {"gpu": 1}, "duration": "301m"}]},
        price=hourly(1, 1, 9, 1, 1, 9, 1, 1),
    )
    chain = SlotChain(problem, problem.chains[0])
    safe, hopeful = WorkUnits.of(chain, 50, optimistic=False), WorkUnits.of(chain, 50, optimistic=True)
    need, rate = chain.chain.need, int(chain.chain.rate[0])
    assert int(safe.rate[0]) * need <= rate * safe.need
    assert int(hopeful.rate[0]) * need >= rate * hopeful.need
    assert safe.lost[0] >= hopeful.lost[0]
    exact = path_of(problem)
    monkeypatch.setattr(segment_path, "MAX_STATES", 1)
    uncounted, bound = path_of(problem), path_of(problem, optimistic=True)
    monkeypatch.setattr(segment_path, "MAX_UNCOUNTED", 1)
    coarse, low = path_of(problem), path_of(problem, optimistic=True)
    assert coarse is not None
    assert low is not None
    assert exact is not None
    assert uncounted is not None
    assert bound is not None
    assert uncounted.cost == bound.cost == exact.cost
    assert low.cost <= exact.cost <= coarse.cost


def test_no_path() -> None:
    """Where the slots do not suffice there is none."""
    problem = cut_problem({"segments": True})
    chain = SlotChain(problem, problem.chains[0])
    late = np.zeros(chain.slots + 1, np.int64)
    free = np.zeros_like(chain.works)
    free[0, [1, 3]] = True
    assert cheapest_path(chain, free, chain.slot_cost, late) is None

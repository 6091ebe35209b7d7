"""Tasks that must run and find no place push others out: mending where there are many tasks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import leptonopt
from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale import ejection_search as improving
from leptonopt.algorithms.large_scale.annealing import NONE, Annealer
from leptonopt.algorithms.large_scale.ejection_search import EjectionSearch
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.compile.compiler import compile_instance
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.problem.schedule import usage
from leptonopt.solvers import large_scale as scale
from tests.helpers import random_problems

TWO = """
leptonopt: 1
time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 3h}
pools:
  - {id: only, capacity: {gpu: 1}, price: {gpu: 1}}
tasks:
  - {id: one, options: [{pool: only, uses: {gpu: 1}, duration: 2h}]}
  - {id: other, options: [{pool: only, uses: {gpu: 1}, duration: 2h}]}
"""


def lumpy(tasks: int = 200, seed: int = 0, load: float = 0.7) -> Problem:
    """Large tasks on small pools, of which none may be left out."""
    return compile_instance(leptonopt.generate("lumpy", tasks=tasks, seed=seed, load=load)).problem


def improver(problem: Problem) -> EjectionSearch:
    price = np.zeros(problem.capacity.shape)
    return EjectionSearch(problem, Assignment.empty(problem, price), ClassPricer(problem), price)


@pytest.mark.parametrize("seed", range(4))
def test_all_that_must_run_finds_a_place(seed: int) -> None:
    """From nothing placed at all; the capacity is kept, and the free capacity is what it says."""
    problem = lumpy(seed=seed)
    made = improver(problem)
    made.repair(lambda: False, most=200_000)
    assert not made.placed.missing_mandatory().any()
    assert violated_rules(problem, made.placed.schedule()) == set()
    assert (made.placed.free == problem.capacity - usage(problem, made.placed.schedule())).all()


@pytest.mark.parametrize("seed", range(12))
def test_its_lists_are_right_whatever_it_comes_to(seed: int) -> None:
    """Of any rules that this pipeline keeps, solvable or not: each item at work stands in its pool's list, once."""
    none = np.zeros(0, np.int64)
    problem = replace(random_problems.problem(seed, groups=12, slots=8), before=none, after=none, lag=none)
    made = improver(problem)
    made.repair(lambda: False, most=500)
    placed, board = made.placed, made.state
    assert violated_rules(problem, placed.schedule()) <= {"once"}
    assert (placed.free == problem.capacity - usage(problem, placed.schedule())).all()
    for pool, (begin, count) in enumerate(zip(board.begin.tolist(), board.count.tolist(), strict=True)):
        here = np.flatnonzero((placed.option >= 0) & (problem.pool[placed.option] == pool))
        assert sorted(board.member[begin : begin + count].tolist()) == here.tolist()


def test_lists_that_are_full_are_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """With as little room in them as there can be."""
    problem, made = lumpy(), improver(lumpy())
    begun = made._make_state

    def narrow() -> object:
        board = begun()
        board.room[:] = board.count + 2
        return board

    monkeypatch.setattr(made, "_make_state", narrow)
    made.state = narrow()  # type: ignore[assignment]
    made.repair(lambda: False, most=200_000)
    assert violated_rules(problem, made.placed.schedule()) == set()


def test_it_ends_when_it_is_over_and_after_so_many_steps(tmp_path: Path) -> None:
    """Where there is no plan, too: two tasks for the only hour of a pool push each other out for ever."""
    file = tmp_path / "two.yaml"
    file.write_text(TWO, encoding="utf-8")
    problem = compile_instance(leptonopt.load(file)).problem
    made, calls = improver(problem), iter([False] * 5 + [True])
    made.repair(lambda: next(calls))
    assert made.placed.missing_mandatory().sum() == 1
    made.repair(lambda: False, most=1_000)
    assert made.placed.missing_mandatory().sum() == 1


def test_ejection_of_some_moves_no_others() -> None:
    """With room for all, only those asked for come to a place; what prices would leave out is not among the refused."""
    problem = lumpy(tasks=40)
    value = np.where(np.arange(problem.groups) % 2, 10**9, 0)
    made = improver(replace(problem, optional=np.ones(problem.groups, bool), value=value))
    refused = made.worthwhile_unplaced()
    assert refused.tolist() == list(range(1, problem.groups, 2))
    made.run(500, 0.0, refused[:1])
    assert np.flatnonzero(made.placed.option >= 0).tolist() == refused[:1].tolist()
    assert set(made.worthwhile_unplaced()) == set(refused[1:])


def test_what_must_run_is_not_left_out_for_good() -> None:
    """What leaving it out counts grows while it lasts, so that penalties never outgrow it; values of others stay."""
    problem = lumpy(tasks=60)
    some = replace(problem, optional=np.arange(problem.groups) % 2 == 0, value=problem.value + 1)
    price = np.zeros(problem.capacity.shape)
    made = Annealer(some, Assignment.empty(some, price), ClassPricer(some), price)
    before, made.round = made.leave_out_cost.copy(), 1
    made.run(lambda: made.moves / 2_000)
    assert (made.leave_out_cost[some.optional] == before[some.optional]).all()
    assert (made.leave_out_cost[~some.optional] > before[~some.optional]).any()
    assert (made.chosen[~some.optional[made.group]] != NONE).all()


@pytest.mark.parametrize("seed", range(3))
def test_scale_finds_a_plan_where_all_must_run(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where placing by prices alone leaves some without a place."""
    monkeypatch.setattr(scale, "SETTINGS", replace(scale.SETTINGS, moves_each=500))
    mended = []
    usual = improving.EjectionSearch.repair

    def mend(self: EjectionSearch, *given: object) -> None:
        mended.append(int(self.placed.missing_mandatory().sum()))
        usual(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(improving.EjectionSearch, "repair", mend)
    problem = lumpy(tasks=150, seed=seed)
    solution = scale.solve(problem, None, Limits(time_limit=60.0, threads=1, deterministic=True), NullMonitor())
    assert solution.status is Status.FEASIBLE
    assert solution.schedule is not None
    assert violated_rules(problem, solution.schedule) == set()
    assert max(mended) > 0

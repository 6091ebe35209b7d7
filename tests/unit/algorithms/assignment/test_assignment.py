"""Method `assignment`: proofs against brute force and another method, threads, and time limits."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from leptonopt.algorithms.assignment.problem import detect_assignment
from leptonopt.problem.protocol import Limits, Status, Stop
from leptonopt.problem.schedule import objective
from leptonopt.solvers import assignment as solver
from leptonopt.solvers.registry import load_method
from tests.helpers import random_problems
from tests.helpers.assignment_problems import KINDS, found, places
from tests.helpers.bruteforce import optimum
from tests.helpers.marks import first
from tests.helpers.recording_monitor import Ear


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_the_form_costs_what_the_problem_costs(kind: dict[str, bool]) -> None:
    """An assignment costs in units what its schedule costs in the problem."""
    for seed in range(20):
        problem = places(seed, **kind)
        made = found(problem)
        random = np.random.default_rng(seed)
        where = np.array([random.choice(np.flatnonzero(made.able[:, task])) for task in range(made.able.shape[1])])
        own = made.cost[where, np.arange(len(where))].sum() + made.opening[np.unique(where)].sum()
        load = np.bincount(where, made.demand[where, np.arange(len(where))], len(made.room))
        if (load <= made.room).all():
            assert objective(problem, made.schedule(where)) == made.unit * own + made.constant


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_it_proves_the_optimum(kind: dict[str, bool]) -> None:
    """`assignment` is optimal, or infeasible, exactly where brute force says so."""
    for seed in range(8):
        problem = places(seed, **kind)
        best, ear = optimum(problem), Ear()
        solution = load_method("assignment")(problem, None, Limits(time_limit=20), ear)
        if best is None:
            assert solution.status is Status.INFEASIBLE, seed
        else:
            assert solution.status is Status.OPTIMAL, (seed, solution)
            assert solution.bound == objective(problem, solution.schedule) == best[0], seed
            assert max(ear.bounds) <= best[0]


def test_other_forms_are_refused() -> None:
    """What has several slots, copies or rows is of another form, and the method says so."""
    for seed in range(30):
        problem = random_problems.problem(seed)
        assert detect_assignment(problem) is None
    solution = load_method("assignment")(problem, None, Limits(), Ear())
    assert solution.status is Status.UNKNOWN
    assert "one slot" in solution.note


def test_without_kernels_there_is_a_greedy_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels that are not compiled within the time limit cost the proof, not the plan, and not the limit."""
    from leptonopt.runtime import jit, jit_cache

    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    monkeypatch.setattr(jit, "compiled", lambda *part: False)
    monkeypatch.setattr(jit_cache, "start_module", lambda *words: subprocess.Popen(sleep))
    begun = time.monotonic()
    solution = load_method("assignment")(places(0, nodes=False), None, Limits(time_limit=0.5), Ear())
    assert (solution.status, solution.stop) == (Status.FEASIBLE, Stop.LIMIT)
    assert "not compiled yet" in solution.note
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("seed", first(2, range(6)))
def test_knapsacks_agree_with_highs(seed: int) -> None:
    """On 5 agents and 20 tasks both prove the same cost, or that there is no plan."""
    problem = places(seed, nodes=seed % 2 == 0, optional=seed % 3 == 0, own=seed > 3, size=(5, 20))
    one, other = (load_method(name)(problem, None, Limits(time_limit=60), Ear()) for name in ("assignment", "highs"))
    assert one.status is other.status
    assert one.status in (Status.OPTIMAL, Status.INFEASIBLE)
    if one.schedule is not None and other.schedule is not None:
        assert objective(problem, one.schedule) == objective(problem, other.schedule)


@pytest.mark.parametrize("seed", range(4))
def test_two_threads_prove_what_one_does(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """With the second thread at work from the start, the cost that is proven is the same, and no bound is above it."""
    monkeypatch.setattr(solver, "SETTINGS", replace(solver.SETTINGS, alone=0.0, near=1.0))
    problem, ear = places(seed, nodes=seed % 2 == 0, own=seed > 1, size=(5, 20)), Ear()
    one = load_method("assignment")(problem, None, Limits(), Ear())
    two = load_method("assignment")(problem, None, Limits(threads=2), ear)
    assert (one.status, one.bound) == (two.status, two.bound)
    assert two.status in (Status.OPTIMAL, Status.INFEASIBLE)
    assert max(ear.bounds, default=0) <= (two.bound or 0)

"""The model of intervals states every rule: its optimum is that of brute force, with nodes, quotas and pools too."""

from __future__ import annotations

import contextlib

import pytest

from leptonopt.algorithms.models import interval
from leptonopt.algorithms.models.interval import IntervalModel, is_preferable, parts, unsupported_feature
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import Limits, Status
from leptonopt.problem.schedule import objective
from leptonopt.solvers import cpsat
from tests.helpers import bruteforce, random_problems
from tests.helpers.recording_monitor import Ear
from tests.helpers.tiny_instances import TIME, compiled, task


@pytest.mark.parametrize("block", range(3))
def test_brute_force_agrees_with_nodes_quotas_and_affinity(block: int) -> None:
    """Sixty random problems: status, cost and bound of `cpsat-intervals` are those of trying everything."""
    compared = infeasible = 0
    for seed in range(1000 + 20 * block, 1020 + 20 * block):
        problem, ear = random_problems.rich(seed), Ear()
        with contextlib.suppress(OverflowError):
            best = bruteforce.optimum(problem, 300_000)
            said = cpsat.on_intervals(problem, None, Limits(time_limit=20), ear)
            compared += 1
            if best is None:
                infeasible += 1
                assert said.status is Status.INFEASIBLE
                continue
            assert said.schedule is not None, (seed, said)
            assert not violated_rules(problem, said.schedule)
            assert (said.status, objective(problem, said.schedule), said.bound) == (Status.OPTIMAL, best[0], best[0])
    assert compared > 15
    assert infeasible < compared


def test_a_hint_is_complete_and_changes_no_answer() -> None:
    """The values of a schedule keep all constraints: fixed to them, the model has its cost."""
    from ortools.sat.python import cp_model

    tried = 0
    for seed, problem, best in bruteforce.solved(range(1100, 1130), 300_000):
        form, solver = IntervalModel(problem), cp_model.CpSolver()
        solver.parameters.fix_variables_to_their_hinted_value = True
        solver.parameters.num_workers = 1
        model = form.model(cp_model, best[1])
        assert solver.solve(model) == cp_model.OPTIMAL, seed
        assert form.constant + form.divisor * round(solver.objective_value) == best[0]
        tried += 1
    assert tried > 10


def test_what_is_too_large_is_refused_by_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason states the size and the limit."""
    problem = random_problems.rich(1)
    assert unsupported_feature(problem) == ""
    monkeypatch.setattr(interval, "SETTINGS", interval.IntervalSettings(max_parts=1))
    assert f"{parts(problem):,} options" in unsupported_feature(problem)
    assert not is_preferable(problem)


def test_two_kinds_of_nodes_for_the_whole_horizon() -> None:
    """One slot, so that the nodes of both kinds are on all the time or never: capacity is a sum of two variables."""
    kinds = [{"id": id, "size": {"gpu": size}, "count": 1, "price": size} for id, size in (("box", 6), ("rack", 2))]
    tasks = [task("t", gpu=4), task("u", gpu=3)]
    made = compiled(*tasks, time=TIME | {"horizon": "1h"}, pools=[{"id": "a", "nodes": kinds}])
    said = cpsat.on_intervals(made.problem, None, Limits(time_limit=20), Ear())
    assert said.status is Status.OPTIMAL
    assert said.bound is not None
    assert said.bound * made.unit == 8

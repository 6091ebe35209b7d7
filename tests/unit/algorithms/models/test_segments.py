"""The model by slots: the same optimum as the model with an option for every segment, and hints that keep its rows."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.models.segment_variables import applies
from leptonopt.algorithms.models.time_indexed import (
    build_model,
    decode,
    encode,
    has_no_columns,
    normalise_costs,
    predicted_size,
)
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, NullMonitor, Status
from leptonopt.problem.schedule import objective
from leptonopt.solvers import cpsat, highs
from tests.helpers.cut_problems import cut_problem, drawn_problems

LIMITS = Limits(10)


def optimum(problem: Problem, without: tuple[str, ...] = ()) -> int | None:
    """Return the least objective; None where there is no schedule."""
    found = cpsat.solve(problem, None, LIMITS, NullMonitor(), without)
    assert found.status in (Status.OPTIMAL, Status.INFEASIBLE)
    return None if found.schedule is None else objective(problem, found.schedule)


def test_both_models_have_the_same_optimum() -> None:
    """`without` a rule that no part states gives the model with an option for every segment."""
    compared = 0
    for problem in drawn_problems(range(60)):
        if applies(problem) and not has_no_columns(problem):
            assert optimum(problem) == optimum(problem, ("nothing",))
            compared += 1
    assert compared > 15


def test_a_schedule_as_a_hint() -> None:
    """Values of an optimal schedule keep every row and cost the same, and give the schedule back."""
    compared = 0
    for problem in drawn_problems(range(60, 100)):
        found = cpsat.solve(problem, None, LIMITS, NullMonitor()).schedule
        if found is None or not applies(problem):
            continue
        linear = build_model(problem)
        values = encode(linear, found)
        rows = linear.matrix @ values
        assert np.all((rows >= linear.lower) & (rows <= linear.upper))
        assert int(values @ linear.cost) == objective(problem, found)
        again = decode(linear, values)
        assert violated_rules(problem, again) == set()
        assert objective(problem, again) == objective(problem, found)
        assert len(linear.names()) == len(linear.most)
        assert len(linear.row_names()) == len(linear.lower)
        compared += 1
    assert compared > 5


def test_where_working_earns_the_options_are_taken() -> None:
    """With a price below zero a task would work too long in the model by slots."""
    assert applies(cut_problem({"segments": True}))
    assert not applies(cut_problem({"segments": True}, price=-1))
    assert not applies(cut_problem({}))


def test_far_fewer_variables() -> None:
    """The model by slots grows with the slots, not with their square."""
    problem = cut_problem({"segments": True, "options": [{"pool": "a", "duration": "40h"}]}, horizon=80)
    columns, nonzeros = predicted_size(problem)
    linear = build_model(problem)
    assert len(linear.most) <= columns < 500
    assert linear.matrix.nnz <= nonzeros
    assert len(problem.columns.option) > 4000


def test_highs_gives_up_a_start_that_it_calls_optimal() -> None:
    """Presolve may map a start to a better solution of the reduced model, and HiGHS then calls the start optimal."""
    (problem,) = drawn_problems(range(567, 568))
    best = optimum(problem)
    left_out = cpsat.solve(problem, None, Limits(10, cutoff=best), NullMonitor()).schedule
    assert left_out is not None
    alone = [entry for entry in left_out if problem.group[entry[0]] == problem.groups - 1]
    worse = type(left_out).of(*np.array(alone).T)
    assert violated_rules(problem, worse) == set()
    found = highs.solve(problem, worse, LIMITS, NullMonitor())
    assert found.bound is not None
    assert best is not None
    assert found.bound <= best
    assert normalise_costs(build_model(problem))[1] > 0

"""What an earlier schedule keeps, and going back to it."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.heuristics.warm_start import kept_copies, kept_part, restored
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import Schedule, objective
from tests.helpers import random_problems
from tests.helpers.tiny_instances import compiled, pool, task


def columns(schedule: Schedule) -> list[tuple[int, int, int]]:
    """Return the entries of a schedule."""
    return list(schedule)


def test_what_fits_together_is_kept() -> None:
    """Of three tasks of which two fit at a time, the third of one slot is dropped; another slot is kept."""
    problem = compiled(task("x"), task("y"), task("z"), pools=[pool(capacity={"gpu": 4})]).problem
    assert problem.copies.tolist() == [3]
    wanted = Schedule.of([0, 0], [0, 1], [2, 1])
    assert columns(kept_part(problem, wanted)) == [(0, 0, 2), (0, 1, 1)]
    crowded = Schedule.of([0], [0], [3])
    assert columns(kept_part(problem, crowded)) == [(0, 0, 2)]


def test_more_copies_than_there_are() -> None:
    """Copies beyond those of the group, and starts outside its window, are not kept."""
    problem = compiled(task("x"), pools=[pool(capacity={"gpu": 4})]).problem
    assert columns(kept_part(problem, Schedule.of([0, 0], [0, 1], [1, 1]))) == [(0, 0, 1)]
    assert columns(kept_part(problem, Schedule.of([0], [99]))) == []


def test_going_back_where_it_costs_nothing() -> None:
    """At a constant price a task returns to its earlier start; where that is dearer it stays."""
    even = compiled(task("x"), pools=[pool(capacity={"gpu": 4}, price={"gpu": 1})]).problem
    now, before = Schedule.of([0], [2]), Schedule.of([0], [1])
    assert columns(restored(even, now, before, lambda: False)) == [(0, 1, 1)]
    assert columns(restored(even, now, before, lambda: True)) == [(0, 2, 1)]
    steps = {"2026-01-05T00:00Z": 9, "2026-01-05T02:00Z": 1}
    uneven = compiled(task("x"), pools=[pool(capacity={"gpu": 4}, price={"gpu": {"steps": steps}})]).problem
    assert columns(restored(uneven, now, before, lambda: False)) == [(0, 2, 1)]


@pytest.mark.parametrize("seed", range(40))
def test_random_problems(seed: int) -> None:
    """What is kept breaks no rule but `once`; what is restored keeps all, costs no more and is no farther away."""
    from leptonopt.problem.protocol import Limits, NullMonitor
    from leptonopt.solvers import random_key
    from leptonopt.solvers.dispatching import cheapest_option

    problem = random_problems.problem(seed)
    first = cheapest_option(problem, None, Limits(2), NullMonitor()).schedule
    other = random_key.solve(problem, None, Limits(0.1, seed=seed), NullMonitor()).schedule
    if first is None or other is None:
        return
    assert not violated_rules(problem, kept_part(problem, other)) - {"once", "precedence", "nodes", "together"}
    assert kept_copies(kept_part(problem, other), other) == int(other.count.sum()) or len(problem.nodes)
    found = restored(problem, first, other, lambda: False)
    assert not violated_rules(problem, found)
    assert objective(problem, found) <= objective(problem, first)
    assert kept_copies(found, other) >= kept_copies(first, other)

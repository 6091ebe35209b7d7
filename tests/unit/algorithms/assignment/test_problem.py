"""Assignment problems found in problems."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.assignment.problem import detect_assignment
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import objective
from tests.helpers.small_problems import group, ints, option, problem


def agents(costs: list[list[int]], room: list[int]) -> object:
    """Return a problem of one slot: each task on each agent at its cost, with demand 1."""
    tasks = [group(*(option(1, {at: 1}, fixed=cost, pool=at) for at, cost in enumerate(own))) for own in costs]
    return problem(*tasks, capacity=[[each] for each in room])


def test_an_assignment_and_its_cost() -> None:
    """The schedule of an assignment costs what the assignment costs."""
    made = agents([[3, 5], [4, 1], [2, 2]], [2, 2])
    found = detect_assignment(made)  # type: ignore[arg-type]
    assert found is not None
    where = ints([0, 1, 1])
    schedule = found.schedule(where)
    assert violated_rules(made, schedule) == set()  # type: ignore[arg-type]
    assert objective(made, schedule) == 3 + 1 + 2 == found.cost_of(where) * found.unit + found.constant  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"edges": [(0, 1, 0)]}, {"together": (ints([0, 1]),)}])
def test_other_problems_are_none(change: dict[str, object]) -> None:
    """Precedence or affinity."""
    tasks = [group(option(1, {0: 1})), group(option(1, {0: 1}))]
    assert detect_assignment(problem(*tasks, capacity=[[2, 2]], **change)) is None  # type: ignore[arg-type]

"""The size of the time-indexed model, counted without building it."""

from __future__ import annotations

from leptonopt.problem.size import ModelSize, is_tiny, problem_size
from tests.helpers.small_problems import group, option, problem


def test_columns_and_nonzeros() -> None:
    """A column for each start; in it one nonzero for `once`, and one for each row and slot held."""
    made = problem(
        group(option(2, {0: 1, 1: 1}), option(1, {0: 1}, first=1, last=1)), group(option(3, {})), capacity=[[1] * 4] * 2
    )
    assert problem_size(made) == ModelSize(columns=3 + 1 + 2, nonzeros=3 * 5 + 1 * 2 + 2 * 1)


def test_nothing_has_no_size() -> None:
    """A problem without groups."""
    assert problem_size(problem(capacity=[[1]])) == ModelSize(0, 0)


def test_few_tasks_are_tiny() -> None:
    """Tasks and columns count, not copies."""
    made = problem(group(option(1, {0: 1}), copies=50), capacity=[[60] * 4])
    assert is_tiny(made)
    assert not is_tiny(problem(*[group(option(1, {0: 1}))] * 13, capacity=[[60] * 4]))
    assert not is_tiny(problem(group(option(1, {0: 1})), capacity=[[60] * 4_001]))

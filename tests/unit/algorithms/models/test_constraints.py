"""Rules of columns as rows, by hand."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.models import constraints
from leptonopt.algorithms.models.rows import Rows
from leptonopt.algorithms.models.time_indexed import build_model
from leptonopt.problem.problem import Quota
from tests.helpers.small_problems import group, ints, option, problem


def dense(rows: Rows, width: int) -> list[list[int]]:
    """Return rows as lists of coefficients."""
    table = np.zeros((len(rows.upper), width), np.int64)
    np.add.at(table, (rows.row, rows.variable), rows.coefficient)
    return table.tolist()


def test_window() -> None:
    """Starts that fit alone."""
    made = problem(group(option(1, {0: 2}, first=1)), capacity=[[2, 1, 2]])
    assert constraints.window(made).start.tolist() == [2]
    _, anywhere = constraints.anywhere(made)
    assert len(anywhere.start) > 1


def test_once() -> None:
    """Copies run or are left out."""
    made = problem(group(option(1, {0: 1}), copies=2), group(option(1, {0: 1}), value=3), capacity=[[3, 3]])
    linear = build_model(made)
    rows = constraints.once(made, linear.variables.columns, linear.variables.left)
    assert dense(rows, 5) == [[1, 1, 0, 0, 0], [0, 0, 1, 1, 1]]
    assert (rows.lower.tolist(), rows.upper.tolist()) == ([2, 1], [2, 1])


def test_capacity() -> None:
    """Columns at work in a slot; rows that cannot be exceeded are left out."""
    made = problem(group(option(2, {0: 3})), group(option(1, {0: 2})), capacity=[[4, 4, 9]])
    rows = constraints.capacity(build_model(made).variables)
    full = dense(rows, 5)
    assert full
    for coefficients, upper in zip(full, rows.upper.tolist(), strict=True):
        held = np.gcd.reduce([each for each in coefficients if each])
        assert held == 1
        assert upper < sum(coefficients)


def test_precedence() -> None:
    """The start of the later one is at least the end of the earlier one and the lag."""
    made = problem(group(option(2, {0: 1})), group(option(1, {0: 1})), capacity=[[9] * 4], edges=[(0, 1, 1)])
    columns = constraints.window(made)
    rows = constraints.precedence(made, columns, build_model(made).variables.left)
    assert rows.lower.tolist() == [1]
    assert dense(rows, 7) == [[-2, -3, -4, 0, 1, 2, 3]]
    assert len(constraints.precedence_runs(made, columns).upper) == 0


def test_precedence_with_a_greatest_lag() -> None:
    """The start of the later one is at most the end of the earlier one and the greatest lag."""
    made = problem(
        group(option(2, {0: 1})), group(option(1, {0: 1})), capacity=[[9] * 4], edges=[(0, 1, 1)], most=ints([2])
    )
    rows = constraints.precedence_most(made, constraints.window(made))
    assert (rows.name, rows.upper.tolist()) == ("precedence.most", [2])
    assert dense(rows, 7) == [[-2, -3, -4, 0, 1, 2, 3]]


def test_quota_and_affinity() -> None:
    """Uses of columns; at most one of a set kept apart on each pool."""
    quota = Quota(4, ints([0]), ints([[1, 2]]), ints([]), ints([]), 0, 1)
    ways = (option(1, {0: 2}), option(1, {1: 1}, pool=1))
    made = problem(group(*ways), group(*ways), capacity=[[4, 4], [4, 4]], quotas=(quota,), apart=(ints([0, 1]),))
    variables = build_model(made).variables
    limited = constraints.quota(variables)
    assert dense(limited, 8) == [[2, 4, 0, 0, 2, 4, 0, 0]]
    assert limited.upper.tolist() == [4]
    assert dense(constraints.apart(variables), 8) == [[1, 1, 0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 0, 0, 1, 1]]

"""The problem: its sizes, costs by start, families, and quotas."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.problem.problem import Problem, Quota, held_entries
from tests.helpers.small_problems import group, ints, nodes, option, problem


def example() -> Problem:
    """Return two groups, three options, two rows and four slots."""
    return problem(
        group(option(2, {0: 3}, fixed=5), option(1, {0: 1, 1: 2}, first=1, last=2), slope=10, base=25, once=7, after=3),
        group(option(1, {1: 1}), copies=2, value=9),
        capacity=[[4, 4, 2, 4], [2, 2, 2, 2]],
        price=[[1, 2, 3, 4], [10, 10, 10, 0]],
    )


def test_sizes_and_groups() -> None:
    """Slots, groups, options, and the group of each option."""
    made = example()
    assert (made.slots, made.groups, made.options) == (4, 2, 3)
    assert made.group.tolist() == [0, 0, 1]


def test_costs_by_start() -> None:
    """Fixed cost, prices of the slots held, late costs by the end: computed by hand for every start."""
    made = example()
    # option 0, ends at 2, 3, 4: late 0, 5, 15 + 7; prices 3 * (1 + 2), 3 * (2 + 3), 3 * (3 + 4)
    assert made.start_costs(0).tolist() == [5 + 9, 5 + 15 + 5, 5 + 21 + 22]
    # option 1, starts 1 and 2, ends at 2 and 3
    assert made.start_costs(1).tolist() == [2 + 20, 3 + 20 + 5]
    assert made.late(ints([0, 0, 0]), ints([2, 3, 4])).tolist() == [0, 5, 22]


def test_starts_that_do_not_fit_alone_are_no_columns() -> None:
    """A start is open where the capacity of every slot held is enough for the option alone."""
    made = example()
    assert made.startable(0).tolist() == [True, False, False]
    table = made.columns
    assert list(zip(table.option.tolist(), table.start.tolist(), table.cost.tolist(), strict=True)) == [
        (0, 0, 14), (1, 1, 22), (1, 2, 28), (2, 0, 10), (2, 1, 10), (2, 2, 10), (2, 3, 0),
    ]  # fmt: skip


def test_a_problem_of_no_groups_has_no_columns() -> None:
    """Every table is empty."""
    made = problem(capacity=[[1, 1]])
    assert (made.groups, made.options, len(made.columns.cost)) == (0, 0, 0)


def test_entries_of_options() -> None:
    """The positions in `demand` of any options, in their order, repeated ones too."""
    at, of = held_entries(example(), ints([2, 1, 2]))
    assert at.tolist() == [3, 1, 2, 3]
    assert of.tolist() == [0, 1, 1, 2]


def test_demands_of_an_option() -> None:
    """Rows and amounts."""
    rows, amounts = example().demands(1)
    assert (rows.tolist(), amounts.tolist()) == ([0, 1], [1, 2])


@pytest.mark.parametrize(
    ("values", "together", "family"),
    [
        ([None] * 4, [[0, 1], [1, 2]], [0, 0, 0, -1]),  # joined by the mandatory group 1
        ([None, 5, None, None], [[0, 1], [1, 2]], [0, 0, 1, -1]),  # an optional group joins nothing
        ([None] * 4, [[2, 3], [0, 1]], [1, 1, 0, 0]),
        ([None] * 4, [], [-1] * 4),
    ],
)
def test_families(values: list[int | None], together: list[list[int]], family: list[int]) -> None:
    """Sets that share a mandatory group are one family; an optional group counts with its first set."""
    groups = [group(option(1, {0: 1}), value=value) for value in values]
    made = problem(*groups, capacity=[[9]], together=tuple(map(ints, together)))
    assert made.family.tolist() == family


def test_a_quota_counts_rows_and_starts() -> None:
    """Rates of the slots held, and the one-time use of starts within its slots."""
    made = example()
    quota = Quota(9, ints([0]), ints([[1, 0, 2, 0]]), ints([1]), ints([5]), 0, 1)
    assert quota.uses(made, 0, 0, 2).tolist() == [3, 6, 6]
    assert quota.uses(made, 1, 1, 2).tolist() == [0 + 5, 2]
    assert quota.uses(made, 2, 0, 3).tolist() == [0] * 4  # holds no row that counts


def test_plain_and_switching_kinds() -> None:
    """A kind is plain where neither switching nor running matters; quotas count as costs do."""
    kinds = nodes(
        [[1, 1]] * 4,
        [],
        start=[[0, 0], [2, 0], [0, 0], [0, 0]],
        on=[[0, 0], [0, 0], [1, 0], [0, 0]],
        reserved=[0, 0, 0, 2],
    )
    made = problem(capacity=[[1, 1]], nodes=kinds)
    assert made.plain.tolist() == [True, False, False, False]
    starts, stops = made.switching
    assert (starts.tolist(), stops.tolist()) == ([False, True, False, False], [False] * 4)
    costs = nodes([[1, 1]] * 4, [], stop=[[1, 1], [0, 0], [0, 0], [0, 0]]).costs
    quota = Quota(9, ints([]), np.zeros((0, 2), np.int64), ints([]), ints([]), 0, 1, costs)
    limited = problem(capacity=[[1, 1]], nodes=kinds, quotas=(quota,))
    assert limited.switching[1].tolist() == [True, False, False, False]
    assert limited.plain.tolist() == [False] * 4

"""Partial schedules: free capacity, windows, and the cheapest column against a search over all columns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule, ProblemIndex
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import objective, usage
from tests.helpers import naive
from tests.helpers.guides import true_guide
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, ints, option, problem


def two_groups() -> Problem:
    """Return a group of two slots with demand 3, and three copies of one slot with demand 2, at rising prices."""
    return problem(
        group(option(2, {0: 3})), group(option(1, {0: 2}), copies=3), capacity=[[4, 4, 4, 4]], price=[[1, 2, 3, 4]]
    )


def test_what_a_column_leaves() -> None:
    """Slots 1 and 2 keep one unit, in which no copy of the other group fits."""
    placing = PartialSchedule(two_groups())
    assert placing.feasible_starts(1, 0, 3) is None
    placing.insert(0, 1)
    assert placing.free.tolist() == [[4, 1, 1, 4]]
    assert (placing.start[0], placing.end[0], placing.missing[0]) == (1, 3, 0)
    fits = placing.feasible_starts(1, 0, 3)
    assert fits is not None
    assert fits.tolist() == [True, False, False, True]
    assert [placing.max_copies(1, start) for start in range(4)] == [2, 0, 0, 2]
    placing.remove(0, 1)
    assert placing.free.tolist() == [[4, 4, 4, 4]]
    assert (placing.start[0], placing.end[0], placing.missing[0]) == (-1, -1, 1)


def test_costs_of_columns_and_groups() -> None:
    """A run in slots 1 and 2 costs 3 (2 + 3), and two copies in slot 0 cost 2 each."""
    placing = PartialSchedule(two_groups())
    placing.insert(0, 1)
    placing.insert(1, 0, 2)
    assert placing.column_cost(0, 1) == 15
    assert placing.group_cost(1) == 4
    assert placing.total_cost() == 19
    assert placing.unplaced() == [1]
    assert list(placing.schedule()) == [(0, 1, 1), (1, 0, 2)]


def test_cheapest_and_earliest_columns() -> None:
    """The cheapest copy is in slot 0; once that is full, in slot 3 behind the other group. Limits are exclusive."""
    made = two_groups()
    placing, guide = PartialSchedule(made), true_guide(made)
    placing.insert(0, 1)
    assert placing.cheapest_column(1, guide) == (2, 1, 0)
    assert placing.cheapest_column(1, guide, 2) is None
    placing.insert(1, 0, 2)
    assert placing.cheapest_column(1, guide) == (8, 1, 3)
    assert placing.earliest_column(1, guide) == (4, 1, 3)


def test_ranked_columns_are_in_order_of_cost() -> None:
    """Of both options with what fits, the cheapest first."""
    made = problem(
        group(option(1, {0: 1}, fixed=2), option(1, {1: 1})), capacity=[[1, 1], [1, 0]], price=[[1, 4], [5, 0]]
    )
    placing = PartialSchedule(made)
    ranked = placing.ranked_columns(0, true_guide(made))
    assert ranked is not None
    assert list(ranked) == [(0, 0), (1, 0), (0, 1)]
    limited = placing.ranked_columns(0, true_guide(made), 5)
    assert limited is not None
    assert list(limited) == [(0, 0)]


def test_removed_groups_are_restored() -> None:
    """All copies return to their columns."""
    placing = PartialSchedule(two_groups())
    placing.insert(1, 0, 2)
    placing.insert(1, 3)
    ran = placing.remove_group(1)
    assert ran == {(1, 0): 2, (1, 3): 1}
    assert placing.missing[1] == 3
    placing.restore_group(1, ran)
    assert placing.free.tolist() == [[0, 4, 4, 2]]


def test_windows_between_predecessors_and_successors() -> None:
    """A successor waits for its predecessor and the lag; a predecessor ends before its running successor."""
    made = problem(group(option(2, {0: 1})), group(option(1, {0: 1})), capacity=[[2] * 6], edges=[(0, 1, 1)])
    placing = PartialSchedule(made)
    assert placing.start_window(1) == (0, -1)
    placing.insert(0, 1)
    assert placing.start_window(1) == (4, 5)
    placing.insert(1, 4)
    placing.remove(0, 1)
    assert placing.start_window(0) == (0, 1)


@pytest.mark.parametrize(("key", "blocked"), [("together", [False, True]), ("apart", [True, False])])
def test_pools_of_sets(key: str, blocked: list[bool]) -> None:
    """While one member runs on pool 0, affinity leaves that pool to the other, and anti-affinity the other pools."""
    two = (option(1, {0: 1}, pool=0), option(1, {1: 1}, pool=1))
    made = problem(group(*two), group(*two), capacity=[[2], [2]], **{key: (ints([0, 1]),)})
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    assert [placing.is_pool_blocked(each) for each in (2, 3)] == blocked
    placing.remove(0, 0)
    assert not any(placing.is_pool_blocked(each) for each in (2, 3))


def test_families_stay_on_their_home_pool() -> None:
    """Once a home pool is set, options elsewhere are blocked, whoever runs."""
    two = (option(1, {0: 1}, pool=0), option(1, {1: 1}, pool=1))
    made = problem(group(*two), group(*two), capacity=[[2], [2]], together=(ints([0, 1]),))
    placing = PartialSchedule(made)
    placing.home_pool[0] = 1
    assert [placing.is_pool_blocked(each) for each in range(4)] == [True, False, True, False]


def test_an_index_orders_groups_by_precedence() -> None:
    """Predecessors have lower ranks, and each edge is known from both ends."""
    alone = group(option(1, {0: 1}))
    index = ProblemIndex(problem(alone, alone, alone, capacity=[[3] * 4], edges=[(2, 1, 0), (1, 0, 3)]))
    assert index.rank[2] < index.rank[1] < index.rank[0]
    assert index.predecessors == [[(1, 3)], [(2, 0)], []]
    assert index.successors == [[], [(0, 3)], [(1, 0)]]
    assert index.option_batches(0) is None


def fill_half(placing: PartialSchedule) -> None:
    """Insert every second group at its first feasible column."""
    for one in range(0, placing.problem.groups, 2):
        for owner, each, start in naive.columns(placing.problem):
            low, high = placing.start_window(each)
            if owner == one and placing.missing[one] and low <= start <= high and placing.max_copies(each, start):
                placing.insert(each, start)


@pytest.mark.parametrize("seed", range(20))
def test_the_cheapest_column_is_that_of_all(seed: int) -> None:
    """Beside half of a schedule, for each group without precedence."""
    made = drawn(seed, groups=6, slots=7)
    made = replace(made, before=ints([]), after=ints([]), lag=ints([]))
    placing, guide = PartialSchedule(made), true_guide(made)
    fill_half(placing)
    assert np.array_equal(placing.free, made.capacity - usage(made, placing.schedule()))
    for one in range(made.groups):
        costs = []
        for owner, each, start in naive.columns(made):
            rows, amounts = made.demands(each)
            part = slice(start, start + int(made.duration[each]))
            if owner == one and (placing.free[rows, part] >= amounts[:, None]).all():
                costs.append(naive.column_cost(made, owner, each, start))
        found = placing.cheapest_column(one, guide)
        assert (found and found[0]) == min(costs, default=None)


@pytest.mark.parametrize("seed", range(10))
def test_the_total_cost_is_the_objective(seed: int) -> None:
    """Of any schedule without nodes, copies left out included."""
    made = drawn(seed, groups=6)
    placing = PartialSchedule(made)
    fill_half(placing)
    schedule = placing.schedule()
    out = sum(int(n * made.value[one]) for one, n in enumerate(placing.missing))
    assert placing.total_cost() == objective(made, schedule)
    assert PartialSchedule(made, schedule=schedule).total_cost() - out == sum(
        count * naive.column_cost(made, int(made.group[each]), each, start) for each, start, count in schedule
    )


def test_some_copies_of_a_column_are_removed() -> None:
    """One of two stays; the last one takes the column with it."""
    placing = PartialSchedule(two_groups())
    placing.insert(1, 0, 2)
    placing.remove(1, 0)
    assert placing.runs[1] == {(1, 0): 1}
    assert placing.missing[1] == 2
    placing.remove(1, 0)
    assert placing.runs[1] == {}


def test_a_pace_adds_to_every_slot_until_the_end() -> None:
    """At 10 a slot, an end in slot 3 adds 30 to the cost of 4; from slot 2 on there is nothing earlier."""
    made = problem(group(option(1, {0: 1}, first=2)), capacity=[[1] * 4], price=[[9, 9, 4, 1]])
    placing, guide = PartialSchedule(made), true_guide(made)
    assert placing.cheapest_column(0, guide) == (1, 0, 3)
    assert placing.cheapest_column(0, guide.paced(10)) == (34, 0, 2)


@pytest.mark.parametrize("seed", range(6))
def test_options_in_a_batch_cost_what_they_cost_alone(seed: int) -> None:
    """Nine alike options with lateness, on rows that are partly full, in windows that begin later."""
    random = np.random.default_rng(seed)
    each = [option(2, {row: int(random.integers(1, 4))}, first=2, fixed=row, pool=row) for row in range(9)]
    made = problem(
        group(*each, slope=int(random.integers(0, 9)), base=30, once=5, after=6),
        capacity=random.integers(0, 6, (9, 8)).tolist(),
        price=random.integers(1, 9, (9, 8)).tolist(),
    )
    placing = PartialSchedule(made)
    assert placing.shape.option_batches(0) is not None
    costs = [
        naive.column_cost(made, owner, one, start)
        for owner, one, start in naive.columns(made)
        if placing.max_copies(one, start)
    ]
    found = placing.cheapest_column(0, true_guide(made))
    assert (found and found[0]) == min(costs, default=None)


def test_a_greatest_lag_limits_starts_on_both_sides() -> None:
    """A successor starts at most 1 slot after the end; a predecessor ends at most 1 slot before the start."""
    groups = [group(option(2, {0: 1})) for _ in range(2)]
    made = problem(*groups, capacity=[[2] * 9], edges=[(0, 1, 0)], most=ints([1]))
    placing = PartialSchedule(made)
    placing.insert(0, 2, 1)
    assert placing.start_window(1) == (4, 5)
    placing.insert(1, 5, 1)
    placing.remove_group(0)
    assert placing.start_window(0) == (2, 3)

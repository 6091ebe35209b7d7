"""Subproblems of freed groups: their columns, windows between what stays, and moves of families."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule, ProblemIndex
from leptonopt.algorithms.lns.subproblem import (
    TUNING,
    NeighbourhoodRequest,
    PlacedColumns,
    Subproblem,
    make_partial_schedule,
    solve,
)
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.problem import UNLIMITED
from leptonopt.problem.schedule import Schedule
from tests.helpers.guides import true_guide
from tests.helpers.small_problems import group, ints, nodes, option, problem

ALONE = group(option(1, {0: 1}))


def freed(placing: PartialSchedule, groups: list[int], only: np.ndarray | None = None) -> Subproblem:
    """Return the subproblem of some groups, which are removed."""
    placed: PlacedColumns = {each: placing.remove_group(each) for each in groups}
    return Subproblem(placing, true_guide(placing.problem), groups, placed, only)


def test_columns_with_their_costs() -> None:
    """Of two groups at prices 1 and 5: all starts, cheapest first, with the copies that run now."""
    made = problem(ALONE, group(option(1, {0: 2}), copies=3, value=9), capacity=[[4, 4]], price=[[1, 5]])
    placing = PartialSchedule(made)
    placing.insert(0, 1)
    placing.insert(1, 0, 2)
    sub = freed(placing, [0, 1])
    data = sub.column_data()
    found = list(zip(data.owner.tolist(), data.option.tolist(), data.start.tolist(), data.cost.tolist(), strict=True))
    assert sorted(found) == [(0, 0, 0, 1), (0, 0, 1, 5), (1, 1, 0, 2), (1, 1, 1, 10)]
    now = {(option_, start): count for (_, option_, start, _), count in zip(found, data.now.tolist(), strict=True)}
    assert now == {(0, 0): 0, (0, 1): 1, (1, 0): 2, (1, 1): 0}
    assert data.copies.tolist() == [1, 3]
    assert data.may_miss == [False, True]
    assert sub.whole
    assert sub.columns == 4


def test_no_more_columns_than_allowed() -> None:
    """Of 60 starts the cheapest 40, and the one in use; the model is not whole then."""
    price = [(37 * slot) % 61 for slot in range(60)]
    made = problem(ALONE, capacity=[[1] * 60], price=[price])
    placing = PartialSchedule(made)
    dearest = price.index(max(price))
    placing.insert(0, dearest)
    sub = freed(placing, [0])
    found = sub.columns_of(0)
    assert sorted(price[start] for _, start in found) == [*sorted(price)[: TUNING.columns], max(price)]
    assert (0, dearest) in found
    assert not sub.whole


def test_pools_that_freed_groups_may_use() -> None:
    """Options elsewhere are left out, and the model is not whole."""
    made = problem(group(option(1, {0: 1}, pool=0), option(1, {1: 1}, pool=1)), capacity=[[1], [1]])
    sub = freed(PartialSchedule(made), [0], np.array([False, True]))
    assert sub.columns_of(0) == [(1, 0)]
    assert not sub.whole


def test_windows_between_what_stays() -> None:
    """In a chain of three with lag 1, the first stays in slot 1 and the last in slot 7: 3 to 6 is left."""
    made = problem(ALONE, group(option(2, {0: 1})), ALONE, capacity=[[3] * 9], edges=[(0, 1, 1), (1, 2, 1)])
    placing = PartialSchedule(made)
    for each, start in ((0, 1), (1, 3), (2, 7)):
        placing.insert(each, start)
    sub = freed(placing, [1])
    assert sub.precedence_windows == {1: (3, 6)}
    assert sub.start_window(1) == (3, 4)
    assert sub.is_required(1)


def test_freed_neighbours_count_with_their_shortest_duration() -> None:
    """All three are free: the middle one leaves a slot and the lag before and behind it."""
    made = problem(ALONE, group(option(2, {0: 1})), ALONE, capacity=[[3] * 9], edges=[(0, 1, 1), (1, 2, 1)])
    sub = freed(PartialSchedule(made), [0, 1, 2])
    assert sub.precedence_windows == {0: (0, 4), 1: (2, 7), 2: (5, 9)}
    assert not sub.is_required(1)
    assert sub.column_data().edges == [(0, 1, 1, UNLIMITED), (1, 2, 1, UNLIMITED)]


def test_jobs_of_the_interval_model() -> None:
    """A job for each copy, with its column in use, and edges between the first jobs of groups."""
    made = problem(
        group(option(1, {0: 1}), copies=1), group(option(2, {0: 2}, fixed=3), copies=1), capacity=[[4] * 5],
        price=[[7] * 5], edges=[(0, 1, 1)],
    )  # fmt: skip
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    placing.insert(1, 2)
    jobs, edges = freed(placing, [0, 1]).interval_jobs()
    assert [job.group for job in jobs] == [0, 1]
    assert edges == [(0, 1, 1, UNLIMITED)]
    assert [mode.cost for job in jobs for mode in job.modes] == [7, 3 + 2 * 2 * 7]


def test_affinity_keeps_a_freed_family_on_its_pool() -> None:
    """Members that were on pool 0 stay there."""
    two = (option(1, {0: 1}, pool=0), option(1, {1: 1}, pool=1))
    made = problem(group(*two), group(*two), capacity=[[2], [2]], together=(ints([0, 1]),))
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    placing.insert(2, 0)
    sub = freed(placing, [0, 1])
    assert [sub.is_excluded(each) for each in range(4)] == [False, True, False, True]
    assert sub.start_window(1) == (0, -1)


@pytest.mark.parametrize("model", ["columns", "intervals"])
def test_both_models_solve_a_request(model: str) -> None:
    """Two groups in slots of room 2 at one price: the late one moves before its due date."""
    late = {"slope": 10, "base": 10}
    made = problem(group(option(1, {0: 2})), group(option(1, {0: 2}), **late), capacity=[[2, 2]], price=[[1, 1]])
    placing, guide = PartialSchedule(made), true_guide(made)
    placing.insert(0, 0)
    placing.insert(1, 1)
    placed = {each: placing.remove_group(each) for each in (0, 1)}
    result = solve(placing, guide, guide, NeighbourhoodRequest([0, 1], model, None, None, 2.0, 0), placed, 10.0)
    assert result.found is not None
    assert sorted(result.found.columns) == [(0, 1, 1), (1, 0, 1)]
    assert result.found.proven
    assert result.whole
    assert result.effort >= result.found.effort


def test_a_family_moves_to_the_pool_of_the_request() -> None:
    """From pool 0 at 5 each to pool 1 at 3 each."""
    two = (option(1, {0: 1}, fixed=5, pool=0), option(1, {1: 1}, fixed=3, pool=1))
    made = problem(group(*two), group(*two), capacity=[[2], [2]], together=(ints([0, 1]),))
    placing, guide = PartialSchedule(made), true_guide(made)
    placing.insert(0, 0)
    placing.insert(2, 0)
    placed = {each: placing.remove_group(each) for each in (0, 1)}
    request = NeighbourhoodRequest([0, 1], "columns", None, (0, 1), 2.0, 0)
    found = solve(placing, guide, guide, request, placed, 10.0).found
    assert found is not None
    assert sorted(found.columns) == [(1, 0, 1), (3, 0, 1)]


def test_a_partial_schedule_owns_committed_nodes() -> None:
    """Those of the node schedule that is given."""
    kind = nodes([[2, 2]], [(0, 0, 4)], price=[[3, 3]], commit_max=[2], commit=[4])
    made = problem(group(option(2, {0: 8})), capacity=[[8, 8]], nodes=kind)
    schedule = Schedule.of([0], [0], rent=NodeSchedule(ints([[2, 2]]), ints([2])))
    placing = make_partial_schedule(made, ProblemIndex(made), schedule)
    assert placing.node_estimate is not None
    assert placing.node_estimate.owned == [2]
    assert placing.missing == [0]


@pytest.mark.parametrize(("starts", "whole"), [(TUNING.columns, True), (TUNING.columns + 1, False)])
def test_a_model_is_whole_with_all_columns(starts: int, whole: bool) -> None:
    """As many as are allowed, and one more."""
    sub = freed(PartialSchedule(problem(ALONE, capacity=[[1] * starts])), [0])
    assert len(sub.columns_of(0)) == TUNING.columns
    assert sub.whole is whole

"""Reinsertion of groups and families where they are cheaper, and removal of idle groups."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.heuristics.reinsertion import drop_idle, improve, move_family, use_slack
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import NullMonitor
from tests.helpers.guides import true_guide
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, ints, option, problem

ALONE = group(option(1, {0: 1}))


def test_a_group_moves_to_its_cheapest_start() -> None:
    """From a slot of price 9 to one of price 1; a stopped monitor moves nothing."""
    made = problem(ALONE, capacity=[[1, 1, 1]], price=[[9, 1, 5]])
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    improve(placing, true_guide(made), NullMonitor(lambda: True), 3)
    assert placing.runs[0] == {(0, 0): 1}
    improve(placing, true_guide(made), NullMonitor(), 3)
    assert placing.runs[0] == {(0, 1): 1}


def test_an_optional_group_is_left_out_above_its_value() -> None:
    """It costs 9 and is worth 4."""
    made = problem(group(option(1, {0: 1}), value=4), capacity=[[1]], price=[[9]])
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    improve(placing, true_guide(made), NullMonitor(), 1)
    assert placing.runs[0] == {}
    assert placing.total_cost() == 4


def two_pools(fixed: int) -> PartialSchedule:
    """Return a family of two groups on pool 0, where each costs 5; on pool 1 each costs `fixed`."""
    two = (option(1, {0: 1}, fixed=5, pool=0), option(1, {1: 1}, fixed=fixed, pool=1))
    made = problem(group(*two), group(*two), capacity=[[2], [2]], together=(ints([0, 1]),))
    placing = PartialSchedule(made)
    placing.home_pool[0] = 0
    placing.insert(0, 0)
    placing.insert(2, 0)
    return placing


@pytest.mark.parametrize(("fixed", "cost"), [(3, 6), (8, 10)])
def test_a_family_moves_as_a_whole_where_that_is_cheaper(fixed: int, cost: int) -> None:
    """To a pool at 3 each, but not to one at 8 each."""
    placing = two_pools(fixed)
    improve(placing, true_guide(placing.problem), NullMonitor(), 2)
    assert placing.total_cost() == cost
    assert placing.home_pool == [1 if fixed == 3 else 0]


def test_a_family_that_does_not_fit_a_pool() -> None:
    """With room for one of two members the move fails; with room for both it succeeds."""
    two = (option(1, {0: 1}, pool=0), option(1, {1: 1}, pool=1))
    made = problem(group(*two), group(*two), capacity=[[2], [1]], together=(ints([0, 1]),))
    placing = PartialSchedule(made)
    assert not move_family(placing, true_guide(made), 0, 1)
    assert move_family(placing, true_guide(made), 0, 0)
    assert [list(ran) for ran in placing.runs] == [[(0, 0)], [(2, 0)]]


def test_slack_is_used_at_no_cost() -> None:
    """At one price a chain moves to the end of the horizon, its last group first."""
    made = problem(ALONE, ALONE, capacity=[[2] * 5], price=[[1] * 5], edges=[(0, 1, 0)])
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    placing.insert(1, 1)
    use_slack(placing, true_guide(made), NullMonitor())
    assert (placing.start[0], placing.start[1]) == (3, 4)


def test_idle_groups_are_removed() -> None:
    """A group whose predecessor does not run, and an optional predecessor that nothing needs and that costs more."""
    made = problem(
        group(option(1, {0: 1}), value=2), group(option(1, {0: 1}), value=9), capacity=[[2] * 3], price=[[5] * 3],
        edges=[(0, 1, 0)],
    )  # fmt: skip
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    placing.insert(1, 1)
    drop_idle(placing)
    assert [bool(ran) for ran in placing.runs] == [True, True]
    placing.remove_group(1)
    drop_idle(placing)
    assert [bool(ran) for ran in placing.runs] == [False, False]


@pytest.mark.parametrize("seed", range(15))
def test_the_cost_never_rises(seed: int) -> None:
    """On random problems, after any first columns; rules that held still hold."""
    made = drawn(seed, groups=6, slots=7)
    placing, guide = PartialSchedule(made), true_guide(made)
    for one in range(made.groups):
        if (found := placing.earliest_column(one, guide)) is not None:
            placing.insert(found[1], found[2])
    before, broken = placing.total_cost(), violated_rules(made, placing.schedule())
    missing = sum(placing.missing)
    improve(placing, guide, NullMonitor(), 3)
    assert violated_rules(made, placing.schedule()) <= broken
    assert placing.total_cost() <= before or sum(placing.missing) < missing


def test_a_group_stays_where_another_place_costs_the_same() -> None:
    """The cheap slot is taken for good, and both others cost 5."""
    made = problem(ALONE, group(option(1, {0: 1}, last=0)), capacity=[[1, 1, 1]], price=[[1, 5, 5]])
    placing = PartialSchedule(made)
    placing.insert(1, 0)
    placing.insert(0, 2)
    improve(placing, true_guide(made), NullMonitor(), 2)
    assert placing.start == [2, 0]


def test_a_stopped_monitor_shifts_nothing() -> None:
    """It is asked before the first group."""
    made = problem(ALONE, ALONE, capacity=[[2] * 5], edges=[(0, 1, 0)])
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    placing.insert(1, 1)
    use_slack(placing, true_guide(made), NullMonitor(lambda: True))
    assert (placing.start[0], placing.start[1]) == (0, 1)

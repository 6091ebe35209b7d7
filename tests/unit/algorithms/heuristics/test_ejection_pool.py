"""The ejection pool on a partial schedule: victims by weight, and schedules that insertion alone does not find."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.heuristics.ejection_pool import TUNING, EjectionPool, repair_by_ejection
from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import NullMonitor
from tests.helpers import bruteforce
from tests.helpers.guides import true_guide
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, ints, option, problem


def blocked() -> PartialSchedule:
    """Return a group that holds the only slot of another, but could run in the next one."""
    made = problem(group(option(1, {0: 1})), group(option(1, {0: 1}, last=0)), capacity=[[1, 1]])
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    return placing


def test_a_blocker_is_ejected_and_reinserted() -> None:
    """Both groups run in the end, each in the slot that is left to it."""
    placing = blocked()
    repair_by_ejection(placing, true_guide(placing.problem), 10, 0, NullMonitor())
    assert placing.unplaced() == []
    assert placing.start == [1, 0]


def test_a_stopped_repair_ejects_nothing() -> None:
    """The monitor is asked before each step."""
    placing = blocked()
    repair_by_ejection(placing, true_guide(placing.problem), 10, 0, NullMonitor(lambda: True))
    assert placing.unplaced() == [1]


def test_the_lightest_victims() -> None:
    """An optional group weighs less than a mandatory one; a failure adds to the weight of a group."""
    alone = group(option(1, {0: 1}))
    made = problem(alone, group(option(1, {0: 1}), value=1), alone, capacity=[[2]])
    placing = PartialSchedule(made)
    placing.insert(0, 0)
    placing.insert(1, 0)
    pool = EjectionPool(placing, true_guide(made), 0, NullMonitor())
    assert list(pool.queue) == [2]
    assert pool.lightest_victims(2, 2, 0, float("inf")) == ([(1, (1, 0))], TUNING.optional_weight)
    assert pool.lightest_victims(2, 2, 0, TUNING.optional_weight)[0] is None
    assert pool.best_ejection(2) == (2, 0, [(1, (1, 0))])
    pool.step()
    assert placing.unplaced() == []
    assert placing.runs[1] == {}
    assert pool.weight == [1.0, TUNING.optional_weight, 2.0]


def test_starts_with_the_least_shortage_are_candidates() -> None:
    """Slot 2 alone has room; a random start may be among them as well."""
    made = problem(group(option(1, {0: 2})), group(option(3, {0: 1})), capacity=[[2, 2, 2, 2, 2, 2, 2, 2]])
    placing = PartialSchedule(made)
    placing.free[0] = [0, 0, 2, 0, 0, 0, 0, 0]
    pool = EjectionPool(placing, true_guide(made), 0, NullMonitor())
    starts = pool.candidate_starts(0)
    assert 2 in starts
    assert len(starts) in (TUNING.starts, TUNING.starts + 1)


def test_columns_that_overlap() -> None:
    """Of the same pool and slots only."""
    both = (option(2, {0: 1}, pool=0), option(2, {1: 1}, pool=1))
    made = problem(group(*both), group(*both), group(*both), capacity=[[3] * 5, [3] * 5])
    placing = PartialSchedule(made)
    placing.insert(0, 0)  # pool 0, slots 0 and 1
    placing.insert(3, 1)  # pool 1
    pool = EjectionPool(placing, true_guide(made), 0, NullMonitor())
    assert list(pool.overlapping_columns(4, 1, 3)) == [(0, (0, 0), 0, 2)]
    assert list(pool.overlapping_columns(4, 2, 4)) == []
    assert list(pool.overlapping_columns(5, 2, 4)) == [(1, (3, 1), 1, 3)]


def test_predecessors_come_before_their_successors() -> None:
    """A group waits until its predecessor runs; released neighbours are queued again."""
    alone = group(option(1, {0: 1}))
    made = problem(alone, alone, capacity=[[1, 1]], edges=[(0, 1, 0)])
    placing = PartialSchedule(made)
    pool = EjectionPool(placing, true_guide(made), 0, NullMonitor())
    assert list(pool.queue) == [0, 1]
    pool.queue.rotate(1)
    pool.step()
    assert list(pool.queue) == [0, 1]
    placing.insert(0, 1)
    pool.queue.clear()
    pool.release_neighbours(1)
    assert placing.runs[0] == {}
    assert list(pool.queue) == [0, 1]
    assert pool.urgent == {0}


def test_a_family_is_relocated_whole() -> None:
    """To the other pool that fits it."""
    two = (option(1, {0: 1}, pool=0), option(1, {1: 1}, pool=1))
    made = problem(group(*two), group(*two), capacity=[[2], [2]], together=(ints([0, 1]),))
    placing = PartialSchedule(made)
    placing.home_pool[0] = 0
    placing.insert(0, 0)
    pool = EjectionPool(placing, true_guide(made), 0, NullMonitor())
    pool.relocate_family(0)
    assert placing.home_pool == [1]
    assert placing.missing == [1, 1]
    assert sorted(pool.queue) == [0, 1]


@pytest.mark.parametrize("seed", range(20))
def test_repaired_schedules_keep_the_rules(seed: int) -> None:
    """Rules other than `once` hold; where every mandatory group runs, the cost is at least the optimum."""
    made = drawn(seed, groups=4)
    placing = PartialSchedule(made)
    repair_by_ejection(placing, true_guide(made), 60, seed, NullMonitor())
    assert violated_rules(made, placing.schedule()) <= ({"once"} if placing.unplaced() else set())
    best = bruteforce.optimum(made)
    if not placing.unplaced():
        assert best is not None
        assert placing.total_cost() >= best[0]

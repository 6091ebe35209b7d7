"""Ruin and recreate: exchanges that single moves cannot make, and no step that costs more."""

from __future__ import annotations

import pytest

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.algorithms.heuristics.ruin_and_recreate import RuinAndRecreate
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.protocol import NullMonitor
from tests.helpers.guides import true_guide
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, option, problem


def exchange() -> RuinAndRecreate:
    """Return two groups, demands 1 and 2, in slots of room 2: the smaller one holds the cheap slot."""
    made = problem(group(option(1, {0: 1})), group(option(1, {0: 2})), capacity=[[2, 2]], price=[[1, 5]])
    placing, guide = PartialSchedule(made), true_guide(made)
    placing.insert(0, 0)
    placing.insert(1, 1)
    return RuinAndRecreate(placing, guide, guide, [1.0, 0.0], 0)


def test_two_groups_change_places() -> None:
    """From 1 + 10 to 5 + 2."""
    search = exchange()
    assert search.placing.total_cost() == 11
    search.run(200, NullMonitor())
    assert search.placing.total_cost() == 7
    assert (search.begin.tolist(), search.end.tolist()) == ([1, 0], [2, 1])


def test_a_stopped_search_changes_nothing() -> None:
    """The monitor is asked before the first step."""
    search = exchange()
    search.run(200, NullMonitor(lambda: True))
    assert search.placing.total_cost() == 11


def test_a_neighbourhood_begins_with_its_seed() -> None:
    """The option is the group's, and nobody stands in it twice."""
    search = exchange()
    for _ in range(20):
        option_, chosen = search.neighbourhood(1)
        assert option_ == 1
        assert chosen[0] == 1
        assert len(set(chosen)) == len(chosen)


def test_positions_follow_the_schedule() -> None:
    """A group that does not run has no pool."""
    search = exchange()
    search.placing.remove_group(0)
    search.update_position(0)
    assert search.pool.tolist() == [-1, 0]


def test_linked_groups_stay() -> None:
    """Groups with predecessors or successors are not movable, so that there is nothing to do."""
    alone = group(option(1, {0: 1}))
    made = problem(alone, alone, capacity=[[2, 2]], edges=[(0, 1, 0)])
    placing, guide = PartialSchedule(made), true_guide(made)
    search = RuinAndRecreate(placing, guide, guide, [0.0, 0.0], 0)
    assert search.movable.tolist() == [False, False]
    search.run(10, NullMonitor())
    assert placing.missing == [1, 1]


@pytest.mark.parametrize("seed", range(12))
def test_the_cost_never_rises(seed: int) -> None:
    """On random problems, and rules that held still hold."""
    made = drawn(seed, groups=8, slots=7)
    placing, guide = PartialSchedule(made), true_guide(made)
    for one in range(made.groups):
        if (found := placing.cheapest_column(one, guide)) is not None:
            placing.insert(found[1], found[2])
    before, broken = placing.total_cost(), violated_rules(made, placing.schedule())
    RuinAndRecreate(placing, guide, guide, [0.0] * made.groups, seed).run(60, NullMonitor())
    assert violated_rules(made, placing.schedule()) <= broken
    if not placing.unplaced():
        assert placing.total_cost() <= before or "once" in broken

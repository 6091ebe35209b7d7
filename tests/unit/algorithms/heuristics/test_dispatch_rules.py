"""Dispatching rules: one pass in an order, with a column by a rule."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from leptonopt.algorithms.heuristics.dispatch_rules import DispatchRule, dispatch
from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.problem.protocol import Limits, NullMonitor, Status, Stop
from leptonopt.problem.schedule import objective
from tests.helpers.answers import honest
from tests.helpers.guides import true_guide
from tests.helpers.random_problems import problem as drawn
from tests.helpers.recording_monitor import Ear
from tests.helpers.small_problems import group, option, problem

ALONE = group(option(1, {0: 1}))


class EarliestEnd(DispatchRule):
    """Every group as early as it fits, later groups first."""

    def rank(self) -> Sequence[float]:
        return [-float(each) for each in range(self.placing.problem.groups)]

    def choose(self, group: int) -> Column | None:
        found = self.placing.earliest_column(group, self.guide)
        return None if found is None else found[1:]


def test_the_order_and_the_columns_are_those_of_the_rule() -> None:
    """The second group comes first and takes slot 0; the bound is the cost without capacity."""
    made, ear = problem(ALONE, ALONE, capacity=[[1, 1]], price=[[1, 5]]), Ear()
    found = dispatch(made, Limits(1.0), ear, EarliestEnd)
    assert found.status is Status.FEASIBLE
    assert found.schedule is not None
    assert list(found.schedule) == [(0, 1, 1), (1, 0, 1)]
    assert (ear.costs, ear.bounds) == ([6], [2])
    assert found.bound == 2


def test_a_group_that_fits_nowhere_alone_is_infeasible() -> None:
    """It needs more than there is."""
    found = dispatch(problem(group(option(1, {0: 3})), capacity=[[2]]), Limits(1.0), NullMonitor(), EarliestEnd)
    assert (found.status, found.stop) == (Status.INFEASIBLE, Stop.PROOF)


def test_groups_without_a_place_are_counted() -> None:
    """Two groups for one place: no schedule, and no claim that there is none."""
    found = dispatch(problem(ALONE, ALONE, capacity=[[1]]), Limits(1.0), NullMonitor(), EarliestEnd)
    assert found.status is Status.UNKNOWN
    assert found.note == "1 groups of mandatory tasks found no place"


def test_a_blocked_group_is_placed_by_ejection() -> None:
    """The rule gives the only slot of the first group to the second, which can move."""
    made = problem(group(option(1, {0: 1}, last=0)), ALONE, capacity=[[1, 1]])
    found = dispatch(made, Limits(1.0), NullMonitor(), EarliestEnd)
    assert found.schedule is not None
    assert list(found.schedule) == [(0, 0, 1), (1, 1, 1)]


def test_a_stopped_pass_is_unknown() -> None:
    """The monitor is asked every 64 groups; the bound is kept."""
    made = problem(*[ALONE] * 80, capacity=[[80]], price=[[2]])
    found = dispatch(made, Limits(1.0), NullMonitor(lambda: True), EarliestEnd)
    assert (found.status, found.stop, found.bound) == (Status.UNKNOWN, Stop.LIMIT, 160)


def test_the_base_rule_keeps_the_order() -> None:
    """It has no column of its own."""
    made = problem(ALONE, ALONE, capacity=[[2]])
    rule = DispatchRule(PartialSchedule(made), true_guide(made))
    assert list(rule.rank()) == [0.0, 0.0]
    with pytest.raises(NotImplementedError):
        rule.choose(0)


@pytest.mark.parametrize("seed", range(15))
def test_answers_are_honest(seed: int) -> None:
    """Against brute force, on random problems."""
    made, ear = drawn(seed), Ear()
    found = dispatch(made, Limits(2.0), ear, EarliestEnd)
    honest(made, found, ear)
    if found.schedule is not None:
        assert ear.costs == [objective(made, found.schedule)]

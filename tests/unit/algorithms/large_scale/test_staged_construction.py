"""Construction in stages: its granularity, priorities, and the assignment that it makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.large_scale.staged_construction import (
    ONCE,
    Assignment,
    StageSchedule,
    construct_in_stages,
    group_ranks,
    group_volumes,
    price_prefix,
)
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import UNLIMITED
from leptonopt.problem.schedule import usage
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, ints, option, problem


@pytest.mark.parametrize(("share", "stages"), [(1.0, 1), (0.5, 6), (0.1, 38), (0.99, 2)])
def test_stages_until_two_percent_are_left(share: float, stages: int) -> None:
    """The least n with (1 - share)^n <= 0.02, and at least two unless one stage takes all."""
    assert StageSchedule(share, 5).stages == stages


@pytest.mark.parametrize(
    ("seconds", "share", "rounds"),
    [(331.0, 0.1, 25), (329.0, 0.15, 25), (100.0, 0.3, 15), (40.0, 0.5, 10), (1.0, 0.5, 5)],
)
def test_a_schedule_within_the_time(seconds: float, share: float, rounds: int) -> None:
    """With a second per round, a stage takes its rounds and 8 more, and there are about 1/share of them."""
    assert StageSchedule.within(seconds, 1.0) == StageSchedule(share, rounds)


def test_an_empty_assignment() -> None:
    """One item for each copy, all unassigned; mandatory ones are missing."""
    made = problem(group(option(1, {0: 1}), copies=2), group(option(1, {0: 1}), value=3), capacity=[[2, 2]])
    placed = Assignment.empty(made, np.zeros((1, 2)))
    assert placed.group.tolist() == [0, 0, 1]
    assert placed.option.tolist() == [-1, -1, -1]
    assert placed.missing_mandatory().tolist() == [True, True, False]
    assert list(placed.schedule()) == []
    placed.option[0], placed.start[0] = 0, 1
    assert placed.missing_mandatory().tolist() == [False, True, False]
    assert list(placed.schedule()) == [(0, 1, 1)]


def test_prefix_sums_of_prices_and_multipliers() -> None:
    """From zero at the begin of the horizon."""
    made = problem(group(option(1, {0: 1})), capacity=[[1, 1]], price=[[2, 3]])
    assert price_prefix(made, np.array([[0.5, 0.0]])).tolist() == [[0.0, 2.5, 5.5]]


def test_volumes_by_hand() -> None:
    """Three of four units for two of two slots are 3/4; a row without limit takes no share of it."""
    made = problem(
        group(option(2, {0: 3})), group(option(2, {0: 3}), option(1, {0: 2})), group(option(2, {1: 5})),
        capacity=[[4, 4], [UNLIMITED, UNLIMITED]],
    )  # fmt: skip
    assert group_volumes(made).tolist() == pytest.approx([0.75, 0.25, 0.0])


def test_groups_with_more_to_lose_rank_higher() -> None:
    """A dearer second option, and a higher value, at equal demands and windows."""
    made = problem(
        group(option(1, {0: 1}), option(1, {0: 1}, fixed=90)),
        group(option(1, {0: 1}), option(1, {0: 1}, fixed=5)),
        group(option(1, {0: 1}), option(1, {0: 1}), value=40),
        group(option(1, {0: 1}), option(1, {0: 1}), value=20),
        capacity=[[4, 4]],
    )
    rank = group_ranks(made, np.array([0.0, 90.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0]), np.zeros(4))
    assert np.argsort(-rank).tolist() == [0, 2, 3, 1]
    dear = group_ranks(made, np.array([0.0, 90.0, 0.0, 5.0, 35.0, 35.0, 0.0, 0.0]), np.array([0.0, 0.0, 35.0, 0.0]))
    assert np.argsort(-dear).tolist() in ([0, 3, 1, 2], [0, 3, 2, 1])  # a value of 40 at a cost of 35 leaves 5


def test_one_stage_places_all_that_fits() -> None:
    """The two cheap slots, for the two items that fit."""
    made = problem(group(option(1, {0: 1}), copies=2), capacity=[[1, 1, 1]], price=[[3, 1, 2]])
    placed = construct_in_stages(made, DualAscent(made, ClassPricer(made)), lambda: False, ONCE)
    assert sorted(placed.start.tolist()) == [1, 2]


@pytest.mark.parametrize("fast", [True, False])
def test_items_that_could_run_for_nothing_take_what_is_left(fast: bool) -> None:
    """Two items for one place without a price: the other one takes the place that costs 5."""
    each = group(option(1, {0: 1}), option(1, {1: 1}))
    made = problem(each, each, capacity=[[1], [1]], price=[[0], [5]])
    placed = construct_in_stages(made, DualAscent(made, ClassPricer(made, fast=fast)), lambda: False, ONCE)
    assert sorted(placed.option.tolist()) in ([0, 3], [1, 2])


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("seed", range(10))
def test_assignments_keep_the_capacity(seed: int, stopped: bool) -> None:
    """In several stages or stopped after the first: what is free is what the schedule leaves."""
    made = replace(drawn(seed, groups=10, slots=8), before=ints([]), after=ints([]), lag=ints([]))
    ascent = DualAscent(made, ClassPricer(made))
    for _ in range(5):
        ascent.step()
    placed = construct_in_stages(made, ascent, lambda: stopped, StageSchedule(0.5, 3))
    assert np.array_equal(placed.free, made.capacity - usage(made, placed.schedule()))
    assert violated_rules(made, placed.schedule()) <= ({"once"} if placed.missing_mandatory().any() else set())

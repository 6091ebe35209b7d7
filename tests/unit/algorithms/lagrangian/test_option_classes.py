"""Directions of demands, and classes of options."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.lagrangian.option_classes import find_classes, find_directions
from tests.helpers.random_problems import problem as drawn
from tests.helpers.small_problems import group, ints, option, problem


def test_demands_in_proportion_share_a_direction() -> None:
    """(2, 4) and (1, 2) are one direction with amounts 2 and 1; (1, 1) is another."""
    made = problem(
        group(option(1, {0: 2, 1: 4}), option(1, {0: 1, 1: 2}), option(1, {0: 1, 1: 1})), capacity=[[9], [9]]
    )
    directions, direction, amount = find_directions(made)
    assert direction[0] == direction[1] != direction[2]
    assert amount.tolist() == [2, 1, 1]
    room = directions.room(ints([[9], [9]]))
    assert room[direction[0]].tolist() == [4]
    assert room[direction[2]].tolist() == [9]


def test_demands_are_direction_times_amount() -> None:
    """For every option of random problems, each in exactly one class."""
    for seed in range(10):
        made = drawn(seed)
        directions, direction, amount = find_directions(made)
        for each in range(made.options):
            part = slice(directions.ptr[direction[each]], directions.ptr[direction[each] + 1])
            rows, held = made.demands(each)
            assert directions.row[part].tolist() == rows.tolist()
            assert (directions.share[part] * amount[each]).tolist() == held.tolist()
        classes = find_classes(made)
        assert sorted(classes.option.tolist()) == sorted(set(classes.option.tolist()))
        assert np.all(np.diff(classes.ptr) > 0)

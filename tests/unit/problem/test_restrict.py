"""A problem restricted to some of its groups."""

from __future__ import annotations

import numpy as np

from leptonopt.problem.problem import Problem
from leptonopt.problem.restrict import options_of, restrict
from tests.helpers.small_problems import group, ints, option, problem


def example() -> Problem:
    """Return three groups with two, one and two options over two pools."""
    return problem(
        group(option(1, {0: 1}), option(2, {1: 2}, pool=1, fixed=3), slope=4),
        group(option(1, {0: 9})),
        group(option(3, {0: 1, 1: 4}, pool=0), option(2, {1: 5}, pool=1, last=1), copies=3, value=8),
        capacity=[[9] * 4] * 2,
    )


def test_options_of_groups() -> None:
    """Options group by group, in the order asked for, with the position of each one's group."""
    option_, of = options_of(example(), ints([2, 0]))
    assert option_.tolist() == [3, 4, 0, 1]
    assert of.tolist() == [0, 0, 1, 1]
    assert options_of(example(), ints([]))[0].tolist() == []


def test_the_groups_keep_all_their_data() -> None:
    """Groups 0 and 2 with other copies and another capacity; every start costs the same as before."""
    whole = example()
    part, original = restrict(whole, np.array([True, False, True]), ints([[1] * 4] * 2), ints([1, 0, 2]))
    assert original.tolist() == [0, 1, 3, 4]
    assert (part.groups, part.copies.tolist(), part.value.tolist()) == (2, [1, 2], [0, 8])
    assert part.capacity.tolist() == [[1] * 4] * 2
    assert part.option_ptr.tolist() == [0, 2, 4]
    for mine, theirs in enumerate(original.tolist()):
        assert part.start_costs(mine).tolist() == whole.start_costs(theirs).tolist()
        assert [each.tolist() for each in part.demands(mine)] == [each.tolist() for each in whole.demands(theirs)]


def test_only_options_of_some_pools() -> None:
    """A group may lose options, and even all of them."""
    part, original = restrict(
        example(), np.array([True, True, True]), ints([[9] * 4] * 2), ints([1, 1, 1]), np.array([False, True])
    )
    assert original.tolist() == [1, 4]
    assert part.option_ptr.tolist() == [0, 1, 1, 2]
    assert part.pool.tolist() == [1, 1]

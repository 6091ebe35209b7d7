"""The rules that a schedule violates, each by its name."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.nodes import NodeSchedule
from leptonopt.problem.problem import Problem, Quota
from leptonopt.problem.schedule import Schedule
from tests.helpers.small_problems import group, ints, nodes, option, problem


def example(**more: object) -> Problem:
    """Return a group with two pools, an optional one, and one of two copies; a row for each pool."""
    return problem(
        group(option(1, {0: 2}), option(1, {1: 2}, pool=1)),
        group(option(2, {0: 1}, last=1), value=5),
        group(option(1, {0: 1}), option(1, {1: 1}, pool=1), copies=2),
        capacity=[[3, 3, 3], [3, 3, 3]],
        **more,
    )


GOOD = Schedule.of([0, 2, 3], [0, 1, 2], [1, 1, 2])


def test_a_schedule_that_keeps_all_rules() -> None:
    """With the optional group and without it."""
    assert violated_rules(example(), GOOD) == set()
    assert violated_rules(example(), Schedule.of([0, 3], [0, 2], [1, 2])) == set()


@pytest.mark.parametrize(
    ("schedule", "rules"),
    [
        (Schedule.of([0, 3], [0, 2], [1, 1]), {"once"}),  # one copy too few
        (Schedule.of([0, 3], [0, 2], [1, 3]), {"once"}),  # one too many
        (Schedule.of([0, 0, 3], [0, 1, 2], [1, 1, 2]), {"once"}),
        (Schedule.of([0, 9], [0, 0]), {"once"}),  # no such option
        (Schedule.of([-1], [0]), {"once"}),
        (Schedule.of([0, 2, 3], [0, 2, 2], [1, 1, 2]), {"window"}),
        (Schedule.of([0, 2, 3], [1, 1, 1], [1, 1, 2]), {"capacity"}),
    ],
)
def test_rules_of_columns(schedule: Schedule, rules: set[str]) -> None:
    """Copies, windows and capacity."""
    assert violated_rules(example(), schedule) == rules


@pytest.mark.parametrize(
    ("starts", "kept"), [({0: 0, 1: 1}, True), ({0: 1, 1: 1}, False), ({0: 0, 1: 0}, False), ({0: 2}, True)]
)
def test_precedence(starts: dict[int, int], kept: bool) -> None:
    """A group starts after the other has ended; one that does not run has nothing to wait for."""
    made = problem(group(option(1, {0: 1})), group(option(1, {0: 1}), value=1), capacity=[[9] * 3], edges=[(0, 1, 0)])
    assert (violated_rules(made, Schedule.of(list(starts), list(starts.values()))) == set()) is kept


def test_a_group_runs_only_where_the_one_before_runs() -> None:
    """The first group is optional and left out."""
    made = problem(
        group(option(1, {0: 1}), value=1), group(option(1, {0: 1}), value=1), capacity=[[9] * 3], edges=[(0, 1, 0)]
    )
    assert violated_rules(made, Schedule.of([1], [2])) == {"precedence"}


def test_lags_count() -> None:
    """A lag of one slot leaves one slot between them."""
    made = problem(group(option(1, {0: 1})), group(option(1, {0: 1})), capacity=[[9] * 3], edges=[(0, 1, 1)])
    assert violated_rules(made, Schedule.of([0, 1], [0, 1])) == {"precedence"}
    assert violated_rules(made, Schedule.of([0, 1], [0, 2])) == set()


def test_affinity() -> None:
    """`together` allows one pool, `apart` one copy on a pool."""
    pair = (ints([0, 2]),)
    apart, shared = Schedule.of([0, 4], [0, 1], [1, 2]), Schedule.of([0, 3], [0, 1], [1, 2])
    assert violated_rules(example(together=pair), apart) == {"affinity"}
    assert violated_rules(example(together=pair), shared) == set()
    assert violated_rules(example(apart=pair), shared) == {"affinity"}
    assert violated_rules(example(apart=pair), apart) == {"affinity"}  # two copies of one group share a pool


def test_nodes_must_cover_the_load() -> None:
    """A stated node schedule counts as it is; otherwise the cheapest one has to exist."""
    made = example(nodes=nodes([[1, 1, 1]], [(0, 0, 3)]))
    assert violated_rules(made, GOOD) == set()
    few = Schedule(GOOD.option, GOOD.start, GOOD.count, NodeSchedule(ints([[1, 0, 1]]), ints([0])))
    assert violated_rules(made, few) == {"nodes"}
    assert violated_rules(example(nodes=nodes([[0, 1, 1]], [(0, 0, 3)])), GOOD) == {"nodes"}


def test_a_quota_limits_the_use() -> None:
    """The use of 2 is within a limit of 2, not of 1."""
    for limit, rules in ((2, set()), (1, {"quota"})):
        quota = Quota(limit, ints([1]), ints([[0, 0, 1]]), ints([]), ints([]), 0, 2)
        schedule = Schedule.of([0, 4], [0, 2], [1, 2])
        assert violated_rules(example(quotas=(quota,)), schedule) == rules


def test_an_empty_schedule_of_an_empty_problem() -> None:
    """Nothing is violated where there is nothing."""
    assert violated_rules(problem(capacity=[[1]]), Schedule.of([], [])) == set()
    assert violated_rules(example(), Schedule.of(np.zeros(0), np.zeros(0))) == {"once"}

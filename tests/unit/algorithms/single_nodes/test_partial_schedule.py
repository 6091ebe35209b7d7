"""A partial schedule on single nodes counts capacity and costs exactly as the problem does."""

from __future__ import annotations

import numpy as np
import pytest

from leptonopt.algorithms.single_nodes.partial_schedule import SingleNodeSchedule, window_sums
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import objective, usage, with_node_schedule
from tests.helpers import servers


def test_window_sums_add_up_each_window() -> None:
    """[1, 2, 3, 4] in windows of two: 3, 5, 7."""
    assert window_sums(np.array([[1, 2, 3, 4]]), 2).tolist() == [[3, 5, 7]]


@pytest.mark.parametrize("seed", range(3))
def test_costs_are_those_of_the_problem(seed: int) -> None:
    """Groups and nodes cost what the objective says, and free capacity is what is left."""
    problem = servers.problem(seed, tasks=12)
    placing = SingleNodeSchedule(problem)
    for group in range(problem.groups):
        if found := placing.cheapest_column(group):
            placing.insert(group, *found[1:])
    schedule = with_node_schedule(problem, placing.schedule())
    assert np.array_equal(placing.free, problem.capacity - usage(problem, schedule))
    assert violated_rules(problem, schedule) <= {"once"}
    running = sum(placing.running_cost(group, *column) for group, ran in enumerate(placing.columns) for column in ran)
    nodes = sum(placing.node_cost(kind) for kind in range(len(problem.nodes)))
    left_out = int(placing.missing @ problem.value)
    assert running + nodes + left_out == objective(problem, schedule)


def test_the_cheapest_column_is_the_cheapest_that_fits() -> None:
    """Compared with every column, for a group on an empty day: what it costs, with its node."""
    problem = servers.problem(1, tasks=6)
    placing = SingleNodeSchedule(problem)
    for group in range(problem.groups):
        costs = []
        for option in range(problem.option_ptr[group], problem.option_ptr[group + 1]):
            for start in range(problem.first[option], problem.last[option] + 1):
                placing.insert(group, option, start)
                running = placing.running_cost(group, option, start)
                costs.append(running + placing.node_cost(int(placing.kind_of[option])))
                placing.insert(group, option, start, -1)
        found = placing.cheapest_column(group)
        assert found is not None
        assert found[0] == min(costs)


def test_a_removed_group_leaves_nothing_behind() -> None:
    """Capacity, nodes and counters are as before."""
    problem = servers.problem(2, tasks=8)
    placing = SingleNodeSchedule(problem)
    for _ in range(2):
        found = placing.cheapest_column(0)
        assert found is not None
        placing.insert(0, *found[1:])
        assert placing.remove_group(0) == [found[1:]]
        assert np.array_equal(placing.free, problem.capacity)
        assert not placing.busy.any()
        assert placing.missing[0] == 1


def test_a_schedule_can_be_taken_over() -> None:
    """A partial schedule from a schedule holds the same."""
    problem = servers.problem(3, tasks=5)
    placing = SingleNodeSchedule(problem)
    for group in range(problem.groups):
        found = placing.cheapest_column(group)
        assert found is not None
        placing.insert(group, *found[1:])
    again = SingleNodeSchedule(problem, placing.schedule())
    assert again.columns == placing.columns
    assert again.whole()
    assert np.array_equal(again.free, placing.free)

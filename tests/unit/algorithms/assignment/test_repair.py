"""Greedy and repaired assignments: within all capacities, and only where a task may be."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.assignment.lagrangian_kernels import NO_PLAN
from leptonopt.algorithms.assignment.repair import greedy_assignment, initial_assignment, repair_assignment
from tests.helpers.assignment_problems import found, places, two_agents
from tests.helpers.small_problems import ints


def test_repair_keeps_every_room() -> None:
    """A plan that is mended fits, and no task is where it may not be."""
    mended = 0
    for seed in range(40):
        made = found(places(seed, nodes=False))
        plan = repair_assignment(made, made.able, made.able.argmax(axis=0), NO_PLAN, 200)
        if plan is not None:
            line = np.arange(len(plan))
            assert (np.bincount(plan, made.demand[plan, line], len(made.room)) <= made.room).all()
            assert made.able[plan, line].all()
            mended += 1
    assert mended > 20


def test_a_greedy_assignment_fits() -> None:
    """Every task is on an agent that may have it, within all capacities, or there is no assignment."""
    some = 0
    for seed in range(40):
        made = found(places(seed, nodes=bool(seed % 2)))
        if (plan := greedy_assignment(made)) is not None:
            line = np.arange(len(plan))
            assert (np.bincount(plan, made.demand[plan, line], len(made.room)) <= made.room).all()
            assert made.able[plan, line].all()
            some += 1
    assert some > 20


def test_greatest_regret_goes_first() -> None:
    """Task 0 regrets 2, task 1 regrets 1: each gets its cheapest agent. Without rooms there is no assignment."""
    agents = two_agents()
    assert greedy_assignment(agents) is not None
    assert greedy_assignment(agents).tolist() == [0, 1]  # type: ignore[union-attr]
    agents.room[:] = [1, 0]
    assert greedy_assignment(agents) is None


def test_the_agents_that_take_a_task_come_before_cheaper_ones() -> None:
    """Task 0 is taken by agent 1 alone; task 1 is taken by none and goes to its cheapest agent."""
    agents = two_agents()
    taken = ints([[0, 0], [1, 0]]) > 0
    assert initial_assignment(agents, agents.able, taken).tolist() == [1, 1]


def test_an_overload_is_repaired_at_least_cost() -> None:
    """Both tasks on agent 1 with room 1: the repaired assignment is the optimum of cost 2."""
    agents = two_agents()
    where = repair_assignment(agents, agents.able, ints([1, 1]), NO_PLAN, 100)
    assert where is not None
    assert agents.cost_of(where) == 2
    assert np.bincount(where).tolist() == [1, 1]

"""The Lagrangian dual of assignment: values, fixed choices and prices against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from leptonopt.algorithms.assignment.lagrangian import (
    AscentLimits,
    BranchNode,
    NodeRelaxation,
    dual_ascent,
    first_prices,
    fix_by_reduced_cost,
)
from leptonopt.algorithms.assignment.lagrangian_kernels import NO_PLAN, SCALE
from leptonopt.algorithms.assignment.problem import AssignmentProblem
from tests.helpers.assignment_problems import KINDS, found, places, two_agents
from tests.helpers.bruteforce import optimum
from tests.helpers.small_problems import ints


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_nothing_better_is_dropped(kind: dict[str, bool]) -> None:
    """At any prices the value is at most the optimum, and what is dropped below it is of no optimal plan."""
    seen = 0
    for seed in range(15):
        problem = places(seed, **kind)
        if (best := optimum(problem)) is None:
            continue
        made = found(problem)
        relaxed, limit = NodeRelaxation(made, BranchNode.root(made)), made.of_cost(best[0]) * SCALE
        end = dual_ascent(relaxed, first_prices(made), limit, AscentLimits(seed % 30 + 1, 1.0, 5, 0.5), lambda _: False)
        assert end.value <= limit
        left = fix_by_reduced_cost(relaxed, end.price, limit)
        assert left is not None
        agent_of = dict(
            zip(made.option[made.option >= 0].tolist(), np.nonzero(made.option >= 0)[0].tolist(), strict=True)
        )
        for option in best[1].option.tolist():
            assert left.able[agent_of[option], problem.group[option]]
        seen += int((~left.able & made.able).any())
    assert seen > 1


def brute_value(made: AssignmentProblem, node: BranchNode, price: np.ndarray) -> int:
    """The least of L over all choices of open agents, each with its best set, at whole prices [1/SCALE]."""
    best, many = NO_PLAN, len(made.room)
    alone = node.able[~node.closed].sum(axis=0) == 1
    paid = node.paid | (node.able & alone & ~node.closed[:, None]).any(axis=1)
    spare = None if made.total is None else int(made.room[~node.closed].sum()) - made.total
    slack = spare if (paid | node.closed).all() else None
    worth = []
    for agent in range(many):
        tasks = np.flatnonzero(node.able[agent])
        top = -NO_PLAN
        for each in (np.array(one, bool) for one in itertools.product([False, True], repeat=len(tasks))):
            load = int(made.demand[agent, tasks[each]].sum())
            fits = load <= made.room[agent] and (slack is None or load >= made.room[agent] - slack)
            if fits and each[alone[tasks]].all():
                top = max(top, int((price - made.cost[agent] * SCALE)[tasks[each]].sum()))
        worth.append(top)
    for used in map(np.array, itertools.product([False, True], repeat=many)):
        if (used & node.closed).any() or (paid & ~used).any() or (made.total or 0) > made.room[used].sum():
            continue
        total = int(price.sum()) + sum(int(made.opening[j]) * SCALE - worth[j] for j in np.flatnonzero(used))
        best = min(best, total)
    return best


def test_the_value_is_that_of_all_choices() -> None:
    """At the root and below, the value at any prices is that of brute force over agents and sets."""
    seen = 0
    for seed in range(60):
        made = found(places(seed, **KINDS[seed % len(KINDS)], size=(3, 6)))
        random, root = np.random.default_rng(seed), BranchNode.root(made)
        closed = (random.random(len(made.room)) < 0.3) & ~root.paid
        node = BranchNode(root.able & ~closed[:, None], root.paid | ((seed % 3 == 0) & ~closed), closed)
        relaxed = NodeRelaxation(made, node)
        if not relaxed.possible:
            continue
        price = first_prices(made) + random.integers(-9, 9, made.able.shape[1]) * SCALE
        value = dual_ascent(relaxed, price, NO_PLAN, AscentLimits(1, 1.0, 5, 0.5), lambda _: False).value
        true = brute_value(made, node, price)
        assert value == true or min(value, true) >= NO_PLAN // 2
        seen += true < NO_PLAN // 2
    assert seen > 20


def test_first_prices_are_those_of_the_second_cheapest_agents() -> None:
    """The second-cheapest agent costs 3 for task 0, and 2 for task 1."""
    assert first_prices(two_agents()).tolist() == [3 * SCALE, 2 * SCALE]


def test_the_dual_closes_the_gap() -> None:
    """The relaxation of this assignment has no gap: the ascent ends at the optimum of 2, with an assignment."""
    agents = two_agents()
    pace = AscentLimits(200, 1.0, 5, 0.1)
    end = dual_ascent(
        NodeRelaxation(agents, BranchNode.root(agents)), first_prices(agents), 2 * SCALE, pace, lambda _: False
    )
    assert end.value == 2 * SCALE
    assert end.exact
    assert end.taken.tolist() == [[True, False], [False, True]]


def test_a_given_task_takes_its_room() -> None:
    """A task with one agent left is given: its agent is paid, and no room is left for the other."""
    agents = two_agents()
    node = BranchNode(ints([[1, 1], [0, 1]]) > 0, ints([0, 0]) > 0, ints([0, 0]) > 0)
    relaxed = NodeRelaxation(agents, node)
    assert relaxed.possible
    assert relaxed.given.tolist() == [[True, False], [False, False]]
    assert relaxed.room.tolist() == [0, 1]
    assert relaxed.paid.tolist() == [True, False]
    assert relaxed.free.tolist() == [[False, False], [False, True]]


def test_nodes_without_an_assignment() -> None:
    """Two tasks given to one agent of room 1 do not fit; a limit below the value leaves nothing."""
    agents = two_agents()
    node = BranchNode(ints([[1, 1], [0, 0]]) > 0, ints([0, 0]) > 0, ints([0, 0]) > 0)
    assert not NodeRelaxation(agents, node).possible
    relaxed = NodeRelaxation(agents, BranchNode.root(agents))
    assert fix_by_reduced_cost(relaxed, first_prices(agents), SCALE) is None

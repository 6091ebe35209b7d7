"""The root's bound never passes the optimum, its smaller model keeps an optimal schedule, and cuts raise the bound."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.branch_and_bound.root import Root
from leptonopt.algorithms.branch_and_bound.tree import BranchingTask
from leptonopt.algorithms.models.time_indexed import IntegerProgram, build_model, encode, normalise_costs
from tests.helpers import bruteforce
from tests.helpers.small_problems import group, option, problem
from tests.unit.algorithms.branch_and_bound.test_tree import SlowRelaxation


def strengthened(linear: IntegerProgram, target: int) -> Root:
    """Return the root of a model, with the costs of `normalise_costs`, and a target in them."""
    costs, _, _ = normalise_costs(linear)
    task = BranchingTask(linear, costs, linear.matrix.data, linear.upper, target)
    root = Root(task, 10**9, lambda task: SlowRelaxation(task.linear, task.costs), lambda: False)
    root.strengthen(lambda: None)
    return root


def test_bound_and_columns_leave_an_optimal_schedule() -> None:
    """At a target of the optimum, all columns of the schedule of brute force stay, and the bound is no higher."""
    smaller = 0
    for seed, drawn, (cost, best) in bruteforce.solved(range(30), 50_000):
        linear = build_model(drawn)
        costs, divisor, constant = normalise_costs(linear)
        if not len(costs):
            continue
        root = strengthened(linear, (cost - constant) // divisor)
        assert root.bound <= root.target, seed
        wanted = np.flatnonzero(encode(linear, best))
        assert np.isin(wanted, root.place).all(), seed
        values = np.arange(1.0, len(root.place) + 1)
        assert (root.given_values(values)[root.place] == values).all()
        smaller += len(root.place) < len(costs)
    assert smaller > 3


def test_cuts_ask_for_a_whole_task() -> None:
    """Of tasks with 19 units in slots that offer 18 one leaves, at a cost of 9: the relaxation costs 1.8."""
    tasks = [group(option(1, {0: units}), option(1, {1: 1}, fixed=9)) for units in (5, 5, 5, 4)]
    linear = build_model(problem(*tasks, capacity=[[9, 9], [3, 3]]))
    _, divisor, constant = normalise_costs(linear)
    assert strengthened(linear, 27 // divisor).bound * divisor + constant == 9

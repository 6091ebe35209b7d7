"""Assignment problems: random tasks on agents, and one agent with given items."""

from __future__ import annotations

import random

import numpy as np

from leptonopt.algorithms.assignment.knapsack import ItemLists
from leptonopt.algorithms.assignment.problem import AssignmentProblem, detect_assignment
from leptonopt.problem.nodes import NodeCosts, Nodes
from leptonopt.problem.problem import UNLIMITED, Problem
from tests.helpers.small_problems import ints


def places(
    seed: int, nodes: bool, optional: bool = False, own: bool = False, size: tuple[int, int] | None = None
) -> Problem:
    """Return tasks on agents; `nodes` that are paid whole, `optional` tasks, demands of each agent's `own`."""
    rng = random.Random(seed)
    many, tasks = size or (rng.randint(2, 3), rng.randint(2, 6))
    where = [sorted(rng.sample(range(many), rng.randint(1, many))) for _ in range(tasks)]
    need = [rng.randint(1, 4) for _ in range(tasks)]
    options = [(task, agent) for task in range(tasks) for agent in where[task]]
    count, line, grid = len(options), ints([0] * tasks), np.zeros((many, 1), np.int64)
    most = max(9, 5 * tasks // many)
    rooms = ints([[rng.randint(most // 2, most)] for _ in range(many)])
    rent = Nodes(
        count=np.ones((many, 1), np.int64),
        on_demand=np.ones(many, bool),
        reserved=ints([rng.choice([0, 0, 0, 1]) for _ in range(many)]),
        commit_max=ints([rng.choice([0, 0, 1]) for _ in range(many)]),
        boot=ints([0] * many),
        minimum=ints([0] * many),
        costs=NodeCosts(*(ints([[rng.randint(0, 20)] for _ in range(many)]) for _ in range(4)), ints([9] * many)),
        supply_node=ints(range(many)),
        supply_row=ints(range(many)),
        supply_size=rooms[:, 0],
    )
    out = np.array([optional and rng.random() < 0.5 for _ in range(tasks)])
    more = {"nodes": rent} if nodes else {}
    return Problem(
        capacity=rooms,
        price=grid,
        copies=line + 1,
        optional=out,
        value=ints([rng.randint(5, 40) for _ in range(tasks)]) * out,
        late_slope=line,
        late_base=line,
        late_once=line,
        late_after=line + UNLIMITED,
        option_ptr=np.cumsum([0, *map(len, where)]),
        pool=ints([agent for _, agent in options]),
        duration=ints([1] * count),
        fixed=ints([rng.randint(0, 30) for _ in options]),
        first=ints([0] * count),
        last=ints([0] * count),
        demand_ptr=ints(range(count + 1)),
        demand_row=ints([agent for _, agent in options]),
        demand=ints([rng.randint(1, 4) if own else need[task] for task, _ in options]),
        before=ints([]),
        after=ints([]),
        lag=ints([]),
        **more,
    )


KINDS = [{"nodes": n, "optional": o, "own": w} for n in (False, True) for o in (False, True) for w in (False, True)]


def found(problem: Problem) -> AssignmentProblem:
    """Return the assignment problem of a problem that is one."""
    made = detect_assignment(problem)
    assert made is not None
    return made


def knapsack(cost: np.ndarray, demand: np.ndarray, room: int, slack: int) -> ItemLists:
    """Return one agent with these items."""
    none, many = np.zeros(0, np.int64), len(cost)
    one, all_ = np.zeros(1, np.int64), np.arange(many)
    return ItemLists(
        np.array([0, many]), all_, cost, demand, np.zeros(2, np.int64), none, none,
        one + room, one, one + room, np.ones(1, bool), -1, slack,
    )  # fmt: skip


def two_agents() -> AssignmentProblem:
    """Return two agents of room 1 without openings, and two tasks of demand 1 with costs (1, 2) and (3, 1)."""
    one = np.ones((2, 2), np.int64)
    return AssignmentProblem(
        cost=ints([[1, 2], [3, 1]]),
        demand=one,
        able=one > 0,
        room=ints([1, 1]),
        opening=ints([0, 0]),
        option=ints([[0, 2], [1, 3]]),
        total=None,
        unit=1,
        constant=0,
    )

"""Feasible assignments: a greedy construction, and the repair of what knapsacks take.

Repair does shifts and swaps under a price on overload, which rises until the assignment fits, after Yagiura, Ibaraki
and Glover (2004, doi:10.1287/ijoc.1030.0036) without their ejection chains. The construction assigns by greatest
regret (Martello and Toth 1981).
"""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.assignment.problem import AssignmentProblem
from leptonopt.algorithms.assignment.repair_kernels import FORBIDDEN, shift_and_swap
from leptonopt.problem.arrays import Bools, Ints


def greedy_assignment(agents: AssignmentProblem) -> Ints | None:
    """Assign the tasks of greatest regret first, int64, shape (N,); None when a task fits nowhere.

    Regret is the difference between the two cheapest agents, with a share of their opening, at the start.
    """
    each = agents.cost + agents.demand * (agents.opening / np.maximum(1, agents.room))[:, None]
    each = np.where(agents.able, each, FORBIDDEN)
    two = np.sort(each, axis=0)[:2]
    where, room = np.zeros(each.shape[1], np.int64), agents.room.copy()
    for task in np.argsort(two[0] - two[-1], kind="stable").tolist():
        cost = np.where(agents.demand[:, task] <= room, each[:, task], FORBIDDEN)
        where[task] = agent = int(cost.argmin())
        if cost[agent] >= FORBIDDEN:
            return None
        room[agent] -= agents.demand[agent, task]
    return where


def initial_assignment(agents: AssignmentProblem, able: Bools, taken: Bools) -> Ints:
    """Return an agent for each task, int64, (N,): the cheapest that takes it, or the cheapest of all."""
    cost = np.where(able, agents.cost, FORBIDDEN)
    some = (taken & able).any(axis=0)
    where: Ints = np.where(some, np.where(taken, cost, 2 * FORBIDDEN).argmin(axis=0), cost.argmin(axis=0))
    return where


def repair_assignment(agents: AssignmentProblem, able: Bools, where: Ints, most: int, turns: int) -> Ints | None:
    """Return a feasible assignment near `where` that no shift or swap improves; None when none is found.

    `most` is the cost [units] from which on the search gives up; `turns` the passes over all tasks.
    """
    rows = np.flatnonzero(able.any(axis=1))
    place = np.minimum(np.searchsorted(rows, where), len(rows) - 1)
    cost = np.where(able[rows], agents.cost[rows], FORBIDDEN).astype(float)
    price = np.full(len(rows), max(_cost_per_unit(agents), 1e-3))
    fits = shift_and_swap(cost, agents.demand[rows], agents.room[rows], place, price, float(most), turns)
    return rows[place] if fits else None


def _cost_per_unit(agents: AssignmentProblem) -> float:
    """Return the median cost of a task over its median demand [units per demand unit]."""
    return float(np.median(agents.cost[agents.able])) / max(1.0, float(np.median(agents.demand[agents.able])))

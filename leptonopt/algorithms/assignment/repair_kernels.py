"""Shifts and swaps of `repairing` in loops for numba: each task's best in turn, not the best of all."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.assignment.knapsack_kernels import Array
from leptonopt.runtime.jit import jit

FAR = 2.0**50  # the cost of what may not be
RAISED = 1.3  # the price on too much load, where some is left


@jit
def shift_and_swap(
    cost: Array, demand: Array, room: Array, where: Array, price: Array, most: float, turns: int
) -> bool:
    """Shifts and swaps, each task's best in turn, until none gains; then a higher price on agents with too much.

    `cost`, float, shape (A, N), `FAR` where a task may not be; `where` and `price` [per unit too much] are changed.
    Returns whether all fits; gives up where what does not fit costs `most` already.
    """
    agents, tasks = cost.shape
    load, idle = np.zeros(agents, np.int64), 0
    for task in range(tasks):
        load[where[task]] += demand[where[task], task]
    for _ in range(turns):
        for task in range(tasks):
            here, idle = where[task], idle + 1
            own, now = demand[here, task], cost[here, task]
            gone = price[here] * (max(0, load[here] - own - room[here]) - max(0, load[here] - room[here]))
            best, to, other = -1e-6, -1, -1
            for agent in range(agents):
                if agent != here:
                    more = price[agent] * (
                        max(0, load[agent] + demand[agent, task] - room[agent]) - max(0, load[agent] - room[agent])
                    )
                    gain = cost[agent, task] - now + gone + more
                    if gain < best:
                        best, to = gain, agent
            for second in range(tasks):
                there = where[second]
                if there == here:
                    continue
                gain = cost[there, task] + cost[here, second] - now - cost[there, second]
                if gain >= best + price[here] * max(0, load[here] - room[here]) + price[there] * max(
                    0, load[there] - room[there]
                ):
                    continue
                one, two = (
                    load[here] - own + demand[here, second],
                    load[there] - demand[there, second] + demand[there, task],
                )
                gain += price[here] * (max(0, one - room[here]) - max(0, load[here] - room[here]))
                gain += price[there] * (max(0, two - room[there]) - max(0, load[there] - room[there]))
                if gain < best:
                    best, to, other = gain, there, second
            if to >= 0:
                if other >= 0:
                    load[here] += demand[here, other]
                    load[to] -= demand[to, other]
                    where[other] = here
                load[here] -= own
                load[to] += demand[to, task]
                where[task], idle = to, 0
        if idle >= tasks:
            total, over = 0.0, False
            for task in range(tasks):
                total += cost[where[task], task]
            for agent in range(agents):
                if load[agent] > room[agent]:
                    price[agent] *= RAISED
                    over = True
            if over and total >= most:
                return False
            if not over:
                return total < FAR
            idle = 0
    return False

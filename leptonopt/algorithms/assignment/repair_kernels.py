"""Kernels that repair assignments: the best shift or swap of each task, under a price on overload."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leptonopt.algorithms.assignment.knapsack import Array
from leptonopt.runtime.jit import jit

FORBIDDEN = 2.0**50  # the cost of an agent that a task may not have


class RepairParameters(NamedTuple):
    """Constants of the repair.

    Attributes
    ----------
    rise : factor on the price of an overloaded agent, once no move gains
    min_gain : cost [units]; a move has to gain more, above the rounding error of floats
    """

    rise: float = 1.3
    min_gain: float = 1e-6


PARAMETERS = RepairParameters()


@jit
def overload_change(room: Array, load: Array, price: Array, agent: int, change: int) -> float:
    """Return what a change of an agent's load adds to the cost of its overload."""
    return float(price[agent] * (max(0, load[agent] + change - room[agent]) - max(0, load[agent] - room[agent])))


@jit
def best_shift(
    cost: Array, demand: Array, room: Array, load: Array, where: Array, price: Array, task: int
) -> tuple[float, int]:
    """Return the least change of cost by a move of a task, and the new agent; -1 when none gains."""
    here, best, to = where[task], -PARAMETERS.min_gain, -1
    gone = overload_change(room, load, price, here, -demand[here, task])
    for agent in range(len(room)):
        if agent != here:
            more = overload_change(room, load, price, agent, demand[agent, task])
            gain = cost[agent, task] - cost[here, task] + gone + more
            if gain < best:
                best, to = gain, agent
    return best, to


@jit
def best_swap(
    cost: Array, demand: Array, room: Array, load: Array, where: Array, price: Array, task: int, best: float
) -> int:
    """Return the task whose exchange with `task` changes the cost least, below `best`; -1 without one."""
    here, other = where[task], -1
    relief = price[here] * max(0, load[here] - room[here])
    for second in range(len(where)):
        there = where[second]
        if there == here:
            continue
        gain = cost[there, task] + cost[here, second] - cost[here, task] - cost[there, second]
        if gain >= best + relief + price[there] * max(0, load[there] - room[there]):
            continue  # not even by an end of all overload
        gain += overload_change(room, load, price, here, demand[here, second] - demand[here, task])
        gain += overload_change(room, load, price, there, demand[there, task] - demand[there, second])
        if gain < best:
            best, other = gain, second
    return other


@jit
def move_task(demand: Array, load: Array, where: Array, task: int, to: int) -> None:
    """Move a task to another agent."""
    load[where[task]] -= demand[where[task], task]
    load[to] += demand[to, task]
    where[task] = to


@jit
def shift_and_swap(
    cost: Array, demand: Array, room: Array, where: Array, price: Array, most: float, turns: int
) -> bool:
    """Do shifts and swaps until none gains, then raise the price of overloaded agents, until all fits.

    `cost`, float, shape (A, N), `FORBIDDEN` for an agent that a task may not have; `where` and `price` [per unit of
    overload] are changed. Returns True when all fits; gives up when an assignment that does not fit costs `most`.
    """
    agents, tasks = cost.shape
    load, idle = np.zeros(agents, np.int64), 0
    for task in range(tasks):
        load[where[task]] += demand[where[task], task]
    for _ in range(turns):
        for task in range(tasks):
            idle += 1
            best, to = best_shift(cost, demand, room, load, where, price, task)
            other = best_swap(cost, demand, room, load, where, price, task, best)
            if other >= 0:
                here, to = where[task], where[other]
                move_task(demand, load, where, other, here)
            if to >= 0:
                move_task(demand, load, where, task, to)
                idle = 0
        if idle >= tasks:
            total, over = 0.0, False
            for task in range(tasks):
                total += cost[where[task], task]
            for agent in range(agents):
                if load[agent] > room[agent]:
                    price[agent] *= PARAMETERS.rise
                    over = True
            if over and total >= most:
                return False
            if not over:
                return total < FORBIDDEN
            idle = 0
    return False

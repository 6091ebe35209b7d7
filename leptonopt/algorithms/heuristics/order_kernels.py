"""Kernels of the descent over orders: a job moves in the order, or two change places.

The schedule of an order is the list schedule: every job in turn takes its cheapest column that still fits. Jobs before
the first change keep their columns, so that only the rest of an order is scheduled anew.
"""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.heuristics.job_kernels import (
    Array,
    JobArrays,
    JobState,
    excess,
    left_out,
    move,
    place,
    remove_all,
)
from leptonopt.runtime.jit import inner_jit, jit

KINDS = 3  # moves of a job: later in the order, earlier, or in exchange for another one
LEAST_GAIN = 1e-9  # share of the cost; a move has to gain more, above the rounding error of floats


@inner_jit
def neighbour(order: Array, trial: Array, number: int, span: int) -> int:
    """Write a neighbour of an order into `trial`; return the first position that differs, -1 without one.

    number : which of the 3 x J x span neighbours
    span : most places by which a job moves
    """
    jobs = len(order)
    i, distance, kind = number % jobs, number // jobs % span + 1, number // (jobs * span)
    j = i - distance if kind == 1 else i + distance
    if j < 0 or j >= jobs or (kind == 1 and distance == 1) or (kind == 2 and distance == 1):
        return -1
    for at in range(jobs):
        trial[at] = order[at]
    trial[j] = order[i]
    if kind == 2:
        trial[i] = order[j]
    else:
        for at in range(i, j):
            trial[at] = order[at + 1]
        for at in range(j, i):
            trial[at + 1] = order[at]
    return min(i, j)


@inner_jit
def list_schedule(
    jobs: JobArrays, state: JobState, order: Array, begin: int, penalty: Array, ceiling: float
) -> tuple[float, int]:
    """Schedule the jobs from position `begin` on, those before it being placed.

    Return the cost of the whole and the position behind the last job considered; the search ends above `ceiling`.
    """
    lost = 0.0
    for at in range(begin):
        if state.option[order[at]] < 0:
            lost += penalty[order[at]]
    for at in range(begin, len(order)):
        lost += place(jobs, state, order[at], penalty)
        if state.total[0] + state.total[1] + lost > ceiling:
            return np.inf, at + 1
    return state.total[0] + state.total[1] + lost + excess(state), len(order)


@inner_jit
def try_order(
    jobs: JobArrays, state: JobState, trial: Array, begin: int, penalty: Array, cost: float, columns: Array
) -> float:
    """Replace a schedule by that of another order if it costs less; return the cost of the result.

    begin : the first position that differs
    columns : int64, shape (2, J), room for the present columns
    """
    for at in range(begin, len(trial)):
        columns[0, at], columns[1, at] = state.option[trial[at]], state.start[trial[at]]
    remove_all(jobs, state, trial[begin:])
    limit = cost - LEAST_GAIN * (1 + abs(cost)) if cost < np.inf else cost
    new, end = list_schedule(jobs, state, trial, begin, penalty, limit)
    if new < limit:
        return new
    remove_all(jobs, state, trial[begin:end])
    for at in range(begin, len(trial)):
        if columns[0, at] >= 0:
            move(jobs, state, trial[at], columns[0, at], columns[1, at], 1)
    return cost


@jit
def descend(
    jobs: JobArrays, state: JobState, order: Array, penalty: Array, span: int, progress: Array, work: int
) -> float:
    """Improve an order and its schedule until no neighbour is cheaper; return the cost.

    The search ends before that when `work` jobs were placed. An empty schedule becomes the list schedule of the order
    first.

    progress : int64, shape (2,), the next neighbour, and how many in a row gained nothing; both are updated
    """
    trial, columns = order.copy(), np.zeros((2, len(order)), np.int64)
    neighbours, cost, begin = KINDS * len(order) * span, np.inf, min(0, len(order))
    if (state.option >= 0).any():
        cost = left_out(jobs, state, penalty)[0] + state.total[0] + state.total[1] + excess(state)
    while True:
        if begin >= 0:
            work -= len(order) - begin
            new = try_order(jobs, state, trial, begin, penalty, cost, columns)
            if new < cost:
                order[:], cost, progress[1] = trial, new, 0
        if progress[1] >= neighbours or work <= 0:
            return cost
        begin = neighbour(order, trial, progress[0], span)
        progress[0] = (progress[0] + 1) % neighbours
        progress[1] += 1
        work -= 1

"""Aggregate of single nodes: shared rows, and one option where options differ in the node alone.

The aggregate is a relaxation. Take any schedule: on the shared rows the demands add up, and so does what nodes supply.
A node is on in the same slots at the same cost; an option holds the same amounts at the same prices. So a lower bound
of the aggregate is one of the problem. For a day of 5,000 groups on 100 nodes it has 5,000 options, not half a million.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from leptonopt.algorithms.single_nodes.supports import unsupported_rule
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.restrict import option_arrays


def aggregate_nodes(problem: Problem) -> Problem | None:
    """Return the aggregate of a problem on single nodes; None where it is no smaller, or not supported."""
    if problem.slots < 2 or unsupported_rule(problem):
        return None
    shared = shared_rows(problem)
    kept = np.fromiter(_representatives(problem, shared), np.int64)
    if 2 * len(kept) > problem.options:
        return None
    rows = int(shared.max(initial=-1)) + 1
    first = np.full(rows, -1)
    first[shared[::-1]] = np.arange(len(shared))[::-1]
    capacity = np.zeros((rows, problem.slots), np.int64)
    np.add.at(capacity, shared, np.minimum(problem.capacity, UNLIMITED // len(shared)))
    capacity[(problem.capacity[first] >= UNLIMITED).all(axis=1)] = UNLIMITED
    arrays = option_arrays(problem, kept, problem.group[kept], problem.groups)
    arrays |= {"pool": np.zeros(len(kept), np.int64), "demand_row": shared[arrays["demand_row"]]}
    return replace(
        problem,
        capacity=capacity,
        price=problem.price[first],
        **arrays,
        nodes=replace(problem.nodes, supply_row=shared[problem.nodes.supply_row]),
    )


def shared_rows(problem: Problem) -> Ints:
    """Return the shared row of each row, int64, shape (K,), ascending by first occurrence.

    Rows that nodes supply share one by their place among the rows of their node, and their prices; rows without a limit
    by their prices. All others stay alone.
    """
    nodes = problem.nodes
    place = np.full(len(problem.capacity), -1)
    seen = np.zeros(len(nodes), np.int64)
    for row, kind in sorted(zip(nodes.supply_row.tolist(), nodes.supply_node.tolist(), strict=True)):
        place[row] = seen[kind]
        seen[kind] += 1
    line = np.unique(problem.price, axis=0, return_inverse=True)[1].ravel()
    free = (problem.capacity >= UNLIMITED).all(axis=1)
    alone = np.where((place < 0) & ~free, np.arange(len(place)), -1)
    keys = np.stack([place, line, alone])
    _, where, which = np.unique(keys, axis=1, return_index=True, return_inverse=True)
    rank = np.empty_like(where)
    rank[np.argsort(where)] = np.arange(len(where))
    return np.asarray(rank[which.ravel()], np.int64)


def _representatives(problem: Problem, shared: Ints) -> Iterator[int]:
    """Yield one option of each group for all that are alike on the shared rows, ascending."""
    for low, high in zip(problem.option_ptr[:-1].tolist(), problem.option_ptr[1:].tolist(), strict=True):
        if low == high:
            continue
        span = slice(low, high)
        many = np.diff(problem.demand_ptr[low : high + 1])
        plain = np.stack([problem.duration[span], problem.first[span], problem.last[span], problem.fixed[span], many])
        held = slice(problem.demand_ptr[low], problem.demand_ptr[high])
        if (many == many[0]).all():
            rows = shared[problem.demand_row[held]].reshape(high - low, -1)
            amounts = problem.demand[held].reshape(high - low, -1)
            keys = np.concatenate([plain.T, rows, amounts], axis=1)
            if (keys == keys[0]).all():
                yield low
            else:
                yield from (low + np.sort(np.unique(keys, axis=0, return_index=True)[1])).tolist()
        else:
            yield from range(low, high)

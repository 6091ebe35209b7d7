"""Insertion of single groups at their cheapest feasible columns, and precedence orders of groups."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST, least_joint_cost
from leptonopt.problem.problem import Problem


@dataclass(frozen=True)
class InsertionTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    stop_check: int = 64  # columns chosen one by one between two checks of the stop test
    ranked_stop_check: int = 1024  # ranked columns between two checks of the stop test
    single_columns: int = 16  # columns chosen one by one before all others are ranked at once


TUNING = InsertionTuning()


def never() -> bool:
    """Return False: the stop test of searches without a limit."""
    return False


def insert_copies(
    placing: PartialSchedule,
    group: int,
    guide: CostGuide,
    limit: int = INFEASIBLE_COST,
    over: Callable[[], bool] = never,
) -> bool:
    """Insert a group's missing copies, as many at a time as fit; return whether all were inserted.

    Calls `over` now and then, and leaves the remaining copies out when it returns True.
    """
    turns = 0
    while placing.missing[group] > 0:
        turns += 1
        if turns % TUNING.stop_check == 0 and over():
            return False
        if turns == TUNING.single_columns and (columns := placing.ranked_columns(group, guide, limit)) is not None:
            return _fill_ranked(placing, group, columns, over)
        found = placing.cheapest_column(group, guide, limit)
        if found is None:
            return False
        _, option, start = found
        placing.insert(option, start, min(placing.missing[group], placing.max_copies(option, start)))
    return True


def _fill_ranked(placing: PartialSchedule, group: int, columns: Iterable[Column], over: Callable[[], bool]) -> bool:
    """Insert missing copies into ranked columns, the cheapest first; return whether all were inserted."""
    for turn, (option, start) in enumerate(columns):
        if turn % TUNING.ranked_stop_check == 0 and over():
            return False
        if (count := min(placing.missing[group], placing.max_copies(option, start))) > 0:
            placing.insert(option, start, count)
            if not placing.missing[group]:
                return True
    return False


def cost_limit(placing: PartialSchedule, group: int) -> int:
    """Return the cost limit of a copy: none for a mandatory group or a predecessor of a running one."""
    shape = placing.shape
    if not shape.optional[group] or any(placing.start[behind] >= 0 for behind, _ in shape.successors[group]):
        return INFEASIBLE_COST
    limit: int = shape.value[group]
    return limit


def family_pools(problem: Problem, guide: CostGuide) -> list[list[tuple[int, int]]]:
    """Return per family (cost, pool) of each pool that fits it alone, the least joint cost first."""
    if not problem.together:
        return []
    joint = least_joint_cost(
        problem, np.array(guide.least, np.int64), problem.value * guide.scale, INFEASIBLE_COST
    ).tolist()
    return [sorted((cost, pool) for pool, cost in enumerate(line) if cost != np.inf) for line in joint]


def precedence_order(placing: PartialSchedule, rank: Sequence[float]) -> Iterator[int]:
    """Yield all groups, predecessors first; among those that are ready the least rank first."""
    waits = [len(before) for before in placing.shape.predecessors]
    ready = [(rank[group], group) for group, count in enumerate(waits) if not count]
    heapq.heapify(ready)
    while ready:
        _, group = heapq.heappop(ready)
        yield group
        for behind, _ in placing.shape.successors[group]:
            waits[behind] -= 1
            if not waits[behind]:
                heapq.heappush(ready, (rank[behind], behind))


def topological(placing: PartialSchedule) -> list[int]:
    """Return all groups, predecessors first."""
    return list(precedence_order(placing, [0.0] * placing.problem.groups))

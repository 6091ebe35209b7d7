"""Move tasks of a schedule to earlier ends at no more cost: exact methods leave ties to chance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leptonopt.algorithms.heuristics.partial_schedule import PartialSchedule
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule

Column = tuple[int, int]
MAX_PASSES = 3  # a task that ends earlier lets those behind it end earlier, in the same pass; more is rare


def earlier_ends(problem: Problem, schedule: Schedule, should_stop: Callable[[], bool]) -> Schedule:
    """Return a schedule whose copies end no later, each at no more cost by itself.

    Copies are gone through in the order of their starts. Nodes count as the greedy heuristic estimates them, and those
    that are on follow from the columns: the caller compares the exact costs. Replicas stay as they are.
    """
    partial = PartialSchedule(problem, schedule=schedule)
    if schedule.rent is not None:
        partial.set_committed(schedule.rent)
    for _ in range(MAX_PASSES):
        entries = sorted((start, option) for ran in partial.runs for option, start in ran)
        moved = [_move(partial, (option, start), should_stop) for start, option in entries]
        if not any(moved):
            break
    found = partial.schedule()
    return Schedule.of(found.option, found.start, found.count, None, schedule.replicas)


def _move(partial: PartialSchedule, column: Column, should_stop: Callable[[], bool]) -> bool:
    """Move the copies of a column as long as they end earlier; return whether one does."""
    group, moved = partial.shape.group[column[0]], False
    for _ in range(partial.runs[group].get(column, 0)):
        if should_stop():
            break
        partial.remove(*column)
        found = _earliest(partial, group, column)
        partial.insert(*found)
        if found == column:
            break
        moved = True
    return moved


def _earliest(partial: PartialSchedule, group: int, column: Column) -> Column:
    """Return the column that ends first among those that cost no more than one; the cheaper one on a tie."""
    option, start = column
    limit = int(_costs(partial, option, start, start)[0])
    best, found = (start + partial.shape.duration[option], limit), column
    ptr = partial.problem.option_ptr
    for each in range(int(ptr[group]), int(ptr[group + 1])):
        low, high = partial.start_window(each)
        length = partial.shape.duration[each]
        high = min(high, best[0] - length)
        if low > high:
            continue
        costs = _costs(partial, each, low, high)
        fits = partial.feasible_starts(each, low, high)
        usable = np.flatnonzero(costs <= limit if fits is None else (costs <= limit) & fits)
        if len(usable):
            at = int(usable[0])
            if (key := (low + at + length, int(costs[at]))) < best:
                best, found = key, (each, low + at)
    return found


def _costs(partial: PartialSchedule, option: int, low: int, high: int) -> Ints:
    """Return the cost of a copy at each start, with its nodes; int64, shape (high - low + 1,)."""
    costs = partial.start_costs(option, low, high, partial.problem.price_sum)
    if partial.node_estimate is not None and (extra := partial.node_estimate.extra_cost(option, low, high)) is not None:
        costs = costs + extra
    return costs

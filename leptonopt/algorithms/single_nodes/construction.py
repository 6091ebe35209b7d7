"""List scheduling and reinsertion on single nodes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leptonopt.algorithms.single_nodes.partial_schedule import INFEASIBLE_COST, SingleNodeSchedule
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.problem import Problem


def volumes(problem: Problem) -> Floats:
    """Return the least share of a node times slots of each group, float, shape (G,)."""
    most = np.maximum(1, problem.capacity.max(axis=1, initial=1)).astype(float)
    of = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
    widest = np.zeros(problem.options)
    np.maximum.at(widest, of, problem.demand / most[problem.demand_row])
    return _least(problem, widest * problem.duration)


def priority_orders(problem: Problem) -> list[Ints]:
    """Return orders of the groups by volume and slack, volume, deadline and length, int64, shape (G,)."""
    volume = volumes(problem)
    slack = _least(problem, (problem.last - problem.first + 1) / np.maximum(1, problem.duration))
    latest = _least(problem, problem.last.astype(float))
    length = _least(problem, problem.duration.astype(float))
    keys = (-volume / np.sqrt(slack), -volume, latest)
    return [*(np.argsort(key, kind="stable") for key in keys), np.lexsort((-volume, -length))]


def _least(problem: Problem, values: Floats) -> Floats:
    """Return the least value of each group's options, float, shape (G,); 1 without an option."""
    least = np.full(problem.groups, np.inf)
    np.minimum.at(least, problem.group, values)
    return np.where(np.isfinite(least), least, 1.0)


def construct(
    placing: SingleNodeSchedule,
    order: Ints,
    stop: Callable[[], bool],
    by_part: float = 0.0,
    some: Callable[[int], Ints | None] = lambda _: None,
) -> bool:
    """Insert all copies in an order, each in its cheapest column; return False when stopped early.

    `by_part` and `some` are those of `SingleNodeSchedule.cheapest_column`; all nodes are tried where some are full.
    """
    problem = placing.problem
    for group in order.tolist():
        if stop():
            return False
        limit = int(problem.value[group]) if problem.optional[group] else INFEASIBLE_COST
        while placing.missing[group]:
            found = placing.cheapest_column(group, limit, by_part, some) or placing.cheapest_column(
                group, limit, by_part
            )
            if found is None:
                break
            placing.insert(group, found[1], found[2])
    return True


def sample(most: int, seed: int) -> Callable[[int], Ints | None]:
    """Return a function that chooses so many of n nodes at random, all of fewer than twice as many."""
    random = np.random.default_rng(seed)
    return lambda n: None if n < 2 * most else random.choice(n, most, replace=False)


def construct_early(placing: SingleNodeSchedule, order: Ints, stop: Callable[[], bool]) -> bool:
    """Insert all mandatory copies in an order, each as early as it fits.

    Returns False when stopped before the end. By deadline it packs densest: 11 groups of the challenge's sample09 find
    no place; at cheapest starts 51 to 308.
    """
    for group in order.tolist():
        if stop():
            return False
        while placing.missing[group] and not placing.problem.optional[group]:
            if (found := placing.earliest_column(group)) is None:
                break
            placing.insert(group, found[1], found[2])
    return True


def reinsert(placing: SingleNodeSchedule, order: Ints, stop: Callable[[], bool]) -> int:
    """Take each group out, and insert it again in its cheapest columns; return how many groups moved."""
    moved = 0
    for group in order.tolist():
        if stop():
            break
        before = sorted(placing.remove_group(group))
        construct(placing, np.array([group]), never)
        moved += sorted(placing.columns[group]) != before
    return moved


def never() -> bool:
    """Return False: for calls that must not stop half-way."""
    return False

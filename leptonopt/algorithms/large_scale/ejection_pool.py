"""Ejection pool over arrays: mandatory items eject lighter ones, which are reinserted.

After Nagata and Bräysy (2009, doi:10.1016/j.orl.2009.04.006), without their squeeze step. Every failure to insert an
item raises its weight. Of some random columns the one is taken whose blockers have the least total weight.
`leptonopt.algorithms.heuristics.ejection_pool` has the same steps for problems with nodes, precedence and affinity.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from leptonopt.algorithms.large_scale.ejection_chain import assign, unassign
from leptonopt.algorithms.large_scale.kernels import cheapest_feasible_column
from leptonopt.runtime.jit import jit

# Constants of compiled loops: numba reads plain module globals at compile time.
OPTIONS, STARTS = 8, 6  # random options, and starts of each, that are candidates for an ejection
LIGHT = 0.05  # weight of an optional item; a mandatory one begins at 1
HEAVIER, HEAVIEST = 1.02, 1e100  # after a failure a weight w becomes min(HEAVIER * w + 1, HEAVIEST)


class EjectionQueue(NamedTuple):
    """Unassigned items that wait for a column, in a ring buffer.

    item : int64, shape (I + 1,); waiting items are at positions begin[0] .. end[0] - 1, modulo the length
    waits : bool, shape (I,)
    begin, end : int64, shape (1,), positions
    weight : float, shape (I,), ejection weights
    """

    item: Any
    waits: Any
    begin: Any
    end: Any
    weight: Any


def make_queue(items: Any, optional: Any) -> EjectionQueue:
    """Return a queue in which these items wait; `optional` is bool, shape (I,)."""
    ring, waits = np.full(len(optional) + 1, -1, np.int64), np.zeros(len(optional), np.bool_)
    ring[: len(items)], waits[items] = items, True
    weight = np.where(optional, LIGHT, 1.0)
    return EjectionQueue(ring, waits, np.zeros(1, np.int64), np.full(1, len(items), np.int64), weight)


@jit
def _enqueue(queue: Any, item: Any) -> None:
    """Append an item unless it waits already."""
    if not queue.waits[item]:
        queue.waits[item] = True
        queue.item[queue.end[0]] = item
        queue.end[0] = (queue.end[0] + 1) % len(queue.item)


@jit
def _dequeue(queue: Any) -> None:
    """Remove the first item."""
    queue.waits[queue.item[queue.begin[0]]] = False
    queue.begin[0] = (queue.begin[0] + 1) % len(queue.item)


@jit
def _shortage(options: Any, state: Any, option: Any, start: Any) -> Any:
    """Return a column's shortage of capacity, int64, shape (rows, slots), and its number of cells."""
    low, high = options.demand_ptr[option], options.demand_ptr[option + 1]
    stop = start + options.duration[option]
    short = np.zeros((high - low, stop - start), np.int64)
    lacks = 0
    for i in range(low, high):
        for t in range(start, stop):
            lack = options.demand[i] - state.free[options.demand_row[i], t]
            if lack > 0:
                short[i - low, t - start] = lack
                lacks += 1
    return short, lacks


@jit
def _relief(options: Any, option: Any, start: Any, other: Any, begin: Any, short: Any) -> Any:
    """Return the shortage of a column that another relieves at most [demand units * slots]."""
    low, high = options.demand_ptr[option], options.demand_ptr[option + 1]
    first, last = max(start, begin), min(start + options.duration[option], begin + options.duration[other])
    helps = 0
    for j in range(options.demand_ptr[other], options.demand_ptr[other + 1]):
        for i in range(low, high):
            if options.demand_row[i] == options.demand_row[j]:
                for t in range(first, last):
                    helps += min(options.demand[j], short[i - low, t - start])
    return helps


@jit
def _reduce_shortage(options: Any, option: Any, start: Any, other: Any, begin: Any, short: Any) -> Any:
    """Subtract another column's demand from a shortage; return (whether useful, cells filled)."""
    low, high = options.demand_ptr[option], options.demand_ptr[option + 1]
    first, last = max(start, begin), min(start + options.duration[option], begin + options.duration[other])
    useful, filled = False, 0
    for j in range(options.demand_ptr[other], options.demand_ptr[other + 1]):
        for i in range(low, high):
            if options.demand_row[i] == options.demand_row[j]:
                for t in range(first, last):
                    lack = short[i - low, t - start]
                    if lack > 0:
                        useful = True
                        short[i - low, t - start] = lack - options.demand[j]
                        if lack <= options.demand[j]:
                            filled += 1
    return useful, filled


@jit
def _lightest_victims(
    options: Any, state: Any, queue: Any, item: Any, option: Any, start: Any, pool: Any, limit: Any, found: Any
) -> Any:  # fmt: skip
    """Return (number, weight) of items to eject for a column; number -1 if none or from `limit` on.

    Fills `found` with them. Items are taken by the least weight per shortage they relieve.
    """
    short, lacks = _shortage(options, state, option, start)
    members = state.count[pool]
    near, score = np.empty(members, np.int64), np.empty(members, np.float64)
    many = 0
    for at in range(state.begin[pool], state.begin[pool] + members):
        other = state.member[at]
        if other != item:
            helps = _relief(options, option, start, state.option[other], state.start[other], short)
            if helps > 0:
                near[many], score[many] = other, queue.weight[other] / helps
                many += 1
    order = np.argsort(score[:many])
    weight, taken = 0.0, 0
    for k in order:
        if lacks == 0:
            break
        other = near[k]
        useful, filled = _reduce_shortage(options, option, start, state.option[other], state.start[other], short)
        lacks -= filled
        if useful:
            weight += queue.weight[other]
            if weight >= limit or taken == len(found):
                return -1, limit
            found[taken] = other
            taken += 1
    if lacks > 0:
        return -1, limit
    return taken, weight


@jit
def _best_ejection(options: Any, state: Any, queue: Any, item: Any, pool: Any, found: Any, best: Any) -> Any:
    """Return (victims, option, start) of the random column with the lightest victims; option -1 if none.

    Fills `best` with the victims; `found` is working memory.
    """
    group = state.group[item]
    least, low, high = np.inf, options.option_ptr[group], options.option_ptr[group + 1]
    many, o, s = 0, -1, -1
    for at in range(min(OPTIONS, high - low)):
        option = low + at if high - low <= OPTIONS else np.random.randint(low, high)
        first, last = options.first[option], options.last[option]
        for spot in range(min(STARTS, last - first + 1)):
            start = first + spot if last - first < STARTS else np.random.randint(first, last + 1)
            taken, weight = _lightest_victims(options, state, queue, item, option, start, pool[option], least, found)
            if taken >= 0:
                least, many, o, s = weight, taken, option, start
                best[:many] = found[:many]
    return many, o, s


@jit
def repair_by_ejection(
    options: Any, state: Any, prices: Any, pool: Any, optional: Any, queue: Any, seed: Any, steps: Any
) -> Any:  # fmt: skip
    """Run at most so many steps, until the queue is empty; return False when a pool's member list is full."""
    np.random.seed(seed)
    found, victims = np.empty(64, np.int64), np.empty(64, np.int64)
    for _ in range(steps):
        if queue.begin[0] == queue.end[0]:
            return True
        item = queue.item[queue.begin[0]]
        group = state.group[item]
        if np.random.random() < 0.5:
            _, o, s = cheapest_feasible_column(options, group, state.free, prices.guide, prices.least, np.inf)
        else:
            _, o, s = cheapest_feasible_column(options, group, state.free, prices.true, prices.least_true, np.inf)
        many = 0
        if o < 0:
            queue.weight[item] = min(HEAVIER * queue.weight[item] + 1.0, HEAVIEST)
            many, o, s = _best_ejection(options, state, queue, item, pool, found, victims)
        if o >= 0 and state.count[pool[o]] + 1 >= state.room[pool[o]]:
            return False
        _dequeue(queue)
        if o < 0:
            _enqueue(queue, item)
            continue
        for k in range(many):
            unassign(options, state, prices, pool, victims[k])
            if not optional[victims[k]]:
                _enqueue(queue, victims[k])
        assign(options, state, prices, pool, item, o, s)
    return True

"""Mending: what must run and has no place pushes out what is lighter, which looks for another place in its turn.

An ejection pool after Nagata and Bräysy (2009, doi:10.1016/j.orl.2009.04.006), without the squeeze: every failure makes
an item heavier, and of some columns at random that one is taken for which the lightest set of others has to go.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from leptonopt.algorithms.large_scale.ejection_chain import assign, unassign
from leptonopt.algorithms.large_scale.kernels import cheapest_feasible_column
from leptonopt.runtime.jit import jit

OPTIONS, SPOTS = 8, 6  # options at random, and starts of each, for which others might have to go
LIGHT = 0.05  # is what an item weighs that need not run
HEAVIER, HEAVIEST = 1.02, 1e100  # times its weight, and one more, is what an item weighs after a failure; at most


class EjectionQueue(NamedTuple):
    """Items that wait for a place, in a ring.

    item : (I + 1,), those that wait are at positions begin[0] to end[0], round the end of it
    waits : bool, by item
    begin, end : (1,), positions
    weight : by item
    """

    item: Any
    waits: Any
    begin: Any
    end: Any
    weight: Any


def make_queue(items: Any, optional: Any) -> EjectionQueue:
    """A queue in which these items wait; `optional` is bool, by item."""
    ring, waits = np.full(len(optional) + 1, -1, np.int64), np.zeros(len(optional), np.bool_)
    ring[: len(items)], waits[items] = items, True
    weight = np.where(optional, LIGHT, 1.0)
    return EjectionQueue(ring, waits, np.zeros(1, np.int64), np.full(1, len(items), np.int64), weight)


@jit
def _push(queue: Any, item: Any) -> None:
    if not queue.waits[item]:
        queue.waits[item] = True
        queue.item[queue.end[0]] = item
        queue.end[0] = (queue.end[0] + 1) % len(queue.item)


@jit
def _victims(
    ways: Any, board: Any, queue: Any, item: Any, option: Any, start: Any, pool: Any, most: Any, found: Any
) -> Any:  # fmt: skip
    """How many have to go for a column, and what they weigh; -1 where that is as much as `most`, or does not help.

    `found` is filled with them.
    """
    low, high = ways.demand_ptr[option], ways.demand_ptr[option + 1]
    stop = start + ways.duration[option]
    short = np.zeros((high - low, stop - start), np.int64)
    lacks = 0
    for i in range(low, high):
        for t in range(start, stop):
            lack = ways.demand[i] - board.free[ways.demand_row[i], t]
            if lack > 0:
                short[i - low, t - start] = lack
                lacks += 1
    members = board.count[pool]
    near, score = np.empty(members, np.int64), np.empty(members, np.float64)
    many = 0
    for at in range(board.begin[pool], board.begin[pool] + members):
        other = board.member[at]
        o, s = board.option[other], board.start[other]
        first, last = max(start, s), min(stop, s + ways.duration[o])
        if other == item or first >= last:
            continue
        helps = 0
        for j in range(ways.demand_ptr[o], ways.demand_ptr[o + 1]):
            for i in range(low, high):
                if ways.demand_row[i] == ways.demand_row[j]:
                    for t in range(first, last):
                        helps += min(ways.demand[j], short[i - low, t - start])
        if helps > 0:
            near[many], score[many] = other, queue.weight[other] / helps
            many += 1
    order = np.argsort(score[:many])
    weight, taken = 0.0, 0
    for k in order:
        if lacks == 0:
            break
        other = near[k]
        o, s = board.option[other], board.start[other]
        first, last = max(start, s), min(stop, s + ways.duration[o])
        useful = False
        for j in range(ways.demand_ptr[o], ways.demand_ptr[o + 1]):
            for i in range(low, high):
                if ways.demand_row[i] == ways.demand_row[j]:
                    for t in range(first, last):
                        lack = short[i - low, t - start]
                        if lack > 0:
                            useful = True
                            short[i - low, t - start] = lack - ways.demand[j]
                            if lack <= ways.demand[j]:
                                lacks -= 1
        if useful:
            weight += queue.weight[other]
            if weight >= most or taken == len(found):
                return -1, most
            found[taken] = other
            taken += 1
    if lacks > 0:
        return -1, most
    return taken, weight


@jit
def repair_by_ejection(
    ways: Any, board: Any, prices: Any, pool: Any, optional: Any, queue: Any, seed: Any, steps: Any
) -> Any:  # fmt: skip
    """So many steps, or fewer if nothing waits any more; whether there was room for all in the lists of members."""
    np.random.seed(seed)
    some, best = np.empty(64, np.int64), np.empty(64, np.int64)
    for _ in range(steps):
        if queue.begin[0] == queue.end[0]:
            return True
        item = queue.item[queue.begin[0]]
        group = board.group[item]
        if np.random.random() < 0.5:
            _, o, s = cheapest_feasible_column(ways, group, board.free, prices.guide, prices.least, np.inf)
        else:
            _, o, s = cheapest_feasible_column(ways, group, board.free, prices.true, prices.least_true, np.inf)
        many = 0
        if o < 0:
            queue.weight[item] = min(HEAVIER * queue.weight[item] + 1.0, HEAVIEST)
            least, low, high = np.inf, ways.option_ptr[group], ways.option_ptr[group + 1]
            for at in range(min(OPTIONS, high - low)):
                option = low + at if high - low <= OPTIONS else np.random.randint(low, high)
                first, last = ways.first[option], ways.last[option]
                for spot in range(min(SPOTS, last - first + 1)):
                    start = first + spot if last - first < SPOTS else np.random.randint(first, last + 1)
                    taken, weight = _victims(ways, board, queue, item, option, start, pool[option], least, some)
                    if taken >= 0:
                        least, many, o, s = weight, taken, option, start
                        best[:many] = some[:many]
        if o >= 0 and board.count[pool[o]] + 1 >= board.room[pool[o]]:
            return False
        queue.begin[0] = (queue.begin[0] + 1) % len(queue.item)
        queue.waits[item] = False
        if o < 0:
            _push(queue, item)
            continue
        for k in range(many):
            unassign(ways, board, prices, pool, best[k])
            if not optional[best[k]]:
                _push(queue, best[k])
        assign(ways, board, prices, pool, item, o, s)
    return True

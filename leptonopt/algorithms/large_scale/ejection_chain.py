"""Ejection: an item takes the place it wants, those in its way look for another, and it stays so if that is cheaper.

Who moves: items that cost most beyond what prices say they need, or have no place. Where to: columns that are cheap by
prices, whether free or not. Who gives way: of those at work there, again such as lose least. A step that costs more
is taken with the probability of simulated annealing (Kirkpatrick et al., 1983, doi:10.1126/science.220.4598.671);
the temperature is the caller's. Ejection chains: Glover (1996, doi:10.1016/0166-218X(94)00037-E), here of depth one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from leptonopt.algorithms.large_scale.kernels import add_load, cheapest_feasible_column, column_cost, fits
from leptonopt.runtime.jit import jit

VICTIMS = 8  # at most give way to one
SCANNED = 600  # items of a pool looked at for victims at most


class AssignmentArrays(NamedTuple):
    """What stands, in arrays that steps change.

    option, start : by item; -1 while it has no place
    over : by item, what it costs by prices beyond its least
    member : items at work on each pool, those of pool p from begin[p] on, count[p] of room[p] entries
    seat : by item, where it stands in `member`
    free : (K, T)
    """

    group: Any
    option: Any
    start: Any
    over: Any
    member: Any
    begin: Any
    room: Any
    count: Any
    seat: Any
    free: Any


class EjectionCosts(NamedTuple):
    """Costs that guide and costs that count.

    guide, true : (K, T + 1), prefix sums; least, least_true : by option, lower bounds of its cost at each
    cheapest : by group, its least guiding cost or what leaving it out costs
    out : by group, what leaving a copy out counts
    """

    guide: Any
    true: Any
    least: Any
    least_true: Any
    cheapest: Any
    out: Any


@jit
def assign(ways: Any, board: Any, prices: Any, pool: Any, item: Any, option: Any, start: Any) -> None:
    """The item is at work in a column."""
    p = pool[option]
    add_load(ways, option, start, 1, board.free)
    board.option[item], board.start[item] = option, start
    at = board.begin[p] + board.count[p]
    board.member[at] = item
    board.seat[item] = at
    board.count[p] += 1
    group = board.group[item]
    board.over[item] = column_cost(ways, group, option, start, prices.guide) - prices.cheapest[group]


@jit
def unassign(ways: Any, board: Any, prices: Any, pool: Any, item: Any) -> None:
    """The item is at work nowhere."""
    option = board.option[item]
    p = pool[option]
    add_load(ways, option, board.start[item], -1, board.free)
    last = board.begin[p] + board.count[p] - 1
    other, at = board.member[last], board.seat[item]
    board.member[at] = other
    board.seat[other] = at
    board.count[p] -= 1
    board.option[item] = -1
    group = board.group[item]
    board.over[item] = prices.out[group] - prices.cheapest[group]


@jit
def _wanted(ways: Any, board: Any, prices: Any, group: Any) -> Any:
    """A column that is cheap by prices, at random: of two or three options the better, of some starts the best."""
    low, high = ways.option_ptr[group], ways.option_ptr[group + 1]
    chosen = -1
    if low == high:
        return -1, -1
    for _ in range(np.random.randint(2, 5)):
        o = np.random.randint(low, high)
        if np.isfinite(prices.least[o]) and (chosen < 0 or prices.least[o] < prices.least[chosen]):
            chosen = o
    if chosen < 0:
        return -1, -1
    first, last = ways.first[chosen], ways.last[chosen]
    width = last - first + 1
    at, best = -1, np.inf
    tries = width if np.random.random() < 0.4 else min(width, np.random.randint(1, 6))
    for k in range(tries):
        s = first + k if tries == width else np.random.randint(first, last + 1)
        cost = column_cost(ways, group, chosen, s, prices.guide)
        if cost < best:
            at, best = s, cost
    return chosen, at


@jit
def _in_the_way(ways: Any, board: Any, option: Any, start: Any, item: Any) -> bool:
    """Whether an item holds something where a column lacks it."""
    other, begin = board.option[item], board.start[item]
    low, high = max(start, begin), min(start + ways.duration[option], begin + ways.duration[other])
    if low >= high:
        return False
    for i in range(ways.demand_ptr[option], ways.demand_ptr[option + 1]):
        row, amount = ways.demand_row[i], ways.demand[i]
        for j in range(ways.demand_ptr[other], ways.demand_ptr[other + 1]):
            if ways.demand_row[j] == row:
                for t in range(low, high):
                    if board.free[row, t] < amount:
                        return True
    return False


@jit
def _eject_blockers(
    ways: Any, board: Any, prices: Any, pool: Any, option: Any, start: Any, moved: Any, was: Any, begun: Any, known: Any
) -> Any:  # fmt: skip
    """Takes out items until a column fits; how many were moved in all, or -1 when that is too many."""
    p = pool[option]
    while not fits(ways, option, start, board.free):
        if known >= VICTIMS or board.count[p] == 0:
            return -known
        victim, best, seen = -1, -np.inf, 0
        at = np.random.randint(board.count[p])
        for k in range(min(board.count[p], SCANNED)):
            other = board.member[board.begin[p] + (at + k) % board.count[p]]
            if _in_the_way(ways, board, option, start, other):
                score = board.over[other] * (0.2 + np.random.random())
                seen += 1
                if victim < 0 or score > best:
                    victim, best = other, score
                if seen >= 6:
                    break
        if victim < 0:
            return -known
        moved[known], was[known], begun[known] = victim, board.option[victim], board.start[victim]
        known += 1
        unassign(ways, board, prices, pool, victim)
    return known


@jit
def run_ejection_chains(
    ways: Any, board: Any, prices: Any, pool: Any, some: Any, seed: Any, trials: Any, heat: Any,
) -> Any:  # fmt: skip
    """So many steps of some items; what they changed the true cost by, and how many were made.

    It stops early when a pool's list of members is full.
    """
    np.random.seed(seed)
    items = len(some)
    moved, was, begun = (
        np.empty(VICTIMS + 1, np.int64),
        np.empty(VICTIMS + 1, np.int64),
        np.empty(VICTIMS + 1, np.int64),
    )
    order = np.empty(VICTIMS + 1, np.int64)
    total = 0.0
    for trial in range(trials):
        item = some[np.random.randint(items)]
        for _ in range(np.random.randint(0, 6)):
            other = some[np.random.randint(items)]
            if board.over[other] > board.over[item]:
                item = other
        group = board.group[item]
        o, s = _wanted(ways, board, prices, group)
        if o < 0 or (o == board.option[item] and s == board.start[item]):
            continue
        if board.count[pool[o]] + VICTIMS + 1 >= board.room[pool[o]]:
            return total, trial
        before = prices.out[group]
        moved[0], was[0], begun[0] = item, board.option[item], board.start[item]
        if was[0] >= 0:
            before = column_cost(ways, group, was[0], begun[0], prices.true)
            unassign(ways, board, prices, pool, item)
        known = _eject_blockers(ways, board, prices, pool, o, s, moved, was, begun, 1)
        after, kept = 0.0, known > 0
        known = abs(known)
        if kept:
            after = column_cost(ways, group, o, s, prices.true)
            if after > prices.out[group]:
                kept = False
        for k in range(1, known):
            g = board.group[moved[k]]
            before += column_cost(ways, g, was[k], begun[k], prices.true)
        limit = before
        if heat > 0:
            limit = before - heat * np.log(np.random.random() + 1e-300)
        if kept:
            assign(ways, board, prices, pool, item, o, s)
            # Those that gave way, the dearest first, look for the cheapest place that is left.
            for k in range(1, known):
                order[k] = k
            for a in range(2, known):
                k, b = order[a], a - 1
                while b >= 1 and prices.out[board.group[moved[order[b]]]] < prices.out[board.group[moved[k]]]:
                    order[b + 1] = order[b]
                    b -= 1
                order[b + 1] = k
            guided = np.random.random() < 0.6
            for a in range(1, known):
                other = moved[order[a]]
                g = board.group[other]
                room = limit - after
                if room < 0:
                    kept = False
                    break
                if guided:
                    _, o, s = cheapest_feasible_column(ways, g, board.free, prices.guide, prices.least, prices.out[g])
                else:
                    _, o, s = cheapest_feasible_column(
                        ways, g, board.free, prices.true, prices.least_true, prices.out[g]
                    )
                if o < 0:
                    after += prices.out[g]
                else:
                    after += column_cost(ways, g, o, s, prices.true)
                    if board.count[pool[o]] + 1 >= board.room[pool[o]]:
                        kept = False
                        break
                    assign(ways, board, prices, pool, other, o, s)
        if kept and after <= limit:
            total += after - before
        else:
            for k in range(known):
                if board.option[moved[k]] >= 0:
                    unassign(ways, board, prices, pool, moved[k])
            for k in range(known):
                if was[k] >= 0:
                    assign(ways, board, prices, pool, moved[k], was[k], begun[k])
    return total, trials

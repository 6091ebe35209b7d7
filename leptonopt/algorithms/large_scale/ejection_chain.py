"""Ejection chains of depth one: an item takes a preferred column, and its blockers are reinserted.

Ejection chains: Glover (1996, doi:10.1016/0166-218X(94)00037-E). The moved item is sampled among those whose reduced
cost is high or that are unassigned. Its target is a column of low reduced cost, free or not. Among the blockers those
with the highest reduced cost are ejected. A chain that costs more is accepted with the probability of simulated
annealing (Kirkpatrick et al., 1983, doi:10.1126/science.220.4598.671); the caller sets the temperature.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from leptonopt.algorithms.large_scale.kernels import add_load, cheapest_feasible_column, column_cost, fits
from leptonopt.runtime.jit import jit

# Constants of compiled loops: numba reads plain module globals at compile time.
VICTIMS = 8  # ejected items of a chain at most
SCANNED = 600  # items of a pool scanned for blockers at most
BLOCKERS = 6  # blockers compared before one is ejected


class AssignmentArrays(NamedTuple):
    """Assignment of I items to columns, in arrays that chains change.

    group, option, start : int64, shape (I,); option and start are -1 while an item is unassigned
    excess : float, shape (I,), guiding cost of an item above its group's least guiding cost
    member : int64, items by pool; those of pool p are at begin[p] .. begin[p] + count[p] - 1, of room[p] entries
    position : int64, shape (I,), index of an item in `member`
    free : int64, shape (K, T), free capacity [demand units]
    """

    group: Any
    option: Any
    start: Any
    excess: Any
    member: Any
    begin: Any
    room: Any
    count: Any
    position: Any
    free: Any


class EjectionCosts(NamedTuple):
    """Guiding costs (with multipliers) and true costs.

    guide, true : float, shape (K, T + 1), prefix sums of prices
    least, least_true : float, shape (O,), lower bounds of an option's cost at each
    cheapest : float, shape (G,), the least guiding cost of a group, or its leave-out cost if that is lower
    out : float, shape (G,), leave-out cost of a copy
    """

    guide: Any
    true: Any
    least: Any
    least_true: Any
    cheapest: Any
    out: Any


@jit
def assign(options: Any, state: Any, prices: Any, pool: Any, item: Any, option: Any, start: Any) -> None:
    """Assign an unassigned item to a column."""
    p = pool[option]
    add_load(options, option, start, 1, state.free)
    state.option[item], state.start[item] = option, start
    at = state.begin[p] + state.count[p]
    state.member[at] = item
    state.position[item] = at
    state.count[p] += 1
    group = state.group[item]
    state.excess[item] = column_cost(options, group, option, start, prices.guide) - prices.cheapest[group]


@jit
def unassign(options: Any, state: Any, prices: Any, pool: Any, item: Any) -> None:
    """Remove an item from its column."""
    option = state.option[item]
    p = pool[option]
    add_load(options, option, state.start[item], -1, state.free)
    last = state.begin[p] + state.count[p] - 1
    other, at = state.member[last], state.position[item]
    state.member[at] = other
    state.position[other] = at
    state.count[p] -= 1
    state.option[item] = -1
    group = state.group[item]
    state.excess[item] = prices.out[group] - prices.cheapest[group]


@jit
def _sample_column(options: Any, prices: Any, group: Any) -> Any:
    """Sample a column of low guiding cost: the best of two to four options, the best of some starts."""
    low, high = options.option_ptr[group], options.option_ptr[group + 1]
    chosen = -1
    if low == high:
        return -1, -1
    for _ in range(np.random.randint(2, 5)):
        o = np.random.randint(low, high)
        if np.isfinite(prices.least[o]) and (chosen < 0 or prices.least[o] < prices.least[chosen]):
            chosen = o
    if chosen < 0:
        return -1, -1
    first, last = options.first[chosen], options.last[chosen]
    width = last - first + 1
    at, best = -1, np.inf
    tries = width if np.random.random() < 0.4 else min(width, np.random.randint(1, 6))
    for k in range(tries):
        s = first + k if tries == width else np.random.randint(first, last + 1)
        cost = column_cost(options, group, chosen, s, prices.guide)
        if cost < best:
            at, best = s, cost
    return chosen, at


@jit
def _sample_item(state: Any, items: Any) -> Any:
    """Sample an item by a tournament of one to six, won by the highest excess."""
    item = items[np.random.randint(len(items))]
    for _ in range(np.random.randint(0, 6)):
        other = items[np.random.randint(len(items))]
        if state.excess[other] > state.excess[item]:
            item = other
    return item


@jit
def _blocks(options: Any, state: Any, option: Any, start: Any, item: Any) -> bool:
    """Return whether an item uses capacity that a column lacks."""
    other, begin = state.option[item], state.start[item]
    low, high = max(start, begin), min(start + options.duration[option], begin + options.duration[other])
    if low >= high:
        return False
    for i in range(options.demand_ptr[option], options.demand_ptr[option + 1]):
        row, amount = options.demand_row[i], options.demand[i]
        for j in range(options.demand_ptr[other], options.demand_ptr[other + 1]):
            if options.demand_row[j] == row:
                for t in range(low, high):
                    if state.free[row, t] < amount:
                        return True
    return False


@jit
def _eject_blockers(
    options: Any, state: Any, prices: Any, pool: Any, option: Any, start: Any, moved: Any, was: Any, begun: Any
) -> Any:  # fmt: skip
    """Eject items until a column fits; return the number of moved items, negative if it does not fit.

    moved, was, begun : items and their former options and starts; entry 0 is the item that takes the column
    """
    p, known = pool[option], 1
    while not fits(options, option, start, state.free):
        if known >= VICTIMS or state.count[p] == 0:
            return -known
        victim, best, seen = -1, -np.inf, 0
        at = np.random.randint(state.count[p])
        for k in range(min(state.count[p], SCANNED)):
            other = state.member[state.begin[p] + (at + k) % state.count[p]]
            if _blocks(options, state, option, start, other):
                score = state.excess[other] * (0.2 + np.random.random())
                seen += 1
                if victim < 0 or score > best:
                    victim, best = other, score
                if seen >= BLOCKERS:
                    break
        if victim < 0:
            return -known
        moved[known], was[known], begun[known] = victim, state.option[victim], state.start[victim]
        known += 1
        unassign(options, state, prices, pool, victim)
    return known


@jit
def _order_by_leave_out_cost(state: Any, prices: Any, moved: Any, known: Any, order: Any) -> None:
    """Fill order[1] .. order[known - 1] with ejected items, the highest leave-out cost first."""
    for k in range(1, known):
        order[k] = k
    for a in range(2, known):
        k, b = order[a], a - 1
        while b >= 1 and prices.out[state.group[moved[order[b]]]] < prices.out[state.group[moved[k]]]:
            order[b + 1] = order[b]
            b -= 1
        order[b + 1] = k


@jit
def _reinsert_ejected(
    options: Any, state: Any, prices: Any, pool: Any, moved: Any, known: Any, order: Any, after: Any, limit: Any
) -> Any:  # fmt: skip
    """Reinsert ejected items at their cheapest feasible columns; return (accepted, true cost)."""
    _order_by_leave_out_cost(state, prices, moved, known, order)
    guided = np.random.random() < 0.6
    for a in range(1, known):
        other = moved[order[a]]
        g = state.group[other]
        if limit - after < 0:
            return False, after
        if guided:
            _, o, s = cheapest_feasible_column(options, g, state.free, prices.guide, prices.least, prices.out[g])
        else:
            _, o, s = cheapest_feasible_column(options, g, state.free, prices.true, prices.least_true, prices.out[g])
        if o < 0:
            after += prices.out[g]
        else:
            after += column_cost(options, g, o, s, prices.true)
            if state.count[pool[o]] + 1 >= state.room[pool[o]]:
                return False, after
            assign(options, state, prices, pool, other, o, s)
    return after <= limit, after


@jit
def _restore(options: Any, state: Any, prices: Any, pool: Any, moved: Any, was: Any, begun: Any, known: Any) -> None:
    """Return all moved items to their former columns."""
    for k in range(known):
        if state.option[moved[k]] >= 0:
            unassign(options, state, prices, pool, moved[k])
    for k in range(known):
        if was[k] >= 0:
            assign(options, state, prices, pool, moved[k], was[k], begun[k])


@jit
def run_ejection_chains(
    options: Any, state: Any, prices: Any, pool: Any, items: Any, seed: Any, trials: Any, temperature: Any,
) -> Any:  # fmt: skip
    """Try chains of some items until a pool is full; return (change of the true cost, chains tried)."""
    np.random.seed(seed)
    moved, was = np.empty(VICTIMS + 1, np.int64), np.empty(VICTIMS + 1, np.int64)
    begun, order = np.empty(VICTIMS + 1, np.int64), np.empty(VICTIMS + 1, np.int64)
    total = 0.0
    for trial in range(trials):
        item = _sample_item(state, items)
        group = state.group[item]
        o, s = _sample_column(options, prices, group)
        if o < 0 or (o == state.option[item] and s == state.start[item]):
            continue
        if state.count[pool[o]] + VICTIMS + 1 >= state.room[pool[o]]:
            return total, trial
        moved[0], was[0], begun[0] = item, state.option[item], state.start[item]
        if was[0] >= 0:
            unassign(options, state, prices, pool, item)
        known = _eject_blockers(options, state, prices, pool, o, s, moved, was, begun)
        after = column_cost(options, group, o, s, prices.true)
        accepted = known > 0 and after <= prices.out[group]
        known = abs(known)
        before = 0.0 if was[0] >= 0 else prices.out[group]
        for k in range(known):
            if was[k] >= 0:
                before += column_cost(options, state.group[moved[k]], was[k], begun[k], prices.true)
        limit = before
        if temperature > 0:
            limit -= temperature * np.log(np.random.random() + 1e-300)
        if accepted:
            assign(options, state, prices, pool, item, o, s)
            accepted, after = _reinsert_ejected(options, state, prices, pool, moved, known, order, after, limit)
        if accepted:
            total += after - before
        else:
            _restore(options, state, prices, pool, moved, was, begun, known)
    return total, trials

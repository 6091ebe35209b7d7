"""Kernels that solve 0-1 knapsacks, and bound their values with each item forced in or out.

The critical item is found in linear time (Balas and Zemel 1980, doi:10.1287/opre.28.5.1130). Items that the bound of
Dantzig (1957, doi:10.1287/opre.5.2.266) does not fix form the core, which is solved by dynamic programming over loads
(Pisinger 1997, doi:10.1287/opre.45.5.758). Values are integers; floats only select what need not be examined, with a
margin above their rounding error.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leptonopt.algorithms.assignment.knapsack import NEVER, Array, ItemLists
from leptonopt.runtime.jit import jit


class KnapsackParameters(NamedTuple):
    """Constants of the kernels.

    Attributes
    ----------
    tolerance : relative; above the rounding error of a sum of floats
    exact_slack : demand units; up to this slack, sets that leave more unused are excluded when an item is forced
    core_passes : reductions of the core: one in the order found, one sorted by value per unit
    """

    tolerance: float = 1e-12
    exact_slack: int = 12
    core_passes: int = 2


PARAMETERS = KnapsackParameters()


@jit
def split_at_break_item(ratio: Array, demand: Array, order: Array, room: int) -> tuple[int, int]:
    """Move items of most value per unit to the front; return how many fit, and the capacity they leave."""
    low, high, left = 0, len(order), room
    while low < high:
        one, other, third = ratio[order[low]], ratio[order[(low + high) // 2]], ratio[order[high - 1]]
        pivot = max(min(one, other), min(max(one, other), third))
        above, at, end, more, equal = low, low, high, 0, 0
        while at < end:
            item = order[at]
            if ratio[item] > pivot:
                order[at], order[above] = order[above], item
                above, at, more = above + 1, at + 1, more + demand[item]
            elif ratio[item] < pivot:
                end -= 1
                order[at], order[end] = order[end], item
            else:
                at, equal = at + 1, equal + demand[item]
        if more > left:
            high = above
            continue
        left -= more
        if equal > left:
            while demand[order[above]] <= left:
                left -= demand[order[above]]
                above += 1
            return above, left
        left -= equal
        low = end
    return low, left


@jit
def knapsack_table(profit: Array, demand: Array, core: Array, many: int, room: int, inside: Array) -> int:
    """Return the best value of the first `many` items by dynamic programming; set `inside` for them."""
    worth = np.zeros(room + 1, np.int64)
    took = np.zeros((many, room + 1), np.bool_)
    for at in range(many):
        item = core[at]
        need, gain = demand[item], profit[item]
        for load in range(room, need - 1, -1):
            with_it = worth[load - need] + gain
            if with_it > worth[load]:
                worth[load] = with_it
                took[at, load] = True
    load = room
    for at in range(many - 1, -1, -1):
        item = core[at]
        inside[item] = took[at, load]
        if took[at, load]:
            load -= demand[item]
    return int(worth[room])


@jit
def core_lower_bound(profit: Array, demand: Array, core: Array, size: int, at: int, base: int, left: int) -> int:
    """Return the value of the best set near the break solution `core[:at]`, worth `base`.

    Candidates are the greedy completion, and the exchange of one item for the break item `core[at]`.
    """
    worth, rest = base, left
    for place in range(at, size):
        item = core[place]
        if demand[item] <= rest:
            worth += profit[item]
            rest -= demand[item]
    breaks = core[at]
    for place in range(at):
        item = core[place]
        if demand[breaks] - demand[item] <= left:
            worth = max(worth, base - profit[item] + profit[breaks])
    return int(worth)


@jit
def fix_core_items(
    profit: Array, demand: Array, core: Array, size: int, at: int, unit: float, surplus: float, inside: Array
) -> tuple[int, int, int, int]:
    """Fix the items that every better set has, or none has, by Dantzig's bound; set `inside` for them.

    An item is fixed where |profit - unit demand| exceeds `surplus`: upper less lower bound. The items that remain
    move to the front. Returns how many remain, how many of them stand before the break item, and the value and the
    demand of the items that are fixed inside.
    """
    kept, before, worth, load = 0, 0, 0, 0
    for place in range(size):
        item = core[place]
        net = profit[item] - unit * demand[item]
        if abs(net) > surplus:
            inside[item] = net > 0
            if net > 0:
                worth += profit[item]
                load += demand[item]
        else:
            core[kept] = item
            kept += 1
            before += place < at
    return kept, before, worth, load


@jit
def sort_by_ratio(ratio: Array, core: Array, size: int) -> None:
    """Sort the first items of a core by falling value per unit (insertion sort, stable)."""
    for place in range(1, size):
        item = core[place]
        spot = place - 1
        while spot >= 0 and ratio[core[spot]] < ratio[item]:
            core[spot + 1] = core[spot]
            spot -= 1
        core[spot + 1] = item


@jit
def fill_knapsack(profit: Array, demand: Array, room: int, inside: Array) -> int:
    """Return the best value of a knapsack, and set `inside`; profits are above 0, and items fit alone."""
    many, total, base = len(profit), 0, 0
    for item in range(many):
        total += demand[item]
        base += profit[item]
    if total <= room:
        inside[:many] = True
        return base
    ratio, core = np.empty(many), np.empty(many, np.int64)
    for item in range(many):
        ratio[item], core[item] = profit[item] / demand[item], item
    at, left = split_at_break_item(ratio, demand, core, room)
    base = 0
    for place in range(at):
        base += profit[core[place]]
    unit = ratio[core[at]]
    most, least = base + unit * left, base
    spare = 0.5 + PARAMETERS.tolerance * most
    size, settled = many, 0
    for _ in range(PARAMETERS.core_passes):
        least = max(least, core_lower_bound(profit, demand, core, size, at, base, left))
        size, at, worth, load = fix_core_items(profit, demand, core, size, at, unit, most - least + spare, inside)
        settled, room = settled + worth, room - load
        base, most, least = base - worth, most - worth, least - worth
        sort_by_ratio(ratio, core, size)
    return int(settled + knapsack_table(profit, demand, core, size, room, inside))


@jit
def linear_relaxation_bound(profit: Array, demand: Array, room: int) -> int:
    """Return Dantzig's upper bound on the value of a knapsack, rounded up."""
    many = len(profit)
    ratio, order = np.empty(many), np.empty(many, np.int64)
    for item in range(many):
        ratio[item], order[item] = profit[item] / demand[item], item
    at, left = split_at_break_item(ratio, demand, order, room)
    worth = 0
    for place in range(at):
        worth += profit[order[place]]
    if at < many:
        worth += int(np.ceil(ratio[order[at]] * left * (1 + PARAMETERS.tolerance)))
    return worth


@jit
def usable_items(lists: ItemLists, agent: int, price: Array, losing: bool) -> tuple[Array, Array, Array]:
    """Return profit, demand and position of an agent's items that fit; of no profit only where `losing`."""
    begin, end, room = lists.ptr[agent], lists.ptr[agent + 1], lists.room[agent]
    profit, demand = np.empty(end - begin, np.int64), np.empty(end - begin, np.int64)
    position, many = np.empty(end - begin, np.int64), 0
    for item in range(begin, end):
        gain = price[lists.task[item]] - lists.cost[item]
        if lists.demand[item] <= room and (gain > 0 or losing):
            profit[many], demand[many], position[many] = gain, lists.demand[item], item
            many += 1
    return profit[:many], demand[:many], position[:many]


@jit
def exact_value(lists: ItemLists, agent: int, price: Array, inside: Array) -> int:
    """Return the best value of an agent's free items, and set `inside`; `NEVER` or less if none fits."""
    room = lists.room[agent]
    profit, demand, position = usable_items(lists, agent, price, False)
    chosen = np.zeros(len(profit), np.bool_)
    worth = fill_knapsack(profit, demand, room, chosen)
    inside[lists.ptr[agent] : lists.ptr[agent + 1]] = False
    load = 0
    for place in range(len(profit)):
        inside[position[place]] = chosen[place]
        load += demand[place] * chosen[place]
    if lists.slack < 0 or load >= room - lists.slack:
        return worth
    return exact_value_full(lists, agent, price, inside)


@jit
def exact_value_full(lists: ItemLists, agent: int, price: Array, inside: Array) -> int:
    """Return the value as `exact_value`, of sets that leave at most `slack` unused."""
    begin, end, room = lists.ptr[agent], lists.ptr[agent + 1], lists.room[agent]
    worth, took = np.full(room + 1, NEVER), np.zeros((end - begin, room + 1), np.bool_)
    worth[0] = 0
    for item in range(begin, end):
        need, gain = lists.demand[item], price[lists.task[item]] - lists.cost[item]
        for load in range(room, need - 1, -1):
            if worth[load - need] > NEVER and worth[load - need] + gain > worth[load]:
                worth[load] = worth[load - need] + gain
                took[item - begin, load] = True
    load = room
    for other in range(max(0, room - lists.slack), room):
        if worth[other] > worth[load]:
            load = other
    best = worth[load]
    for item in range(end - 1, begin - 1, -1):
        inside[item] = took[item - begin, load]
        if inside[item]:
            load -= lists.demand[item]
    return int(best)


@jit
def relaxed_bound(lists: ItemLists, agent: int, price: Array) -> int:
    """Return an upper bound on the value of an agent's items that are not fixed."""
    profit, demand, _ = usable_items(lists, agent, price, False)
    return linear_relaxation_bound(profit, demand, lists.room[agent])


@jit
def exact_bound(
    lists: ItemLists, agent: int, price: Array, best: int, low: int, with_it: Array, without: Array
) -> None:
    """Bound an agent's best value with each item forced in and out; `best` is the value without force.

    Upper bounds, and exact where they are `low` or more. A slack up to `exact_slack` excludes sets that leave more
    unused.
    """
    tight = 0 <= lists.slack <= PARAMETERS.exact_slack
    profit, demand, position = usable_items(lists, agent, price, tight)
    if not bound_by_ratio(lists, agent, price, best, low, with_it, without):
        return
    room, many = lists.room[agent], len(profit)
    ahead = forward_table(profit, demand, room, lists.slack if tight else -1)
    behind = np.full(room + 1, NEVER)
    behind[0] = 0
    for place in range(many - 1, -1, -1):
        need, gain, item = demand[place], profit[place], position[place]
        if with_it[item] >= low:
            top = NEVER
            for load in range(room - need + 1):
                top = max(top, ahead[place, load] + behind[room - need - load])
            with_it[item] = min(best, top + gain)
        if without[item] >= low:
            top = NEVER
            for load in range(room + 1):
                top = max(top, ahead[place, load] + behind[room - load])
            without[item] = min(best, top)
        for load in range(room, need - 1, -1):
            behind[load] = max(behind[load], behind[load - need] + gain)
    if tight:
        return
    for item in range(lists.ptr[agent], lists.ptr[agent + 1]):
        gain, need = price[lists.task[item]] - lists.cost[item], lists.demand[item]
        if gain <= 0 and need <= room:
            with_it[item] = min(with_it[item], ahead[many, room - need] + gain)


@jit
def bound_by_ratio(
    lists: ItemLists, agent: int, price: Array, best: int, low: int, with_it: Array, without: Array
) -> bool:
    """Set Dantzig's bounds with each item forced in and out; return True when one is `low` or more."""
    room = lists.room[agent]
    profit, demand, _ = usable_items(lists, agent, price, False)
    ratio, order = profit / demand, np.arange(len(profit))
    at, left = split_at_break_item(ratio, demand, order, room)
    unit = ratio[order[at]] if at < len(profit) else 0.0
    most = unit * left
    for place in range(at):
        most += profit[order[place]]
    most *= 1 + PARAMETERS.tolerance
    open_ = False
    for item in range(lists.ptr[agent], lists.ptr[agent + 1]):
        with_it[item], without[item] = NEVER, best
        need = lists.demand[item]
        if need <= room:
            net = price[lists.task[item]] - lists.cost[item] - unit * need
            with_it[item] = min(best, int(np.ceil(most + min(0.0, net))))
            without[item] = min(best, int(np.ceil(most - max(0.0, net))))
            open_ = open_ or with_it[item] >= low or without[item] >= low
    return open_


@jit
def forward_table(profit: Array, demand: Array, room: int, slack: int) -> Array:
    """Return the best value of the first items, int64, shape (n + 1, room + 1), by load.

    Unused capacity counts as a first item of no value, of at most `slack` units; -1 for any amount.
    """
    many = len(profit)
    ahead = np.zeros((many + 1, room + 1), np.int64)
    if slack >= 0:
        ahead[0, slack + 1 :] = NEVER
    for place in range(many):
        need, gain = demand[place], profit[place]
        for load in range(room + 1):
            worth = ahead[place, load]
            if load >= need:
                worth = max(worth, ahead[place, load - need] + gain)
            ahead[place + 1, load] = worth
    return ahead

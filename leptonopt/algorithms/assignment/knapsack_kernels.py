"""The knapsacks of `tables` in loops for numba.

A knapsack is split at the item that breaks it in linear time (Balas and Zemel 1980, doi:10.1287/opre.28.5.1130); what
the bound by its worth a unit does not settle goes through a table over loads (Pisinger 1997,
doi:10.1287/opre.45.5.758).
Integers throughout; floats only say what need not be looked at, with more to spare than they may be wrong by.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from leptonopt.algorithms.assignment.knapsack import LOOSE, NEVER, WIDE
from leptonopt.runtime.jit import jit

Array = Any  # of numpy; what numba compiles


class ItemLists(NamedTuple):
    """A node's agents, and what each may still take, item by item.

    Attributes
    ----------
    ptr : int64, shape (A + 1,); items of agent a stand at ptr[a]:ptr[a + 1]
    task, cost, demand : int64, shape (I,), of items that may be chosen
    given_ptr, given_task, given_cost : of items that are settled
    room, opening, size : int64, shape (A,); room is what is left beside settled items, size the whole of it
    paid : bool, shape (A,)
    total : what all agents that are used have to hold together; -1 where that says nothing
    slack : how much of its room an agent may leave over; -1 where that is all the same
    """

    ptr: Array
    task: Array
    cost: Array
    demand: Array
    given_ptr: Array
    given_task: Array
    given_cost: Array
    room: Array
    opening: Array
    size: Array
    paid: Array
    total: int
    slack: int


@jit
def split_at_break_item(ratio: Array, demand: Array, order: Array, room: int) -> tuple[int, int]:
    """Puts first what is worth most a unit; how many of these fit together before one does not, and what they leave."""
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
    """The best worth of the first `many` items of `core` within room, by loads; says in `inside` which."""
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
def fill_knapsack(profit: Array, demand: Array, room: int, inside: Array) -> int:
    """The best worth of items, all of some worth and none too large; says in `inside` which."""
    many, total = len(profit), 0
    for item in range(many):
        total += demand[item]
    if total <= room:
        worth = 0
        for item in range(many):
            inside[item] = True
            worth += profit[item]
        return worth
    ratio, order = np.empty(many), np.empty(many, np.int64)
    for item in range(many):
        ratio[item], order[item] = profit[item] / demand[item], item
    at, left = split_at_break_item(ratio, demand, order, room)
    base = 0
    for place in range(at):
        base += profit[order[place]]
    unit = ratio[order[at]]
    most, least = base + unit * left, base
    spare = 0.5 + LOOSE * most
    core, size, settled = order, many, 0
    for _ in range(2):  # once by what comes first, once more in order of worth a unit
        worth, rest = base, left
        for place in range(at, size):
            item = core[place]
            if demand[item] <= rest:
                worth += profit[item]
                rest -= demand[item]
        least = max(least, worth)
        breaks = core[at]
        for place in range(at):
            item = core[place]
            if demand[breaks] - demand[item] <= left:
                least = max(least, base - profit[item] + profit[breaks])
        kept, before = 0, 0
        for place in range(size):
            item = core[place]
            net = profit[item] - unit * demand[item]
            if most - abs(net) < least - spare:
                inside[item] = net > 0
                if net > 0:
                    settled += profit[item]
                    base -= profit[item]
                    most -= profit[item]
                    least -= profit[item]
                    room -= demand[item]
            else:
                core[kept] = item
                kept += 1
                before += place < at
        size, at = kept, before
        for place in range(1, size):
            item = core[place]
            spot = place - 1
            while spot >= 0 and ratio[core[spot]] < ratio[item]:
                core[spot + 1] = core[spot]
                spot -= 1
            core[spot + 1] = item
    return settled + knapsack_table(profit, demand, core, size, room, inside)


@jit
def linear_relaxation_bound(profit: Array, demand: Array, room: int) -> int:
    """What no set of items is worth more than, by the worth of a unit of room."""
    many = len(profit)
    ratio, order = np.empty(many), np.empty(many, np.int64)
    for item in range(many):
        ratio[item], order[item] = profit[item] / demand[item], item
    at, left = split_at_break_item(ratio, demand, order, room)
    worth = 0
    for place in range(at):
        worth += profit[order[place]]
    if at < many:
        worth += int(np.ceil(ratio[order[at]] * left * (1 + LOOSE)))
    return worth


@jit
def exact_value(lists: ItemLists, agent: int, price: Array, inside: Array) -> int:
    """What an agent's best set earns beside what is settled; `NEVER` or less where none fits."""
    begin, end, room = lists.ptr[agent], lists.ptr[agent + 1], lists.room[agent]
    profit, demand = np.empty(end - begin, np.int64), np.empty(end - begin, np.int64)
    spot, some = np.empty(end - begin, np.int64), np.zeros(end - begin, np.bool_)
    many = 0
    for item in range(begin, end):
        inside[item] = False
        gain = price[lists.task[item]] - lists.cost[item]
        if gain > 0 and lists.demand[item] <= room:
            profit[many], demand[many], spot[many] = gain, lists.demand[item], item
            many += 1
    worth = fill_knapsack(profit[:many], demand[:many], room, some)
    load = 0
    for place in range(many):
        inside[spot[place]] = some[place]
        load += demand[place] * some[place]
    if lists.slack < 0 or load >= room - lists.slack:
        return worth
    return exact_value_full(lists, agent, price, inside)


@jit
def exact_value_full(lists: ItemLists, agent: int, price: Array, inside: Array) -> int:
    """As `exact_value` where an agent may leave no more than `slack`."""
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
    """What an agent's best set earns at most beside what is settled."""
    begin, end, room = lists.ptr[agent], lists.ptr[agent + 1], lists.room[agent]
    profit, demand = np.empty(end - begin, np.int64), np.empty(end - begin, np.int64)
    many = 0
    for item in range(begin, end):
        gain = price[lists.task[item]] - lists.cost[item]
        if gain > 0 and lists.demand[item] <= room:
            profit[many], demand[many] = gain, lists.demand[item]
            many += 1
    return linear_relaxation_bound(profit[:many], demand[:many], room)


@jit
def exact_bound(
    lists: ItemLists, agent: int, price: Array, best: int, low: int, with_it: Array, without: Array
) -> None:
    """What the best set of an agent, worth `best`, is worth with each item and without it, beside what is settled.

    At most, and exactly where that is `low` or more; with a slack up to `WIDE`, of sets that leave no more. Room that
    is left over counts as the first item there is.
    """
    begin, end, room = lists.ptr[agent], lists.ptr[agent + 1], lists.room[agent]
    count, tight = end - begin, 0 <= lists.slack <= WIDE
    profit, demand = np.empty(count, np.int64), np.empty(count, np.int64)
    item_at, many, plus = np.empty(count, np.int64), 0, 0
    ratio, order = np.empty(count), np.empty(count, np.int64)
    for item in range(begin, end):
        gain = price[lists.task[item]] - lists.cost[item]
        with_it[item], without[item] = NEVER, best
        if lists.demand[item] <= room and (gain > 0 or tight):
            profit[many], demand[many], item_at[many] = gain, lists.demand[item], item
            ratio[many] = gain / lists.demand[item]
            if gain > 0:
                order[plus] = many
                plus += 1
            many += 1
    at, left = split_at_break_item(ratio, demand, order[:plus], room)
    unit = ratio[order[at]] if at < plus else 0.0
    most = unit * left
    for place in range(at):
        most += profit[order[place]]
    most *= 1 + LOOSE
    todo = False
    for item in range(begin, end):
        need = lists.demand[item]
        if need <= room:
            net = price[lists.task[item]] - lists.cost[item] - unit * need
            with_it[item] = min(best, int(np.ceil(most + min(0.0, net))))
            without[item] = min(best, int(np.ceil(most - max(0.0, net))))
            todo = todo or with_it[item] >= low or without[item] >= low
    if not todo:
        return
    ahead = np.zeros((many + 1, room + 1), np.int64)
    if tight:
        ahead[0, lists.slack + 1 :] = NEVER
    for place in range(many):
        need, gain = demand[place], profit[place]
        for load in range(room + 1):
            worth = ahead[place, load]
            if load >= need:
                worth = max(worth, ahead[place, load - need] + gain)
            ahead[place + 1, load] = worth
    behind = np.full(room + 1, NEVER)
    behind[0] = 0
    for place in range(many - 1, -1, -1):
        need, gain, item = demand[place], profit[place], item_at[place]
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
    for item in range(begin, end):
        gain, need = price[lists.task[item]] - lists.cost[item], lists.demand[item]
        if gain <= 0 and need <= room:
            with_it[item] = min(with_it[item], ahead[many, room - need] + gain)

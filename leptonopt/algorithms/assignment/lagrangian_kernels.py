"""Rounds of prices, and what they drop, as `dual` explains them, in loops for numba."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.assignment.knapsack import NEVER
from leptonopt.algorithms.assignment.knapsack_kernels import (
    Array,
    ItemLists,
    exact_bound,
    exact_value,
    fill_knapsack,
    relaxed_bound,
)
from leptonopt.runtime.jit import jit

NO_PLAN = 2**58  # the value of what no plan fits
SCALE = 256  # prices are multiples of a unit over this
KEPT, SHORTER = 0.6, 0.6  # of the last direction; of the step after some rounds without gain
WINDOW = 50  # rounds that have to bring their share of what is missing, or there is no hope


@jit
def choose_agents(lists: ItemLists, worth: Array, also: int, never: int, used: Array) -> int:
    """What the agents cost that cost least for what they earn, one of them by force or without one; sets `used`."""
    many = len(worth)
    line, size, agent = np.empty(many, np.int64), np.empty(many, np.int64), np.empty(many, np.int64)
    total, need, spare, rest = 0, lists.total, -lists.total, 0
    for at in range(many):
        cost = lists.opening[at] - worth[at]
        used[at] = lists.paid[at] or at == also or (at != never and cost <= 0)
        if at != never:
            spare += lists.size[at]
        if used[at]:
            total += cost
            need -= lists.size[at]
        elif at != never:
            line[rest], size[rest], agent[rest] = cost, lists.size[at], at
            rest += 1
    if lists.total < 0 or need <= 0:
        return total
    if spare < 0:
        return -NEVER
    idle = 0
    for at in range(rest):
        if size[at] > spare:
            used[agent[at]] = True
            total += line[at]
        else:
            line[idle], size[idle], agent[idle] = line[at], size[at], agent[at]
            total += line[at]
            idle += 1
    out = np.zeros(idle, np.bool_)
    total -= fill_knapsack(line[:idle], size[:idle], spare, out)
    for at in range(idle):
        used[agent[at]] = not out[at]
    return total


@jit
def lagrangian_value(lists: ItemLists, price: Array, used: Array, worth: Array, inside: Array) -> int:
    """The value at prices; what each agent earns, exactly where it is `used`, and at most elsewhere.

    `used` comes in as last time's, which is a good guess.
    """
    many = len(worth)
    known = np.zeros(many, np.bool_)
    none: Array = np.int64(-1)  # of a type with agents' numbers: compiled once
    total = 0
    for each in price:
        total += each
    for at in range(many):
        worth[at] = 0
        for item in range(lists.given_ptr[at], lists.given_ptr[at + 1]):
            worth[at] += price[lists.given_task[item]] - lists.given_cost[item]
        if lists.paid[at] or used[at]:
            known[at] = True
            worth[at] += exact_value(lists, at, price, inside)
        else:
            worth[at] += relaxed_bound(lists, at, price)
        if worth[at] <= NEVER // 2:
            return NO_PLAN
    while True:
        rest, again = choose_agents(lists, worth, none, none, used), False
        if rest >= NO_PLAN:
            return NO_PLAN
        for at in range(many):
            if used[at] and not known[at]:
                known[at] = again = True
                worth[at] = exact_value(lists, at, price, inside)
        if not again:
            return total + rest


@jit
def ascent_rounds(lists: ItemLists, limit: int, last: int, pace: tuple[float, ...], aim: Array, state: Array) -> bool:
    """Steps as `dual.climb` explains them, up to the round `last`; whether they are at their end.

    `pace` is patience, reach, hope; `aim`, best prices, share of items, share of agents, what was taken, who is
    used; `state`, prices, direction, numbers, step. Numbers are the best value, the one a window ago, idle rounds,
    rounds, and whether what was taken at the best value is a plan of that cost.
    """
    best_price, share, used_share, kept, used = aim
    now, before, numbers, steps = state
    patience, reach, hope = pace
    agents, tasks = len(lists.room), len(now)
    whole, gradient = np.zeros(tasks, np.int64), np.zeros(tasks)
    worth, inside = np.zeros(agents, np.int64), np.zeros(len(lists.task), np.bool_)
    while numbers[3] < last:
        numbers[3] += 1
        for task in range(tasks):
            whole[task] = int(np.rint(now[task]))
            gradient[task] = 1.0
        value = lagrangian_value(lists, whole, used, worth, inside)
        for agent in range(agents):
            used_share[agent] += used[agent]
            for item in range(lists.given_ptr[agent], lists.given_ptr[agent + 1]):
                gradient[lists.given_task[item]] -= 1.0
            for item in range(lists.ptr[agent], lists.ptr[agent + 1]):
                inside[item] &= used[agent]
                if inside[item]:
                    share[item] += 1.0
                    gradient[lists.task[item]] -= 1.0
        numbers[2] += 1
        if value > numbers[0]:
            numbers[0], numbers[2] = value, 0
            best_price[:], kept[:] = whole, inside
        amiss, along = 0.0, 0.0
        for task in range(tasks):
            amiss += abs(gradient[task])
            along += gradient[task] * before[task]
        best = numbers[0]
        if value == best and amiss == 0.0:
            best_price[:], kept[:], numbers[4] = whole, inside, 1
            return True
        if best > limit:
            return True
        if numbers[3] % WINDOW == 0:
            if best - numbers[1] < hope * (limit - best):
                return True
            numbers[1] = best
        if numbers[2] >= patience:
            steps[0] *= SHORTER
            numbers[2] = 0
            now[:], before[:] = best_price, 0.0
            continue
        length = 0.0
        for task in range(tasks):
            before[task] = gradient[task] + (KEPT * before[task] if along >= 0 else 0.0)
            length += before[task] ** 2
        goal = min(limit + SCALE, best + reach * max(SCALE, abs(best)))
        if length > 0.0:
            now += steps[0] * max(goal - value, SCALE) / length * before
    return False


@jit
def fixed_by_reduced_cost(lists: ItemLists, price: Array, limit: int, out: Array) -> int:
    """What costs more than `limit` at prices; returns the value.

    `out` are arrays to fill: worth, used and inside as of `lagrangian_value`; the value with each agent by force, and without
    it; whether items fit; whether there is nothing without them.
    """
    worth, used, inside, opened, shut, fits, fixed = out
    value, agents = lagrangian_value(lists, price, used, worth, inside), len(worth)
    if value > limit:
        return value
    none: Array = np.int64(-1)
    total = 0
    for each in price:
        total += each
    other = used.copy()
    for agent in range(agents):
        opened[agent], shut[agent] = value, NO_PLAN
        if not lists.paid[agent]:
            opened[agent] = total + choose_agents(lists, worth, agent, none, other)
            shut[agent] = total + choose_agents(lists, worth, none, agent, other)
    with_it, without = np.empty(len(lists.task), np.int64), np.empty(len(lists.task), np.int64)
    low, own = np.zeros(agents, np.int64), worth.copy()
    loss, enough = np.zeros(len(lists.task), np.int64), limit - value + 1
    lost = np.zeros(len(price), np.int64)  # by the agents that are paid, when a task goes to none of them
    for agent in range(agents):
        for item in range(lists.given_ptr[agent], lists.given_ptr[agent + 1]):
            own[agent] -= price[lists.given_task[item]] - lists.given_cost[item]
        low[agent] = opened[agent] + own[agent] - limit
        if opened[agent] <= limit:
            exact_bound(lists, agent, price, own[agent], low[agent], with_it, without)
            for item in range(lists.ptr[agent], lists.ptr[agent + 1]):
                loss[item] = min(enough, own[agent] - without[item])
                if lists.paid[agent]:
                    lost[lists.task[item]] += loss[item]
    for agent in range(agents):
        if opened[agent] <= limit:
            for item in range(lists.ptr[agent], lists.ptr[agent + 1]):
                elsewhere = lost[lists.task[item]]
                if lists.paid[agent]:
                    elsewhere -= loss[item]
                fits[item] = with_it[item] - elsewhere >= low[agent]
                fixed[item] = shut[agent] > limit and opened[agent] + loss[item] > limit
    return value

"""Kernels of the assignment Lagrangian: its value, subgradient rounds, and fixing by reduced cost.

`lagrangian` states the dual and its sources.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from leptonopt.algorithms.assignment.knapsack import NEVER, Array, ItemLists
from leptonopt.algorithms.assignment.knapsack_kernels import exact_bound, exact_value, fill_knapsack, relaxed_bound
from leptonopt.runtime.jit import jit

NO_PLAN = 2**58  # the value of a node without a feasible assignment
SCALE = 256  # prices are multiples of a unit over this


class SubgradientParameters(NamedTuple):
    """Constants of the subgradient rounds.

    Attributes
    ----------
    deflection : share of the previous direction that is added to the subgradient
    shorter : factor on the step after `AscentLimits.patience` rounds without gain
    window : rounds in which the value has to gain its share `AscentLimits.min_gain`
    """

    deflection: float = 0.6
    shorter: float = 0.6
    window: int = 50


PARAMETERS = SubgradientParameters()


@jit
def choose_agents(lists: ItemLists, worth: Array, forced: int, excluded: int, used: Array) -> int:
    """Open the agents of least opening less worth that can hold `total`; return that sum, and set `used`.

    The agent `forced` is open and the agent `excluded` closed; -1 for none. `-NEVER` when no choice is large enough.
    """
    many = len(worth)
    line, size, agent = np.empty(many, np.int64), np.empty(many, np.int64), np.empty(many, np.int64)
    total, need, spare, rest = 0, lists.total, -lists.total, 0
    for at in range(many):
        cost = lists.opening[at] - worth[at]
        used[at] = lists.paid[at] or at == forced or (at != excluded and cost <= 0)
        if at != excluded:
            spare += lists.size[at]
        if used[at]:
            total += cost
            need -= lists.size[at]
        elif at != excluded:
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
    closed = np.zeros(idle, np.bool_)
    total -= fill_knapsack(line[:idle], size[:idle], spare, closed)
    for at in range(idle):
        used[agent[at]] = not closed[at]
    return total


@jit
def lagrangian_value(lists: ItemLists, price: Array, used: Array, worth: Array, inside: Array) -> int:
    """Return the value at prices; set each agent's worth, exact where `used`, an upper bound elsewhere.

    `used` comes in as that of the previous round: a good guess of the agents whose knapsacks are needed.
    """
    many = len(worth)
    known = np.zeros(many, np.bool_)
    none: Array = np.int64(-1)  # of the type of agents: `choose_agents` compiles once
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
def subgradient(
    lists: ItemLists, used: Array, inside: Array, gradient: Array, share: Array, used_share: Array
) -> float:
    """Set the subgradient, 1 less the number of agents that take a task; return its absolute sum.

    Also counts the rounds in which items are taken and agents are used, and clears `inside` of agents not used.
    """
    gradient[:] = 1.0
    for agent in range(len(lists.room)):
        used_share[agent] += used[agent]
        for item in range(lists.given_ptr[agent], lists.given_ptr[agent + 1]):
            gradient[lists.given_task[item]] -= 1.0
        for item in range(lists.ptr[agent], lists.ptr[agent + 1]):
            inside[item] &= used[agent]
            if inside[item]:
                share[item] += 1.0
                gradient[lists.task[item]] -= 1.0
    return float(np.abs(gradient).sum())


@jit
def deflect(gradient: Array, direction: Array) -> float:
    """Turn the previous direction into the next one; return the square of its length."""
    along, length = 0.0, 0.0
    for task in range(len(gradient)):
        along += gradient[task] * direction[task]
    for task in range(len(gradient)):
        direction[task] = gradient[task] + (PARAMETERS.deflection * direction[task] if along >= 0 else 0.0)
        length += direction[task] ** 2
    return length


@jit
def ascent_rounds(lists: ItemLists, limit: int, last: int, pace: tuple[float, ...], aim: Array, state: Array) -> bool:
    """Do rounds of the deflected subgradient method up to the round `last`; return True at its end.

    `pace` is patience, reach, min_gain. `aim` is best prices, share of items, share of agents, items taken at the
    best prices, agents used. `state` is prices, direction, numbers, step. Numbers are the best value, the best value
    a window ago, rounds without gain, rounds, and 1 when the items taken are an assignment of the best value.
    """
    best_price, share, used_share, kept, used = aim
    now, direction, numbers, steps = state
    patience, reach, min_gain = pace
    whole, gradient = np.zeros(len(now), np.int64), np.zeros(len(now))
    worth, inside = np.zeros(len(lists.room), np.int64), np.zeros(len(lists.task), np.bool_)
    while numbers[3] < last:
        numbers[3] += 1
        for task in range(len(now)):
            whole[task] = int(np.rint(now[task]))
        value = lagrangian_value(lists, whole, used, worth, inside)
        violation = subgradient(lists, used, inside, gradient, share, used_share)
        numbers[2] += 1
        if value > numbers[0]:
            numbers[0], numbers[2] = value, 0
            best_price[:], kept[:] = whole, inside
        best = numbers[0]
        if value == best and violation == 0.0:
            best_price[:], kept[:], numbers[4] = whole, inside, 1
            return True
        if best > limit:
            return True
        if numbers[3] % PARAMETERS.window == 0:
            if best - numbers[1] < min_gain * (limit - best):
                return True
            numbers[1] = best
        if numbers[2] >= patience:
            steps[0] *= PARAMETERS.shorter
            numbers[2] = 0
            now[:], direction[:] = best_price, 0.0
            continue
        length = deflect(gradient, direction)
        goal = min(limit + SCALE, best + reach * max(SCALE, abs(best)))
        if length > 0.0:
            now += steps[0] * max(goal - value, SCALE) / length * direction
    return False


@jit
def forced_agent_values(lists: ItemLists, price: Array, worth: Array, value: int, opened: Array, shut: Array) -> None:
    """Set the values with each agent forced open, and forced closed; `value` is that without force."""
    none: Array = np.int64(-1)
    used, total = lists.paid.copy(), 0
    for each in price:
        total += each
    for agent in range(len(worth)):
        opened[agent], shut[agent] = value, NO_PLAN
        if not lists.paid[agent]:
            opened[agent] = total + choose_agents(lists, worth, agent, none, used)
            shut[agent] = total + choose_agents(lists, worth, none, agent, used)


@jit
def fixed_by_reduced_cost(lists: ItemLists, price: Array, limit: int, out: Array) -> int:
    """Find the choices that cost more than `limit` at prices; return the value.

    `out` are arrays to fill: worth, used and inside as of `lagrangian_value`; the value with each agent forced open,
    and forced closed; items that may be chosen; items without which every assignment costs more.
    """
    worth, used, inside, opened, shut, fits, fixed = out
    value, agents = lagrangian_value(lists, price, used, worth, inside), len(worth)
    if value > limit:
        return value
    forced_agent_values(lists, price, worth, value, opened, shut)
    with_it, without = np.empty(len(lists.task), np.int64), np.empty(len(lists.task), np.int64)
    low, own = np.zeros(agents, np.int64), worth.copy()
    loss, enough = np.zeros(len(lists.task), np.int64), limit - value + 1
    lost = np.zeros(len(price), np.int64)  # by paid agents together, when none of them has the task
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

"""Knapsacks of many agents side by side, by dynamic programming over their loads (Bellman 1957).

All numbers are integers. `slack` is how much room an agent may leave over; None where that is all the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.problem.arrays import Bools, Ints

NEVER = -(2**60)
BESIDE = 8  # items tried beside those of most worth
LOOSE = 1e-12  # of a worth: more than a sum of floats may be wrong by
WIDE = 12  # slack up to which loads are told apart when a task has to be in


class PackedItems:
    """What agents may take, closely packed: int64, shape (A, K) each, in the order of tasks.

    `task` is what stands where; places that stand for nothing have profit and demand 0. `live` is how many agents
    have an item at each place.
    """

    def __init__(self, usable: Bools, profit: Ints, demand: Ints) -> None:
        agent, task = np.nonzero(usable)
        many = usable.sum(axis=1)
        place = np.arange(len(agent)) - np.repeat(np.cumsum(many) - many, many)
        shape = len(usable), max(1, int(many.max(initial=0)))
        self.task, self.profit, self.demand = (np.zeros(shape, np.int64) for _ in range(3))
        self.where = agent, place, task
        self.live = (many[:, None] > np.arange(int(many.max(initial=0)))).sum(axis=0).tolist()
        self.task[agent, place] = task
        self.profit[agent, place] = profit[agent, task]
        self.demand[agent, place] = demand[agent, task]

    def spread(self, values: Any, tasks: int, fill: Any) -> Any:
        """Values of places, shape (A, K), back at their tasks, shape (A, N)."""
        out = np.full((len(self.task), tasks), fill, values.dtype)
        agent, place, task = self.where
        out[agent, task] = values[agent, place]
        return out


class KnapsackTable:
    """The best worth of each load so far, int64, shape (A, W + 1), `NEVER` where no set has it."""

    def __init__(self, agents: int, width: int, widest: int) -> None:
        self._all = np.full((agents, widest + width + 1), NEVER)
        self.worth = self._all[:, widest:]
        self.worth[:, 0] = 0
        self._flat = self._all.ravel()
        self._base = (np.arange(agents) * self._all.shape[1] + widest)[:, None] + np.arange(width + 1)

    def add(self, profit: Ints, demand: Ints) -> Bools:
        """Offer the first B agents an item each; where it is taken, bool, shape (B, W + 1)."""
        many = len(profit)
        with_it = self._flat.take(self._base[:many] - demand[:, None])
        with_it += profit[:, None]
        worth = self.worth[:many]
        better: Bools = with_it > worth
        np.maximum(worth, with_it, out=worth)
        return better


def solve_knapsacks(
    profit: Ints, demand: Ints, able: Bools, room: Ints, slack: int | None, known: Bools | None = None
) -> tuple[Ints, Bools]:
    """What the best set of each agent is worth, int64, shape (A,), and the sets, bool, shape (A, N).

    `profit`, `demand`, `able`, shape (A, N); `room`, (A,). Worth is `NEVER` or less where no set fits. Sets that are
    `known` to fit make it quicker. What is plainly in or out of the best sets is settled first (Dantzig 1957).
    """
    usable = able & (demand <= room[:, None])
    if slack is None:
        usable &= profit > 0
    least = np.full(len(room), float(NEVER)) if known is None else (profit * known).sum(axis=1).astype(float)
    _, inside, usable = fix_variables(profit, demand, usable, room, least, slack)
    taken, room = inside, room - (demand * inside).sum(axis=1)
    base = (profit * inside).sum(axis=1)
    many = usable.sum(axis=1)
    order = np.argsort(-many, kind="stable")  # those with most to decide first: the others need not wait for them
    best, more = _filled_best(profit[order], demand[order], usable[order], room[order], slack)
    worth = base
    worth[order] += best
    taken[order] |= more
    return worth, taken


def _filled_best(profit: Ints, demand: Ints, usable: Bools, room: Ints, slack: int | None) -> tuple[Ints, Bools]:
    """`solve_knapsacks` without shortcuts, for agents in falling order of how many items are usable."""
    items, line = PackedItems(usable, profit, demand), np.arange(len(room))
    width = max(0, int(room.max(initial=0)))
    table, live = KnapsackTable(len(room), width, int(items.demand.max(initial=0))), items.live
    took = [table.add(items.profit[:n, at], items.demand[:n, at]) for at, n in enumerate(live)]
    load = np.arange(width + 1)
    allowed = load <= room[:, None]
    if slack is not None:
        allowed &= load >= room[:, None] - slack
    worth = np.where(allowed, table.worth, NEVER)
    now = worth.argmax(axis=1)
    best = worth[line, now]
    inside = np.zeros(items.task.shape, bool)
    for at in range(len(live) - 1, -1, -1):
        part = slice(live[at])
        inside[part, at] = chosen = took[at][line[part], now[part]]
        now[part] = np.maximum(0, now[part] - chosen * items.demand[part, at])
    return best, items.spread(inside, profit.shape[1], False)


def fix_variables(
    profit: Ints, demand: Ints, usable: Bools, room: Ints, least: Any, slack: int | None
) -> tuple[Ints, Bools, Bools]:
    """What no set is worth more than, int64, shape (A,); what every best set has; and what is still to be decided.

    With e the worth of a unit of room, no set without an item (or with it) is worth more than
    e room + sum of what is positive of (profit - e demand), less |profit - e demand| of that item.
    """
    value = np.where(usable, profit / demand, -1.0)
    order = np.argsort(-value, axis=1)
    line = np.arange(len(room))[:, None]
    size, gain = np.where(usable, demand, 0)[line, order], np.where(usable, np.maximum(profit, 0), 0)[line, order]
    full = np.cumsum(size, axis=1)
    fits = full <= room[:, None]
    many = fits.sum(axis=1)
    at = np.minimum(many, full.shape[1] - 1)
    unit = np.where(many < full.shape[1], np.maximum(0.0, value[line[:, 0], order[line[:, 0], at]]), 0.0)[:, None]
    net = np.where(usable, profit - unit * demand, 0.0)
    most = (unit[:, 0] * room + np.maximum(0.0, net).sum(axis=1)) * (1 + LOOSE)
    if slack is None:
        least = np.maximum(least, _filled(size, gain, fits, full, room, many))
    sure = usable & (most[:, None] - np.abs(net) < least[:, None] - 1.0)
    inside: Bools = sure & (net > 0)
    return np.ceil(most).astype(np.int64), inside, usable & ~sure


def _filled(size: Ints, gain: Ints, fits: Bools, full: Ints, room: Ints, many: Ints) -> Any:
    """What the items of most worth a unit are worth that fit together, and some more that fit beside them."""
    line = np.arange(len(room))
    worth = (gain * fits).sum(axis=1).astype(float)
    left = room - (size * fits).sum(axis=1)
    for step in range(1, BESIDE + 1):
        at = many + step
        ok = at < full.shape[1]
        at = np.minimum(at, full.shape[1] - 1)
        ok &= size[line, at] <= left
        worth += np.where(ok, gain[line, at], 0)
        left = left - np.where(ok, size[line, at], 0)
    return worth


def forced_values(profit: Ints, demand: Ints, able: Bools, room: Ints, slack: int | None) -> Ints:
    """int64, shape (A, N): what the best set of each agent is worth if a task has to be in it, at most.

    Exact without `slack` and with a small one; `NEVER` or less where none fits.
    """
    usable, tasks = able & (demand <= room[:, None]), profit.shape[1]
    tight = slack is not None and slack <= WIDE
    poor = usable & (profit <= 0) if not tight else np.zeros_like(usable)
    items = PackedItems(usable & ~poor, profit, demand)
    width, many = max(0, int(room.max(initial=0))), items.task.shape[1]
    widest = int(items.demand.max(initial=0))
    ahead, behind = KnapsackTable(len(room), width, widest), KnapsackTable(len(room), width, widest)
    before = []
    for at in range(many):
        before.append(ahead.worth.copy())
        ahead.add(items.profit[:, at], items.demand[:, at])
    best = np.full(items.task.shape, NEVER)
    mirror = room[:, None] - np.arange(width + 1)
    for at in range(many - 1, -1, -1):
        rest = _reach(behind.worth, slack if tight else None)
        left = mirror - items.demand[:, at, None]
        other = np.where(left >= 0, np.take_along_axis(rest, np.maximum(left, 0), axis=1), NEVER)
        best[:, at] = (before[at] + other).max(axis=1) + items.profit[:, at]
        behind.add(items.profit[:, at], items.demand[:, at])
    found: Ints = items.spread(best, tasks, NEVER)
    if poor.any():
        rest = _reach(ahead.worth, None)
        agent, task = np.nonzero(poor)
        found[agent, task] = rest[agent, room[agent] - demand[agent, task]] + profit[agent, task]
    return found


def _reach(worth: Ints, slack: int | None) -> Ints:
    """The best of the loads up to each, or of those from `slack` below it on."""
    if slack is None:
        return np.maximum.accumulate(worth, axis=1)
    best = worth.copy()
    for step in range(1, min(slack, worth.shape[1] - 1) + 1):
        np.maximum(best[:, step:], worth[:, :-step], out=best[:, step:])
    return best


def min_cost_cover(cost: Ints, size: Ints, least: int) -> tuple[int, Bools]:
    """The cheapest choice of lines whose sizes add up to `least`, and its cost; all that cost nothing are in.

    With `NEVER` taken off when even all together do not.
    """
    chosen: Bools = cost <= 0
    total, need = int(cost[chosen].sum()), least - int(size[chosen].sum())
    if need <= 0:
        return total, chosen
    rest = np.flatnonzero(~chosen)
    if size[rest].sum() < need:
        return -NEVER, chosen
    worth, took = np.full(need + 1, -NEVER), []
    worth[0] = 0
    for at in rest.tolist():  # worth[w]: the least cost to cover w
        short = min(int(size[at]), need)
        with_it = np.concatenate([np.full(short, worth[0]), worth[: need + 1 - short]]) + cost[at]
        with_it[0] = 0
        took.append(with_it < worth)
        worth = np.minimum(worth, with_it)
    for at in range(len(rest) - 1, -1, -1):
        if need > 0 and took[at][need]:
            chosen[rest[at]] = True
            need = max(0, need - int(size[rest[at]]))
    return total + int(worth[-1]), chosen

"""Prices on tasks: every agent fills a knapsack with what earns most, and no plan costs less than what that leaves.

With a price u[i] on each task, any sign, and v[j](u) the most that agent j can earn from a set that fits,

    L(u) = sum_i u[i] + min_{y covers} sum_j y[j] (opening[j] - v[j](u))  <=  optimum

where agents that are paid have y = 1 and where the rooms of those with y = 1 have to add up to what all tasks need
(Ross and Soland 1975, doi:10.1007/BF01580430; Holmberg, Rönnqvist and Yuan 1999, doi:10.1016/S0377-2217(98)00008-3).
Once all agents are decided, what they have too much is the most that any may leave empty. Putting a task on an
agent by force raises the value exactly by what the agent loses by it: choices that thus cost more than the best plan
are dropped for good (Posta, Ferland and Michelon 2012, doi:10.1007/s10589-011-9432-0). Whole numbers throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leptonopt.knapsacks.shape import Agents
from leptonopt.knapsacks.tables import NEVER, covering, packed, settled, with_each
from leptonopt.problem import Bools, Ints

Floats = NDArray[np.float64]
SCALE = 256  # prices are multiples of a unit over this
NO_PLAN = 2**58  # the value of what no plan fits
KEPT, SHORTER = 0.6, 0.6  # of the last direction; of the step after some rounds without gain


@dataclass(frozen=True, eq=False)
class Node:
    """What may still be chosen.

    Attributes
    ----------
    able : bool, shape (A, N), a task on an agent
    paid, closed : bool, shape (A,), agents that are surely had, and those that are not
    """

    able: Bools
    paid: Bools
    closed: Bools

    @classmethod
    def root(cls, agents: Agents) -> Node:
        """Everything."""
        return cls(agents.able, agents.opening == 0, np.zeros(len(agents.room), bool))

    def decided(self) -> bool:
        """Whether it is settled which agents there are."""
        return bool((self.paid | self.closed).all())


class Relaxed:
    """A node made ready for rounds of prices; arrays over its agents that are not closed, `at`.

    `possible` is False where it is plain that no plan is left.
    """

    def __init__(self, agents: Agents, node: Node) -> None:
        self.agents, self.node = agents, node
        self.at = np.flatnonzero(~node.closed)
        able = node.able[self.at]
        alone = able.sum(axis=0) == 1
        self.cost, self.demand = agents.cost[self.at] * SCALE, agents.demand[self.at]
        self.given, self.free = able & alone, able & ~alone
        self.room = agents.room[self.at] - (self.demand * self.given).sum(axis=1)
        self.size, self.opening = agents.room[self.at], agents.opening[self.at] * SCALE
        self.paid = node.paid[self.at] | self.given.any(axis=1)
        spare = None if agents.total is None else int(self.size.sum()) - agents.total
        self.slack = spare if self.paid.all() else None
        self._used = self.paid  # last time: a good guess of who will be
        self.possible = bool(able.any(axis=0).all() and (self.room >= 0).all() and (spare is None or spare >= 0))

    def value(self, price: Ints) -> tuple[int, Ints, Bools, Bools]:
        """At prices [1/SCALE]: the value, what each agent earns, what it takes, and which agents are used.

        Knapsacks are filled only of agents that may be used; of the others it is said what they earn at most, and
        they take nothing.
        """
        profit = price - self.cost
        more = (profit * self.given).sum(axis=1)
        usable = self.free & (self.demand <= self.room[:, None]) & (profit > 0)
        worth = settled(profit, self.demand, usable, self.room, np.full(len(more), float(NEVER)), None)[0] + more
        taken, known = self.given.copy(), np.zeros(len(worth), bool)
        rest, used = self.chosen(worth)
        todo = self._used | used
        while todo.any():
            at = np.flatnonzero(todo)
            best, sets = packed(profit[at], self.demand[at], self.free[at], self.room[at], self.slack)
            if (best[self.paid[at]] <= NEVER // 2).any():
                return NO_PLAN, worth, taken, self.paid
            worth[at], known[at] = best + more[at], True
            taken[at] |= sets
            rest, used = self.chosen(worth)
            todo = used & ~known
        self._used = used
        return int(price.sum()) + rest, worth, taken, used

    def chosen(self, worth: Ints, also: int = -1, never: int = -1) -> tuple[int, Bools]:
        """The agents that cost least for what they earn, and that cost; with one of them by force, or without."""
        line, surely = self.opening - worth, self.paid.copy()
        if also >= 0:
            surely[also] = True
        may = ~surely
        if never >= 0:
            may[never] = False
        used, total = surely.copy(), int(line[surely].sum())
        if self.agents.total is None:
            used |= may & (line < 0)
            return total + int(line[may & (line < 0)].sum()), used
        open_ = np.flatnonzero(may)
        least, some = covering(line[open_], self.size[open_], self.agents.total - int(self.size[surely].sum()))
        used[open_[some]] = True
        return total + least, used


@dataclass(frozen=True, eq=False)
class Climb:
    """Where rounds of prices have come.

    Attributes
    ----------
    value, price : the best value [1/SCALE] and its prices
    share : float, shape (A, N), of the rounds in which an agent took a task; used : (A,), in which it was used
    taken : bool, shape (A, N), what was taken at the best prices by agents that are used
    exact : whether that is a plan that costs no more than the value
    """

    value: int
    price: Ints
    share: Floats
    used: Floats
    taken: Bools
    exact: bool


def first_prices(agents: Agents) -> Ints:
    """Of each task, what its second choice costs, with a share of the opening."""
    each = agents.cost + agents.demand * (agents.opening / np.maximum(1, agents.room))[:, None]
    each = np.sort(np.where(agents.able, each, np.inf), axis=0)
    second = each[min(1, len(each) - 1)]
    prices: Ints = np.rint(np.where(np.isfinite(second), second, each[0]) * SCALE).astype(np.int64)
    return prices


@dataclass(frozen=True)
class Pace:
    """Rounds at most, length of a step, how far above the best value it aims, idle rounds before it gets shorter."""

    rounds: int
    step: float
    patience: int
    reach: float


def climb(relaxed: Relaxed, price: Ints, limit: int, pace: Pace, stop: Callable[[], bool]) -> Climb:
    """Subgradient steps of Polyak's length, bent by the one before, until the value is above `limit` [1/SCALE]."""
    now, before = price.astype(float), np.zeros(len(price))
    best, best_price, kept, since, turn = -NO_PLAN, price, np.zeros(relaxed.free.shape, bool), 0, 0
    share, used_share, exact = np.zeros(relaxed.free.shape), np.zeros(len(relaxed.at)), False
    step = pace.step
    for _ in range(pace.rounds):
        turn += 1
        whole = np.rint(now).astype(np.int64)
        value, _, taken, used = relaxed.value(whole)
        taken &= used[:, None]
        share += taken
        used_share += used
        since += 1
        if value > best:
            best, best_price, kept, since = value, whole, taken, 0
        gradient = 1.0 - taken.sum(axis=0)
        if value == best and not gradient.any():
            exact, kept = True, taken
        if best > limit or exact or stop():
            break
        if since >= pace.patience:
            step, since, now = step * SHORTER, 0, best_price.astype(float)
            before[:] = 0
            continue
        direction = gradient + KEPT * before if gradient @ before >= 0 else gradient
        goal = min(limit + SCALE, best + pace.reach * max(SCALE, abs(best)))
        now += step * max(goal - value, SCALE) / (direction @ direction) * direction
        before = direction
    full, lines = np.zeros(relaxed.node.able.shape), np.zeros(len(relaxed.node.paid))
    sets = np.zeros(relaxed.node.able.shape, bool)
    full[relaxed.at], lines[relaxed.at], sets[relaxed.at] = share / turn, used_share / turn, kept
    return Climb(best, best_price, full, lines, sets, exact)


def reduced(relaxed: Relaxed, price: Ints, limit: int) -> Node | None:
    """What is left when all that costs more than `limit` [1/SCALE] is dropped; None where nothing is."""
    value, worth, _, _ = relaxed.value(price)
    if value > limit:
        return None
    profit = price - relaxed.cost
    each = with_each(profit, relaxed.demand, relaxed.free, relaxed.room, relaxed.slack)
    each += (profit * relaxed.given).sum(axis=1)[:, None]
    total, opened, shut = int(price.sum()), np.full(len(worth), value), np.full(len(worth), NO_PLAN)
    for at in np.flatnonzero(~relaxed.paid).tolist():
        opened[at], shut[at] = (total + relaxed.chosen(worth, *pair)[0] for pair in ((at, -1), (-1, at)))
    fits = (opened + worth)[:, None] - each <= limit
    able, paid, closed = relaxed.node.able.copy(), relaxed.node.paid.copy(), relaxed.node.closed.copy()
    able[relaxed.at] &= fits | relaxed.given
    paid[relaxed.at] |= relaxed.paid | (shut > limit)
    closed[relaxed.at] |= opened > limit
    if (paid & closed).any():
        return None
    able[closed] = False
    alone = able.sum(axis=0) == 1
    paid |= (able & alone).any(axis=1)
    closed |= ~paid & ~able.any(axis=1)
    return Node(able, paid, closed) if able.any(axis=0).all() else None

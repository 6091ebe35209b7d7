"""Prices on tasks: every agent fills a knapsack with what earns most, and no plan costs less than what that leaves.

With a price u[i] on each task, any sign, and v[j](u) the most that agent j can earn from a set that fits,

    L(u) = sum_i u[i] + min_{y covers} sum_j y[j] (opening[j] - v[j](u))  <=  optimum

where agents that are paid have y = 1 and where the rooms of those with y = 1 have to add up to what all tasks need
(Ross and Soland 1975, doi:10.1007/BF01580430; Holmberg, Rönnqvist and Yuan 1999, doi:10.1016/S0377-2217(98)00008-3).
Once all agents are decided, what they have too much is the most that any may leave empty. Putting a task on an
agent by force raises the value exactly by what the agent loses by it, and by what others lose that are paid and would
take the task too: choices that thus cost more than the best plan are dropped for good (Posta, Ferland and Michelon
2012, doi:10.1007/s10589-011-9432-0), and what cannot be done without is settled. Whole numbers throughout. All of it
by numpy, or in compiled loops (`ascent_rounds`), which drop more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.assignment.knapsack import (
    NEVER,
    fix_variables,
    forced_values,
    min_cost_cover,
    solve_knapsacks,
)
from leptonopt.algorithms.assignment.knapsack_kernels import ItemLists
from leptonopt.algorithms.assignment.lagrangian_kernels import (
    KEPT,
    NO_PLAN,
    SCALE,
    SHORTER,
    WINDOW,
    ascent_rounds,
    fixed_by_reduced_cost,
)
from leptonopt.algorithms.assignment.problem import AssignmentProblem
from leptonopt.problem.arrays import Bools, Ints

Floats = NDArray[np.float64]
PORTION = 25  # rounds of loops at a time: between them it is asked whether to stop


@dataclass(frozen=True, eq=False)
class BranchNode:
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
    def root(cls, agents: AssignmentProblem) -> BranchNode:
        """Everything."""
        return cls(agents.able, agents.opening == 0, np.zeros(len(agents.room), bool))

    def decided(self) -> bool:
        """Whether it is settled which agents there are."""
        return bool((self.paid | self.closed).all())


class NodeRelaxation:
    """A node made ready for rounds of prices; arrays over its agents that are not closed, `at`.

    `possible` is False where it is plain that no plan is left.
    """

    def __init__(self, agents: AssignmentProblem, node: BranchNode, fast: bool) -> None:
        self.agents, self.node, self.fast = agents, node, fast
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

    @cached_property
    def lists(self) -> ItemLists:
        """The same for loops."""
        given = _spots(self.given)
        self.free &= self.demand <= self.room[:, None]
        agent, task = self.spots = _spots(self.free)
        ptr, given_ptr = (np.concatenate([[0], np.cumsum(each.sum(axis=1))]) for each in (self.free, self.given))
        total = -1 if self.agents.total is None else self.agents.total
        return ItemLists(
            ptr,
            task,
            self.cost[agent, task],
            self.demand[agent, task],
            given_ptr,
            given[1],
            self.cost[given],
            self.room,
            self.opening,
            self.size,
            self.paid,
            total,
            -1 if self.slack is None else self.slack,
        )

    def value(self, price: Ints) -> tuple[int, Ints, Bools, Bools]:
        """At prices [1/SCALE]: the value, what each agent earns, what it takes, and which agents are used.

        Knapsacks are filled only of agents that may be used; of the others it is said what they earn at most, and
        they take nothing.
        """
        profit = price - self.cost
        more = (profit * self.given).sum(axis=1)
        usable = self.free & (self.demand <= self.room[:, None]) & (profit > 0)
        worth = fix_variables(profit, self.demand, usable, self.room, np.full(len(more), float(NEVER)), None)[0] + more
        taken, known = self.given.copy(), np.zeros(len(worth), bool)
        rest, used = self.chosen(worth)
        todo = self._used | used
        while todo.any():
            at = np.flatnonzero(todo)
            best, sets = solve_knapsacks(profit[at], self.demand[at], self.free[at], self.room[at], self.slack)
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
        least, some = min_cost_cover(line[open_], self.size[open_], self.agents.total - int(self.size[surely].sum()))
        used[open_[some]] = True
        return total + least, used


def _spots(true: Bools) -> tuple[Ints, Ints]:
    """Where an array is true, line by line; in one piece each, so that loops are compiled once."""
    row, column = np.nonzero(true)
    return np.ascontiguousarray(row), np.ascontiguousarray(column)


@dataclass(frozen=True, eq=False)
class AscentResult:
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


def first_prices(agents: AssignmentProblem) -> Ints:
    """Of each task, what its second choice costs, with a share of the opening."""
    each = agents.cost + agents.demand * (agents.opening / np.maximum(1, agents.room))[:, None]
    each = np.sort(np.where(agents.able, each, np.inf), axis=0)
    second = each[min(1, len(each) - 1)]
    prices: Ints = np.rint(np.where(np.isfinite(second), second, each[0]) * SCALE).astype(np.int64)
    return prices


@dataclass(frozen=True)
class AscentLimits:
    """Rounds at most, length of a step, idle rounds before it gets shorter, how far above the best value it aims.

    Where `WINDOW` rounds bring less than a share, `hope`, of what is missing it ends.
    """

    rounds: int
    step: float
    patience: int
    reach: float
    hope: float = 0.0


def dual_ascent(
    relaxed: NodeRelaxation, price: Ints, limit: int, pace: AscentLimits, stop: Callable[[int], bool]
) -> AscentResult:
    """Subgradient steps of Polyak's length, bent by the one before, until the value is above `limit` [1/SCALE]."""
    if relaxed.fast:
        return _climb_fast(relaxed, price, limit, pace, stop)
    now, before = price.astype(float), np.zeros(len(price))
    best, best_price, kept, since, turn = -NO_PLAN, price, np.zeros(relaxed.free.shape, bool), 0, 0
    seen, share, used_share, exact = -NO_PLAN, np.zeros(relaxed.free.shape), np.zeros(len(relaxed.at)), False
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
        if best > limit or exact or stop(1):
            break
        if turn % WINDOW == 0:
            if best - seen < pace.hope * (limit - best):
                break
            seen = best
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
    return AscentResult(best, best_price, full, lines, sets, exact)


def _climb_fast(
    relaxed: NodeRelaxation, price: Ints, limit: int, pace: AscentLimits, stop: Callable[[int], bool]
) -> AscentResult:
    lists, able = relaxed.lists, relaxed.node.able
    agents, items = len(lists.room), len(lists.task)
    aim = price.copy(), np.zeros(items), np.zeros(agents), np.zeros(items, bool), lists.paid.copy()
    numbers = np.array([-NO_PLAN, -NO_PLAN, 0, 0, 0])
    state = price.astype(float), np.zeros(len(price)), numbers, np.array([pace.step])
    ended, how = False, (float(pace.patience), pace.reach, pace.hope)
    while not ended and numbers[3] < pace.rounds:
        before = int(numbers[3])
        ended = ascent_rounds(lists, limit, min(pace.rounds, before + PORTION), how, aim, state)
        if stop(int(numbers[3]) - before):
            break
    best, turn, exact = int(numbers[0]), int(numbers[3]), bool(numbers[4])
    best_price, share, used, kept, _ = aim
    full, lines, sets = np.zeros(able.shape), np.zeros(len(able)), np.zeros(able.shape, bool)
    agent, task = relaxed.spots
    full[relaxed.at] = relaxed.given
    sets[relaxed.at] = relaxed.given
    full[relaxed.at[agent], task], lines[relaxed.at] = share / turn, used / turn
    sets[relaxed.at[agent], task] = kept
    return AscentResult(best, best_price, full, lines, sets, exact)


def _reduced_fast(relaxed: NodeRelaxation, price: Ints, limit: int) -> BranchNode | None:
    lists, node, at = relaxed.lists, relaxed.node, relaxed.at
    agents, items = len(lists.room), len(lists.task)
    worth, used, inside = np.zeros(agents, np.int64), lists.paid.copy(), np.zeros(items, bool)
    opened, shut = np.zeros(agents, np.int64), np.zeros(agents, np.int64)
    fits, fixed = np.zeros(items, bool), np.zeros(items, bool)
    value = fixed_by_reduced_cost(lists, price, limit, (worth, used, inside, opened, shut, fits, fixed))
    if value > limit:
        return None
    agent, task = relaxed.spots
    able, paid, closed = node.able.copy(), node.paid.copy(), node.closed.copy()
    able[at[agent[~fits]], task[~fits]] = False
    able[at] &= relaxed.free | relaxed.given
    paid[at] |= relaxed.paid | (shut > limit)
    closed[at] |= opened > limit
    if fixed.any():
        where, what = at[agent[fixed]], task[fixed]
        if not able[where, what].all() or len(np.unique(what)) < len(what):
            return None
        able[:, what] = False
        able[where, what] = True
        paid[where] = True
    return _settled(able, paid, closed)


def _settled(able: Bools, paid: Bools, closed: Bools) -> BranchNode | None:
    if (paid & closed).any():
        return None
    able[closed] = False
    alone = able.sum(axis=0) == 1
    paid |= (able & alone).any(axis=1)
    closed |= ~paid & ~able.any(axis=1)
    return BranchNode(able, paid, closed) if able.any(axis=0).all() else None


def fix_by_reduced_cost(relaxed: NodeRelaxation, price: Ints, limit: int) -> BranchNode | None:
    """What is left when all that costs more than `limit` [1/SCALE] is dropped; None where nothing is."""
    if relaxed.fast:
        return _reduced_fast(relaxed, price, limit)
    value, worth, _, _ = relaxed.value(price)
    if value > limit:
        return None
    profit = price - relaxed.cost
    each = forced_values(profit, relaxed.demand, relaxed.free, relaxed.room, relaxed.slack)
    each += (profit * relaxed.given).sum(axis=1)[:, None]
    total, opened, shut = int(price.sum()), np.full(len(worth), value), np.full(len(worth), NO_PLAN)
    for at in np.flatnonzero(~relaxed.paid).tolist():
        opened[at], shut[at] = (total + relaxed.chosen(worth, *pair)[0] for pair in ((at, -1), (-1, at)))
    fits = (opened + worth)[:, None] - each <= limit
    able, paid, closed = relaxed.node.able.copy(), relaxed.node.paid.copy(), relaxed.node.closed.copy()
    able[relaxed.at] &= fits | relaxed.given
    paid[relaxed.at] |= relaxed.paid | (shut > limit)
    closed[relaxed.at] |= opened > limit
    return _settled(able, paid, closed)

"""The Lagrangian dual of assignment: prices on tasks, one knapsack per agent.

With a price u[i] of any sign on each task, and v[j](u) the most that agent j can earn from a set that fits,

    L(u) = sum_i u[i] + min_{y covers} sum_j y[j] (opening[j] - v[j](u))  <=  optimum

where paid agents have y = 1, and where the capacities of agents with y = 1 have to add up to the demand of all tasks
(Ross and Soland 1975, doi:10.1007/BF01580430; Holmberg, Rönnqvist and Yuan 1999, doi:10.1016/S0377-2217(98)00008-3).
Once all agents are decided, their surplus capacity is the most that any of them may leave unused.

The dual is solved by Polyak's subgradient method (1969, doi:10.1016/0041-5553(69)90061-5) with deflected directions
(Camerini, Fratta and Maffioli 1975, doi:10.1007/BFb0120697). It is another algorithm than the projected Adam ascent of
`algorithms.lagrangian`: it knows a target value, the best plan, from which it takes its step length.

Forcing a task onto an agent raises the value by exactly what the agent loses by it, and by what other paid agents lose
that would take the task. Choices that cost more than the best plan this way are dropped, and choices without which
every plan does are fixed (Posta, Ferland and Michelon 2012, doi:10.1007/s10589-011-9432-0). Values are integers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leptonopt.algorithms.assignment.knapsack import ItemLists
from leptonopt.algorithms.assignment.lagrangian_kernels import NO_PLAN, SCALE, ascent_rounds, fixed_by_reduced_cost
from leptonopt.algorithms.assignment.problem import AssignmentProblem
from leptonopt.problem.arrays import Bools, Floats, Ints, pointers


@dataclass(frozen=True, eq=False)
class BranchNode:
    """The choices that are open at a node of the search tree.

    Attributes
    ----------
    able : bool, shape (A, N), a task on an agent
    paid, closed : bool, shape (A,), agents that are open in any case, and agents that are not used
    """

    able: Bools
    paid: Bools
    closed: Bools

    @classmethod
    def root(cls, agents: AssignmentProblem) -> BranchNode:
        """Return the node of all choices."""
        return cls(agents.able, agents.opening == 0, np.zeros(len(agents.room), bool))


class NodeRelaxation:
    """A node prepared for subgradient rounds; arrays over its agents that are not closed, `at`.

    Attributes
    ----------
    possible : False when the node plainly has no feasible assignment
    """

    def __init__(self, agents: AssignmentProblem, node: BranchNode) -> None:
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
        self.possible = bool(able.any(axis=0).all() and (self.room >= 0).all() and (spare is None or spare >= 0))
        self.free &= self.demand <= self.room[:, None]

    @cached_property
    def positions(self) -> tuple[Ints, Ints]:
        """Agent and task of each item that is not fixed, int64, shape (I,) each."""
        return _positions(self.free)

    @cached_property
    def lists(self) -> ItemLists:
        """The node in the form of the kernels."""
        given, (agent, task) = _positions(self.given), self.positions
        ptr, given_ptr = (pointers(each.sum(axis=1)) for each in (self.free, self.given))
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
            -1 if self.agents.total is None else self.agents.total,
            -1 if self.slack is None else self.slack,
        )


def _positions(mask: Bools) -> tuple[Ints, Ints]:
    """Return row and column of the true entries; contiguous, so that kernels compile for one layout only."""
    row, column = np.nonzero(mask)
    return np.ascontiguousarray(row), np.ascontiguousarray(column)


@dataclass(frozen=True, eq=False)
class AscentResult:
    """The end of a dual ascent.

    Attributes
    ----------
    value, price : the best value [1/SCALE], and its prices, int64, shape (N,)
    share : float, shape (A, N), share of the rounds in which an agent took a task
    used : float, shape (A,), share of the rounds in which an agent was used
    taken : bool, shape (A, N), the tasks that used agents took at the best prices
    exact : True when `taken` is an assignment of the best value
    """

    value: int
    price: Ints
    share: Floats
    used: Floats
    taken: Bools
    exact: bool


def first_prices(agents: AssignmentProblem) -> Ints:
    """Return the cost of each task's second-cheapest agent, opening included, int64, (N,) [1/SCALE]."""
    each = agents.cost + agents.demand * (agents.opening / np.maximum(1, agents.room))[:, None]
    each = np.sort(np.where(agents.able, each, np.inf), axis=0)
    second = each[min(1, len(each) - 1)]
    prices: Ints = np.rint(np.where(np.isfinite(second), second, each[0]) * SCALE).astype(np.int64)
    return prices


@dataclass(frozen=True)
class AscentLimits:
    """Length and steps of a dual ascent.

    Attributes
    ----------
    rounds : subgradient rounds at most
    step : factor on Polyak's step length at the start
    patience : rounds without gain before steps get shorter
    reach : target above the best value, as a share of it
    min_gain : share of the gap to the limit that a window of rounds has to close; 0 for no such rule
    check_every : rounds between two questions whether to stop
    """

    rounds: int
    step: float
    patience: int
    reach: float
    min_gain: float = 0.0
    check_every: int = 25


def dual_ascent(
    relaxed: NodeRelaxation, price: Ints, limit: int, pace: AscentLimits, stop: Callable[[int], bool]
) -> AscentResult:
    """Climb by Polyak's deflected subgradient method until the value exceeds `limit` [1/SCALE].

    `stop` is called with the number of rounds since its last call.
    """
    lists, able = relaxed.lists, relaxed.node.able
    agents, items = len(lists.room), len(lists.task)
    aim = price.copy(), np.zeros(items), np.zeros(agents), np.zeros(items, bool), lists.paid.copy()
    numbers = np.array([-NO_PLAN, -NO_PLAN, 0, 0, 0])
    state = price.astype(float), np.zeros(len(price)), numbers, np.array([pace.step])
    ended, parameters = False, (float(pace.patience), pace.reach, pace.min_gain)
    while not ended and numbers[3] < pace.rounds:
        before = int(numbers[3])
        ended = ascent_rounds(lists, limit, min(pace.rounds, before + pace.check_every), parameters, aim, state)
        if stop(int(numbers[3]) - before):
            break
    best, rounds, exact = int(numbers[0]), int(numbers[3]), bool(numbers[4])
    best_price, share, used, kept, _ = aim
    full, lines, sets = np.zeros(able.shape), np.zeros(len(able)), np.zeros(able.shape, bool)
    agent, task = relaxed.positions
    full[relaxed.at] = relaxed.given
    sets[relaxed.at] = relaxed.given
    full[relaxed.at[agent], task], lines[relaxed.at] = share / rounds, used / rounds
    sets[relaxed.at[agent], task] = kept
    return AscentResult(best, best_price, full, lines, sets, exact)


def fix_by_reduced_cost(relaxed: NodeRelaxation, price: Ints, limit: int) -> BranchNode | None:
    """Return the node without choices that cost more than `limit` [1/SCALE]; None when nothing is left."""
    lists, node, at = relaxed.lists, relaxed.node, relaxed.at
    agents, items = len(lists.room), len(lists.task)
    worth, used, inside = np.zeros(agents, np.int64), lists.paid.copy(), np.zeros(items, bool)
    opened, shut = np.zeros(agents, np.int64), np.zeros(agents, np.int64)
    fits, fixed = np.zeros(items, bool), np.zeros(items, bool)
    value = fixed_by_reduced_cost(lists, price, limit, (worth, used, inside, opened, shut, fits, fixed))
    if value > limit:
        return None
    agent, task = relaxed.positions
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
    return _propagate(able, paid, closed)


def _propagate(able: Bools, paid: Bools, closed: Bools) -> BranchNode | None:
    """Return the node with the consequences of its choices; None when they contradict each other."""
    if (paid & closed).any():
        return None
    able[closed] = False
    alone = able.sum(axis=0) == 1
    paid |= (able & alone).any(axis=1)
    closed |= ~paid & ~able.any(axis=1)
    return BranchNode(able, paid, closed) if able.any(axis=0).all() else None

"""Plans out of what knapsacks take: shifts and swaps under a price on too much load, raised until all fits.

After Yagiura, Ibaraki and Glover (2004, doi:10.1287/ijoc.1030.0036), without their chains: single moves are judged
all at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.assignment.problem import AssignmentProblem
from leptonopt.algorithms.assignment.repair_kernels import FAR, RAISED, shift_and_swap
from leptonopt.problem.arrays import Bools, Ints

Floats = NDArray[np.float64]


def initial_assignment(agents: AssignmentProblem, able: Bools, taken: Bools) -> Ints:
    """One agent for each task: the cheapest that takes it, or the cheapest there is."""
    cost = np.where(able, agents.cost, FAR)
    some = (taken & able).any(axis=0)
    where: Ints = np.where(some, np.where(taken, cost, 2 * FAR).argmin(axis=0), cost.argmin(axis=0))
    return where


def repair_assignment(
    agents: AssignmentProblem, able: Bools, where: Ints, most: int, turns: int, stop: Callable[[], bool], fast: bool
) -> Ints | None:
    """A plan near an assignment that may not fit, no move of which makes it cheaper; None when none was found."""
    rows = np.flatnonzero(able.any(axis=1))
    place = np.searchsorted(rows, where)
    moves = _Moves(agents, rows, able[rows], np.minimum(place, len(rows) - 1))
    if fast:
        fits = shift_and_swap(moves.cost, moves.demand, moves.room, moves.where, moves.price, float(most), turns)
        return rows[moves.where] if fits else None
    for _ in range(turns):
        if stop():
            return None
        if moves.best():
            continue
        if moves.fits():
            return rows[moves.where]
        moves.raise_prices()
    return None


class _Moves:
    """An assignment, and the best move from it."""

    def __init__(self, agents: AssignmentProblem, rows: Ints, able: Bools, where: Ints) -> None:
        self.cost = np.where(able, agents.cost[rows], FAR).astype(float)
        self.demand, self.room = agents.demand[rows], agents.room[rows]
        self.where, self.line = where.copy(), np.arange(len(where))
        self.load = np.bincount(where, self.demand[where, self.line], len(rows)).astype(np.int64)
        typical = float(np.median(agents.cost[agents.able])) / max(1.0, float(np.median(agents.demand[agents.able])))
        self.price = np.full(len(rows), max(typical, 1e-3))

    def fits(self) -> bool:
        """Whether no agent has too much."""
        return bool((self.load <= self.room).all() and (self.cost[self.where, self.line] < FAR).all())

    def raise_prices(self) -> None:
        """Of agents that have too much."""
        self.price[self.load > self.room] *= RAISED

    def over(self, load: Ints, row: Ints) -> Floats:
        """What too much load costs."""
        dear: Floats = self.price[row] * np.maximum(0, load - self.room[row])
        return dear

    def best(self) -> bool:
        """Makes the best move, if one gains."""
        now, where, line = self.over(self.load, np.arange(len(self.load))), self.where, self.line
        own, cost = self.demand[where, line], self.cost[where, line]
        left = self.over(self.load[where] - own, where) - now[where]
        rows = np.arange(len(self.load))[:, None]
        shift = self.cost - cost + left + self.over(self.load[:, None] + self.demand, rows) - now[:, None]
        shift[where, line] = 0
        to, task = np.unravel_index(shift.argmin(), shift.shape)
        swap = self.swaps(now, own, cost)
        one, other = np.unravel_index(swap.argmin(), swap.shape)
        if min(shift[to, task], swap[one, other]) >= -1e-6:
            return False
        if shift[to, task] <= swap[one, other]:
            self.put(int(task), int(to))
        else:
            there = int(where[one])
            self.put(int(one), int(where[other]))
            self.put(int(other), there)
        return True

    def swaps(self, now: Floats, own: Ints, cost: Floats) -> Floats:
        """What exchanging any two tasks costs, shape (N, N)."""
        where = self.where
        dear, load = self.cost[where] - cost[:, None], self.load[where] - own
        over = self.over(load[:, None] + self.demand[where], where[:, None]) - now[where][:, None]
        half = dear + over  # at the agent of the one, the other instead
        return half + half.T

    def put(self, task: int, row: int) -> None:
        """A task elsewhere."""
        old = self.where[task]
        self.load[old] -= self.demand[old, task]
        self.load[row] += self.demand[row, task]
        self.where[task] = row

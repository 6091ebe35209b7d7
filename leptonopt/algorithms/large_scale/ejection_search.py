"""Improving what is placed, by ejection, until time is up or nothing comes of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.pricing import group_least
from leptonopt.algorithms.large_scale.ejection_chain import AssignmentArrays, EjectionCosts, run_ejection_chains
from leptonopt.algorithms.large_scale.ejection_pool import make_queue, repair_by_ejection
from leptonopt.algorithms.large_scale.staged_construction import Assignment, price_prefix
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import column_costs

Floats = NDArray[np.float64]
MUST = 3.0  # times its dearest option is what an item without a place counts that must have one
FEW = 100  # steps at first; then so many as take
BREATH = 0.2  # seconds


def next_batch_size(steps: int, spent: float) -> int:
    """How many steps to do at a time, where so many took so many seconds."""
    return int(min(2 * steps, max(FEW, steps * BREATH / max(1e-4, spent))))


class EjectionSearch:
    """Ejection on what is placed; `delta` is what it changed the cost by, by its own count."""

    def __init__(self, problem: Problem, placed: Assignment, oracle: ClassPricer, price: Floats, seed: int = 0) -> None:
        self.problem, self.placed = problem, placed
        self.random = np.random.default_rng(seed)
        self.pool = problem.pool
        self.pools = int(problem.pool.max(initial=0)) + 1
        true = price_prefix(problem, np.zeros(problem.capacity.shape))
        least_true = oracle.each(true)
        self.out = leave_out_costs(problem, least_true)
        self._true, self._least_true = true, least_true
        self.prices = self._prices(oracle, price)
        self.board = self._board()
        self.all = np.arange(len(placed.group))
        self.delta = 0.0

    def _prices(self, oracle: ClassPricer, price: Floats) -> EjectionCosts:
        guide = price_prefix(self.problem, price)
        least = oracle.each(guide)
        cheapest = np.minimum(group_least(self.problem, least, np.inf), self.out)
        return EjectionCosts(guide, self._true, least, self._least_true, cheapest, self.out)

    def _board(self) -> AssignmentArrays:
        placed = self.placed
        option, start, group = placed.option, placed.start, placed.group
        some = option >= 0
        pool = np.where(some, self.pool[np.maximum(option, 0)], 0)
        count = np.bincount(pool[some], minlength=self.pools)
        room = 2 * count + 64 + len(group) // max(1, self.pools)
        begin = np.concatenate([[0], np.cumsum(room)[:-1]])
        member, seat = np.full(int(room.sum()), -1, np.int64), np.full(len(group), -1, np.int64)
        items = np.flatnonzero(some)
        items = items[np.argsort(pool[items], kind="stable")]
        first = np.concatenate([[0], np.cumsum(count)[:-1]])
        at = begin[pool[items]] + np.arange(len(items)) - first[pool[items]]
        member[at], seat[items] = items, at
        over = self.prices.out[group] - self.prices.cheapest[group]
        over[items] = (
            column_costs(self.problem, option[items], start[items], self.prices.guide)
            - self.prices.cheapest[group[items]]
        )
        return AssignmentArrays(group, option, start, over, member, begin, room, count, seat, placed.free)

    def mend(self, over: Callable[[], bool], most: int | None = None) -> None:
        """Has what must run and lacks a place push out others, until nothing lacks one or it is over.

        With `most`, for so many steps at most, which the clock does not part.
        """
        items, optional = np.flatnonzero(self.placed.lacking()), self.problem.optional[self.placed.group]
        queue, steps = make_queue(items, optional), FEW
        while queue.begin[0] != queue.end[0] and not over() and (most is None or most > 0):
            begun, seed = time.monotonic(), int(self.random.integers(2**31))
            if not repair_by_ejection(
                self.placed.ways, self.board, self.prices, self.pool, optional, queue, seed, steps
            ):
                self.board = self._board()
            if most is None:
                steps = next_batch_size(steps, time.monotonic() - begun)
            else:
                most -= steps

    def refused(self) -> Ints:
        """Items without a place that would have one by prices."""
        return np.flatnonzero((self.placed.option < 0) & (self.board.over > 0))

    def run(self, trials: int, heat: float, some: Ints | None = None) -> float:
        """So many steps at a temperature, of some items or of all; what they changed the cost by."""
        some = self.all if some is None else some
        changed = 0.0
        while trials > 0 and len(some):
            seed = int(self.random.integers(2**31))
            total, made = run_ejection_chains(
                self.placed.ways, self.board, self.prices, self.pool, some, seed, trials, heat
            )
            changed += total
            trials -= made
            if trials > 0:
                self.board = self._board()
        self.delta += changed
        return changed


def leave_out_costs(problem: Problem, least: Floats) -> Floats:
    """float, shape (G,): what leaving a copy out counts: its value, or much where it must run."""
    finite = np.where(np.isfinite(least), least, 0.0)
    dearest = -group_least(problem, -finite, 0.0)
    much = MUST * np.abs(dearest) + float(np.abs(dearest).sum()) / max(1, len(dearest)) + 1.0
    return np.where(problem.optional, problem.value.astype(float), much)

"""Annealing distributed over an executor: each worker anneals a part of the assignment.

The assignment, the multipliers and the bound stay in this process. A worker gets some pools with their items
(`large_scale.decomposition`) and returns their new columns. Parts that are out share no pool, so each result is valid
by itself; a lost or late one costs its time. The next part takes the pools that have been out least often.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.large_scale.decomposition import (
    Found,
    SubproblemPart,
    anneal_part,
    extract_pools,
    kernels_ready,
    merge_part,
)
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.restrict import options_of
from leptonopt.runtime.calls import CallFailed, ExecutorLost, RetryingCalls, num_workers

Floats = NDArray[np.float64]
TICK = 0.05  # seconds to wait for an answer before looking at the clock
COUNT = 2.0  # seconds after which the workers are counted again
LARGEST = 200_000  # items of a part of more than two pools
EACH, LEAST = 3e-4, 1.0  # seconds for an item of a part, of which a tenth goes to the way there; and for any part
PART = 0.125  # of the time for a part at most
SHORTEST = 0.5  # seconds: for less, none is sent
RETURNING, SLOWER = 0.3, 0.05  # seconds to send a part and have its answer back, and so much of the part's own
COOLED, COLD = 0.8, 0.9  # share of the time after which all is cold; parts of then begin at that share of the way
BATCH = 8  # parts that are out together in deterministic mode, however many workers there are
PASSES, MOVES_EACH = 20, 250  # in deterministic mode: times that each pool is out, and moves of an item in each


def warm_up_workers(executor: Executor) -> RetryingCalls[int]:
    """Return calls that make workers load or compile the kernels; keep them until they are done."""
    calls = RetryingCalls[int](executor)
    with suppress(ExecutorLost):
        for at in range(num_workers(executor)):
            calls.send(at, kernels_ready)
    return calls


class DistributedAnnealing:
    """Parts that are out, and how often each pool has been out.

    Attributes
    ----------
    turns, busy : int64 and bool, shape (P,), how often a pool was out, and whether it is out
    waiting : bool, shape (I,), unassigned items that are out
    """

    def __init__(self, placed: Assignment, executor: Executor, price: Callable[[], Floats], seed: int) -> None:
        self.placed, self.executor, self.price = placed, executor, price
        self.random = np.random.default_rng(seed)
        self.used = np.unique(placed.problem.pool)
        self.turns = np.zeros(int(self.used.max(initial=0)) + 1, np.int64)
        self.busy, self.waiting = np.zeros(len(self.turns), bool), np.zeros(len(placed.group), bool)
        self.penalty = np.zeros(placed.problem.capacity.shape, np.float32)
        self.calls = RetryingCalls[SubproblemPart](executor)
        self.width, self.counted = num_workers(executor), time.monotonic()
        self.answered, self.lost = 0, 0

    def run(self, seconds: float | None, over: Callable[[], bool]) -> None:
        """Send parts from hot to cold for so many seconds, or without them for a number of moves of all items.

        By moves, parts are sent in batches from one state, so that the result does not depend on the workers. Raises
        `ExecutorLost`.
        """
        begun = time.monotonic()
        try:
            while not over():
                if seconds is None:
                    if not len(self.calls):
                        self._send_batch()
                elif (left := seconds - (time.monotonic() - begun)) > 0:
                    self._fill_workers(seconds, left)
                else:
                    return
                if not len(self.calls):
                    return
                for part, answer in self.calls.answers(TICK):
                    self._receive(part, answer)
        finally:
            self.calls.drop()

    def summary(self) -> str:
        """Return one line on parts and retries."""
        lost = f", {self.calls.again + self.lost} asked again" if self.calls.again + self.lost else ""
        return f"{self.answered} parts annealed by {self.width} workers{lost}"

    def _send_batch(self) -> None:
        """Send a batch of parts of the current state, limited by moves."""
        turns = PASSES * len(self.used)
        share = int(self.turns.sum()) / turns
        while share < 1 and len(self.calls) < BATCH and (part := self._draw_part(BATCH)):
            self._send(part, share, 1 / PASSES, MOVES_EACH, by_clock=False)

    def _fill_workers(self, seconds: float, left: float) -> None:
        """Send parts to all idle workers while so many seconds are left."""
        if time.monotonic() > self.counted + COUNT:
            self.width, self.counted = num_workers(self.executor), time.monotonic()
        while len(self.calls) < self.width and (part := self._draw_part(self.width)):
            longest = min(max(LEAST, PART * seconds), (left - RETURNING) / (1 + SLOWER))
            effort = min(max(LEAST, EACH * len(part.items)), longest)
            if effort < SHORTEST:
                return
            self._send(part, 1 - left / seconds, effort / seconds, effort, by_clock=True)

    def _send(self, part: SubproblemPart, over: float, more: float, effort: float, by_clock: bool) -> None:
        """Send a part when a share `over` of the search is over, for a further share `more`."""
        self._mark_busy(part, True)
        self.turns[part.pools] += 1
        seed, low = int(self.random.integers(2**31)), min(COLD, over / COOLED)
        progress = low, min(1.0, (over + more) / COOLED)
        self.calls.send(part, anneal_part, part.pack(self.price(), self.penalty), progress, effort, by_clock, seed)

    def _draw_part(self, lanes: int) -> SubproblemPart | None:
        """Return the idle pools least often out, with their items; None if they are too few or empty."""
        placed, problem = self.placed, self.placed.problem
        idle = self.used[~self.busy[self.used]]
        many = min(len(self.used), max(2, len(self.used) // lanes))
        where = np.where(placed.option >= 0, problem.pool[placed.option], -1)
        held = np.bincount(where[where >= 0], minlength=len(self.turns))
        if len(idle) < many or not held[idle].any():
            return None
        order = idle[np.lexsort((self.random.random(len(idle)), self.turns[idle]))]
        full = int(np.argmax(held[order] > 0))
        order = np.concatenate([order[[full]], np.delete(order, full)])[:many]
        order = order[: max(2, int((np.cumsum(held[order]) <= LARGEST).sum()))]
        pools = np.zeros(len(self.turns), bool)
        pools[order] = True
        items = pools[where] & (where >= 0)
        items[self._sample_unassigned(pools, lanes)] = True
        return extract_pools(placed, pools, np.flatnonzero(items))

    def _sample_unassigned(self, pools: Bools, lanes: int) -> Ints:
        """Return some unassigned items that could run on these pools."""
        problem, group = self.placed.problem, self.placed.group
        items = np.flatnonzero((self.placed.option < 0) & ~self.waiting)
        items = items[self.random.random(len(items)) * lanes < 1]
        option, of = options_of(problem, group[items])
        return items[np.bincount(of, pools[problem.pool[option]], len(items)) > 0]

    def _mark_busy(self, part: SubproblemPart, out: bool) -> None:
        """Mark a part's pools and unassigned items as out or returned."""
        self.busy[part.pools] = out
        self.waiting[part.items[part.option < 0]] = out

    def _receive(self, part: SubproblemPart, answer: Found | CallFailed | None) -> None:
        """Merge a worker's result."""
        self._mark_busy(part, False)
        if isinstance(answer, CallFailed):
            self.lost += 1
            if not self.answered and self.lost >= self.width:
                raise ExecutorLost(answer.why)
        elif answer is not None:
            self.answered += 1
            merge_part(self.placed, self.penalty, part, answer)

"""Annealing shared out over an executor: parts of what is placed go to workers, as many at a time as there are.

Here stays all that counts: what is placed, the prices, the bound. A worker is sent some pools with the items on them
(`large_scale.decomposition`) and answers with where it would run them. Parts that are out share no pool, so each answer
stands by itself; one that is lost or late costs its time. The next part takes pools that have been out least often.
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
    """Calls that have workers load, and compile if need be, what they will use; to be kept until they have."""
    calls = RetryingCalls[int](executor)
    with suppress(ExecutorLost):
        for at in range(num_workers(executor)):
            calls.send(at, kernels_ready)
    return calls


class DistributedAnnealing:
    """What is out, and how often each pool has been.

    Attributes
    ----------
    turns, busy : int64 and bool, shape (P,), by pool: how often it was out, and whether it is
    waits : bool, shape (I,), items without a place that are out
    """

    def __init__(self, placed: Assignment, executor: Executor, price: Callable[[], Floats], seed: int) -> None:
        self.placed, self.executor, self.price = placed, executor, price
        self.random = np.random.default_rng(seed)
        self.used = np.unique(placed.problem.pool)
        self.turns = np.zeros(int(self.used.max(initial=0)) + 1, np.int64)
        self.busy, self.waits = np.zeros(len(self.turns), bool), np.zeros(len(placed.group), bool)
        self.penalty = np.zeros(placed.problem.capacity.shape, np.float32)
        self.out = RetryingCalls[SubproblemPart](executor)
        self.width, self.counted = num_workers(executor), time.monotonic()
        self.answered, self.lost = 0, 0

    def run(self, seconds: float | None, over: Callable[[], bool]) -> None:
        """Parts, hot at first, then ever colder, for so many seconds; without them for so many moves of all items.

        By moves, parts are out in batches of one state, and what comes of it does not depend on the workers. Raises
        `ExecutorLost`.
        """
        begun = time.monotonic()
        try:
            while not over():
                if seconds is None:
                    if not len(self.out):
                        self._batch()
                elif (left := seconds - (time.monotonic() - begun)) > 0:
                    self._fill(seconds, left)
                else:
                    return
                if not len(self.out):
                    return
                for part, answer in self.out.answers(TICK):
                    self._hear(part, answer)
        finally:
            self.out.drop()

    def count(self) -> str:
        """What was done, in a line."""
        lost = f", {self.out.again + self.lost} asked again" if self.out.again + self.lost else ""
        return f"{self.answered} parts annealed by {self.width} workers{lost}"

    def _batch(self) -> None:
        """Parts of the state there is, by number of moves."""
        turns = PASSES * len(self.used)
        share = int(self.turns.sum()) / turns
        while share < 1 and len(self.out) < BATCH and (part := self._draw(BATCH)):
            self._send(part, share, 1 / PASSES, MOVES_EACH, by_clock=False)

    def _fill(self, seconds: float, left: float) -> None:
        """Keep all workers at work while that many seconds are left."""
        if time.monotonic() > self.counted + COUNT:
            self.width, self.counted = num_workers(self.executor), time.monotonic()
        while len(self.out) < self.width and (part := self._draw(self.width)):
            longest = min(max(LEAST, PART * seconds), (left - RETURNING) / (1 + SLOWER))
            effort = min(max(LEAST, EACH * len(part.items)), longest)
            if effort < SHORTEST:
                return
            self._send(part, 1 - left / seconds, effort / seconds, effort, by_clock=True)

    def _send(self, part: SubproblemPart, over: float, more: float, effort: float, by_clock: bool) -> None:
        """A part, when so much of all is over, for so much more."""
        self._mark(part, True)
        self.turns[part.pools] += 1
        seed, low = int(self.random.integers(2**31)), min(COLD, over / COOLED)
        heat = low, min(1.0, (over + more) / COOLED)
        self.out.send(part, anneal_part, part.packed(self.price(), self.penalty), heat, effort, by_clock, seed)

    def _draw(self, lanes: int) -> SubproblemPart | None:
        """Pools that have been out least often, and what runs there; None while too few are here or all are empty."""
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
        items[self._waiting(pools, lanes)] = True
        return extract_pools(placed, pools, np.flatnonzero(items))

    def _waiting(self, pools: Bools, lanes: int) -> Ints:
        """Some of the items that have no place and might run on these pools."""
        problem, group = self.placed.problem, self.placed.group
        items = np.flatnonzero((self.placed.option < 0) & ~self.waits)
        items = items[self.random.random(len(items)) * lanes < 1]
        option, of = options_of(problem, group[items])
        return items[np.bincount(of, pools[problem.pool[option]], len(items)) > 0]

    def _mark(self, part: SubproblemPart, out: bool) -> None:
        self.busy[part.pools] = out
        self.waits[part.items[part.option < 0]] = out

    def _hear(self, part: SubproblemPart, answer: Found | CallFailed | None) -> None:
        """What a worker says of a part."""
        self._mark(part, False)
        if isinstance(answer, CallFailed):
            self.lost += 1
            if not self.answered and self.lost >= self.width:
                raise ExecutorLost(answer.why)
        elif answer is not None:
            self.answered += 1
            merge_part(self.placed, self.penalty, part, answer)

"""Annealing distributed over an executor: each worker anneals a part of the assignment.

The assignment, the multipliers and the bound stay in this process. A worker gets some pools with their items
(`large_scale.decomposition`) and returns their new columns. Parts that are out share no pool, so each result is valid
by itself; a lost or late one costs its time. The next part takes the pools that have been out least often.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.large_scale.decomposition import (
    PartResult,
    SubproblemPart,
    anneal_part,
    extract_pools,
    kernels_ready,
    merge_part,
)
from leptonopt.algorithms.large_scale.staged_construction import Assignment
from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.restrict import options_of
from leptonopt.runtime.calls import CallFailed, ExecutorLost, RetryingCalls, num_workers
from leptonopt.runtime.deadline import Stopwatch


@dataclass(frozen=True)
class DistributionTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    tick: float = 0.05  # wait for results between two checks of the clock [s]
    count_interval: float = 2.0  # time between two counts of the workers [s]
    largest_part: int = 200_000  # items of a part with more than two pools
    item_seconds: float = 3e-4  # time per item of a part [s], a tenth of it for the transfer
    least_seconds: float = 1.0  # least time of a part [s]
    part_share: float = 0.125  # largest share of the time for one part
    shortest_seconds: float = 0.5  # parts with less time are not sent [s]
    transfer_seconds: float = 0.3  # time to send a part and receive its result [s]
    transfer_share: float = 0.05  # the same as a share of the part's own time
    cooled: float = 0.8  # share of the time after which the search is cold
    cold_start: float = 0.9  # share of the cooling schedule at which parts then begin
    batch: int = 8  # parts out at a time in deterministic mode, for any number of workers
    passes: int = 20  # times that each pool is out in deterministic mode
    item_moves: int = 250  # moves per item of a part in deterministic mode


TUNING = DistributionTuning()


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
        self.width, self.counted = num_workers(executor), Stopwatch()
        self.answered, self.lost = 0, 0

    def run(self, seconds: float | None, over: Callable[[], bool]) -> None:
        """Send parts from hot to cold for so many seconds, or without them for a number of moves of all items.

        By moves, parts are sent in batches from one state, so that the result does not depend on the workers. Raises
        `ExecutorLost`.
        """
        watch = Stopwatch()
        try:
            while not over():
                if seconds is None:
                    if not len(self.calls):
                        self._send_batch()
                elif (left := seconds - watch.seconds()) > 0:
                    self._fill_workers(seconds, left)
                else:
                    return
                if not len(self.calls):
                    return
                for part, answer in self.calls.answers(TUNING.tick):
                    self._receive(part, answer)
        finally:
            self.calls.drop()

    def summary(self) -> str:
        """Return one line on parts and retries."""
        lost = f", {self.calls.again + self.lost} repeated" if self.calls.again + self.lost else ""
        return f"{self.answered} parts annealed by {self.width} workers{lost}"

    def _send_batch(self) -> None:
        """Send a batch of parts of the current state, limited by moves."""
        turns = TUNING.passes * len(self.used)
        share = int(self.turns.sum()) / turns
        while share < 1 and len(self.calls) < TUNING.batch and (part := self._draw_part(TUNING.batch)):
            self._send(part, share, 1 / TUNING.passes, TUNING.item_moves, by_clock=False)

    def _fill_workers(self, seconds: float, left: float) -> None:
        """Send parts to all idle workers while so many seconds are left."""
        if self.counted.rings(TUNING.count_interval):
            self.width = num_workers(self.executor)
        while len(self.calls) < self.width and (part := self._draw_part(self.width)):
            longest = min(
                max(TUNING.least_seconds, TUNING.part_share * seconds),
                (left - TUNING.transfer_seconds) / (1 + TUNING.transfer_share),
            )
            effort = min(max(TUNING.least_seconds, TUNING.item_seconds * len(part.items)), longest)
            if effort < TUNING.shortest_seconds:
                return
            self._send(part, 1 - left / seconds, effort / seconds, effort, by_clock=True)

    def _send(self, part: SubproblemPart, over: float, more: float, effort: float, by_clock: bool) -> None:
        """Send a part when a share `over` of the search is over, for a further share `more`."""
        self._mark_busy(part, True)
        self.turns[part.pools] += 1
        seed, low = int(self.random.integers(2**31)), min(TUNING.cold_start, over / TUNING.cooled)
        progress = low, min(1.0, (over + more) / TUNING.cooled)
        self.calls.send(part, anneal_part, part.pack(self.price(), self.penalty), progress, effort, by_clock, seed)

    def _draw_part(self, lanes: int) -> SubproblemPart | None:
        """Return the idle pools least often out, with their items; None if they are too few or empty."""
        placed, problem = self.placed, self.placed.problem
        idle = self.used[~self.busy[self.used]]
        many = min(len(self.used), max(2, len(self.used) // lanes))
        where = np.where(placed.option >= 0, problem.pool[placed.option], -1)
        count = np.bincount(where[where >= 0], minlength=len(self.turns))
        if len(idle) < many or not count[idle].any():
            return None
        order = idle[np.lexsort((self.random.random(len(idle)), self.turns[idle]))]
        full = int(np.argmax(count[order] > 0))
        order = np.concatenate([order[[full]], np.delete(order, full)])[:many]
        order = order[: max(2, int((np.cumsum(count[order]) <= TUNING.largest_part).sum()))]
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

    def _receive(self, part: SubproblemPart, answer: PartResult | CallFailed | None) -> None:
        """Merge a worker's result."""
        self._mark_busy(part, False)
        if isinstance(answer, CallFailed):
            self.lost += 1
            if not self.answered and self.lost >= self.width:
                raise ExecutorLost(answer.why)
        elif answer is not None:
            self.answered += 1
            merge_part(self.placed, self.penalty, part, answer)

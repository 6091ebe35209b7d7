"""Iterated local search over orders of jobs: descents by insertions and swaps, random moves between.

An order is judged by its list schedule; see `heuristics.order_kernels`. The iteration is that of Lourenço, Martin and
Stützle (2003, doi:10.1007/0-306-48056-5_11): a new local optimum takes the place of the old one if it costs no more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.job_arrays import JobSet
from leptonopt.algorithms.heuristics.job_kernels import JobState
from leptonopt.algorithms.heuristics.order_kernels import KINDS, descend
from leptonopt.problem.arrays import Ints


@dataclass(frozen=True)
class OrderTuning:
    """Tuning constants with their units.

    Attributes
    ----------
    work : jobs placed in a call of the kernel, between two looks at the clock; about 4 us each with one option
    span : places by which a job moves at most, in long orders; in orders up to that length any move is tried
    starts : orders of least cost from which a descent begins
    kicks : random moves between two descents
    """

    work: int = 2_000
    span: int = 60
    starts: int = 3
    kicks: int = 4


TUNING = OrderTuning()


@dataclass(eq=False)
class LocalOptimum:
    """An order, its list schedule and its cost [money units], which is infinite before the first."""

    order: Ints
    state: JobState
    cost: float = math.inf


class OrderDescent:
    """Iterated local search over orders; deterministic for a seed and a number of placed jobs.

    Attributes
    ----------
    best : the best order so far; None before the first
    improved : called after a descent with the best order, if that is cheaper than before
    placed : jobs placed so far
    """

    def __init__(
        self,
        jobs: JobSet,
        seed: int,
        over: Callable[[], bool],
        improved: Callable[[LocalOptimum], object] = lambda _: None,
    ) -> None:
        self.jobs, self.over, self.improved, self.reported = jobs, over, improved, math.inf
        self.random = np.random.default_rng(seed)
        self.best: LocalOptimum | None = None
        self.placed = 0
        self.span = max(1, min(TUNING.span, len(jobs.penalty) - 1))

    def start(self, orders: Iterable[Ints]) -> list[LocalOptimum]:
        """List the jobs in each order; return the schedules, the cheapest first, and keep that as the best."""
        found = []
        for order in orders:
            held = LocalOptimum(order.copy(), self.jobs.state())
            self._call(held, np.zeros(2, np.int64), 0)
            found.append(held)
            if self.over():
                break
        found.sort(key=lambda held: held.cost)
        for held in found[:1]:
            self.keep(held)
        return found

    def _call(self, held: LocalOptimum, progress: Ints, work: int) -> None:
        jobs = self.jobs
        held.cost = float(descend(jobs.arrays, held.state, held.order, jobs.penalty, self.span, progress, work))
        self.placed += max(work, len(held.order))

    def descend(self, held: LocalOptimum) -> bool:
        """Descend to a local optimum; return False when the search is over before."""
        whole = self._descend(held)
        if self.best is not None and self.best.cost < self.reported:
            self.reported = self.best.cost
            self.improved(self.best)
        return whole

    def _descend(self, held: LocalOptimum) -> bool:
        progress = np.zeros(2, np.int64)
        while progress[1] < KINDS * len(held.order) * self.span:
            if self.over():
                return False
            self._call(held, progress, TUNING.work)
            self.keep(held)
        return True

    def keep(self, held: LocalOptimum) -> None:
        """Keep an order as the best if it is cheaper."""
        if self.best is None or held.cost < self.best.cost:
            state = held.state
            own = state._replace(option=state.option.copy(), start=state.start.copy())
            self.best = LocalOptimum(held.order.copy(), own, held.cost)

    def kicked(self, order: Ints) -> Ints:
        """Return an order after some random insertions."""
        new = order.tolist()
        for _ in range(TUNING.kicks):
            place = int(self.random.integers(len(new)))
            job = new.pop(place)
            shift = int(self.random.integers(-self.span, self.span + 1))
            new.insert(min(len(new), max(0, place + shift)), job)
        return np.array(new, np.int64)

    def run(self, orders: Iterable[Ints], most: int, idle: int) -> None:
        """Descend from the cheapest orders, then iterate until `idle` descents in a row gained nothing.

        most : jobs placed from which on no further descent begins
        """
        for held in self.start(orders)[: TUNING.starts]:
            if self.best is None or not self.descend(held):
                return
        turns = 0
        while turns < idle and self.best is not None and self.placed < most and not self.over():
            before = self.best.cost
            held = LocalOptimum(self.kicked(self.best.order), self.jobs.state())
            self._call(held, np.zeros(2, np.int64), 0)
            self.descend(held)
            turns = turns + 1 if self.best.cost >= before else 0
            if held.cost <= self.best.cost:
                self.best.order[:] = held.order

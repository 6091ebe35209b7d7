"""Repair and improvement of an assignment by ejection, until the time is up or nothing is gained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.pricing import group_least
from leptonopt.algorithms.large_scale.ejection_chain import AssignmentArrays, EjectionCosts, run_ejection_chains
from leptonopt.algorithms.large_scale.ejection_pool import make_queue, repair_by_ejection
from leptonopt.algorithms.large_scale.staged_construction import Assignment, price_prefix
from leptonopt.problem.arrays import Floats, Ints, pointers
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import column_costs
from leptonopt.runtime.deadline import Stopwatch


@dataclass(frozen=True)
class EjectionTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    mandatory_factor: float = 3.0  # leave-out cost of a mandatory item [cost of its dearest option]
    least_steps: int = 100  # steps of the first batch, and of any
    batch_seconds: float = 0.2  # time of a batch of steps [s]


TUNING = EjectionTuning()


def next_batch_size(steps: int, spent: float) -> int:
    """Return the number of steps to run at a time, given the seconds that so many took."""
    return int(min(2 * steps, max(TUNING.least_steps, steps * TUNING.batch_seconds / max(1e-4, spent))))


class EjectionSearch:
    """Ejection on an assignment.

    Attributes
    ----------
    delta : change of the true cost by all chains so far
    state : the assignment in the arrays that the chains change
    """

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
        self.state = self._make_state()
        self.all = np.arange(len(placed.group))

    def _prices(self, oracle: ClassPricer, price: Floats) -> EjectionCosts:
        """Return guiding costs at these multipliers, float, shape (K, T), with the true costs."""
        guide = price_prefix(self.problem, price)
        least = oracle.each(guide)
        cheapest = np.minimum(group_least(self.problem, least, np.inf), self.out)
        return EjectionCosts(guide, self._true, least, self._least_true, cheapest, self.out)

    def _make_state(self) -> AssignmentArrays:
        """Return the assignment as arrays, with room for more items on every pool."""
        placed = self.placed
        option, start, group = placed.option, placed.start, placed.group
        some = option >= 0
        pool = np.where(some, self.pool[np.maximum(option, 0)], 0)
        count = np.bincount(pool[some], minlength=self.pools)
        room = 2 * count + 64 + len(group) // max(1, self.pools)
        begin = pointers(room)[:-1]
        member, position = np.full(int(room.sum()), -1, np.int64), np.full(len(group), -1, np.int64)
        items = np.flatnonzero(some)
        items = items[np.argsort(pool[items], kind="stable")]
        at = begin[pool[items]] + np.arange(len(items)) - pointers(count)[pool[items]]
        member[at], position[items] = items, at
        excess = self.prices.out[group] - self.prices.cheapest[group]
        excess[items] = (
            column_costs(self.problem, option[items], start[items], self.prices.guide)
            - self.prices.cheapest[group[items]]
        )
        return AssignmentArrays(group, option, start, excess, member, begin, room, count, position, placed.free)

    def repair(self, over: Callable[[], bool], most: int | None = None) -> None:
        """Insert unassigned mandatory items by ejection, until none is left or `over` returns True.

        With `most`, run at most so many steps, in batches that do not depend on the clock.
        """
        items, optional = np.flatnonzero(self.placed.missing_mandatory()), self.problem.optional[self.placed.group]
        queue, steps = make_queue(items, optional), TUNING.least_steps
        while queue.begin[0] != queue.end[0] and not over() and (most is None or most > 0):
            watch, seed = Stopwatch(), int(self.random.integers(2**31))
            if not repair_by_ejection(
                self.placed.options, self.state, self.prices, self.pool, optional, queue, seed, steps
            ):
                self.state = self._make_state()
            if most is None:
                steps = next_batch_size(steps, watch.seconds())
            else:
                most -= steps

    def worthwhile_unplaced(self) -> Ints:
        """Return unassigned items whose leave-out cost exceeds their least guiding cost."""
        return np.flatnonzero((self.placed.option < 0) & (self.state.excess > 0))

    def run(self, trials: int, temperature: float, items: Ints | None = None) -> float:
        """Try chains at a temperature, from some items or from all; return the change of the true cost."""
        items = self.all if items is None else items
        changed = 0.0
        while trials > 0 and len(items):
            seed = int(self.random.integers(2**31))
            total, made = run_ejection_chains(
                self.placed.options, self.state, self.prices, self.pool, items, seed, trials, temperature
            )
            changed += total
            trials -= made
            if trials > 0:
                self.state = self._make_state()
        return changed


def leave_out_costs(problem: Problem, least: Floats) -> Floats:
    """Return the cost of leaving a copy out, float, shape (G,): its value, or a penalty if mandatory."""
    finite = np.where(np.isfinite(least), least, 0.0)
    dearest = -group_least(problem, -finite, 0.0)
    much = TUNING.mandatory_factor * np.abs(dearest) + float(np.abs(dearest).sum()) / max(1, len(dearest)) + 1.0
    return np.where(problem.optional, problem.value.astype(float), much)

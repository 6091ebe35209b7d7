"""Construction in stages, guided by a Lagrangian dual that is re-optimised between stages.

Each stage inserts the items of highest priority. The multipliers are then adjusted to the free capacity and the
items that are left. Items that would cost much more than their least reduced cost are left for a later stage, so that
they do not take capacity that others need more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, log

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import STEADY, DualAscent
from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.pricing import group_least
from leptonopt.algorithms.large_scale.batch_insertion import insert_in_batches
from leptonopt.algorithms.large_scale.kernels import OptionArrays, expand_items, insert_in_order, option_arrays
from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.restrict import restrict
from leptonopt.problem.schedule import Schedule


@dataclass(frozen=True)
class StageTuning:
    """Tuning constants with their units."""

    share: float = 0.1  # share of the unassigned volume that a stage inserts
    rounds: int = 25  # subgradient rounds between stages
    last_share: float = 0.02  # share of the volume left for the last stage
    overhead: int = 8  # time of the rest of a stage [subgradient rounds]
    patience: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3, 1.0, np.inf)
    # by pass of the last stage: items wait that cost so much more than their least reduced cost [share of it]
    dual_pace: float = 0.1  # step size of the dual between stages


TUNING = StageTuning()


@dataclass(frozen=True)
class StageSchedule:
    """Granularity of the construction.

    Attributes
    ----------
    share : share of the unassigned volume that a stage inserts
    rounds : subgradient rounds between stages
    """

    share: float = TUNING.share
    rounds: int = TUNING.rounds

    @property
    def stages(self) -> int:
        """Return the number of stages."""
        return 1 if self.share >= 1 else max(2, ceil(log(TUNING.last_share) / log(1 - self.share)))

    @classmethod
    def within(cls, seconds: float, each: float) -> StageSchedule:
        """Return a schedule that fits into so many seconds, given those of one subgradient round."""
        for share, rounds in ((0.1, 25), (0.15, 25), (0.2, 20), (0.3, 15), (0.5, 10)):
            if each * (rounds + TUNING.overhead) / share <= seconds:
                return cls(share, rounds)
        return cls(0.5, 5)


ONCE = StageSchedule(1.0, 0)


@dataclass(eq=False)
class Assignment:
    """Assignment of I items to columns.

    Attributes
    ----------
    group, option, start : int64, shape (I,); option and start are -1 while an item is unassigned
    free : int64, shape (K, T), free capacity [demand units]
    price : float, shape (K, T), multipliers on capacity by which it was built
    """

    problem: Problem
    options: OptionArrays
    group: Ints
    option: Ints
    start: Ints
    free: Ints
    price: Floats

    @classmethod
    def empty(cls, problem: Problem, price: Floats) -> Assignment:
        """Return an assignment without items in columns."""
        group = expand_items(problem)
        none = np.full(len(group), -1, np.int64)
        return cls(problem, option_arrays(problem), group, none, none.copy(), problem.capacity.copy(), price)

    def prefix(self) -> Floats:
        """Return prefix sums of prices with multipliers, float, shape (K, T + 1)."""
        return price_prefix(self.problem, self.price)

    def missing_mandatory(self) -> Bools:
        """Return which items are mandatory and unassigned, bool, shape (I,)."""
        return (self.option < 0) & ~self.problem.optional[self.group]

    def schedule(self) -> Schedule:
        """Return the assigned items as a schedule."""
        some = self.option >= 0
        return Schedule.of(self.option[some], self.start[some])


def price_prefix(problem: Problem, price: Floats) -> Floats:
    """Return prefix sums of prices plus multipliers, float, shape (K, T + 1)."""
    prefix = np.zeros((len(price), problem.slots + 1))
    np.cumsum(problem.price + price, axis=1, out=prefix[:, 1:])
    return prefix


def construct_in_stages(
    problem: Problem, ascent: DualAscent, stop: Callable[[], bool], pace: StageSchedule
) -> Assignment:
    """Return an assignment with every item inserted that finds a feasible column."""
    placed = Assignment.empty(problem, ascent.best_price)
    volume, option = group_volumes(problem)[placed.group], np.arange(problem.options)
    for turn in range(pace.stages):
        waiting = np.flatnonzero(placed.option < 0)
        if not len(waiting):
            break
        last = turn == pace.stages - 1 or stop()
        oracle = ascent.blocks
        assert isinstance(oracle, ClassPricer)
        _stage(placed, waiting, oracle, option, volume, 1.0 if last else pace.share)
        if last or not (left := np.flatnonzero(placed.option < 0)).size:
            break
        ascent, option = _tuned(placed, left, oracle, pace.rounds, stop)
        placed.price = ascent.best_price
    return placed


def _stage(placed: Assignment, waiting: Ints, oracle: ClassPricer, option: Ints, volume: Floats, share: float) -> None:
    """Insert a share of the unassigned volume; in the last stage insert all of it, in several passes."""
    problem, prefix = placed.problem, placed.prefix()
    each = np.full(problem.options, np.inf)
    each[option] = oracle.each(prefix)
    least = group_least(problem, each, np.inf)
    order = waiting[np.argsort(-group_ranks(problem, each, least)[placed.group[waiting]], kind="stable")]
    worth = np.where(problem.optional, problem.value.astype(float), np.inf)
    usual = np.minimum(least, worth)
    most = np.inf if share >= 1 else share * float(volume[waiting].sum())
    by = insert_in_order if oracle.fast else insert_in_batches
    for patience in TUNING.patience if share >= 1 else TUNING.patience[:1]:
        limit = worth if np.isinf(patience) else np.minimum(worth, usual + patience * np.abs(usual) + 1e-9)
        by(
            placed.options, order, placed.group, placed.free, prefix, each, limit[placed.group], volume, most,
            placed.option, placed.start,
        )  # fmt: skip
        order = order[placed.option[order] < 0]


def _tuned(
    placed: Assignment, left: Ints, oracle: ClassPricer, rounds: int, stop: Callable[[], bool]
) -> tuple[DualAscent, Ints]:
    """Return the dual for free capacity and unassigned items, and the options of these items."""
    problem = placed.problem
    copies = np.bincount(placed.group[left], minlength=problem.groups)
    rest, option = restrict(problem, copies > 0, placed.free, copies)
    pricer = ClassPricer(rest, fast=oracle.fast, threads=oracle.threads)
    ascent = DualAscent(rest, pricer, replace(STEADY, pace=TUNING.dual_pace), placed.price)
    for _ in range(rounds):
        if stop():
            break
        ascent.step()
    return ascent, option


def group_volumes(problem: Problem) -> Floats:
    """Return the least share of a limited row's capacity over time that an option uses, float, shape (G,)."""
    limited = np.where(problem.capacity < UNLIMITED, problem.capacity, 0).astype(float)
    total = np.where(limited.any(axis=1), limited.sum(axis=1), np.inf)
    of = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
    share = np.bincount(of, problem.demand / np.maximum(total[problem.demand_row], 1e-12), problem.options)
    least = group_least(problem, np.where(share > 0, share * problem.duration, np.inf), np.inf)
    return np.where(np.isfinite(least), least, 0.0)


def group_ranks(problem: Problem, each: Floats, least: Floats) -> Floats:
    """Return priorities, float, shape (G,), highest first: high regret, large demand, few columns."""
    finite = np.where(np.isfinite(each), each, 0.0)
    dearest = -group_least(problem, -finite, 0.0)
    loss = np.where(problem.optional, problem.value - least, dearest + np.maximum(0.0, dearest - least))
    mean = np.maximum(1.0, problem.capacity.mean(axis=1))
    of = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
    share = np.bincount(of, problem.demand / mean[problem.demand_row], problem.options)
    wide = -group_least(problem, -share, 0.0)
    starts = np.bincount(problem.group, problem.last - problem.first + 1, problem.groups)
    rank: Floats = np.where(np.isfinite(loss), loss, 0.0) * np.sqrt(wide + 1e-9) / np.sqrt(np.maximum(1.0, starts))
    return rank

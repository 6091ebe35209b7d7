"""Placement in stages: prices, then the items that pay most by them, then prices for what is left, and again.

After each stage the prices are tuned again on what is free and on those that wait. Items that would cost more than the
prices say they need to wait for a later stage, so that early ones do not take what others need more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, log

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.capacity_dual import STEADY, DualAscent
from leptonopt.algorithms.lagrangian.class_pricing import ClassPricer
from leptonopt.algorithms.lagrangian.pricing import group_least
from leptonopt.algorithms.large_scale.batch_insertion import place_in_batches
from leptonopt.algorithms.large_scale.kernels import OptionArrays, expand_items, insert_in_order, option_arrays
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.restrict import restrict
from leptonopt.problem.schedule import Schedule

Floats = NDArray[np.float64]
SHARE = 0.1  # of the volume that waits is placed in a stage
PASSES = (0.01, 0.03, 0.1, 0.3, 1.0, np.inf)  # an item waits that would cost so much more than its least by prices
ROUNDS = 25  # of prices between stages
LAST = 0.02  # of the volume is left for the last stage
OTHER = 8  # rounds of prices that the rest of a stage takes as long as


@dataclass(frozen=True)
class StageSchedule:
    """How finely it is staged: the share of what waits that a stage places, and rounds of prices between stages."""

    share: float = SHARE
    rounds: int = ROUNDS

    @property
    def stages(self) -> int:
        """How many stages there are."""
        return 1 if self.share >= 1 else max(2, ceil(log(LAST) / log(1 - self.share)))

    @classmethod
    def within(cls, seconds: float, each: float) -> StageSchedule:
        """What takes so many seconds, where a round of prices for all items takes `each`."""
        for share, rounds in ((0.1, 25), (0.15, 25), (0.2, 20), (0.3, 15), (0.5, 10)):
            if each * (rounds + OTHER) / share <= seconds:
                return cls(share, rounds)
        return cls(0.5, 5)


ONCE = StageSchedule(1.0, 0)


@dataclass(eq=False)
class Assignment:
    """Items with a place or without.

    Attributes
    ----------
    group, option, start : int64, shape (I,), by item; -1 while it has no place
    free : int64, shape (K, T)
    price : float, shape (K, T), multipliers on capacity by which it was placed
    """

    problem: Problem
    ways: OptionArrays
    group: Ints
    option: Ints
    start: Ints
    free: Ints
    price: Floats

    @classmethod
    def nothing(cls, problem: Problem, price: Floats) -> Assignment:
        """No item has a place."""
        group = expand_items(problem)
        none = np.full(len(group), -1, np.int64)
        return cls(problem, option_arrays(problem), group, none, none.copy(), problem.capacity.copy(), price)

    def prefix(self) -> Floats:
        """float, shape (K, T + 1): prefix sums of prices with multipliers."""
        return price_prefix(self.problem, self.price)

    def lacking(self) -> Bools:
        """bool, shape (I,): items without a place that must have one."""
        return (self.option < 0) & ~self.problem.optional[self.group]

    def schedule(self) -> Schedule:
        """What has a place."""
        some = self.option >= 0
        return Schedule.of(self.option[some], self.start[some])


def price_prefix(problem: Problem, price: Floats) -> Floats:
    """float, shape (K, T + 1)."""
    prefix = np.zeros((len(price), problem.slots + 1))
    np.cumsum(problem.price + price, axis=1, out=prefix[:, 1:])
    return prefix


def construct_in_stages(
    problem: Problem, ascent: DualAscent, stop: Callable[[], bool], pace: StageSchedule
) -> Assignment:
    """Everything placed that finds a place."""
    placed = Assignment.nothing(problem, ascent.best_price)
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
    """A share of those that wait finds a place; all of them in the last stage, in several passes."""
    problem, prefix = placed.problem, placed.prefix()
    each = np.full(problem.options, np.inf)
    each[option] = oracle.each(prefix)
    least = group_least(problem, each, np.inf)
    order = waiting[np.argsort(-group_ranks(problem, each, least)[placed.group[waiting]], kind="stable")]
    worth = np.where(problem.optional, problem.value.astype(float), np.inf)
    usual = np.minimum(least, worth)
    most = np.inf if share >= 1 else share * float(volume[waiting].sum())
    by = insert_in_order if oracle.fast else place_in_batches
    for patience in PASSES if share >= 1 else PASSES[:1]:
        limit = np.minimum(worth, usual + patience * np.abs(usual) + 1e-9)
        by(
            placed.ways, order, placed.group, placed.free, prefix, each, limit[placed.group], volume, most,
            placed.option, placed.start,
        )  # fmt: skip
        order = order[placed.option[order] < 0]


def _tuned(
    placed: Assignment, left: Ints, oracle: ClassPricer, rounds: int, stop: Callable[[], bool]
) -> tuple[DualAscent, Ints]:
    """Prices for what is free and for the items that are left, and the options that those have."""
    problem = placed.problem
    copies = np.bincount(placed.group[left], minlength=problem.groups)
    rest, option = restrict(problem, copies > 0, placed.free, copies)
    pricer = ClassPricer(rest, fast=oracle.fast, threads=oracle.threads)
    ascent = DualAscent(rest, pricer, replace(STEADY, pace=0.1), placed.price)
    for _ in range(rounds):
        if stop():
            break
        ascent.step()
    return ascent, option


def group_volumes(problem: Problem) -> Floats:
    """float, shape (G,): the least share of a limited pool's capacity over time that an option takes."""
    limited = np.where(problem.capacity < UNLIMITED, problem.capacity, 0).astype(float)
    total = np.where(limited.any(axis=1), limited.sum(axis=1), np.inf)
    of = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
    share = np.bincount(of, problem.demand / np.maximum(total[problem.demand_row], 1e-12), problem.options)
    least = group_least(problem, np.where(share > 0, share * problem.duration, np.inf), np.inf)
    return np.where(np.isfinite(least), least, 0.0)


def group_ranks(problem: Problem, each: Floats, least: Floats) -> Floats:
    """float, shape (G,): who goes first: much to lose, large against its pools, few columns."""
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

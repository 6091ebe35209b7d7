"""Multipliers from linear relaxations: column generation over buckets of slots that get narrower.

A relaxation over few columns, with the rows of capacity summed over buckets (`lagrangian.relaxation`), is solved in
tenths of a second. Its duals are judged on all columns, the columns that they make cheapest join (Gilmore and Gomory
1961, doi:10.1287/opre.9.6.849), and so on until the value of the relaxation and the bound agree. Some rounds of the
ascent follow, and buckets are halved. Where the whole relaxation is small it is solved next, at once.

Duals of a relaxation jump from round to round. Points between them and the best multipliers are judged too (Wentges
1997, doi:10.1016/S0969-6016(97)00001-4), and the best of all leads to the next columns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.lagrangian.capacity_dual import DualAscent
from leptonopt.algorithms.lagrangian.pricing import BlockPricer
from leptonopt.algorithms.lagrangian.relaxation import relaxation_duals
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.problem import Problem, StartColumns, held_entries
from leptonopt.problem.protocol import Limits
from leptonopt.problem.size import problem_size
from leptonopt.runtime.deadline import Deadline, Stopwatch


@dataclass(frozen=True)
class GenerationParameters:
    """Constants of the column generation; `docs/explanation/bounds.md` has the measurements.

    Attributes
    ----------
    first : columns of the first relaxation at most; it sets the width of the first buckets
    whole : nonzeros up to which the whole relaxation is solved at once: 2.1 s for 1.75 million
    small : nonzeros up to which nothing else is done before that: 0.3 s for 316,000
    rounds : relaxations of one width at most
    worth : share of its distance to the bound that a relaxation has to gain for another to follow
    equal : relative distance of the last relaxation and the bound at which no multipliers are better
    close : relative distance of relaxation and bound at which a width is done, and relative gain of a width below
        which no narrower one follows
    joining : columns that join in a round at most
    points : shares of the way from the best multipliers to the new duals that are judged
    near : a column joins when its reduced cost is at most so many times the mean distance per group
    shortest : seconds that a relaxation may take at least; later ones may take as long as all before
    share : of the time left that a relaxation of single slots may take
    iterations : of the simplex method in a relaxation at most, where no clock decides
    before, bursts : rounds of the ascent before the first relaxation, and between two widths, at most
    check : rounds between two looks at their gain
    slope, steep : relative gain at which they end; `steep` before the first relaxation
    pace : their first step [levels per round]
    nonzeros : of relaxations for a second of effort; HiGHS solves three times as many on a free core
    """

    first: int = 6_000
    whole: int = 2_500_000
    small: int = 500_000
    rounds: int = 8
    worth: float = 0.1
    equal: float = 1e-7
    close: float = 2e-4
    joining: int = 10_000
    points: tuple[float, ...] = (1.0, 0.5, 0.25, 0.1)
    near: float = 20.0
    shortest: float = 2.0
    share: float = 0.5
    iterations: int = 30_000
    before: int = 150
    bursts: int = 90
    check: int = 15
    slope: float = 5e-4
    steep: float = 2e-3
    pace: float = 1.0
    nonzeros: int = 300_000


TUNING = GenerationParameters()


@dataclass(frozen=True)
class GenerationLimits:
    """State when a column generation ends.

    Attributes
    ----------
    deadline : the end of its time; never where no clock decides
    stop : asked between two steps
    judged : called after each relaxation and each burst of rounds
    nonzeros : of all relaxations together at most
    """

    deadline: Deadline
    stop: Callable[[], bool] = lambda: False
    judged: Callable[[], None] = lambda: None
    nonzeros: float = np.inf

    @classmethod
    def of(
        cls, limits: Limits, share: float, stop: Callable[[], bool], judged: Callable[[], None] = lambda: None
    ) -> GenerationLimits:
        """Return the limits of a method that spends a share of its time or effort here."""
        if limits.deterministic:
            return cls(Deadline.never(), stop, judged, share * limits.effort * TUNING.nonzeros)
        return cls(limits.start().share(share), stop, judged)

    def over(self) -> bool:
        """Return True when the time is up."""
        return self.stop() or self.deadline.expired()


class ColumnGeneration:
    """Column generation for the multipliers of an ascent.

    Attributes
    ----------
    ascent : holds the best multipliers; every point is judged by it
    width : slots of a bucket now
    key : int64, shape (C,), option * slots + start of the columns of the relaxation, ascending
    solved : relaxations solved so far
    last : multipliers of the last relaxation
    distance : relative distance of the last relaxation and the best value; the width is done at 0 or below
    """

    def __init__(self, ascent: DualAscent, pricer: BlockPricer, limits: GenerationLimits) -> None:
        self.ascent, self.problem, self.pricer, self.limits = ascent, ascent.problem, pricer, limits
        self.width, self.solved, self.spent, self.watch = 1, 0, 0, Stopwatch()
        self.key: Ints = np.zeros(0, np.int64)
        self.distance = np.inf
        self.last = ascent.price, ascent.weight

    def run(self) -> bool:
        """Generate until nothing more is gained; True when no multipliers have a higher value."""
        ascent, problem = self.ascent, self.problem
        start = ascent.judge(ascent.price, ascent.weight)
        self._ascend(TUNING.before, TUNING.steep)
        starts = int((problem.last - problem.first + 1).sum())
        while starts > TUNING.first * self.width:
            self.width *= 2
        while (value := self._begin()) is None:
            if self.limits.over() or self.width >= problem.slots:
                return False
            self.width *= 2
        size, before = problem_size(problem).nonzeros, -np.inf
        while self.width > 1 and not self.limits.over():
            if size > TUNING.small:
                if not self._converge(value):
                    return False
                self._burst()
            small = TUNING.close * abs(ascent.best)
            if size > TUNING.whole and ascent.best - before <= small < ascent.best - start:
                return False
            before = ascent.best
            self._narrow(whole=size <= TUNING.whole)
            if (found := self._relax()) is None:
                return False
            value = found
        if self.width == 1:
            self._converge(value)
        return self.width == 1 and self.distance <= TUNING.equal

    def _begin(self) -> float | None:
        """Solve the first relaxation, over the cheapest column of each option and bucket."""
        prefix, once = self._prefix(self.ascent.best_price, self.ascent.best_weight)
        self.key = np.sort(cheapest_by_bucket(self.pricer, prefix, once, self.width)[0])
        return self._relax()

    def _narrow(self, whole: bool) -> None:
        """Choose the next width, and the columns to begin with: all, where the whole relaxation is small."""
        if whole:
            columns = self.problem.columns
            self.width, self.key = 1, columns.option * self.problem.slots + columns.start
        else:
            self.width //= 2
            self.key = self._joined(0.0)

    def _converge(self, value: float) -> bool:
        """Let columns join and solve again until the width gains little; False when a relaxation is too hard."""
        for _ in range(TUNING.rounds):
            best, known = self.ascent.best, len(self.key)
            if self.distance <= TUNING.close or self.limits.over():
                break
            self.key = self._joined(value - best)
            if len(self.key) == known:
                break
            if (found := self._relax()) is None:
                return False
            value = found
            if self.ascent.best - best < TUNING.worth * (value - best):
                break
        return True

    def _relax(self) -> float | None:
        """Solve the relaxation over the columns there are, judge its duals, and return its value."""
        option, start = np.divmod(self.key, self.problem.slots)
        columns = StartColumns(option, start, column_costs(self.problem, option, start))
        left = self.limits.deadline.left()
        clocked = np.isfinite(left)
        most = TUNING.share * left if self.width == 1 else self.watch.seconds()
        seconds = min(left, max(TUNING.shortest, most)) if clocked else None
        held = np.diff(self.problem.demand_ptr)[option] * (self.problem.duration[option] // self.width + 1)
        self.spent += int(held.sum()) + len(held)
        if self.spent > self.limits.nonzeros:
            return None
        duals = relaxation_duals(self.problem, seconds, columns, self.width, iterations=TUNING.iterations)
        if duals is None:
            return None
        self.solved += 1
        self.last = duals.capacity, np.where(self.ascent.quotas.usable, duals.quota, 0.0)
        self._judge(*self.last)
        self.distance = (duals.value - self.ascent.best) / max(1.0, abs(duals.value))
        self.limits.judged()
        return duals.value

    def _judge(self, price: Floats, weight: Floats) -> None:
        """Judge new duals, and points between them and the best multipliers so far."""
        old, old_weight = self.ascent.best_price, self.ascent.best_weight
        for share in TUNING.points:
            self.ascent.judge(share * price + (1 - share) * old, share * weight + (1 - share) * old_weight)

    def _burst(self) -> None:
        """Ascend for some rounds from the best multipliers."""
        self.ascent.polish(TUNING.pace)
        self._ascend(TUNING.bursts, TUNING.slope)

    def _ascend(self, rounds: int, slope: float) -> None:
        """Ascend for some rounds, while they gain something."""
        before = self.ascent.best
        for turn in range(1, rounds + 1):
            self.ascent.step()
            if turn % TUNING.check == 0:
                if self.ascent.best - before <= slope * abs(before):
                    break
                before = self.ascent.best
                self.limits.judged()
            if self.limits.over():
                break
        self.limits.judged()

    def _prefix(self, price: Floats, weight: Floats) -> tuple[Floats, Floats | None]:
        """Return prefix sums of prices with multipliers, and the extra cost of options."""
        problem, quotas = self.problem, self.ascent.quotas
        prefix = np.zeros((len(problem.price), problem.slots + 1))
        np.cumsum(problem.price + price + quotas.rates(weight), axis=1, out=prefix[:, 1:])
        return prefix, quotas.once(weight)

    def _joined(self, distance: float) -> Ints:
        """Return the columns there are and those within reach of a distance to the bound.

        Reduced costs are those at the best multipliers, and at the duals of the last relaxation.
        """
        near = TUNING.near * max(0.0, distance) / max(1, self.problem.groups)
        found = [self.key]
        for price, weight in ((self.ascent.best_price, self.ascent.best_weight), self.last):
            key, above = cheapest_by_bucket(self.pricer, *self._prefix(price, weight), self.width)
            fresh = (above <= near) & ~np.isin(key, self.key)
            key, above = key[fresh], above[fresh]
            found.append(key[np.argsort(above, kind="stable")[: TUNING.joining]])
        return np.unique(np.concatenate(found))


def cheapest_by_bucket(pricer: BlockPricer, prefix: Floats, once: Floats | None, width: int) -> tuple[Ints, Floats]:
    """Return the cheapest column of each option and bucket, and what it costs above its group's cheapest.

    Columns are keys, option * slots + start; buckets are of `width` slots, prices given by their prefix sums.
    """
    problem = pricer.problem
    keys, costs = [np.zeros(0, np.int64)], [np.zeros(0)]
    for at, table in pricer.tables(prefix, once):
        block, size = pricer.blocks[at], table.shape[1]
        cuts = np.unique(np.concatenate([[0], np.arange(-block.low % width, size, width)]))
        least = np.minimum.reduceat(table, cuts, axis=1)
        equal = np.repeat(least, np.diff(np.append(cuts, size)), axis=1) == table
        start = np.minimum.reduceat(np.where(equal, np.arange(size), size), cuts, axis=1)
        row, bucket = np.nonzero(np.isfinite(least))
        keys.append(block.options[row] * problem.slots + start[row, bucket] + block.low)
        costs.append(least[row, bucket])
    key, cost = np.concatenate(keys), np.concatenate(costs)
    group = problem.group[key // problem.slots]
    best = np.full(problem.groups, np.inf)
    np.minimum.at(best, group, cost)
    return key, cost - best[group]


def column_costs(problem: Problem, option: Ints, start: Ints) -> Ints:
    """Return the exact cost of one copy of columns, int64, shape (C,)."""
    at, of = held_entries(problem, option)
    row, begin = problem.demand_row[at], start[of]
    end = begin + problem.duration[option][of]
    held = np.zeros(len(option), np.int64)
    np.add.at(held, of, problem.demand[at] * (problem.price_sum[row, end] - problem.price_sum[row, begin]))
    late = problem.late(problem.group[option], start + problem.duration[option])
    cost: Ints = problem.fixed[option] + held + late
    return cost

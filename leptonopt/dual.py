"""Prices on capacity: the Lagrangian dual of the capacity rows, and exact bounds from it.

With multipliers u >= 0 on the rows of capacity, every group takes its cheapest column on its own:

    L(u) = sum_g copies[g] min(value[g] if optional, min_{o, s} cost[o, s] + sum u over what it holds)
           - sum_{k, t} u[k, t] capacity[k, t]   <=  optimum          (precedence is left out)

A column that does not fit the capacity alone is no column. The ascent is Adam (Kingma and Ba, 2015,
arXiv:1412.6980) on the subgradient usage - capacity, projected on u >= 0, with a step per row in
the unit of that row's own price level that gets shorter while nothing is gained. Bounds are computed
again in integers, so no float is trusted: any u >= 0 gives a valid one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from leptonopt.placing import Guide
from leptonopt.pricing import NEVER, Blocks, group_least
from leptonopt.problem import UNLIMITED, Ints, Problem

Floats = NDArray[np.float64]
FINEST = 1 << 20  # multipliers are multiples of one money unit over at most this
DECAY_1, DECAY_2 = 0.9, 0.99
PATIENCE, SHORTER, LONG = 5, 0.75, 40
STREAK, LONGER, FASTEST = 15, 1.1, 50.0


class Ascent:
    """Multipliers on their way up.

    Attributes
    ----------
    price : float, shape (K, T) [money units per demand unit and slot], the multipliers now
    best_price, best : those with the highest value so far, and that value
    values : the value of every round
    """

    def __init__(self, problem: Problem, blocks: Blocks, pace: float = 0.3) -> None:
        self.problem, self.blocks, self.pace = problem, blocks, pace
        self.limited = problem.capacity < UNLIMITED
        self.capacity = np.where(self.limited, problem.capacity, 0).astype(float)
        self.price = np.zeros(problem.capacity.shape)
        self.best_price, self.best = self.price, -np.inf
        self.values: list[float] = []
        self._base = np.zeros((len(problem.price), problem.slots + 1))
        self._mean, self._square = np.zeros_like(self.price), np.zeros_like(self.price)
        self._level: Floats | None = None
        self._since, self._streak = 0, 0

    def step(self) -> float:
        """One round: the value at the multipliers now, then a step along the subgradient."""
        problem = self.problem
        np.cumsum(problem.price + self.price, axis=1, out=self._base[:, 1:])
        cost, start = self.blocks.priced(self._base)
        cheapest = group_least(problem, cost, np.inf)
        best = np.where(problem.optional, np.minimum(cheapest, problem.value), cheapest)
        takes = np.isfinite(cheapest) & (~problem.optional | (cheapest < problem.value))
        chosen = self._chosen(cost, cheapest, takes)
        value = float((best * problem.copies)[problem.copies > 0].sum() - (self.price * self.capacity).sum())
        self.values.append(value)
        self._judge(value)
        self._move(self._usage(chosen, start), best)
        return value

    def slope(self, rounds: int) -> float:
        """Relative gain of the best value over the last rounds; infinite while there are fewer."""
        if len(self.values) <= rounds:
            return float("inf")
        before = max(self.values[:-rounds])
        return (self.best - before) / max(1.0, abs(self.best))

    def scale(self) -> int:
        """The finest power of two over which multipliers can be whole without overflow; 0 if none can."""
        problem = self.problem
        top = np.abs(problem.price + self.best_price).max(axis=1, initial=0.0) + 1.0
        held = np.zeros(problem.options)
        of_option = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
        np.add.at(held, of_option, problem.demand * top[problem.demand_row])
        late = float(np.abs(problem.late_slope).max(initial=0)) * problem.slots
        most = (held * problem.duration + np.abs(problem.fixed)).max(initial=1.0) + late
        singles = np.concatenate([problem.value, problem.late_base])
        most = max(most, float(top.max(initial=0.0)) * (problem.slots + 1), float(np.abs(singles).max(initial=0)))
        scale = FINEST
        while scale and most * scale > 2**58:
            scale //= 2
        return scale

    def multipliers(self, scale: int) -> Ints:
        """int64, shape (K, T): the best multipliers, each a multiple of 1/scale money units."""
        return np.where(self.limited, np.rint(self.best_price * scale), 0).astype(np.int64)

    def exact(self) -> int | None:
        """The bound at the best multipliers, in integers alone.

        None when a group has no column, or when int64 cannot hold the sums.
        """
        if not (scale := self.scale()):
            return None
        return exact_bound(self.problem, self.blocks, self.multipliers(scale), scale)

    def guide(self) -> Guide:
        """Costs with the best multipliers added; the bare costs when int64 cannot hold the sums."""
        if not (scale := self.scale()):
            return Guide.true(self.problem, self.blocks)
        prefix = priced_prefix(self.problem, self.multipliers(scale), scale)
        return Guide(self.problem, prefix, self.blocks.cheapest(prefix, scale)[0], scale)

    def _judge(self, value: float) -> None:
        """Keeps the best; after a few rounds without gain, back to it with shorter steps.

        Longer steps after many gains in a row: prices that matter may lie far above the usual cost.
        """
        self._since += 1
        self._streak = self._streak + 1 if value > self.best else 0
        if self._streak >= STREAK:
            self.pace = min(self.pace * LONGER, FASTEST)
        if value > self.best:
            self.best, self.best_price, self._since = value, self.price.copy(), 0
        elif self._since >= PATIENCE:
            self.price, self._since = self.best_price.copy(), 0
            self.pace *= SHORTER

    def _chosen(self, cost: Floats, cheapest: Floats, takes: NDArray[np.bool_]) -> Ints:
        """One cheapest option of every group that runs."""
        group = self.problem.group
        hits = np.flatnonzero((cost == cheapest[group]) & takes[group])
        _, first = np.unique(group[hits], return_index=True)
        return hits[first]

    def _usage(self, chosen: Ints, start: Ints) -> Floats:
        problem = self.problem
        held = np.diff(problem.demand_ptr)[chosen]
        at = np.repeat(problem.demand_ptr[chosen] - np.concatenate([[0], np.cumsum(held)[:-1]]), held)
        at = (at + np.arange(len(at))).astype(np.int64)
        rows, begin = problem.demand_row[at], np.repeat(start[chosen], held)
        amount = problem.demand[at] * np.repeat(problem.copies[problem.group[chosen]], held).astype(float)
        width = problem.slots + 1
        end = begin + np.repeat(problem.duration[chosen], held)
        size = len(problem.capacity) * width
        change = np.bincount(rows * width + begin, amount, size) - np.bincount(rows * width + end, amount, size)
        used: Floats = np.cumsum(change.reshape(-1, width), axis=1)[:, :-1]
        return used

    def _move(self, usage: Floats, best: Floats) -> None:
        if self._level is None:
            self._level = self._levels(best)
        slack = np.where(self.limited, usage - self.capacity, 0.0) / np.maximum(1.0, self.capacity)
        turn = len(self.values)
        self._mean += (1 - DECAY_1) * (slack - self._mean)
        self._square += (1 - DECAY_2) * (slack**2 - self._square)
        ahead = self._mean / (1 - DECAY_1**turn)
        size = np.sqrt(self._square / (1 - DECAY_2**turn)) + 1e-9
        rate = self.pace / (1 + turn / LONG)
        self.price = np.where(self.limited, np.maximum(0.0, self.price + rate * self._level * ahead / size), 0.0)

    def _levels(self, best: Floats) -> Floats:
        """float, shape (K, 1): what a unit of each row costs per slot, taken from the cheapest columns."""
        problem = self.problem
        counts = np.diff(problem.demand_ptr)
        of_option = np.repeat(np.arange(problem.options), counts)
        cost = np.abs(np.where(np.isfinite(best), best, 0.0))[problem.group] + 1e-9
        per_unit = cost[of_option] / np.maximum(1.0, problem.demand * problem.duration[of_option])
        level = np.ones((len(problem.capacity), 1))
        for row in range(len(level)):
            mine = per_unit[problem.demand_row == row]
            if len(mine):
                level[row] = max(float(np.median(mine)), 1e-6)
        return level


def priced_prefix(problem: Problem, multipliers: Ints, scale: int) -> Ints:
    """int64, shape (K, T + 1): prefix sums of scale x price + multipliers."""
    prefix = np.zeros((len(multipliers), problem.slots + 1), np.int64)
    np.cumsum(problem.price * scale + multipliers, axis=1, out=prefix[:, 1:])
    return prefix


def exact_bound(problem: Problem, blocks: Blocks, multipliers: Ints, scale: int) -> int | None:
    """L(multipliers / scale), rounded up, in integers alone; None when a group has no column."""
    least = blocks.cheapest(priced_prefix(problem, multipliers, scale), scale)[0]
    best = group_least(problem, least, NEVER)
    if np.any((best == NEVER) & ~problem.optional & (problem.copies > 0)):
        return None
    best = np.where(problem.optional, np.minimum(best, problem.value * scale), best)
    total = sum(cost * count for cost, count in zip(best.tolist(), problem.copies.tolist(), strict=True) if count)
    priced = np.flatnonzero(multipliers)
    flat, capacity = multipliers.ravel()[priced].tolist(), problem.capacity.ravel()[priced].tolist()
    total -= sum(price * room for price, room in zip(flat, capacity, strict=True))
    return -int(-total // scale)

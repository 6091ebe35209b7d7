"""Define savings plans: money committed in steps, and what use costs beyond lower prices.

Filling the largest discount first is a fractional knapsack: no other way to spend the commitment costs less (Dantzig
1957), nor where several plans are filled one after the other, in an order of Hoffman's (1963). So the cost of a window
is the least of a linear program, and by its dual the largest of a few linear functions of use and commitment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from operator import mul
from typing import Any

import numpy as np

from leptonopt.problem.arrays import Ints


@dataclass(frozen=True, eq=False)
class SavingsWindow:
    """The cost of use in a window beyond lower prices: J linear functions of K uses and P steps.

    Attributes
    ----------
    meters : int64, shape (K,), numbers of the meters that count what is covered
    price : int64, shape (J, K) [money units per unit of use]
    step : int64, shape (J, P) [money units per step committed]
    base : int64, shape (J,) [money units]
        The cost is the largest of price @ use + step @ steps + base.
    """

    meters: Ints
    price: Ints
    step: Ints
    base: Ints

    def most(self, limits: Ints, steps: Ints) -> int:
        """Return a limit on the cost, where so much of each meter can be used, and so many steps committed."""
        own = np.maximum(0, self.price) @ limits[self.meters]
        return int(max(0, (own + np.maximum(0, self.step) @ steps + self.base).max()))

    def cost(self, used: Sequence[int], steps: Sequence[int]) -> int:
        """Return the cost of what is used of all meters, where so many steps are committed [money units]."""
        own, many = [used[at] for at in self.meters.tolist()], [int(each) for each in steps]
        lines = zip(self.price.tolist(), self.step.tolist(), self.base.tolist(), strict=True)
        found = (sum(map(mul, prices, own)) + sum(map(mul, step, many)) + base for prices, step, base in lines)
        return int(max(0, *found))


@dataclass(frozen=True, eq=False)
class Savings:
    """A savings plan, or several over the same things, and their windows.

    Attributes
    ----------
    steps : int64, shape (P,), what can be committed at most at each start, for the windows of its term
    windows : one for each clock hour
    """

    steps: Ints
    windows: tuple[SavingsWindow, ...]

    def best_steps(self, used: Sequence[int]) -> Ints:
        """Return numbers of steps at which all windows cost least."""
        return cheapest_steps(self._fixed(used), self._lines[2], self.steps)

    @cached_property
    def _lines(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return meters (W, K), prices (W, J, K), steps (W, J, P) and bases (W, J) of all windows, int64."""
        parts = ([getattr(each, name) for each in self.windows] for name in ("meters", "price", "step", "base"))
        meters, price, step, base = (np.array(part, np.int64) for part in parts)
        return meters, price, step, base

    def _fixed(self, used: Sequence[int]) -> Ints:
        """Return the lines of all windows without steps, int64, shape (W, J)."""
        meters, price, _, base = self._lines
        fixed: Ints = np.einsum("wjk,wk->wj", price, np.array(used, np.int64)[meters]) + base
        return fixed

    def at(self, used: Sequence[int], steps: Sequence[int]) -> int:
        """Return the cost of all windows, where so many steps are committed [money units]."""
        return int(_cost(self._fixed(used) + self._lines[2] @ np.asarray(steps)))

    def cost(self, used: Sequence[int]) -> int:
        """Return the cost of all windows with the best commitment [money units]."""
        fixed, step = self._fixed(used), self._lines[2]
        return int(_cost(fixed + step @ cheapest_steps(fixed, step, self.steps)))


def _cost(lines: Any) -> Any:
    """Return the sum over windows of the largest line, at least 0; lines have shape (W, J) or (W, J, M)."""
    return np.maximum(0, lines.max(axis=1)).sum(axis=0)


def cheapest_steps(fixed: Any, step: Any, most: Ints) -> Ints:
    """Return steps, int64, shape (P,), at which the sum over windows of the largest line is least.

    fixed, step : shapes (W, J) and (W, J, P), whole numbers; lines are fixed + step @ steps

    Starts have one term and ascend, so that each window counts a range of them. Then the cost is an L-natural-convex
    function of the sums of the first steps, and steepest descent by sets of these ends at the least cost (Murota 2003,
    doi:10.1137/1.9780898718508).
    """
    if not len(most):
        return most
    if len(most) == 1:
        return np.array([_cheapest_number(fixed, step[:, :, 0], int(most[0]))])
    steps, stride = np.zeros(len(most), np.int64), 1 << max(0, int(most.max(initial=1)).bit_length() - 1)
    moves = _moves(len(most))
    rises = step @ moves
    best = _cost(fixed)
    while stride:
        tried = steps[:, None] + stride * moves
        fits = np.flatnonzero(((tried >= 0) & (tried <= most[:, None])).all(axis=0))
        costs = _cost((fixed + step @ steps)[:, :, None] + stride * rises[:, :, fits])
        if len(fits) and costs.min() < best:
            steps, best = tried[:, fits[int(costs.argmin())]], costs.min()
        else:
            stride //= 2
    return steps


def _moves(many: int) -> Ints:
    """Return changes of steps that raise or lower some sums of the first ones by 1, shape (P, M)."""
    sums = np.array([some for some in product((0, 1), repeat=many) if any(some)], np.int64).reshape(-1, many)
    up = np.diff(sums, axis=1, prepend=0).T
    moves: Ints = np.concatenate([up, -up], axis=1)
    return moves


def _cheapest_number(fixed: Any, step: Any, most: int) -> int:
    """Return the least number of steps from 0 to `most` at which the cost is least."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        now, then = (_cost(fixed + each * step) for each in (middle, middle + 1))
        low, high = (low, middle) if now <= then else (middle + 1, high)
    return low

"""Define savings plans: money committed in steps, and what use costs beyond lower prices.

Filling the largest discount first is a fractional knapsack: no other way to spend the commitment costs less (Dantzig
1957). So the cost of a window is the least of a linear program, and by its dual the largest of a few linear functions
of use and commitment, one for each price that committed money may be worth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import mul
from typing import Any

import numpy as np

from leptonopt.problem.arrays import Ints


@dataclass(frozen=True, eq=False)
class SavingsWindow:
    """The cost of use in a window beyond lower prices: J linear functions of K uses, and of steps.

    Attributes
    ----------
    meters : int64, shape (K,), numbers of the meters that count what is covered
    price : int64, shape (J, K) [money units per unit of use]
    step, base : int64, shape (J,) [money units per step committed, money units]
        The cost is the largest of price @ use + step * steps + base.
    """

    meters: Ints
    price: Ints
    step: Ints
    base: Ints

    def most(self, limits: Ints, steps: int) -> int:
        """Return a limit on the cost, where so much of each meter can be used, and so many steps committed."""
        own = np.maximum(0, self.price) @ limits[self.meters]
        return int(max(0, (own + np.maximum(0, self.step) * steps + self.base).max()))

    def cost(self, used: Sequence[int], steps: int) -> int:
        """Return the cost of what is used of all meters, where so many steps are committed [money units]."""
        own = [used[at] for at in self.meters.tolist()]
        lines = zip(self.price.tolist(), self.step.tolist(), self.base.tolist(), strict=True)
        found = (sum(map(mul, prices, own)) + step * steps + base for prices, step, base in lines)
        return int(max(0, *found))


@dataclass(frozen=True, eq=False)
class Savings:
    """A savings plan: steps that can be committed at most, for all windows, and its windows."""

    steps: int
    windows: tuple[SavingsWindow, ...]

    def best_steps(self, used: Sequence[int]) -> int:
        """Return the least number of steps at which all windows cost least."""
        return cheapest_steps(lambda steps: self.at(used, steps), self.steps)

    @cached_property
    def _lines(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Return meters (W, K), prices (W, J, K), steps and bases (W, J) of all windows, int64."""
        parts = ([getattr(each, name) for each in self.windows] for name in ("meters", "price", "step", "base"))
        meters, price, step, base = (np.array(part, np.int64) for part in parts)
        return meters, price, step, base

    def at(self, used: Sequence[int], steps: int) -> int:
        """Return the cost of all windows, where so many steps are committed [money units]."""
        meters, price, step, base = self._lines
        found = np.einsum("wjk,wk->wj", price, np.array(used, np.int64)[meters]) + step * steps + base
        return int(np.maximum(0, found.max(axis=1)).sum())

    def cost(self, used: Sequence[int]) -> int:
        """Return the cost of all windows with the best commitment [money units]."""
        return self.at(used, self.best_steps(used))


def cheapest_steps(cost: Callable[[int], Any], most: int) -> int:
    """Return the least number from 0 to `most` at which a convex cost is least."""
    low, high = 0, most
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if cost(middle) <= cost(middle + 1) else (middle + 1, high)
    return low

"""A dynamic program over the counts of several ways at once.

The state is a vector of counts n. Costs of a slot have any shape; switching costs are linear by way, so that the step
between slots is separable:

    g(n) = min over m of f[t](m) + sum over ways of start * max(0, n - m) + stop * max(0, m - n)
    f[t + 1](n) = cost[t + 1](n) + g(n)

Each way is one sweep of running minima upwards and one downwards, so a slot takes time linear in the number of states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.problem.arrays import Ints
from leptonopt.runtime.clock import check_time_each

NEVER = 2**60
KEPT = 50_000_000  # values of states that are kept at once; beyond, blocks of slots are computed again

Grid = NDArray[Any]  # int64 or float64, one axis for each way


@dataclass(frozen=True, eq=False)
class StateProgram:
    """Counts from 0 to most[w] of each way in T slots.

    Attributes
    ----------
    most : the largest counts
    cost : returns the cost of every state in a slot, shape most + 1; `NEVER` or more where a state is not allowed
    start, stop : shapes (W, T): per count more than in the slot before, and per count more than in the next slot
    running : shape (W,), the counts before the first slot; they may go down at no cost
    """

    most: tuple[int, ...]
    cost: Callable[[int], Grid]
    start: NDArray[Any]
    stop: NDArray[Any]
    running: Ints

    @property
    def slots(self) -> int:
        """Return T."""
        return int(self.start.shape[1])

    def solve(self) -> tuple[Any, Ints] | None:
        """Return the least cost and its counts, int64, shape (W, T).

        None where no state is allowed in some slot.
        """
        if not self.start.any() and not self.stop.any():
            return self._apart()
        size = int(np.prod([most + 1 for most in self.most]))
        block = self.slots if size * self.slots <= KEPT else isqrt(self.slots) + 1
        kept, value = {}, None
        for slot in check_time_each(range(self.slots)):
            value = self._next(value, slot)
            if slot % block == block - 1:
                kept[slot] = value
        return None if value is None else self._traced(value, kept, block)

    def _apart(self) -> tuple[Any, Ints] | None:
        """Return the best state of each slot, where switching is free."""
        total, counts = 0, np.zeros((len(self.most), self.slots), np.int64)
        for slot in check_time_each(range(self.slots)):
            cost = self.cost(slot)
            at = int(cost.argmin())
            if cost.flat[at] >= NEVER:
                return None
            total += cost.flat[at].item()
            counts[:, slot] = np.unravel_index(at, cost.shape)
        return total, counts

    def _next(self, before: Grid | None, slot: int) -> Grid:
        """Return the least cost of every state up to and in a slot."""
        cost = self.cost(slot)
        if before is None:
            reached = np.zeros(cost.shape, cost.dtype)
            for way, counts in self._counts():
                reached = reached + np.maximum(0, counts - self.running[way]) * self.start[way, 0]
        else:
            reached = self._switched(before, slot)
        return np.where((cost >= NEVER) | (reached >= NEVER), NEVER, cost + reached)

    def _switched(self, value: Grid, slot: int) -> Grid:
        """Return the least cost of reaching every state of a slot from those of the slot before."""
        for way, counts in self._counts():
            up, down = counts * self.start[way, slot], counts * self.stop[way, slot - 1]
            above = np.minimum.accumulate(value - up, axis=way) + up
            below = np.flip(np.minimum.accumulate(np.flip(value + down, way), axis=way), way) - down
            value = np.minimum(above, below)
        return value

    def _counts(self) -> list[tuple[int, Ints]]:
        """Return the count of each way that has some, by state, in shapes that broadcast."""
        ways = len(self.most)
        return [
            (way, np.arange(most + 1).reshape([-1 if axis == way else 1 for axis in range(ways)]))
            for way, most in enumerate(self.most)
            if most
        ]

    def _traced(self, value: Grid, kept: dict[int, Grid], block: int) -> tuple[Any, Ints] | None:
        """Return the cost and the counts of the best path, from the last slot back to the first."""
        counts = np.zeros((len(self.most), self.slots), np.int64)
        for way, each in self._counts():
            value = value + each * self.stop[way, -1]
        at = int(value.argmin())
        if (least := value.flat[at]) >= NEVER:
            return None
        state = np.unravel_index(at, value.shape)
        counts[:, -1] = state
        values = dict[int, Grid]()
        for slot in range(self.slots - 2, -1, -1):
            if slot not in values:
                values = self._block(kept, slot // block * block, slot)
            reached = values[slot]
            for way, each in self._counts():
                up = np.maximum(0, counts[way, slot + 1] - each) * self.start[way, slot + 1]
                reached = reached + up + np.maximum(0, each - counts[way, slot + 1]) * self.stop[way, slot]
            counts[:, slot] = np.unravel_index(int(reached.argmin()), reached.shape)
        return least.item(), counts

    def _block(self, kept: dict[int, Grid], first: int, last: int) -> dict[int, Grid]:
        """Return the values of the slots first .. last, computed from the last kept slot before."""
        values, value = dict[int, Grid](), kept.get(first - 1)
        for slot in check_time_each(range(first, last + 1)):
            value = values[slot] = self._next(value, slot)
        return values

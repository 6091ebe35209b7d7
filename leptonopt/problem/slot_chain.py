"""Look at a chain by slots: where its ways may work and begin, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.chains import Chain
from leptonopt.problem.problem import Problem


class SlotChain:
    """A chain by slots: where its ways may work and begin, and what that costs.

    Attributes
    ----------
    option : int64, shape (S, W, T + 1): the option of a part, a way and a length; -1 for none
    sample : int64, shape (W,): an option of each way, which holds what all of them hold
    works : bool, shape (W, T): whether a way fits the capacity alone in a slot, and its window
    least : int64, shape (2, W): the least length of the first segment and of later ones
    begins : bool, shape (2, W, T): whether the first, and a later one, may begin
    slot_cost : int64, shape (W, T)
    start_cost : int64, shape (2, W)
    """

    def __init__(self, problem: Problem, chain: Chain) -> None:
        self.problem, self.chain = problem, chain
        self.parts, self.ways, self.slots = len(chain.groups), len(chain.rate), problem.slots
        self.option = np.full((self.parts, self.ways, self.slots + 1), -1)
        self.empty = np.full(self.parts, -1)
        for part, group in enumerate(chain.groups.tolist()):
            options = np.arange(problem.option_ptr[group], problem.option_ptr[group + 1])
            real = chain.way[part] >= 0
            self.option[part, chain.way[part][real], problem.duration[options[real]]] = options[real]
            self.empty[part] = options[~real][0] if (~real).any() else -1
        self.sample = self.option.max(axis=(0, 2), initial=-1)
        self._read()

    def _read(self) -> None:
        problem, shape = self.problem, (self.ways, self.slots)
        self.works, self.slot_cost = np.zeros(shape, bool), np.zeros(shape, np.int64)
        self.least, self.start_cost = np.ones((2, self.ways), np.int64), np.zeros((2, self.ways), np.int64)
        self.begins = np.zeros((2, *shape), bool)
        for way in range(self.ways):
            own = self.option[:, way]
            options = own[own >= 0]
            low, high = problem.first[options].min(), (problem.last + problem.duration)[options].max()
            rows, amounts = problem.demands(int(options[0]))
            fits: Bools = np.all(problem.capacity[rows] >= amounts[:, None], axis=0)
            self.works[way, low:high] = fits[low:high]
            self.slot_cost[way] = amounts @ problem.price[rows]
            for later, parts in enumerate((own[:1], own[1:])):
                if len(found := parts[parts >= 0]):
                    self._read_starts(way, later, found)

    def _read_starts(self, way: int, later: int, options: Ints) -> None:
        """Take where segments of some options of a way begin, from those of the least length."""
        problem = self.problem
        least = self.least[later, way] = problem.duration[options].min()
        short = options[problem.duration[options] == least]
        total = np.concatenate([[0], np.cumsum(~self.works[way])])
        free = np.flatnonzero(total[least:] == total[: len(total) - least])
        window = (free >= problem.first[short].min()) & (free <= problem.last[short].max())
        self.begins[later, way, free[window]] = True
        self.start_cost[later, way] = problem.fixed[short[0]]

    def priced(self, price: Ints, scale: int) -> Ints:
        """Return the cost of slots with prices on capacity, shapes (W, T) and (K, T), both in 1/scale."""
        found = self.slot_cost * scale
        for way, option in enumerate(self.sample.tolist()):
            rows, amounts = self.problem.demands(option)
            found[way] += amounts @ price[rows]
        return found

    @property
    def optional(self) -> bool:
        """Return whether the task may be left out."""
        return bool(self.problem.optional[self.chain.groups[0]])

    @property
    def last(self) -> int:
        """Return the group that ends with the task."""
        return int(self.chain.groups[-1])

    def entries(self, segments: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]] | None:
        """Return option and start of each part; None where no option states a segment (way, start, length).

        A segment that is too long for its option is cut to the longest there is. Empty parts follow the last segment.
        """
        found, end = list[tuple[int, int]](), 0
        for part, (way, start, length) in enumerate(segments):
            stated = np.flatnonzero(self.option[part, way] >= 0) if part < self.parts else np.zeros(0, np.int64)
            if not len(stated) or self.option[part, way, min(length, stated[-1])] < 0:
                return None
            end = start + min(length, int(stated[-1]))
            found.append((int(self.option[part, way, end - start]), start))
        rest = self.empty[len(segments) :].tolist()
        return None if -1 in rest else found + [(option, end) for option in rest]

"""Cheapest columns of all groups, by class of options: a `pricing.Pricer` for any size.

Work and memory per round are of the order of options plus curves (classes times slots): columns (option, start) are
never expanded. Until the kernels are compiled, `BlockPricer` does the same by numpy, more slowly.
"""

from __future__ import annotations

from functools import cached_property, reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.class_pricing_kernels import ClassArrays, EndCosts, least_of_classes
from leptonopt.algorithms.lagrangian.option_classes import find_classes
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST, BlockPricer
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.problem import Problem
from leptonopt.runtime.jit import run_threads

MANY = 200_000  # options from which on several threads share them
Best = tuple[NDArray[Any], Ints, Ints]


class ClassPricer:
    """The cheapest columns of a problem.

    Attributes
    ----------
    fast : use kernels, which compile on their first call; else numpy
    classes : the options in classes
    finest : largest sum of whole prices over all slots
    threads : threads among which classes are divided; no result depends on their number
    columns : number of columns (option, start)
    """

    def __init__(self, problem: Problem, fast: bool = True, threads: int = 1) -> None:
        self.problem, self.fast, self.threads = problem, fast, threads
        self.classes = find_classes(problem)
        self.finest = min(BlockPricer.finest, 1 << (61 - int(problem.slots).bit_length()))
        self.columns = int((self.classes.last.astype(np.int64) - self.classes.first + 1).sum())

    @cached_property
    def _blocks(self) -> BlockPricer:
        return BlockPricer(self.problem)

    @cached_property
    def _arrays(self) -> tuple[ClassArrays, EndCosts]:
        problem, own = self.problem, self.classes
        room = own.directions.room(problem.capacity)
        classes = ClassArrays(
            room, own.direction, own.length, own.tight, own.dated, own.ptr,
            own.option, own.amount, own.first, own.last, own.group,
        )  # fmt: skip
        return classes, EndCosts(
            problem.late_slope, problem.late_base, problem.late_once, problem.late_after,
            problem.early_slope, problem.early_base,
        )  # fmt: skip

    @cached_property
    def least(self) -> Ints:
        """int64, shape (O,): exact cost of each option's cheapest start, `INFEASIBLE_COST` without a start."""
        return self.cheapest(self.problem.price_sum)[0]

    def cheapest(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> tuple[Ints, Ints]:
        """Return least costs as `BlockPricer.cheapest`, and an empty array in place of starts."""
        none = np.zeros(0, np.int64)
        if not self.fast:
            return self._blocks.cheapest(prefix, scale, once)[0], none
        each = np.full(self.problem.options, INFEASIBLE_COST, np.int64)
        self._search(prefix, scale, once, each)
        return each, none

    def group_least(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> Ints:
        """Return the exact least cost of a copy by group, int64, (G,); `INFEASIBLE_COST` without a column."""
        if not self.fast:
            return self._blocks.group_least(prefix, scale, once)
        return self._search(prefix, scale, once, np.zeros(0, np.int64))[0]

    def best(self, prefix: Floats, once: Floats | None = None) -> Best:
        """Return by group the least cost (infinite without a column), its option and start (-1), in floats."""
        if self.fast:
            return self._search(prefix, 1, once, np.zeros(0))
        cost, option, start = self._blocks.best(prefix, once)
        open_ = np.isfinite(cost)
        return cost, np.where(open_, option, -1), np.where(open_, start, -1)

    def each(self, prefix: Floats, once: Floats | None = None) -> Floats:
        """Return the least cost of each option, float, shape (O,); infinite without a column."""
        if not self.fast:
            return self._blocks.priced(prefix, once)[0]
        each = np.full(self.problem.options, np.inf)
        self._search(prefix, 1, once, each)
        return each

    def _search(self, prefix: NDArray[Any], scale: int, once: NDArray[Any] | None, each: NDArray[Any]) -> Best:
        """Run the kernel over all classes; fills `each` by option unless it is empty."""
        groups, dtype = self.problem.groups, prefix.dtype.type
        never = dtype(np.inf if prefix.dtype.kind == "f" else INFEASIBLE_COST)
        lines, extra = self.classes.directions.lines(prefix), self._extra(scale, once, prefix.dtype)
        classes, late = self._arrays

        def search_part(found: Best, low: int, high: int) -> Best:
            least_of_classes(classes, late, lines, extra, dtype(scale), never, found, each, low, high)
            return found

        def nothing() -> Best:
            return np.full(groups, never, prefix.dtype), np.full(groups, -1, np.int64), np.full(groups, -1, np.int64)

        return reduce(_lesser, run_threads(search_part, [(nothing(), *cut) for cut in self._parts]))

    @property
    def _parts(self) -> list[tuple[int, int]]:
        """Ranges of classes of about equal numbers of options, one for each thread."""
        options, threads = self.classes.ptr, self.threads if self.problem.options > MANY else 1
        cuts = np.searchsorted(options, np.arange(threads + 1) * int(options[-1]) // threads).tolist()
        return list(pairwise([0, *cuts[1:-1], len(options) - 1]))

    def _extra(self, scale: int, once: NDArray[Any] | None, dtype: Any) -> NDArray[Any]:
        """Return the cost of each option that does not depend on its start, (O,); empty without such costs."""
        if once is None and not self._fixed:
            return np.zeros(0, dtype)
        fixed = (self.problem.fixed * scale).astype(dtype)
        return fixed if once is None else fixed + once.astype(dtype)

    @cached_property
    def _fixed(self) -> bool:
        return bool(self.problem.fixed.any())


def _lesser(one: Best, other: Best) -> Best:
    """Merge the second result into the first: by group the lower cost, of equals the lower option."""
    (best, chosen, start), (less, option, at) = one, other
    better = (option >= 0) & ((less < best) | ((less == best) & ((chosen < 0) | (option < chosen))))
    for into, found in ((best, less), (chosen, option), (start, at)):
        np.copyto(into, found, where=better)
    return one

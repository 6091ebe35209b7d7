"""Every group's cheapest column at given prices, by windows' minima: what `pricing.Blocks` does, for any size.

Work per round is of the order of options plus curves (classes times slots), and so is memory: columns (option,
start) are never expanded. By compiled loops where numba is there, else by numpy on blocks of curves that fit a cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, reduce
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.class_pricing_kernels import least_of_classes
from leptonopt.algorithms.lagrangian.option_classes import find_classes
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import Problem
from leptonopt.runtime import jit
from leptonopt.runtime.jit import run_threads

CELLS = 400_000  # of a block of curves, with all levels of its table
MANY = 200_000  # options from which on several threads look at them
Best = tuple[NDArray[Any], Ints, Ints]


class ClassPricer:
    """The cheapest columns of a problem; takes the place of `pricing.Blocks`.

    Attributes
    ----------
    classes : the options in classes
    room : int64, shape (D, T), what fits of each direction
    finest : prices in whole units may reach this over all slots
    threads : so many look at classes side by side, which changes nothing in what is found
    """

    def __init__(self, problem: Problem, fast: bool = jit.FAST, threads: int = 1) -> None:
        self.problem, self.fast, self.threads = problem, fast, threads
        self.classes = find_classes(problem)
        self.room = self.classes.directions.room(problem.capacity)
        self._bits = max(1, int(problem.slots).bit_length())
        self.finest = 1 << (61 - self._bits)
        starts = self.classes.last.astype(np.int64) - self.classes.first + 1
        self.columns = int(starts.sum())

    @cached_property
    def least(self) -> Ints:
        """int64, shape (O,): exact cost of each option's cheapest start, `INFEASIBLE_COST` where there is none."""
        return self.cheapest(self.problem.price_sum)[0]

    def cheapest(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> tuple[Ints, Ints]:
        """As `Blocks.cheapest`, but starts are not given."""
        each = np.full(self.problem.options, INFEASIBLE_COST, np.int64)
        self._look(prefix, scale, once, each)
        return each, np.zeros(0, np.int64)

    def group_least(self, prefix: Ints, scale: int = 1, once: Ints | None = None) -> Ints:
        """int64, shape (G,): the exact least cost of a copy of each group; `INFEASIBLE_COST` where there is no column."""
        return self._look(prefix, scale, once, np.zeros(0, np.int64))[0]

    def best(self, prefix: NDArray[np.float64], once: NDArray[np.float64] | None = None) -> Best:
        """Per group the least cost (infinite without a column), its option and its start (-1), in floats."""
        return self._look(prefix, 1, once, np.zeros(0))

    def each(self, prefix: NDArray[np.float64], once: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """float, shape (O,): the least cost of each option, infinite without a column."""
        each = np.full(self.problem.options, np.inf)
        self._look(prefix, 1, once, each)
        return each

    def _look(self, prefix: NDArray[Any], scale: int, once: NDArray[Any] | None, each: NDArray[Any]) -> Best:
        problem, classes = self.problem, self.classes
        never = prefix.dtype.type(np.inf if prefix.dtype.kind == "f" else INFEASIBLE_COST)
        extra = self._extra(scale, once, prefix.dtype)
        best = np.full(problem.groups, never, prefix.dtype)
        chosen, start = np.full(problem.groups, -1, np.int64), np.full(problem.groups, -1, np.int64)
        lines = classes.directions.lines(prefix)
        if not self.fast:
            self._by_blocks(lines, extra, scale, each, (best, chosen, start))
            return best, chosen, start
        late = (problem.late_slope, problem.late_base, problem.late_once, problem.late_after)

        def part(found: Best, low: int, high: int) -> Best:
            least_of_classes(
                lines, self.room, classes.direction, classes.length, classes.tight, classes.dated, classes.ptr,
                classes.option, classes.amount, classes.first, classes.last, classes.group, extra,
                *late, prefix.dtype.type(scale), never, *found, each, low, high,
            )  # fmt: skip
            return found

        parts = self._parts
        mine = [(best, chosen, start), *((best.copy(), chosen.copy(), start.copy()) for _ in parts[1:])]
        given = [(found, *cut) for found, cut in zip(mine, parts, strict=True)]
        return reduce(_lesser, run_threads(part, given))

    @property
    def _parts(self) -> list[tuple[int, int]]:
        """Ranges of classes with about as many options each, one for each thread."""
        options, threads = self.classes.ptr, self.threads if self.problem.options > MANY else 1
        cuts = np.searchsorted(options, np.arange(threads + 1) * int(options[-1]) // threads).tolist()
        return list(pairwise([0, *cuts[1:-1], len(options) - 1]))

    def _extra(self, scale: int, once: NDArray[Any] | None, dtype: Any) -> NDArray[Any]:
        """What options cost whatever their start; empty where that is nothing."""
        if once is None and not self._fixed:
            return np.zeros(0, dtype)
        fixed = (self.problem.fixed * scale).astype(dtype)
        return fixed if once is None else fixed + once.astype(dtype)

    @cached_property
    def _fixed(self) -> bool:
        return bool(self.problem.fixed.any())

    # --- without numba ---

    def _by_blocks(self, lines: NDArray[Any], extra: NDArray[Any], scale: int, each: NDArray[Any], found: Best) -> None:
        """The same by numpy: cost of all options of a block of classes, then the least by group."""
        best, chosen, start = found
        real = lines.dtype.kind == "f"
        factor = 1.0
        if real:  # costs and starts are looked up together, as whole numbers
            top = float(np.abs(lines).max(initial=0.0)) or 1.0
            factor = float(2 ** (60 - self._bits)) / top / 2
            lines = np.rint(lines * factor).astype(np.int64)
        classes = self.classes
        for low, high in self._blocks():
            begin, end = int(classes.ptr[low]), int(classes.ptr[high])
            packed = self._packed(lines, low, high)
            part = slice(begin, end)
            open_ = packed < INFEASIBLE_COST
            curve, at = packed >> self._bits, packed & ((1 << self._bits) - 1)
            cost = curve / factor * classes.amount[part] if real else curve * classes.amount[part]
            option, group = classes.option[part], classes.group[part].astype(np.int64)
            if classes.dated[low]:
                cost, at, open_ = self._dated(lines, low, high, scale, factor if real else None)
            if len(extra):
                cost = cost + extra[option]
            cost = np.where(open_, cost, best.dtype.type(np.inf) if real else INFEASIBLE_COST)
            if len(each):
                each[option] = cost
            # Within a block a group may occur often: the last write of a descending order is the least.
            order = np.argsort(-cost, kind="stable")
            order = order[cost[order] < best[group[order]]]
            best[group[order]] = cost[order]
            chosen[group[order]] = option[order]
            start[group[order]] = at[order]

    def _blocks(self) -> Iterator[tuple[int, int]]:
        """Ranges of classes that fit a block, each all dated or all not."""
        classes, slots = self.classes, self.problem.slots
        many = max(1, CELLS // (slots * self._bits))
        edges = np.flatnonzero(np.diff(classes.dated.astype(np.int8))) + 1
        bounds = [0, *edges.tolist(), len(classes.direction)]
        for low, high in pairwise(bounds):
            for begin in range(low, high, many):
                yield begin, min(high, begin + many)

    def _curves(self, lines: Ints, low: int, high: int) -> Ints:
        """int64, shape (C, T): cost of a unit at each start; `INFEASIBLE_COST` where it cannot start."""
        classes, slots = self.classes, self.problem.slots
        starts = np.arange(slots)
        of, length = classes.direction[low:high, None], classes.length[low:high, None]
        ends = starts + length
        curve = lines[of, np.minimum(ends, slots)] - lines[of, starts]
        shut = ends > slots
        tight = classes.tight[low:high]
        if tight.any():
            total = np.zeros((high - low, slots + 1), np.int64)
            np.cumsum(self.room[of[:, 0]] < tight[:, None], axis=1, out=total[:, 1:])
            rows = np.arange(high - low)[:, None]
            shut |= total[rows, np.minimum(ends, slots)] > total[rows, starts]
        return np.where(shut, INFEASIBLE_COST, curve)

    def _packed(self, lines: Ints, low: int, high: int) -> Ints:
        """int64, per option of the classes: its cheapest unit cost and the start, packed; `INFEASIBLE_COST` if none."""
        classes, slots = self.classes, self.problem.slots
        curve = self._curves(lines, low, high)
        level = np.where(curve < INFEASIBLE_COST, (curve << self._bits) | np.arange(slots), INFEASIBLE_COST)
        part = slice(int(classes.ptr[low]), int(classes.ptr[high]))
        first, last = classes.first[part], classes.last[part]
        width = last - first + 1
        depth = np.frexp(width)[1] - 1  # the greatest power of two within
        of = np.repeat(np.arange(high - low), np.diff(classes.ptr[low : high + 1])) * slots
        found = np.full(len(first), INFEASIBLE_COST, np.int64)
        for k in range(int(depth.max(initial=0)) + 1):
            mine = np.flatnonzero(depth == k)
            flat = level.ravel()
            a = flat[of[mine] + first[mine]]
            b = flat[of[mine] + last[mine] + 1 - (1 << k)]
            found[mine] = np.minimum(a, b)
            step = 1 << k
            if step < slots:
                level = level.copy()
                np.minimum(level[:, :-step], level[:, step:], out=level[:, :-step])
        return found

    def _dated(
        self, lines: Ints, low: int, high: int, scale: int, factor: float | None
    ) -> tuple[NDArray[Any], Ints, Bools]:
        """Cost and start of options whose groups pay for being late: all starts are looked at."""
        classes, problem = self.classes, self.problem
        curve = self._curves(lines, low, high)
        part = slice(int(classes.ptr[low]), int(classes.ptr[high]))
        first, last, amount = classes.first[part], classes.last[part], classes.amount[part].astype(np.int64)
        group = classes.group[part].astype(np.int64)
        of = np.repeat(np.arange(high - low), np.diff(classes.ptr[low : high + 1]))
        length = classes.length[low:high][of]
        kind: Any = np.int64 if factor is None else np.float64
        cost, at = (
            np.full(len(first), INFEASIBLE_COST if factor is None else np.inf, kind),
            np.zeros(len(first), np.int64),
        )
        width = int((last - first).max(initial=0)) + 1
        step = max(1, CELLS // width)
        for begin in range(0, len(first), step):
            rows = np.arange(begin, min(len(first), begin + step))
            starts = np.minimum(first[rows, None] + np.arange(width), last[rows, None]).astype(np.int64)
            unit = curve[of[rows, None], starts]
            late = problem.late(group[rows, None], starts + length[rows, None])
            if factor is None:
                table = np.where(unit < INFEASIBLE_COST, unit * amount[rows, None] + scale * late, INFEASIBLE_COST)
            else:
                table = np.where(unit < INFEASIBLE_COST, unit / factor * amount[rows, None] + late, np.inf)
            which = table.argmin(axis=1)
            cost[rows] = table[np.arange(len(rows)), which]
            at[rows] = starts[np.arange(len(rows)), which]
        return cost, at, (cost < INFEASIBLE_COST if factor is None else np.isfinite(cost))


def _lesser(one: Best, other: Best) -> Best:
    """Of two, by group, the one that costs less; of equals, that of the option that comes first. Changes the first."""
    (best, chosen, start), (less, option, at) = one, other
    better = (option >= 0) & ((less < best) | ((less == best) & ((chosen < 0) | (option < chosen))))
    for into, found in ((best, less), (chosen, option), (start, at)):
        np.copyto(into, found, where=better)
    return one

"""Sets of a group's columns between which a fractional solution is undecided.

A task starts before a slot or after it, ends before a slot or after it, runs in one of the first options or in one of
the last: each pair of sets parts the columns of a group, and branching on it excludes one of them. That is branching
on special ordered sets (Beale and Tomlin 1970). A single column tells next to nothing: without it, the relaxation
takes the same task one slot later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.models.time_indexed import IntegerProgram
from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import Problem

WHOLE = 1e-6  # distance from a whole number that counts as none


@dataclass(frozen=True, eq=False)
class ColumnSets:
    """Two sets of columns of a group, one of which its copy uses.

    They are positions of variables, int64, shapes (N,). `share` is what the solution has in the first one.
    """

    group: int
    first: Ints
    second: Ints
    share: float

    @property
    def doubt(self) -> float:
        """Return the share of the smaller part, from 0 to a half."""
        return min(self.share, 1 - self.share)

    @property
    def lighter(self) -> Ints:
        """Return the set with less of the solution."""
        return self.first if self.share < 0.5 else self.second


class ColumnOrders:
    """The columns of each group of one copy in several orders: by start, by end, by option, by duration.

    Attributes
    ----------
    weight : float64, shape (G,), share of its rows that a group takes at least, times its duration: the larger, the
        more follows from where it is
    """

    def __init__(self, linear: IntegerProgram) -> None:
        problem, columns = linear.problem, linear.columns
        group = problem.group[columns.option]
        length = problem.duration[columns.option]
        keys = columns.start, columns.start + length, columns.option, length
        self.weight = _least_volume(problem)
        self._orders: list[tuple[int, Ints, list[Ints]]] = []
        begin = np.searchsorted(group, np.arange(problem.groups + 1))
        for at in np.flatnonzero(problem.copies == 1).tolist():
            own = np.arange(begin[at], begin[at + 1])
            self._orders.append((at, own, [np.argsort(key[own], kind="stable") for key in keys]))
        self._keys = keys

    def undecided(self, values: Floats, open_: Bools) -> list[ColumnSets]:
        """Return for each group in doubt and each order the sets that part the solution most evenly.

        values : float, shape (V,); open_ : bool, shape (V,), columns that are not excluded
        """
        found: list[ColumnSets] = []
        for group, own, orders in self._orders:
            if values[own].max(initial=0.0) >= 1 - WHOLE:
                continue
            for key, order in zip(self._keys, orders, strict=True):
                sets = _evenest(group, own[order], key, values, open_)
                if sets is not None:
                    found.append(sets)
        return found


def _evenest(group: int, ordered: Ints, key: Ints, values: Floats, open_: Bools) -> ColumnSets | None:
    """Return the most even parts of columns in an order; columns of the same key stay together."""
    ordered = ordered[open_[ordered]]
    used = np.flatnonzero(values[ordered] > WHOLE)
    parts = key[ordered[used]]
    breaks = np.flatnonzero(np.diff(parts))
    if not len(breaks):
        return None
    shares = np.cumsum(values[ordered[used]])
    shares = shares[breaks] / shares[-1]
    best = int(np.argmin(np.abs(shares - 0.5)))
    middle = (int(parts[breaks[best]]) + int(parts[breaks[best] + 1])) // 2
    at = int(np.searchsorted(key[ordered], middle, side="right"))
    return ColumnSets(group, ordered[:at], ordered[at:], float(shares[best]))


def _least_volume(problem: Problem) -> Floats:
    """Return the least share of a row times the duration of each group, float64, shape (G,)."""
    most = np.maximum(1, problem.capacity.max(axis=1, initial=0)).astype(float)
    option = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
    share = np.zeros(problem.options)
    np.maximum.at(share, option, problem.demand / most[problem.demand_row])
    volume = np.full(problem.groups, np.inf)
    np.minimum.at(volume, problem.group, share * problem.duration)
    least: Floats = np.where(np.isfinite(volume), volume, 0.0)
    return least

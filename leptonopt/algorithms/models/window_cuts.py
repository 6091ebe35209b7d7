"""Cuts on windows of slots: what does not fit into a window leaves it as a whole.

In the slots of a window a row offers E demand units times slots, and a column holds e of them. Give each group a level
l. As each copy takes one column or is left out (which holds nothing), every solution has

    sum over columns of max(0, l - e) x  >=  sum over groups of copies * l - E  =: D

Where D > 0 and x is whole, so it stays with max(0, l - e) cut down to D: a knapsack cover inequality (Wolsey 1975,
doi:10.1007/BF01681345; Carr, Fleischer, Leung and Phillips 2000, SODA). The relaxation moves the part of a large task
that is too much for the window; the cut asks for all of the task. Levels are chosen for a given fractional solution.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from leptonopt.algorithms.models.block_cuts import block_cuts
from leptonopt.algorithms.models.rows import NO_LIMIT, Rows, expand_ranges
from leptonopt.algorithms.models.time_indexed import IntegerProgram, with_rows
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.problem.problem import UNLIMITED, Problem


@dataclass(frozen=True)
class WindowCutSettings:
    """Settings of the search for violated cuts.

    Attributes
    ----------
    slack : part of what a window offers that the solution may leave free
    windows : windows of a row that are looked at; refined : those of them whose levels are improved
    steps : changes of a level, at most
    entries : changes looked at times columns, beyond which levels stay as they are
    violation : least violation of a cut, as a share of D
    each, most : cuts of a row, and of all rows, at a time
    """

    slack: float = 0.05
    windows: int = 4_000
    refined: int = 60
    steps: int = 20
    entries: int = 250_000
    violation: float = 0.02
    each: int = 25
    most: int = 60


SETTINGS = WindowCutSettings()
PRESENT = 1e-6  # least value of a column that counts
CHUNK = 250  # windows looked at together


@dataclass(frozen=True, eq=False)
class WindowCut:
    """A cut: sum of factor * x[variable] <= most; int64, shapes (N,).

    `violation` is that of the given solution.
    """

    row: int
    first: int
    end: int
    variable: Ints
    factor: Ints
    most: int
    violation: float


@dataclass(frozen=True, eq=False)
class RowColumns:
    """The columns that hold a row: positions, groups, demand, first slot and end; int64, shapes (N,)."""

    variable: Ints
    group: Ints
    demand: Ints
    start: Ints
    end: Ints

    def held(self, first: Ints, end: Ints) -> Ints:
        """Return what each column holds in each window [demand units times slots], shape (W, N)."""
        inside = np.minimum(end[:, None], self.end) - np.maximum(first[:, None], self.start)
        return np.asarray(np.maximum(0, inside) * self.demand)

    def of(self, chosen: Ints) -> RowColumns:
        """Return some of the columns."""
        parts = (self.variable, self.group, self.demand, self.start, self.end)
        return RowColumns(*(part[chosen] for part in parts))


class WindowCuts:
    """The search for cuts that a fractional solution violates."""

    def __init__(self, linear: IntegerProgram) -> None:
        self.problem = linear.problem
        self.offer = offered(linear.problem)
        self.columns = dict(_columns_by_row(linear))

    def violated(self, values: Floats) -> list[WindowCut]:
        """Return cuts that a solution, float, shape (V,), violates; those that it violates most come first."""
        found = [cut for row in self.columns for cut in self._of_row(row, values)]
        return sorted(found, key=lambda cut: -cut.violation)[: SETTINGS.most]

    def _of_row(self, row: int, values: Floats) -> list[WindowCut]:
        every = self.columns[row]
        used = every.of(np.flatnonzero(values[every.variable] > PRESENT))
        first, end, offer = self._windows(row, used, values)
        if not len(first):
            return []
        held = _Support(self.problem, used, values)
        at = np.argsort(-held.violations(first, end, offer), kind="stable")[: SETTINGS.refined]
        found: dict[tuple[int, bytes], WindowCut] = {}
        for a, b, e in zip(first[at].tolist(), end[at].tolist(), offer[at].tolist(), strict=True):
            level = held.levels(a, b, e)
            if level is not None and (cut := self.cut(row, a, b, level, values)) is not None:
                found.setdefault((cut.most, cut.variable.tobytes()), cut)
        return sorted(found.values(), key=lambda cut: -cut.violation)[: SETTINGS.each]

    def _windows(self, row: int, used: RowColumns, values: Floats) -> tuple[Ints, Ints, Ints]:
        """Return first slots and ends of windows that a solution nearly fills, and what is offered there."""
        load = np.zeros(self.problem.slots + 1)
        amount = values[used.variable] * used.demand
        np.add.at(load, used.start, amount)
        np.add.at(load, used.end, -amount)
        room = np.concatenate([[0], np.cumsum(self.offer[row])])
        full = np.concatenate([[0.0], np.cumsum(np.cumsum(load)[:-1])])
        points = np.unique(np.concatenate([used.start, used.end]))
        first, end = (points[at] for at in np.triu_indices(len(points), 1))
        offer = room[end] - room[first]
        near = np.flatnonzero((offer - (full[end] - full[first]) <= SETTINGS.slack * offer) & (offer > 0))
        near = near[:: -(-len(near) // SETTINGS.windows) or 1]
        return first[near], end[near], offer[near]

    def cut(self, row: int, first: int, end: int, level: Ints, values: Floats | None = None) -> WindowCut | None:
        """Return the cut of a window with a level for each group, int64, shape (G,); None if it says nothing.

        It holds for every schedule, whatever the levels. Its violation is that of `values`.
        """
        every, copies = self.columns[row], self.problem.copies
        lack = int(copies @ level) - int(self.offer[row, first:end].sum())
        if lack <= 0:
            return None
        own = every.of(np.flatnonzero(level[every.group] > 0))
        most = np.minimum(level, lack)
        held = own.held(np.array([first]), np.array([end]))[0]
        factor = most[own.group] - np.minimum(lack, np.maximum(0, level[own.group] - held))
        kept = factor > 0
        divisor = int(np.gcd.reduce(factor[kept])) if kept.any() else 1
        variable, factor = own.variable[kept], factor[kept] // divisor
        right = (int(copies @ most) - lack) // divisor
        violation = 0.0 if values is None else (float(values[variable] @ factor) - right) * divisor / lack
        return WindowCut(row, first, end, variable, factor, right, violation)


class _Support:
    """The columns of a row that a solution uses.

    What a group has elsewhere counts as a column that holds nothing.
    """

    def __init__(self, problem: Problem, used: RowColumns, values: Floats) -> None:
        order = np.argsort(used.group, kind="stable")
        self.used = used.of(order)
        self.groups, self.local, self.copies = *np.unique(self.used.group, return_inverse=True), problem.copies
        self.begin = np.searchsorted(self.local, np.arange(len(self.groups)))
        self.share = values[self.used.variable]
        self.many = self.copies[self.groups]
        self.elsewhere = np.maximum(0.0, self.many - np.bincount(self.local, self.share, len(self.groups)))

    def violations(self, first: Ints, end: Ints, offer: Ints) -> Floats:
        """Return the violation by window, each group's level being the most that a column of it holds."""
        parts = range(0, len(first), CHUNK)
        found = [self._violations(*(each[at : at + CHUNK] for each in (first, end, offer))) for at in parts]
        return np.concatenate(found)

    def _violations(self, first: Ints, end: Ints, offer: Ints) -> Floats:
        held = self.used.held(first, end)
        level = np.maximum.reduceat(held, self.begin, axis=1)
        lack = np.maximum(level @ self.many - offer, 0)[:, None]
        moved = np.minimum(lack, level[:, self.local] - held) @ self.share + np.minimum(lack, level) @ self.elsewhere
        violation: Floats = np.where(lack[:, 0] > 0, 1 - moved / np.maximum(1, lack[:, 0]), -1.0)
        return violation

    def levels(self, first: int, end: int, offer: int) -> Ints | None:
        """Return levels by group, int64, shape (G,), whose cut is violated; None where none was found."""
        held = self.used.held(np.array([first]), np.array([end]))[0]
        level = np.maximum.reduceat(held, self.begin)
        about, groups = level[self.local] > 0, np.flatnonzero(level)
        local, share = np.append(self.local[about], groups), np.append(self.share[about], self.elsewhere[groups])
        held = np.append(held[about], 0 * groups)
        pairs = np.unique(np.stack([local, held], axis=1), axis=0)
        if len(pairs) * len(held) > SETTINGS.entries:
            pairs = pairs[-1:]  # the level that its group has already
        best = -np.inf
        for _ in range(SETTINGS.steps):
            changed = self.many[pairs[:, 0]] * (pairs[:, 1] - level[pairs[:, 0]])
            lack = int(level @ self.many) - offer + changed
            own = local == pairs[:, :1]
            moved = np.maximum(0, np.where(own, pairs[:, 1:], level[local]) - held)
            violation = 1 - np.minimum(np.maximum(1, lack)[:, None], moved) @ share / np.maximum(1, lack)
            at = int(np.argmax(np.where(lack > 0, violation, -np.inf)))
            if lack[at] <= 0 or violation[at] <= best + 1e-6:
                break
            best = float(violation[at])
            level[pairs[at, 0]] = pairs[at, 1]
        if best < SETTINGS.violation:
            return None
        found = np.zeros(len(self.copies), np.int64)
        found[self.groups] = level
        return found


def offered(problem: Problem) -> Ints:
    """Return what each row offers at most in each slot, int64, shape (K, T) [demand units]."""
    nodes, offer = problem.nodes, problem.capacity.copy()
    supply = np.zeros_like(offer)
    if len(nodes.supply_row):
        np.add.at(supply, nodes.supply_row, nodes.supply_size[:, None] * nodes.most()[nodes.supply_node])
    offer[nodes.supply_row] = np.minimum(offer, supply)[nodes.supply_row]
    return offer


def _columns_by_row(linear: IntegerProgram) -> Iterator[tuple[int, RowColumns]]:
    """Yield each row with a limit, and its columns."""
    problem, columns = linear.problem, linear.columns
    column, entry = expand_ranges(problem.demand_ptr[columns.option], np.diff(problem.demand_ptr)[columns.option])
    order = np.argsort(problem.demand_row[entry], kind="stable")
    column, entry = column[order], entry[order]
    option, row = columns.option[column], problem.demand_row[entry]
    every = RowColumns(
        column, problem.group[option], problem.demand[entry], columns.start[column],
        columns.start[column] + problem.duration[option],
    )  # fmt: skip
    begin = np.searchsorted(row, np.arange(len(problem.capacity) + 1))
    for at in range(len(problem.capacity)):
        if begin[at] < begin[at + 1] and problem.capacity[at].max() < UNLIMITED // problem.slots:
            yield at, every.of(np.arange(begin[at], begin[at + 1]))


def with_violated(linear: IntegerProgram, values: Floats) -> IntegerProgram | None:
    """Return the model with cuts that a solution, float, shape (V,), violates: on windows, and of blocks.

    None where it violates none.
    """
    found = WindowCuts(linear).violated(values)
    cuts = block_cuts(linear, values), cut_rows(found) if found else None
    return reduce(with_rows, filter(None, cuts), linear) if any(cuts) else None


def cut_rows(cuts: Sequence[WindowCut]) -> Rows:
    """Return cuts as rows of a model."""
    empty = np.zeros(0, np.int64)
    row = np.repeat(np.arange(len(cuts)), [len(cut.variable) for cut in cuts])
    variable = np.concatenate([empty, *(cut.variable for cut in cuts)])
    factor = np.concatenate([empty, *(cut.factor for cut in cuts)])
    label = np.array([(cut.row, cut.first, cut.end) for cut in cuts], np.int64).reshape(-1, 3)
    most = np.array([cut.most for cut in cuts], np.int64)
    return Rows("windows", row, variable, factor, np.full(len(cuts), -NO_LIMIT), most, label)

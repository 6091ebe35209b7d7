"""Partial schedules on single nodes, and a group's cheapest feasible column over all its nodes.

In a data centre day (ICON challenge) the many options of a group differ in the node alone. Their starts are then
rows of one table: half a million options (5,000 groups on 100 nodes) are placed in 2 s. The index of
`heuristics.partial_schedule` alone takes 3 s to build there, and its list scheduling 8.5 s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from leptonopt.problem.arrays import Bools, Floats, Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.schedule import Schedule

INFEASIBLE_COST = 2**62


@dataclass(frozen=True, eq=False)
class AlikeNodes:
    """n options of a group that differ in their node: one duration, one window, R rows each.

    Attributes
    ----------
    options, kinds : int64, shape (n,); kinds are the nodes in use, -1 without one
    rows, amounts : int64, shape (n, R), of rows with a limit [-, demand units]
    part : float, shape (n,), mean share of a node over its resources that a copy takes
    running : int64, shape (n, S) or (1, S), cost of a copy at each start without its node [money units]
    duration, first, last : ints [slots]
    """

    options: Ints
    kinds: Ints
    rows: Ints
    amounts: Ints
    part: Floats
    running: Ints
    duration: int
    first: int
    last: int

    def on(self, nodes: Ints) -> AlikeNodes:
        """Return some of the options, by their places."""
        return replace(
            self,
            options=self.options[nodes],
            kinds=self.kinds[nodes],
            rows=self.rows[nodes],
            amounts=self.amounts[nodes],
            part=self.part[nodes],
            running=self.running if len(self.running) == 1 else self.running[nodes],
        )


class SingleNodeSchedule:
    """A partial schedule on single nodes, and the cheapest feasible column of a group in it.

    Attributes
    ----------
    free : int64, shape (K, T) [demand units]
    busy : int64, shape (M, T), copies that run on each node
    missing : int64, shape (G,), copies that do not run
    columns : per group, (option, start) of each copy that runs
    kind_of : int64, shape (O,), the node of each option; -1 for none
    run, opening, switch : int64, shapes (M, T), (M,), (M,): a node that is on in a slot, that is used at all, and that
        is switched on and off again [money units]
    """

    def __init__(
        self, problem: Problem, schedule: Schedule | None = None, like: SingleNodeSchedule | None = None
    ) -> None:
        self.problem, nodes = problem, problem.nodes
        self.free = problem.capacity.copy()
        self.busy: Ints = np.zeros(nodes.count.shape, np.int64)
        self.missing = problem.copies.copy()
        self.columns: list[list[tuple[int, int]]] = [[] for _ in range(problem.groups)]
        self.limited: Bools = np.asarray((problem.capacity < UNLIMITED).any(axis=1))
        self.kind_of_row = np.full(len(problem.capacity), -1)
        self.kind_of_row[nodes.supply_row] = nodes.supply_node
        owned = nodes.reserved > 0
        costs = nodes.costs
        self.run = np.maximum(0, costs.on + np.where(owned | ~nodes.on_demand, 0, 1)[:, None] * costs.on_demand)
        self.opening = np.where(owned | nodes.on_demand, 0, costs.commit)
        self.switch = np.rint((costs.start + costs.stop).mean(axis=1)).astype(np.int64)
        lines, self.line = np.unique(problem.price, axis=0, return_inverse=True)
        self.line = self.line.ravel()
        self.line_sum = np.concatenate([np.zeros((len(lines), 1), np.int64), np.cumsum(lines, axis=1)], axis=1)
        self.run_sum = np.concatenate([np.zeros((len(nodes), 1), np.int64), np.cumsum(self.run, axis=1)], axis=1)
        self.part_of_row = np.zeros(len(problem.capacity))
        self.part_of_row[nodes.supply_row] = 1 / (nodes.supply_size * np.bincount(nodes.supply_node)[nodes.supply_node])
        self.dated: Bools = problem.dated
        self.kind_of = np.full(problem.options, -1)
        of = np.repeat(np.arange(problem.options), np.diff(problem.demand_ptr))
        np.maximum.at(self.kind_of, of, self.kind_of_row[problem.demand_row])
        self._alike: list[list[AlikeNodes] | None] = [None] * problem.groups if like is None else like._alike
        for option, start, count in schedule or ():
            for _ in range(count):
                self.insert(int(problem.group[option]), option, start)

    def alike(self, group: int) -> list[AlikeNodes]:
        """Return the options of a group in batches, made when first needed."""
        if (known := self._alike[group]) is None:
            known = self._alike[group] = list(self._batches(group))
        return known

    def _batches(self, group: int) -> list[AlikeNodes]:
        problem = self.problem
        options = np.arange(problem.option_ptr[group], problem.option_ptr[group + 1])
        if not len(options):
            return []
        many = np.diff(problem.demand_ptr[options[0] : options[-1] + 2])
        keys = np.stack([problem.duration[options], problem.first[options], problem.last[options], many])
        if (keys == keys[:, :1]).all():
            return [self._batch(group, options, *keys[:, 0].tolist())]
        distinct, which = np.unique(keys, axis=1, return_inverse=True)
        parts = [options[which.ravel() == at] for at in range(distinct.shape[1])]
        return [self._batch(group, part, *key) for part, key in zip(parts, distinct.T.tolist(), strict=True)]

    def _batch(self, group: int, options: Ints, duration: int, first: int, last: int, many: int) -> AlikeNodes:
        problem = self.problem
        at = problem.demand_ptr[options][:, None] + np.arange(many)
        rows, amounts = problem.demand_row[at], problem.demand[at]
        lines, fixed = self.line[rows], problem.fixed[options]
        same = (lines == lines[:1]).all() and (amounts == amounts[:1]).all() and (fixed == fixed[0]).all()
        part = slice(0, 1) if same else slice(None)
        window = self.line_sum[:, first + duration : last + duration + 1] - self.line_sum[:, first : last + 1]
        running = fixed[part, None] + np.einsum("nr,nrs->ns", amounts[part], window[lines[part]])
        if self.dated[group]:
            running = running + problem.late(group, np.arange(first, last + 1) + duration)
        kept = self.limited[rows].any(axis=0)
        part_of_node = (amounts * self.part_of_row[rows]).sum(axis=1)
        return AlikeNodes(
            options,
            self.kind_of[options],
            rows[:, kept],
            amounts[:, kept],
            part_of_node,
            running,
            duration,
            first,
            last,
        )

    def feasible_starts(self, batch: AlikeNodes) -> Bools:
        """Return which starts fit the free capacity, bool, shape (n, S)."""
        free = self.free[batch.rows, batch.first : batch.last + batch.duration]
        bad = (free < batch.amounts[:, :, None]).any(axis=1)
        fits: Bools = window_sums(np.asarray(bad, np.int32), batch.duration) == 0
        return fits

    def node_costs(self, batch: AlikeNodes, by_part: float = 0.0) -> Ints:
        """Return the added node cost at each start, int64, shape (n, S); closed gaps save nothing here.

        A share `by_part` of a node's price is paid by the part of the node that is taken, whether it is on or not: a
        group then does not avoid the hours in which nodes are worth switching on.
        """
        kinds, low, high = batch.kinds, batch.first, batch.last + batch.duration
        off = self.busy[kinds, low:high] == 0
        extra = window_sums(np.where(off, self.run[kinds, low:high], 0), batch.duration)
        if self.switch.any():
            on = np.zeros((len(kinds), high - low + 2), np.int64)
            begin, end = max(0, low - 1), min(self.busy.shape[1], high + 1)
            on[:, begin - low + 1 : end - low + 1] = self.busy[kinds, begin:end] > 0
            alone = window_sums(on, batch.duration + 2) == 0
            extra = extra + np.where(alone, self.switch[kinds][:, None], 0)
        if self.opening.any():
            closed = ~self.busy[kinds].any(axis=1)
            extra = extra + np.where(closed, self.opening[kinds], 0)[:, None]
        if by_part:
            sums = self.run_sum[kinds, low + batch.duration : high + 1] - self.run_sum[kinds, low : batch.last + 1]
            extra = np.rint((1 - by_part) * extra + by_part * batch.part[:, None] * sums).astype(np.int64)
        return np.where(kinds[:, None] >= 0, extra, 0)

    def cheapest_column(
        self,
        group: int,
        limit: int = INFEASIBLE_COST,
        by_part: float = 0.0,
        some: Callable[[int], Ints | None] = lambda _: None,
    ) -> tuple[int, int, int] | None:
        """Return (cost, option, start) of a group's cheapest feasible column below the limit, or None.

        `by_part` is that of `node_costs`; `some` may choose the nodes, of so many, that are looked at.
        """
        best, found = limit, None
        for batch in self.alike(group):
            if (nodes := some(len(batch.options))) is not None:
                batch = batch.on(nodes)
            cost = batch.running + self.node_costs(batch, by_part)
            cost = np.where(self.feasible_starts(batch), cost, INFEASIBLE_COST)
            at = int(cost.argmin())
            if (least := int(cost.flat[at])) < best:
                which, start = divmod(at, cost.shape[1])
                best, found = least, (int(batch.options[which]), batch.first + start)
        return None if found is None else (best, *found)

    def earliest_column(self, group: int) -> tuple[int, int, int] | None:
        """Return (start, option, start) of the group's first feasible start; None without one.

        Its cost does not count.
        """
        found: tuple[int, int, int] | None = None
        for batch in self.alike(group):
            fits = self.feasible_starts(batch)
            start = np.where(fits.any(axis=1), fits.argmax(axis=1), fits.shape[1])
            which = int(start.argmin())
            at = batch.first + int(start[which])
            if start[which] < fits.shape[1] and (found is None or at < found[0]):
                found = at, int(batch.options[which]), at
        return found

    def running_cost(self, group: int, option: int, start: int) -> int:
        """Return the exact cost of one copy of a group in a column, without its node [money units]."""
        problem, stop = self.problem, start + int(self.problem.duration[option])
        rows, amounts = problem.demands(option)
        sums = self.line_sum[self.line[rows], stop] - self.line_sum[self.line[rows], start]
        late = int(problem.late(group, np.array([stop]))[0]) if self.dated[group] else 0
        return int(amounts @ sums) + int(problem.fixed[option]) + late

    def insert(self, group: int, option: int, start: int, sign: int = 1) -> None:
        """Insert a copy of a group; with a sign of -1, remove it."""
        problem, stop = self.problem, start + int(self.problem.duration[option])
        rows, amounts = problem.demands(option)
        self.free[rows, start:stop] -= sign * amounts[:, None]
        if (kind := int(self.kind_of[option])) >= 0:
            self.busy[kind, start:stop] += sign
        self.missing[group] -= sign
        if sign > 0:
            self.columns[group].append((option, start))
        else:
            self.columns[group].remove((option, start))

    def node_cost(self, kind: int) -> int:
        """Return the cost of a node that is on where it is busy, and over gaps where that is cheaper."""
        on = self.busy[kind] > 0
        if not on.any():
            return 0
        run, switch = self.run[kind], int(self.switch[kind])
        total = int(run[on].sum()) + int(self.opening[kind])
        if switch:
            edges = np.flatnonzero(np.diff(on.astype(np.int8), prepend=0, append=0))
            sums = np.concatenate([[0], np.cumsum(run)])
            gaps = sums[edges[2::2]] - sums[edges[1:-1:2]]
            total += switch + int(np.minimum(gaps, switch).sum())
        return total

    def remove_group(self, group: int) -> list[tuple[int, int]]:
        """Remove all copies of a group; return their columns."""
        ran = list(self.columns[group])
        for option, start in ran:
            self.insert(group, option, start, -1)
        return ran

    def unplaced(self) -> Ints:
        """Return the mandatory groups with missing copies, int64."""
        lost: Ints = np.flatnonzero((self.missing > 0) & ~self.problem.optional)
        return lost

    def whole(self) -> bool:
        """Return whether all mandatory groups run."""
        return not len(self.unplaced())

    def schedule(self) -> Schedule:
        """Return the columns in use as a schedule."""
        flat = np.array([column for ran in self.columns for column in ran], np.int64).reshape(-1, 2)
        return Schedule.of(flat[:, 0], flat[:, 1])


def window_sums(values: Ints | NDArray[np.int32], length: int) -> Ints:
    """Return the sums over [s, s + length) for every s that fits, along the last axis of a table of two."""
    total = np.zeros((values.shape[0], values.shape[1] + 1), values.dtype)
    np.cumsum(values, axis=1, out=total[:, 1:])
    sums: Ints = total[:, length:] - total[:, : values.shape[1] - length + 1]
    return sums

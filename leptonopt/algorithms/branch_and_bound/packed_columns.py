"""Columns of a small problem with their use of capacity packed into one integer each.

Each limited row and slot has a field of bits: the free capacity, and above it a guard bit that is set. A column fits
where subtracting its use borrows from no guard bit, so that one subtraction and one mask test all rows and slots
(SIMD within a register; Lamport 1975, doi:10.1145/360933.360994).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from leptonopt.algorithms.branch_and_bound.node_rent import node_rents
from leptonopt.problem.problem import UNLIMITED, Problem


@dataclass(frozen=True)
class PackedColumn:
    """A way to run one copy, or to leave it out.

    Attributes
    ----------
    cost : of one copy, with its share of the rent of nodes [money units]
    use : of capacity, packed
    option, start : of the problem; option -1 leaves the copy out
    end : slot after the last one
    quotas : use of each quota
    share : of the rent of nodes, in `cost` [money units]
    """

    cost: int
    use: int
    option: int
    start: int
    end: int
    quotas: tuple[int, ...] = ()
    share: int = 0


class PackedColumns:
    """The columns of each group by cost, and the free capacity packed in the same way.

    Attributes
    ----------
    free : all capacity, with the guard bits set
    guard : the guard bits
    field : the mask of one field
    rents : of the kinds of nodes
    supplied : by kind of nodes, the place of each row that it supplies, and how much of it a node offers
    held : the fields of rows that nodes supply, as a mask
    """

    def __init__(self, problem: Problem) -> None:
        self.problem, self.rents = problem, node_rents(problem)
        capacity = problem.capacity.copy()
        for kind in self.rents:
            for row, room in zip(kind.rows, kind.room, strict=True):
                capacity[row] = np.minimum(capacity[row], room)
        self.rows = np.flatnonzero((capacity < UNLIMITED).any(axis=1)).tolist()
        most = self._most()
        self.width = max((most[row] for row in self.rows), default=0).bit_length() + 1
        slots = problem.slots
        self.place = {row: at * slots * self.width for at, row in enumerate(self.rows)}
        ones = self._ones(len(self.rows) * slots)
        self.guard = ones << (self.width - 1)
        self.free = self.guard
        for row in self.rows:
            for slot, amount in enumerate(capacity[row].tolist()):
                self.free |= min(amount, most[row]) << (self.place[row] + slot * self.width)
        self.field = (1 << self.width) - 1
        self.supplied = [
            [(self.place[row], size) for row, size in zip(kind.rows, kind.sizes, strict=True)] for kind in self.rents
        ]
        run = self._ones(slots) * self.field
        self.held = sum(run << place for places in self.supplied for place, _ in places)

    def _most(self) -> list[int]:
        """Return what all copies together can hold of each row: more capacity is of no use."""
        problem = self.problem
        most = [0] * len(problem.capacity)
        for option in range(problem.options):
            copies = int(problem.copies[problem.group[option]])
            for row, amount in zip(*(each.tolist() for each in problem.demands(option)), strict=True):
                most[row] += copies * amount
        return most

    def _ones(self, fields: int) -> int:
        """Return an integer with a one in each of so many fields."""
        return ((1 << (fields * self.width)) - 1) // ((1 << self.width) - 1) if fields else 0

    @cached_property
    def by_group(self) -> list[list[PackedColumn]]:
        """Return the columns of each group by cost; for optional ones also one that leaves a copy out."""
        problem, table = self.problem, self.problem.columns
        found: list[list[PackedColumn]] = [[] for _ in range(problem.groups)]
        uses = [self._use(option) for option in range(problem.options)]
        quotas = [self._quota_uses(option) for option in range(problem.options)]
        group, first, duration = (each.tolist() for each in (problem.group, problem.first, problem.duration))
        columns = zip(table.option.tolist(), table.start.tolist(), table.cost.tolist(), self._shares(), strict=True)
        for option, start, cost, share in columns:
            quota = tuple(use[start - first[option]] for use in quotas[option])
            use, end = uses[option] << (start * self.width), start + duration[option]
            found[group[option]].append(PackedColumn(cost + share, use, option, start, end, quota, share))
        for number in np.flatnonzero(problem.optional).tolist():
            found[number].append(PackedColumn(int(problem.value[number]), 0, -1, 0, 0, (0,) * len(problem.quotas)))
        return [sorted(columns, key=lambda each: (each.cost, each.end, each.option)) for columns in found]

    def _shares(self) -> list[int]:
        """Return the share of each column of the table in the rent of nodes."""
        table = self.problem.columns
        shares = np.zeros_like(table.cost)
        for kind in self.rents:
            for option in range(self.problem.options):
                mine = table.option == option
                shares[mine] += kind.shares(self.problem, option, table.start[mine])
        found: list[int] = shares.tolist()
        return found

    def rent(self, free: int, column: PackedColumn) -> int:
        """Return what a column adds to the rent of nodes, where so much is free before it."""
        total, field, width = 0, self.field, self.width
        before, after = self.free - free, self.free - free + column.use
        for kind, places in zip(self.rents, self.supplied, strict=True):
            for slot in range(column.start, column.end):
                had = needs = kind.reserved
                for place, size in places:
                    at = place + slot * width
                    had = max(had, -(-(before >> at & field) // size))
                    needs = max(needs, -(-(after >> at & field) // size))
                total += (needs - had) * kind.price[slot]
        return total

    def _use(self, option: int) -> int:
        """Return the use of an option that starts in slot 0."""
        run = self._ones(int(self.problem.duration[option]))
        rows, amounts = self.problem.demands(option)
        pairs = zip(rows.tolist(), amounts.tolist(), strict=True)
        return sum((amount * run) << self.place[row] for row, amount in pairs if row in self.place)

    def _quota_uses(self, option: int) -> list[list[int]]:
        """Return the use of each quota by start, from the first one of the window."""
        first, last = int(self.problem.first[option]), int(self.problem.last[option])
        return [quota.uses(self.problem, option, first, last).tolist() for quota in self.problem.quotas]

"""Depth-first branch and bound: the group with the most regret first, its columns by cost.

The bound of a node is its cost and, for each copy that is left, its cheapest column that still fits (Land and Doig,
1960, doi:10.2307/1910129). Columns on rented nodes count with their share of the rent; another bound has the whole rent
of what is chosen, and what is left without its own. Effort is counted in tests of columns, not by the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from leptonopt.algorithms.branch_and_bound.node_rent import takes_nodes
from leptonopt.algorithms.branch_and_bound.packed_columns import PackedColumn, PackedColumns
from leptonopt.problem.problem import Problem
from leptonopt.problem.schedule import Schedule

LOOKS = 4_096  # tests of columns between two looks at the clock
SINGLE = 2**62  # regret of a group with a single column
Chosen = list[tuple[int, PackedColumn]]  # group and column, a copy each


class EffortSpent(Exception):
    """The search ended before the tree did."""


def unsupported_rule(problem: Problem) -> str | None:
    """Return what stands against the search; None where it has all rules."""
    if len(problem.nodes) and not takes_nodes(problem):
        return "nodes with starts, commitments or several suppliers of a row"
    if problem.together or problem.apart:
        return "affinity"
    if len(problem.services):
        return "services"
    if problem.meters or problem.savings:
        return "meters and savings plans"
    if any(quota.nodes is not None or quota.replicas is not None for quota in problem.quotas):
        return "quotas on nodes"
    return None


@dataclass
class Node:
    """A part of a schedule.

    Attributes
    ----------
    free : what is left of capacity, packed
    cost : of what is chosen, with the shares of columns in the rent of nodes
    more : what the rent is above these shares
    left : copies left by group that has some
    begin : by group, the position of the column of its last copy: equal copies go in order of columns
    quotas : what is left of each
    """

    free: int
    cost: int
    more: int
    left: dict[int, int]
    begin: dict[int, int]
    quotas: tuple[int, ...]
    chosen: Chosen = field(default_factory=list)


class BranchAndBound:
    """A search for the cheapest schedule below a cost.

    Attributes
    ----------
    best : the cheapest schedule found, with its cost; None before the first
    below : cost that a schedule has to be below
    bound : of the root; None where a group fits nowhere
    """

    def __init__(
        self,
        problem: Problem,
        effort: int,
        should_stop: Callable[[], bool],
        found: Callable[[Schedule, int], None],
        below: int | None = None,
    ) -> None:
        self.problem, self.packed = problem, PackedColumns(problem)
        self.columns, self.guard = self.packed.by_group, self.packed.guard
        self.effort, self.should_stop, self.found = effort, should_stop, found
        self.look = max(0, effort - LOOKS)
        self.below, self.best, self.bound = below, None, None
        # A negative use of quotas would free some of it later: then nothing may be cut off by what is left.
        uses = [use for columns in self.columns for column in columns for use in column.quotas]
        self.falling = min(uses, default=0) >= 0
        edges = (problem.before, problem.after, problem.lag, problem.most)
        self.least = [min((each.cost - each.share for each in columns), default=0) for columns in self.columns]
        self.before: dict[int, list[tuple[int, int, int]]] = {}
        for before, after, lag, most in zip(*(part.tolist() for part in edges), strict=True):
            self.before.setdefault(after, []).append((before, lag, most))

    below: int | None
    best: tuple[Schedule, int] | None
    bound: int | None

    def run(self) -> bool:
        """Search the whole tree; return False when the effort was spent before."""
        groups = np.flatnonzero(self.problem.copies).tolist()
        copies = {group: int(self.problem.copies[group]) for group in groups}
        limits = tuple(quota.limit for quota in self.problem.quotas)
        root = Node(self.packed.free, 0, 0, copies, dict.fromkeys(groups, 0), limits)
        cheapest = self._cheapest(root)
        if cheapest is None:
            return True
        self.bound = sum(copies[group] * self.columns[group][at].cost for group, (at, _) in cheapest.items())
        try:
            self._visit(root)
        except EffortSpent:
            return False
        return True

    def _visit(self, node: Node) -> None:
        """Search below a node."""
        if not node.left:
            self._take(node.chosen, node.quotas, node.cost + node.more)
            return
        cheapest = self._cheapest(node)
        if cheapest is None:
            return
        least = node.cost + sum(node.left[group] * self.columns[group][at].cost for group, (at, _) in cheapest.items())
        beside = node.cost + node.more + sum(self.least[group] * count for group, count in node.left.items())
        if self.below is not None and max(least, beside) >= self.below:
            return
        ready = [group for group in cheapest if not self._waits(node, group)]
        group = max(ready, key=lambda each: (cheapest[each][1], -each))
        begin, columns = cheapest[group][0], self.columns[group]
        if node.left == {group: 1}:
            self._end(node, group, columns[begin:])
            return
        rest, beside = least - columns[begin].cost, beside - self.least[group]
        for at in range(begin, len(columns)):
            column = columns[at]
            if self.below is not None and rest + column.cost >= self.below:
                return
            if self.below is not None and beside + column.cost - column.share >= self.below:
                continue
            if self._fits(node, group, column):
                self._visit(self._with(node, group, at))

    def _cheapest(self, node: Node) -> dict[int, tuple[int, int]] | None:
        """Return for each group that is left its cheapest column that fits, and the regret of not taking it.

        None where a group has none.
        """
        found = {}
        for group in node.left:
            columns, first = self.columns[group], -1
            for at in range(node.begin[group], len(columns)):
                if self._fits(node, group, columns[at]):
                    if first >= 0:
                        found[group] = first, columns[at].cost - columns[first].cost
                        break
                    first = at
            else:
                if first < 0:
                    return None
                found[group] = first, SINGLE
        return found

    def _fits(self, node: Node, group: int, column: PackedColumn) -> bool:
        """Return whether a column fits beside what is chosen."""
        self.effort -= 1
        if self.effort <= self.look:
            if self.effort <= 0 or self.should_stop():
                raise EffortSpent
            self.look = max(0, self.effort - LOOKS)
        if (node.free - column.use) & self.guard != self.guard:
            return False
        if self.falling and any(use > left for use, left in zip(column.quotas, node.quotas, strict=True)):
            return False
        return group not in self.before or column.option < 0 or self._may_follow(node, group, column)

    def _may_follow(self, node: Node, group: int, column: PackedColumn) -> bool:
        """Return whether a column starts after those that its group follows, as far as they are chosen."""
        chosen = dict(node.chosen)
        for before, lag, most in self.before[group]:
            placed = chosen.get(before)
            if placed is not None and (placed.option < 0 or not lag <= column.start - placed.end <= most):
                return False
        return True

    def _waits(self, node: Node, group: int) -> bool:
        """Return whether a group follows one that is not yet chosen."""
        return any(before in node.left for before, _, _ in self.before.get(group, ()))

    def _with(self, node: Node, group: int, at: int) -> Node:
        """Return a node with one more copy of a group in a column."""
        column = self.columns[group][at]
        left, begin = dict(node.left), {**node.begin, group: at}
        left[group] -= 1
        if not left[group]:
            del left[group]
        quotas = _quotas_left(node, column)
        more = node.more + self._rent(node, column) - column.share
        chosen = [*node.chosen, (group, column)]
        return Node(node.free - column.use, node.cost + column.cost, more, left, begin, quotas, chosen)

    def _rent(self, node: Node, column: PackedColumn) -> int:
        """Return what a column adds to the rent of nodes."""
        if not column.use & self.packed.held:
            return 0
        self.effort -= column.end - column.start  # a slot takes as long as a test
        return self.packed.rent(node.free, column)

    def _end(self, node: Node, group: int, columns: list[PackedColumn]) -> None:
        """Place the last copy where that costs least."""
        for column in columns:
            if self.below is not None and node.cost + column.cost >= self.below:
                return
            cost = node.cost + node.more + column.cost - column.share
            if (self.below is None or cost < self.below) and self._fits(node, group, column):
                self._take([*node.chosen, (group, column)], _quotas_left(node, column), cost + self._rent(node, column))

    def _take(self, chosen: Chosen, quotas: tuple[int, ...], cost: int) -> None:
        """Keep a whole schedule that is cheaper than all before."""
        if min(quotas, default=0) < 0 or (self.below is not None and cost >= self.below):
            return
        runs = [column for _, column in chosen if column.option >= 0]
        schedule = Schedule.of([column.option for column in runs], [column.start for column in runs])
        self.best, self.below = (schedule, cost), cost
        self.found(schedule, cost)


def _quotas_left(node: Node, column: PackedColumn) -> tuple[int, ...]:
    """Return what is left of each quota with one more column."""
    return tuple(amount - use for amount, use in zip(node.quotas, column.quotas, strict=True))

"""Subproblem of a neighbourhood: freed groups, their columns, and the exact model over them.

Each freed group brings its columns of least reduced cost and its current ones. The multipliers come from
`lagrangian.capacity_dual`. In the interval model it keeps all its starts. The rest of the schedule stays and only
reduces the free capacity.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.heuristics.insertion import cost_limit, insert_copies
from leptonopt.algorithms.heuristics.partial_schedule import Column, PartialSchedule, ProblemIndex
from leptonopt.algorithms.heuristics.reinsertion import move_family
from leptonopt.algorithms.lagrangian.cost_guide import CostGuide
from leptonopt.algorithms.lagrangian.pricing import INFEASIBLE_COST
from leptonopt.algorithms.lns import column_model, interval_model
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import UNLIMITED, Problem
from leptonopt.problem.schedule import Schedule, node_schedule_of


@dataclass(frozen=True)
class SubproblemTuning:
    """Tuning constants with their units; upper limits unless stated otherwise."""

    columns: int = 40  # columns of least reduced cost per freed group
    linked_columns: int = 120  # the same for a group with predecessors or successors
    total_columns: int = 6000  # columns of a subproblem
    effort_per_column: float = 2e-5  # model building [CP-SAT deterministic time per column]
    jobs: int = 2000  # copies in an interval model, one job each; beyond, the column model counts copies


TUNING = SubproblemTuning()


PlacedColumns = dict[int, dict[Column, int]]  # per group, how many copies run in each column


@dataclass(frozen=True, eq=False)
class NeighbourhoodRequest:
    """Groups to free, and how to solve their subproblem.

    Attributes
    ----------
    groups : ascending
    model : `columns` or `intervals`
    only : bool, shape (P,), pools that they may use; None if all
    move : (family, pool) of a whole family that moves to another pool; None otherwise
    effort : limit in CP-SAT's deterministic time
    seed : seed of the search
    """

    groups: list[int]
    model: str
    only: Bools | None
    move: tuple[int, int] | None
    effort: float
    seed: int


@dataclass(frozen=True)
class SubproblemResult:
    """Result of a subproblem.

    Attributes
    ----------
    found : the solution; None without one
    whole : whether the model had all columns of the groups
    effort : deterministic time used, model building included
    """

    found: column_model.SubproblemSolution | None
    whole: bool
    effort: float


def solve(
    partial: PartialSchedule,
    true: CostGuide,
    guide: CostGuide,
    request: NeighbourhoodRequest,
    placed: PlacedColumns,
    seconds: float,
) -> SubproblemResult:
    """Solve the subproblem of removed groups.

    `partial` holds the columns that stay, `placed` those of the removed groups.
    """
    previous = _columns_on_other_pool(partial, true, placed, *request.move) if request.move else placed
    freed = Subproblem(partial, guide, request.groups, previous, request.only)
    copies = sum(partial.shape.copies[group] for group in request.groups)
    if request.model == "intervals" and copies <= TUNING.jobs:
        jobs, edges = freed.interval_jobs()
        found = interval_model.solve(partial, jobs, edges, request.effort, seconds, request.seed)
    else:
        found = column_model.solve(partial, freed.column_data(), request.effort, seconds, request.seed)
    effort = (found.effort if found else request.effort) + TUNING.effort_per_column * freed.columns
    return SubproblemResult(found, freed.whole, effort)


def make_partial_schedule(problem: Problem, shape: ProblemIndex, schedule: Schedule) -> PartialSchedule:
    """Return a partial schedule with the nodes of a schedule."""
    partial = PartialSchedule(problem, shape, schedule)
    if partial.node_estimate is not None and (rent := node_schedule_of(problem, schedule)) is not None:
        partial.set_committed(rent)
    return partial


def _columns_on_other_pool(
    partial: PartialSchedule, true: CostGuide, placed: PlacedColumns, family: int, pool: int
) -> PlacedColumns:
    """Return columns with a whole family on another pool; `placed` if that is infeasible."""
    relocated = move_family(partial, true, family, pool) or move_family(partial, true, family, pool, hurry=True)
    for group in sorted(placed, key=partial.shape.rank.__getitem__):
        insert_copies(partial, group, true, cost_limit(partial, group))
    relocated = relocated and not any(partial.missing[group] and not partial.shape.optional[group] for group in placed)
    previous = {group: partial.remove_group(group) for group in placed}
    partial.home_pool[family] = -1
    return previous if relocated else placed


class Subproblem:
    """Removed groups, and the columns from which a subproblem chooses.

    Attributes
    ----------
    whole : whether the last model had all columns
    columns : number of columns of the last model
    precedence_windows : per linked group, earliest start and latest end [slots]
    """

    def __init__(
        self,
        partial: PartialSchedule,
        guide: CostGuide,
        groups: list[int],
        placed: PlacedColumns,
        only: Bools | None = None,
    ) -> None:
        self.partial, self.guide, self.groups, self.placed, self.only = partial, guide, groups, placed, only
        self.at = {group: at for at, group in enumerate(groups)}
        self.most_each = max(4, min(TUNING.columns, TUNING.total_columns // max(1, len(groups))))
        self.whole = True
        self.columns = 0
        self.precedence_windows = self._precedence_windows() if len(partial.problem.before) else {}

    def _precedence_windows(self) -> dict[int, tuple[int, int]]:
        """Return earliest start and latest end of groups with predecessors or successors, given what stays."""
        shape, partial = self.partial.shape, self.partial
        linked = [group for group in self.groups if shape.predecessors[group] or shape.successors[group]]
        linked.sort(key=shape.rank.__getitem__)
        shortest = {
            group: min((shape.duration[o] for o in self.guide.order[group] if not self.is_excluded(o)), default=0)
            for group in linked
        }
        low, high = dict.fromkeys(linked, 0), dict.fromkeys(linked, partial.problem.slots)
        for group in linked:
            for before, lag in shape.predecessors[group]:
                end = low[before] + shortest[before] if before in low else partial.end[before]
                low[group] = max(low[group], end + lag) if end >= 0 else partial.problem.slots
        for group in reversed(linked):
            for behind, lag in shape.successors[group]:
                if behind in high and not shape.optional[behind]:
                    high[group] = min(high[group], high[behind] - shortest[behind] - lag)
                elif behind not in high and partial.start[behind] >= 0:
                    high[group] = min(high[group], partial.start[behind] - lag)
        return {group: (low[group], high[group]) for group in linked}

    def interval_jobs(self) -> tuple[list[interval_model.Job], list[tuple[int, int, int, int]]]:
        """Return all copies with all their options and starts, and the precedence edges among them."""
        partial, shape, jobs = self.partial, self.partial.shape, list[interval_model.Job]()
        first: dict[int, int] = {}
        for group in self.groups:
            first[group] = len(jobs)
            modes = []
            for option in self.guide.order[group]:
                low, high = self.start_window(option)
                if low <= high and (self.only is None or self.only[shape.pool[option]]):
                    rate = sum(int(partial.problem.price[row, 0]) * amount for row, amount in shape.demands[option])
                    cost = shape.fixed[option] + rate * shape.duration[option]
                    modes.append(interval_model.JobMode(option, low, high, cost))
            self.whole &= self.only is None
            now = [column for column, count in sorted(self.placed[group].items()) for _ in range(count)]
            missing = shape.optional[group] and not self.is_required(group)
            for copy in range(shape.copies[group]):
                jobs.append(interval_model.Job(group, modes, missing, now[copy] if copy < len(now) else None))
            self.columns += len(modes) * shape.copies[group]
        edges = [(first[before], first[after], lag, most) for before, after, lag, most in self.edges()]
        return jobs, edges

    def edges(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield the precedence edges among removed groups: before, after, least and greatest lag."""
        shape = self.partial.shape
        for group in self.groups:
            most = dict(shape.close_predecessors[group])
            for before, lag in shape.predecessors[group]:
                if before in self.at:
                    yield before, group, lag, most.get(before, UNLIMITED)

    def column_data(self) -> column_model.ColumnModelData:
        """Return the columns of least reduced cost; set `whole` and `columns`."""
        partial, shape = self.partial, self.partial.shape
        found = [(at, *column) for at, group in enumerate(self.groups) for column in self.columns_of(group)]
        table = np.array(found, np.int64).reshape(-1, 3)
        now = [self.placed[self.groups[at]].get((option, start), 0) for at, option, start in found]
        copies = [shape.copies[group] for group in self.groups]
        most = [max(n, min(copies[at], partial.max_copies(o, s))) for n, (at, o, s) in zip(now, found, strict=True)]
        self.columns = len(table)
        return column_model.ColumnModelData(
            option=table[:, 1],
            start=table[:, 2],
            owner=table[:, 0],
            cost=np.array([partial.column_cost(option, start) for _, option, start in found], np.int64),
            most=np.array(most, np.int64),
            now=np.array(now, np.int64),
            copies=np.array(copies, np.int64),
            value=np.array([shape.value[group] for group in self.groups], np.int64),
            may_miss=[shape.optional[group] and not self.is_required(group) for group in self.groups],
            edges=[(self.at[before], self.at[after], lag, most) for before, after, lag, most in self.edges()],
        )

    def is_required(self, group: int) -> bool:
        """Return whether a group that stays is a successor of this one."""
        return any(self.partial.start[behind] >= 0 for behind, _ in self.partial.shape.successors[group])

    def columns_of(self, group: int) -> list[Column]:
        """Return a group's feasible columns of least reduced cost, and its current ones."""
        guide, most = self.guide, self.most_each
        if group in self.precedence_windows:  # the cheapest columns alone do not go one after another
            most = max(most, TUNING.linked_columns)
        costs: list[Ints] = []
        options: list[Ints] = []
        starts: list[Ints] = []
        cut = INFEASIBLE_COST
        for option in guide.order[group]:
            if guide.least[option] > cut:
                self.whole = False
                break
            if self.only is not None and not self.only[self.partial.shape.pool[option]]:
                self.whole = False
                continue
            start, cost = self._cheapest_starts(option, most)
            costs.append(cost)
            options.append(np.full(len(start), option))
            starts.append(start)
            if sum(map(len, costs)) >= most:
                cut = int(np.partition(np.concatenate(costs), most - 1)[most - 1])
        columns = dict.fromkeys(self.placed[group])
        if costs:
            cost, option_of, start_of = map(np.concatenate, (costs, options, starts))
            order = np.lexsort((start_of, option_of, cost))
            self.whole &= len(order) <= most
            columns |= dict.fromkeys(
                zip(option_of[order[:most]].tolist(), start_of[order[:most]].tolist(), strict=True)
            )
        return list(columns)

    def _cheapest_starts(self, option: int, most: int) -> tuple[Ints, Ints]:
        """Return the feasible starts of least reduced cost of an option, at most so many, and their costs."""
        partial, guide = self.partial, self.guide
        low, high = self.start_window(option)
        if low > high:
            self.whole &= not (partial.shape.strict and self.leaves_family_pool(option))
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        fits = partial.feasible_starts(option, low, high)
        cost = partial.start_costs(option, low, high, guide.prefix, guide.scale)
        if guide.once is not None:
            cost += guide.once[option]
        at = np.arange(len(cost)) if fits is None else np.flatnonzero(fits)
        if len(at) > most:
            self.whole = False
            at = at[np.argpartition(cost[at], most - 1)[:most]]
        return at + low, cost[at]

    def is_excluded(self, option: int) -> bool:
        """Return whether affinity or anti-affinity exclude the option."""
        return self.partial.shape.strict and (self.partial.is_pool_blocked(option) or self.leaves_family_pool(option))

    def leaves_family_pool(self, option: int) -> bool:
        """Return whether the option leaves the pool of an affinity set freed as a whole; such sets stay."""
        shape = self.partial.shape
        group, pool = shape.group[option], shape.pool[option]
        for number in shape.together[group]:
            members = self.partial.problem.together[number].tolist()
            where = {shape.pool[o] for member in members if member in self.at for o, _ in self.placed[member]}
            if len(members) > 1 and where and pool not in where:
                return True
        return False

    def start_window(self, option: int) -> tuple[int, int]:
        """Return first and last start by window and precedence.

        Freed predecessors and successors count with their shortest duration.
        """
        shape = self.partial.shape
        group, low, high = shape.group[option], shape.first[option], shape.last[option]
        if self.is_excluded(option):
            return 0, -1
        if group in self.precedence_windows:
            begin, end = self.precedence_windows[group]
            low, high = max(low, begin), min(high, end - shape.duration[option])
        return self.partial.close_window(option, low, high)

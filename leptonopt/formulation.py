"""The mathematical model: one linear integer program from a `Problem`, one function per rule.

Variables are integers: x[c] copies of column c = (option, start), 0 <= x[c] <= copies of its group; and
z[g] copies of optional group g that are left out. `models/README.md` derives each rule, and
`models/allocation.mod` states the same in GNU MathProg. Every exact method and every export is made
from what this file returns; `formulate` is the table of contents.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from leptonopt.problem import UNLIMITED, Bools, Columns, Ints, Problem, Schedule

FREE = UNLIMITED


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one rule: lower <= sum of coefficient * variable over the row's entries <= upper.

    Attributes
    ----------
    name : what the rows are called; the part before "." is the rule they state.
    row, variable, coefficient : int64, shape (N,) entries
    lower, upper : int64, shape (R,); -FREE and FREE where there is no limit
    label : int64, shape (R, L) indices that tell the rows of this name apart
    """

    name: str
    row: Ints
    variable: Ints
    coefficient: Ints
    lower: Ints
    upper: Ints
    label: Ints


@dataclass(frozen=True, eq=False)
class Linear:
    """min cost . v subject to lower <= matrix v <= upper and 0 <= v <= most, v integer; all int64.

    The first C variables are `columns` of the problem, the others leave out copies of the groups in
    `left_groups`. `parts` are the rows by rule, in the order in which the matrix (CSR) holds them.
    """

    problem: Problem
    columns: Columns
    left_groups: Ints
    cost: Ints
    most: Ints
    matrix: Any
    lower: Ints
    upper: Ints
    parts: tuple[Rows, ...]

    @property
    def group(self) -> Ints:
        """int64, shape (V,): the group each variable belongs to."""
        return np.concatenate([self.problem.group[self.columns.option], self.left_groups])

    def names(self) -> list[str]:
        """A name per variable: x_GROUP_OPTION_SLOT, or z_GROUP."""
        groups = self.problem.group[self.columns.option]
        triples = zip(groups.tolist(), self.columns.option.tolist(), self.columns.start.tolist(), strict=True)
        return [f"x_{g}_{o}_{s}" for g, o, s in triples] + [f"z_{g}" for g in self.left_groups.tolist()]

    def row_names(self) -> list[str]:
        """A name per row: once_GROUP, capacity_ROW_SLOT, precedence_EDGE, precedence_runs_EDGE."""
        return [
            "_".join([rows.name.replace(".", "_"), *map(str, label)])
            for rows in self.parts
            for label in rows.label.tolist()
        ]


def _spread(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """For ranges first[i], ..., first[i] + count[i] - 1: (i, member) of all of them in a row."""
    which = np.repeat(np.arange(len(count)), count)
    return which, first[which] + np.arange(len(which)) - (np.cumsum(count) - count)[which]


# --- the rules ------------------------------------------------------------------------------------


def window(problem: Problem) -> Columns:
    """window: a column exists only where its option may start and alone fits the capacity."""
    return problem.columns


def anywhere(problem: Problem) -> tuple[Problem, Columns]:
    """What is left when rule `window` is switched off: columns at every slot of the horizon."""
    wide = replace(problem, first=np.zeros_like(problem.first), last=np.maximum(0, problem.slots - problem.duration))
    open_ = replace(wide, capacity=np.full_like(problem.capacity, UNLIMITED))
    return wide, open_.columns


def once(problem: Problem, columns: Columns, left: Ints) -> Rows:
    """once: for every group g, sum of x over its columns + z[g] = copies[g]."""
    row = np.concatenate([problem.group[columns.option], left])
    label = np.arange(problem.groups)[:, None]
    return Rows("once", row, np.arange(len(row)), np.ones_like(row), problem.copies, problem.copies, label)


def capacity(problem: Problem, columns: Columns) -> Rows:
    """capacity: in row k and slot t, the demands of all columns at work there are at most capacity[k, t].

    Rows that follow from others, or can never be exceeded, are left out; see `_needed`. What is left
    is divided by the common divisor of its demands, and the capacity rounded down.
    """
    column, entry = _spread(problem.demand_ptr[columns.option], np.diff(problem.demand_ptr)[columns.option])
    needed = _needed(problem, columns, column, entry)
    useful = np.any(needed, axis=1)[problem.demand_row[entry]]
    column, entry = column[useful], entry[useful]
    which, slot = _spread(columns.start[column], problem.duration[columns.option[column]])
    cell = (problem.demand_row[entry] * problem.slots)[which] + slot
    keep = needed.ravel()[cell]
    which, cell = which[keep], cell[keep]
    cells = np.flatnonzero(needed)
    row = (np.cumsum(needed) - 1)[cell]
    label = np.stack([cells // problem.slots, cells % problem.slots], axis=1)
    amount, upper = problem.demand[entry][which], problem.capacity.ravel()[cells]
    divisor = np.zeros_like(upper)
    np.gcd.at(divisor, row, amount)
    return Rows(
        "capacity", row, column[which], amount // divisor[row], np.full(len(cells), -FREE), upper // divisor, label
    )


def _needed(problem: Problem, columns: Columns, column: Ints, entry: Ints) -> Bools:
    """bool, shape (K, T): cells whose capacity row says something that no neighbour says.

    With A[t] the columns at work in slot t of a row: when nothing starts at t, A[t] is part of A[t-1],
    so the row of t-1 implies that of t unless its capacity is larger; likewise t+1 when nothing ends.
    """
    shape = problem.capacity.shape
    starts, ends = np.zeros(shape, bool), np.zeros((shape[0], shape[1] + 1), bool)
    row, start = problem.demand_row[entry], columns.start[column]
    starts[row, start] = True
    ends[row, start + problem.duration[columns.option[column]]] = True
    limit = problem.capacity
    by_last, by_next = np.zeros(shape, bool), np.zeros(shape, bool)
    by_last[:, 1:] = ~starts[:, 1:] & (limit[:, :-1] <= limit[:, 1:])
    by_next[:, :-1] = ~ends[:, 1:-1] & (limit[:, 1:] <= limit[:, :-1])
    by_next[:, :-1] &= ~by_last[:, 1:]  # of two equal rows the first stays
    needed: Bools = _can_bind(problem, columns) & ~by_last & ~by_next
    return needed


def _can_bind(problem: Problem, columns: Columns) -> Bools:
    """bool, shape (K, T): whether all groups together, each at its largest demand, could exceed the capacity."""
    load = np.zeros(problem.capacity.shape)
    at = np.searchsorted(columns.option, np.arange(problem.options + 1))
    for group in range(problem.groups):
        peak: dict[int, Ints] = {}
        for option in range(problem.option_ptr[group], problem.option_ptr[group + 1]):
            start = columns.start[at[option] : at[option + 1]]
            change = np.zeros(problem.slots + 1, np.int64)
            change[start] += 1
            np.add.at(change, start + problem.duration[option], -1)
            working = np.cumsum(change)[:-1] > 0
            for row, amount in zip(*problem.demands(option), strict=True):
                peak[row] = np.maximum(peak.get(row, 0), working * amount)
        for row, most in peak.items():
            load[row] += most * float(problem.copies[group])
    # Doubles count exactly up to 2**53; beyond, a row is kept without asking.
    binding: Bools = ((load > problem.capacity) | (load >= 2**53)) & (problem.capacity < UNLIMITED)
    return binding


def precedence(problem: Problem, columns: Columns, left: Ints) -> Rows:
    """precedence: sum of s x over the later group >= sum of (s + d) x over the earlier one + lag.

    A later group that is left out has sum 0: z of it, times the least that is enough, keeps the row.
    """
    early_edge, early, late_edge, late = _ends_of_edges(problem, columns)
    end = columns.start + problem.duration[columns.option]
    latest = np.zeros(len(problem.lag), np.int64)
    np.maximum.at(latest, early_edge, end[early])
    may_miss = np.flatnonzero(problem.optional[problem.after])
    missing = len(columns.option) + np.searchsorted(left, problem.after[may_miss])
    return Rows(
        "precedence",
        np.concatenate([late_edge, early_edge, may_miss]),
        np.concatenate([late, early, missing]),
        np.concatenate([columns.start[late], -end[early], (latest + problem.lag)[may_miss]]),
        problem.lag,
        np.full(len(problem.lag), FREE),
        np.arange(len(problem.lag))[:, None],
    )


def precedence_runs(problem: Problem, columns: Columns) -> Rows:
    """precedence: where the earlier group is optional, the later one runs only if the earlier one runs."""
    early_edge, early, late_edge, late = _ends_of_edges(problem, columns)
    edges = np.flatnonzero(problem.optional[problem.before])
    row_of = np.full(len(problem.lag), -1)
    row_of[edges] = np.arange(len(edges))
    row = row_of[np.concatenate([early_edge, late_edge])]
    variable = np.concatenate([early, late])
    sign = np.concatenate([np.ones_like(early), -np.ones_like(late)])
    keep = row >= 0
    zero, free = np.zeros(len(edges), np.int64), np.full(len(edges), FREE)
    return Rows("precedence.runs", row[keep], variable[keep], sign[keep], zero, free, edges[:, None])


def _ends_of_edges(problem: Problem, columns: Columns) -> tuple[Ints, Ints, Ints, Ints]:
    """(edge, column) pairs of the earlier groups, then of the later ones; columns stand in order of groups."""
    at = np.searchsorted(problem.group[columns.option], np.arange(problem.groups + 1))
    size = np.diff(at)
    return *_spread(at[problem.before], size[problem.before]), *_spread(at[problem.after], size[problem.after])


def cost(problem: Problem, columns: Columns, left: Ints) -> Ints:
    """cost: what every column costs, and the value of what is left out."""
    return np.concatenate([columns.cost, problem.value[left]])


def formulate(problem: Problem, without: Collection[str] = ()) -> Linear:
    """The whole model. Rules named in `without` are switched off, to test that somebody notices."""
    problem, columns = (problem, window(problem)) if "window" not in without else anywhere(problem)
    left = np.flatnonzero(problem.optional)
    rules: list[tuple[str, Callable[[], Rows]]] = [
        ("once", lambda: once(problem, columns, left)),
        ("capacity", lambda: capacity(problem, columns)),
        ("precedence", lambda: precedence(problem, columns, left)),
        ("precedence", lambda: precedence_runs(problem, columns)),
    ]
    parts = [rows() for rule, rows in rules if rule not in without]
    costs = cost(problem, columns, left) * (-1 if "cost" in without else 1)
    return _assembled(problem, columns, left, costs, parts)


def _assembled(problem: Problem, columns: Columns, left: Ints, costs: Ints, parts: Sequence[Rows]) -> Linear:
    shift = np.cumsum([0, *(len(rows.lower) for rows in parts)])

    def joined(arrays: Sequence[Ints]) -> Ints:
        return np.concatenate([np.zeros(0, np.int64), *arrays])

    row = joined([rows.row + at for rows, at in zip(parts, shift[:-1], strict=True)])
    variable, data = joined([rows.variable for rows in parts]), joined([rows.coefficient for rows in parts])
    most = problem.copies[np.concatenate([problem.group[columns.option], left])]
    keep = data != 0
    entries = (data[keep], (row[keep], variable[keep]))
    matrix = sparse.csr_matrix(entries, shape=(int(shift[-1]), len(most)), dtype=np.int64)
    lower, upper = joined([rows.lower for rows in parts]), joined([rows.upper for rows in parts])
    return Linear(problem, columns, left, costs, most, matrix, lower, upper, tuple(parts))


# --- around the model -----------------------------------------------------------------------------


def predicted(problem: Problem) -> tuple[int, int]:
    """(columns, nonzeros) at most, counted without building anything."""
    starts = problem.last - problem.first + 1
    of_group = np.bincount(problem.group, starts, problem.groups)
    linked = of_group[problem.before].sum() + of_group[problem.after].sum()
    held = problem.duration * np.diff(problem.demand_ptr) + 1
    return int(starts.sum()), int((starts * held).sum() + 2 * linked)


def decode(linear: Linear, values: Any) -> Schedule:
    """The schedule of variable values (integers, shape (V,) or longer)."""
    count = np.asarray(values[: len(linear.columns.option)], np.int64)
    chosen = np.flatnonzero(count)
    return Schedule.of(linear.columns.option[chosen], linear.columns.start[chosen], count[chosen])


def encode(linear: Linear, schedule: Schedule) -> Ints:
    """int64, shape (V,): a value for every variable; entries that are no columns are passed over."""
    slots = linear.problem.slots
    key = linear.columns.option * slots + linear.columns.start
    wanted = schedule.option * slots + schedule.start
    _, at, of = np.intersect1d(key, wanted, assume_unique=True, return_indices=True)
    values = np.zeros(len(linear.most), np.int64)
    values[at] = schedule.count[of]
    ran = np.bincount(linear.problem.group[linear.columns.option], values[: len(key)], linear.problem.groups)
    values[len(key) :] = (linear.problem.copies - ran)[linear.left_groups]
    return values


def shifted(linear: Linear) -> tuple[Ints, int, int]:
    """Costs above each group's cheapest, over their greatest common divisor: (costs, divisor, constant).

    The objective is divisor * (costs . v) + constant on everything that keeps rule `once`; costs >= 0.
    """
    group, size = linear.group, linear.problem.groups
    least = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(least, group, linear.cost)
    costs = linear.cost - least[group]
    divisor = int(np.gcd.reduce(costs)) if costs.any() else 1
    constant = sum(int(least[g]) * int(linear.problem.copies[g]) for g in np.unique(group))
    return costs // divisor, divisor, constant


def dearest(linear: Linear, costs: Ints) -> int:
    """The most that `costs` (none below zero) can add up to while every group keeps rule `once`."""
    most = np.zeros(linear.problem.groups, np.int64)
    np.maximum.at(most, linear.group, costs)
    return sum(high * copies for high, copies in zip(most.tolist(), linear.problem.copies.tolist(), strict=True))


def has_no_columns(problem: Problem) -> bool:
    """Whether a group that must run has no column at all: then no schedule exists."""
    offered = np.bincount(problem.group[problem.columns.option], minlength=problem.groups)
    return bool(np.any((offered == 0) & ~problem.optional))

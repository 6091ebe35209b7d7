"""The mathematical model: one linear integer program from a `Problem`, one function per rule.

Variables are integers: x[c] copies of column c = (option, start), 0 <= x[c] <= copies of its group; and
z[g] copies of optional group g that are left out. `models/README.md` derives each rule, and
`models/allocation.mod` states the same in GNU MathProg. Every exact method and every export is made
from what this file returns; the last function is the table of contents.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from leptonopt.problem import UNLIMITED, Bools, Columns, Ints, Problem, Schedule

Entries = tuple[Ints, Ints, Ints]  # row, variable, coefficient
FREE = UNLIMITED


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of one rule: lower <= entries . variables <= upper, named by `label` (two indices each)."""

    rule: str
    entries: Entries
    lower: Ints
    upper: Ints
    label: Ints


@dataclass(frozen=True, eq=False)
class Linear:
    """min cost . v subject to lower <= matrix v <= upper and 0 <= v <= most, v integer; all int64.

    The first C variables are `columns` of the problem, the others leave out copies of the groups in
    `left_groups`. `rules` and `labels` tell what each row is.
    """

    problem: Problem
    columns: Columns
    left_groups: Ints
    cost: Ints
    most: Ints
    matrix: Any
    lower: Ints
    upper: Ints
    rules: tuple[str, ...]
    labels: Ints

    @property
    def group(self) -> Ints:
        """int64, shape (V,): the group each variable belongs to."""
        return np.concatenate([self.problem.group[self.columns.option], self.left_groups])

    def names(self) -> list[str]:
        """A name per variable: x_GROUP_OPTION_START, or z_GROUP."""
        groups = self.problem.group[self.columns.option]
        triples = zip(groups.tolist(), self.columns.option.tolist(), self.columns.start.tolist(), strict=True)
        return [f"x_{g}_{o}_{s}" for g, o, s in triples] + [f"z_{g}" for g in self.left_groups.tolist()]

    def row_names(self) -> list[str]:
        """A name per row: RULE_i or RULE_i_j."""
        pairs = zip(self.rules, self.labels.tolist(), strict=True)
        return ["_".join([rule, *(str(part) for part in label if part >= 0)]) for rule, label in pairs]


def _columns(problem: Problem, windows: bool) -> tuple[Problem, Columns]:
    """window: columns exist only where they may start. Switched off: at every slot of the horizon."""
    if windows:
        return problem, problem.columns
    wide = replace(
        problem,
        capacity=np.full_like(problem.capacity, UNLIMITED),
        first=np.zeros_like(problem.first),
        last=np.maximum(0, problem.slots - problem.duration),
    )
    return replace(wide, capacity=problem.capacity), wide.columns


def _once(problem: Problem, columns: Columns, left: Ints) -> Rows:
    """once: for every group g, sum of x over its columns + z[g] = copies[g]."""
    count = len(columns.option)
    row = np.concatenate([problem.group[columns.option], left])
    variable = np.arange(count + len(left))
    label = np.stack([np.arange(problem.groups), np.full(problem.groups, -1)], axis=1)
    return Rows("once", (row, variable, np.ones_like(row)), problem.copies, problem.copies, label)


def _capacity(problem: Problem, columns: Columns) -> Rows:
    """capacity: in row k and slot t, the demands of all columns at work there are at most capacity[k, t].

    Rows that can never be exceeded are left out: those where every group at its largest demand fits.
    """
    held = np.diff(problem.demand_ptr)[columns.option]
    column = np.repeat(np.arange(len(columns.option)), held)
    nth = np.arange(len(column)) - np.repeat(np.cumsum(held) - held, held)
    entry = problem.demand_ptr[columns.option[column]] + nth
    limited = (problem.capacity < UNLIMITED).any(axis=1)[problem.demand_row[entry]]
    column, entry = column[limited], entry[limited]
    length = problem.duration[columns.option[column]]
    at = np.repeat(np.arange(len(column)), length)
    slot = columns.start[column[at]] + np.arange(len(at)) - np.repeat(np.cumsum(length) - length, length)
    cell = problem.demand_row[entry[at]] * problem.slots + slot
    variable, amount = column[at], problem.demand[entry[at]]
    keep = _can_bind(problem, cell, problem.group[columns.option[variable]], amount)[cell]
    cells, row = np.unique(cell[keep], return_inverse=True)
    label = np.stack([cells // problem.slots, cells % problem.slots], axis=1)
    upper = problem.capacity.ravel()[cells]
    return Rows("capacity", (row, variable[keep], amount[keep]), np.full(len(cells), -FREE), upper, label)


def _can_bind(problem: Problem, cell: Ints, group: Ints, amount: Ints) -> Bools:
    """bool, shape (K * T,): whether all groups together could exceed the capacity of a cell."""
    order = np.lexsort((group, cell))
    cell, group, amount = cell[order], group[order], amount[order]
    new = np.flatnonzero(np.r_[True, (cell[1:] != cell[:-1]) | (group[1:] != group[:-1])]) if len(cell) else np.zeros(0, int)
    largest = np.maximum.reduceat(amount, new) if len(new) else amount
    most = np.bincount(cell[new], largest.astype(float) * problem.copies[group[new]], problem.capacity.size)
    found: NDArray[np.bool_] = most > problem.capacity.ravel() * (1 - 1e-9)
    return found


def _precedence(problem: Problem, columns: Columns, left: Ints) -> list[Rows]:
    """precedence: sum of s x over the later group >= sum of (s + d) x over the earlier one + lag,
    relaxed when the later one is left out; and what comes later runs only if the earlier runs."""
    count, edges = len(columns.option), len(problem.before)
    order = np.argsort(problem.group[columns.option], kind="stable")
    bounds = np.searchsorted(problem.group[columns.option][order], np.arange(problem.groups + 1))
    of_left = np.full(problem.groups, -1)
    of_left[left] = count + np.arange(len(left))
    end = columns.start + problem.duration[columns.option]
    timing: list[tuple[int, Ints, Ints]] = []
    running: list[tuple[int, Ints, Ints]] = []
    for edge, (before, after, lag) in enumerate(zip(problem.before, problem.after, problem.lag, strict=True)):
        early, late = (order[bounds[g] : bounds[g + 1]] for g in (before, after))
        timing += [(edge, late, columns.start[late]), (edge, early, -end[early])]
        if of_left[after] >= 0:
            relaxed = int(end[early].max(initial=0)) + int(lag)
            timing.append((edge, of_left[[after]], np.array([relaxed])))
        if of_left[before] >= 0:
            running += [(edge, early, np.ones_like(early)), (edge, late, -np.ones_like(late))]
    label = np.stack([np.arange(edges), np.full(edges, -1)], axis=1)
    free = np.full(edges, FREE)
    return [
        Rows("precedence", _stacked(timing), problem.lag, free, label),
        Rows("precedence", _stacked(running), np.zeros(edges, np.int64), free, label + [0, 1 + problem.slots]),
    ]


def _stacked(parts: list[tuple[int, Ints, Ints]]) -> Entries:
    none = np.zeros(0, np.int64)
    row = np.concatenate([np.full(len(variable), edge) for edge, variable, _ in parts] or [none])
    variable = np.concatenate([variable for _, variable, _ in parts] or [none])
    return row, variable, np.concatenate([coefficient for _, _, coefficient in parts] or [none])


def formulate(problem: Problem, without: Collection[str] = ()) -> Linear:
    """The whole model. Rules named in `without` are switched off, to test that somebody notices."""
    stated, columns = _columns(problem, "window" not in without)
    left = np.flatnonzero(problem.optional)
    rules = []
    if "once" not in without:
        rules.append(_once(stated, columns, left))
    if "capacity" not in without:
        rules.append(_capacity(stated, columns))
    if "precedence" not in without:
        rules += _precedence(stated, columns, left)
    cost = np.concatenate([columns.cost, problem.value[left]])
    if "cost" in without:
        cost = -cost
    return _assembled(stated, columns, left, cost, rules)


def _assembled(problem: Problem, columns: Columns, left: Ints, cost: Ints, rules: list[Rows]) -> Linear:
    sizes = [len(rows.lower) for rows in rules]
    shift = np.cumsum([0, *sizes])
    row = np.concatenate([rows.entries[0] + at for rows, at in zip(rules, shift, strict=False)] or [np.zeros(0, np.int64)])
    variable = np.concatenate([rows.entries[1] for rows in rules] or [row])
    data = np.concatenate([rows.entries[2] for rows in rules] or [row])
    most = problem.copies[np.concatenate([problem.group[columns.option], left])]
    matrix = sparse.csr_matrix((data, (row, variable)), shape=(int(shift[-1]), len(most)), dtype=np.int64)
    return Linear(
        problem=problem,
        columns=columns,
        left_groups=left,
        cost=cost,
        most=most,
        matrix=matrix,
        lower=np.concatenate([rows.lower for rows in rules] or [np.zeros(0, np.int64)]),
        upper=np.concatenate([rows.upper for rows in rules] or [np.zeros(0, np.int64)]),
        rules=tuple(rows.rule for rows, size in zip(rules, sizes, strict=True) for _ in range(size)),
        labels=np.concatenate([rows.label for rows in rules] or [np.zeros((0, 2), np.int64)]),
    )


def decode(linear: Linear, values: Any) -> Schedule:
    """The schedule of variable values (integers, shape (V,) or longer)."""
    count = np.asarray(values[: len(linear.columns.option)], np.int64)
    return Schedule.of(linear.columns.option, linear.columns.start, count)


def encode(linear: Linear, schedule: Schedule) -> Ints:
    """int64, shape (V,): a value for every variable; entries that are no columns are passed over."""
    slots = linear.problem.slots
    key = linear.columns.option * slots + linear.columns.start
    wanted = schedule.option * slots + schedule.start
    at = np.searchsorted(key, wanted)
    found = (at < len(key)) & (key[np.minimum(at, len(key) - 1)] == wanted) if len(key) else np.zeros(len(at), bool)
    values = np.zeros(len(linear.most), np.int64)
    values[at[found]] = schedule.count[found]
    ran = np.bincount(linear.problem.group[linear.columns.option], values[: len(key)], linear.problem.groups)
    values[len(key) :] = (linear.problem.copies - ran)[linear.left_groups]
    return values


def shifted(linear: Linear) -> tuple[Ints, int, int]:
    """Costs above each group's cheapest, over their greatest common divisor: (costs, divisor, constant).

    The objective is divisor * (costs . v) + constant on everything that keeps rule `once`.
    """
    group, size = linear.group, linear.problem.groups
    least = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(least, group, linear.cost)
    costs = linear.cost - least[group]
    divisor = int(np.gcd.reduce(costs)) if len(costs) and costs.any() else 1
    has = np.unique(group)
    constant = sum(int(least[g]) * int(linear.problem.copies[g]) for g in has)
    return costs // divisor, divisor, constant


def has_no_columns(problem: Problem) -> bool:
    """Whether a group that must run has no column at all: then no plan exists."""
    offered = np.bincount(problem.group[problem.columns.option], minlength=problem.groups)
    return bool(np.any((offered == 0) & ~problem.optional))

"""The rules of the mathematical model, one function each: rows of a linear integer program.

`models/README.md` derives each rule under the same name, and `models/allocation.mod` states the same in
GNU MathProg. `leptonopt.algorithms.models.time_indexed` puts the rows together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.nodes import NodeCosts
from leptonopt.problem.problem import UNLIMITED, Problem, Quota, StartColumns
from leptonopt.runtime.clock import check_time, check_time_each

NO_LIMIT = UNLIMITED
STRONG = 400_000  # entries of `nodes_strong` at most; beyond, they cost more time than they save


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
class Variables:
    """Where each variable stands; all are integers from 0 to `most`.

    x[c] copies of column c; z[g] copies of optional group g left out; and per kind m of nodes, where
    the rules need them: n[m, t] nodes on, w[m, t] on demand, u[m, t] switched on, v[m, t] switched off,
    c[m] committed. y[s, p]: the groups of set s, which belong together, run on pool p.
    """

    problem: Problem
    columns: StartColumns
    left: Ints

    @cached_property
    def nodes(self) -> dict[tuple[str, int], Ints]:
        """Positions of n, w, u and v, shape (T,), and of c, shape (1,), by letter and kind."""
        found, at = {}, len(self.columns.option) + len(self.left)
        for letter, kind, size in self._kinds():
            found[letter, kind] = np.arange(at, at + size)
            at += size
        return found

    @cached_property
    def pools(self) -> dict[tuple[int, int], int]:
        """Position of y[s, p]."""
        at = len(self.columns.option) + len(self.left) + sum(map(len, self.nodes.values()))
        pairs = [(number, pool) for number, each in enumerate(self.shared_pools) for pool in each]
        return {pair: at + number for number, pair in enumerate(pairs)}

    @cached_property
    def shared_pools(self) -> list[list[int]]:
        """For each set of groups that belong together, the pools on which all that must run have columns."""
        problem, sets = self.problem, []
        pool, group = problem.pool[self.columns.option], problem.group[self.columns.option]
        for members in problem.together:
            each = [set(pool[group == g].tolist()) for g in members.tolist()]
            must = [found for found, g in zip(each, members.tolist(), strict=True) if not problem.optional[g]]
            sets.append(sorted(set.intersection(*must) if must else set().union(*each)))
        return sets

    def _kinds(self) -> Iterator[tuple[str, int, int]]:
        nodes, plain, slots = self.problem.nodes, self.problem.plain, self.problem.slots
        starts, stops = self.problem.switching
        for kind in range(len(nodes)):
            own = bool(nodes.reserved[kind] or nodes.commit_max[kind])
            if not plain[kind]:
                yield "n", kind, slots
            if nodes.on_demand[kind] and (own or plain[kind]):
                yield "w", kind, slots
            if starts[kind]:
                yield "u", kind, slots
            if stops[kind]:
                yield "v", kind, slots
            if nodes.commit_max[kind]:
                yield "c", kind, 1

    @cached_property
    def most(self) -> Ints:
        """int64, shape (V,): the largest value of each."""
        problem, nodes = self.problem, self.problem.nodes
        parts = [problem.copies[problem.group[self.columns.option]], problem.copies[self.left]]
        for letter, kind in self.nodes:
            own = nodes.reserved[kind] if letter == "w" and problem.plain[kind] else 0
            parts.append(nodes.commit_max[[kind]] if letter == "c" else np.maximum(0, nodes.count[kind] - own))
        parts.append(np.ones(len(self.pools), np.int64))
        return np.concatenate(parts)

    def usable(self, kind: int) -> tuple[list[tuple[Ints, Ints, int]], int]:
        """Usable nodes per slot: (slots, variables, factor) of each term, and a constant."""
        problem, slots = self.problem, np.arange(self.problem.slots)
        if problem.plain[kind]:
            terms = [(slots, self.nodes["w", kind], 1)] if ("w", kind) in self.nodes else []
            if ("c", kind) in self.nodes:
                terms.append((slots, np.repeat(self.nodes["c", kind], len(slots)), 1))
            return terms, int(problem.nodes.reserved[kind])
        terms = [(slots, self.nodes["n", kind], 1)]
        for back in range(int(problem.nodes.boot[kind])):
            terms.append((slots[back:], self.nodes["u", kind][: len(slots) - back], -1))
        return terms, 0

    def spent(self, costs: NodeCosts) -> list[tuple[Ints, Ints]]:
        """(variables, factors) of what nodes cost, in money or in units of a quota."""
        found = []
        for (letter, kind), at in self.nodes.items():
            if letter == "n":
                # Without a variable of their own, all nodes that are on are on demand.
                paid = (
                    0 if ("w", kind) in self.nodes or not self.problem.nodes.on_demand[kind] else costs.on_demand[kind]
                )
                found.append((at, costs.on[kind] + paid))
            elif letter == "c":
                found.append((at, costs.commit[[kind]]))
            else:
                found.append((at, {"w": costs.on_demand, "u": costs.start, "v": costs.stop}[letter][kind]))
        return found


def _spread(first: Ints, count: Ints) -> tuple[Ints, Ints]:
    """For ranges first[i], ..., first[i] + count[i] - 1: (i, member) of all of them in a row."""
    which = np.repeat(np.arange(len(count)), count)
    return which, first[which] + np.arange(len(which)) - (np.cumsum(count) - count)[which]


# --- the rules ------------------------------------------------------------------------------------


def window(problem: Problem) -> StartColumns:
    """window: a column exists only where its option may start and alone fits the capacity."""
    return problem.columns


def anywhere(problem: Problem) -> tuple[Problem, StartColumns]:
    """What is left when rule `window` is switched off: columns at every slot of the horizon."""
    wide = replace(problem, first=np.zeros_like(problem.first), last=np.maximum(0, problem.slots - problem.duration))
    open_ = replace(wide, capacity=np.full_like(problem.capacity, UNLIMITED))
    return wide, open_.columns


def once(problem: Problem, columns: StartColumns, left: Ints) -> Rows:
    """once: for every group g, sum of x over its columns + z[g] = copies[g]."""
    row = np.concatenate([problem.group[columns.option], left])
    label = np.arange(problem.groups)[:, None]
    return Rows("once", row, np.arange(len(row)), np.ones_like(row), problem.copies, problem.copies, label)


def capacity(problem: Problem, columns: StartColumns) -> Rows:
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
        "capacity", row, column[which], amount // divisor[row], np.full(len(cells), -NO_LIMIT), upper // divisor, label
    )


def _needed(problem: Problem, columns: StartColumns, column: Ints, entry: Ints) -> Bools:
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


def _can_bind(problem: Problem, columns: StartColumns) -> Bools:
    """bool, shape (K, T): whether all groups together, each at its largest demand, could exceed the capacity."""
    load = np.zeros(problem.capacity.shape)
    at = np.searchsorted(columns.option, np.arange(problem.options + 1))
    for group in range(problem.groups):
        peak: dict[int, Ints] = {}
        check_time()
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


def precedence(problem: Problem, columns: StartColumns, left: Ints) -> Rows:
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
        np.full(len(problem.lag), NO_LIMIT),
        np.arange(len(problem.lag))[:, None],
    )


def precedence_runs(problem: Problem, columns: StartColumns) -> Rows:
    """precedence: where the earlier group is optional, the later one runs only if the earlier one runs."""
    early_edge, early, late_edge, late = _ends_of_edges(problem, columns)
    edges = np.flatnonzero(problem.optional[problem.before])
    row_of = np.full(len(problem.lag), -1)
    row_of[edges] = np.arange(len(edges))
    row = row_of[np.concatenate([early_edge, late_edge])]
    variable = np.concatenate([early, late])
    sign = np.concatenate([np.ones_like(early), -np.ones_like(late)])
    keep = row >= 0
    zero, free = np.zeros(len(edges), np.int64), np.full(len(edges), NO_LIMIT)
    return Rows("precedence.runs", row[keep], variable[keep], sign[keep], zero, free, edges[:, None])


def _ends_of_edges(problem: Problem, columns: StartColumns) -> tuple[Ints, Ints, Ints, Ints]:
    """(edge, column) pairs of the earlier groups, then of the later ones; columns stand in order of groups."""
    at = np.searchsorted(problem.group[columns.option], np.arange(problem.groups + 1))
    size = np.diff(at)
    return *_spread(at[problem.before], size[problem.before]), *_spread(at[problem.after], size[problem.after])


def nodes_supply(variables: Variables) -> Rows:
    """nodes: where nodes supply row k, the demands at work in slot t are at most size * usable nodes."""
    problem, columns, nodes = variables.problem, variables.columns, variables.problem.nodes
    supplied = np.zeros(len(problem.capacity), bool)
    supplied[nodes.supply_row] = True
    column, entry = _spread(problem.demand_ptr[columns.option], np.diff(problem.demand_ptr)[columns.option])
    mine = supplied[problem.demand_row[entry]]
    column, entry = column[mine], entry[mine]
    which, slot = _spread(columns.start[column], problem.duration[columns.option[column]])
    cell = (problem.demand_row[entry] * problem.slots)[which] + slot
    table = _Table()
    table.add(cell, column[which], problem.demand[entry][which])
    upper = np.zeros(problem.capacity.size, np.int64)
    for kind, row, size in zip(
        nodes.supply_node.tolist(), nodes.supply_row.tolist(), nodes.supply_size.tolist(), strict=True
    ):
        terms, constant = variables.usable(kind)
        for slots, at, factor in terms:
            table.add(row * problem.slots + slots, at, np.full(len(at), -size * factor))
        upper[row * problem.slots : (row + 1) * problem.slots] += size * constant
    cells = np.unique(cell)
    label = np.stack([cells // problem.slots, cells % problem.slots], axis=1)
    return table.rows("nodes.supply", cells, upper[cells], label)


def nodes_paid(variables: Variables) -> Rows:
    """nodes: n[m, t] <= reserved + c[m] + w[m, t]; where only the number paid matters, that is at most count."""
    problem, nodes, table = variables.problem, variables.problem.nodes, _Table()
    upper, label, at = [np.zeros(0, np.int64)], [np.zeros((0, 2), np.int64)], 0
    slots = np.arange(problem.slots)
    for kind in range(len(nodes)):
        has = {letter: variables.nodes.get((letter, kind)) for letter in "nwc"}
        sign = -1 if has["n"] is not None else 1
        if has["n"] is not None and (has["w"] is not None or not nodes.on_demand[kind]):
            table.add(at + slots, has["n"], np.ones(len(slots), np.int64))
            upper.append(np.full(len(slots), nodes.reserved[kind]))
        elif has["n"] is None and has["w"] is not None and has["c"] is not None:
            upper.append(nodes.count[kind] - nodes.reserved[kind])
        else:
            continue
        if has["w"] is not None:
            table.add(at + slots, has["w"], np.full(len(slots), sign))
        if has["c"] is not None:
            table.add(at + slots, np.repeat(has["c"], len(slots)), np.full(len(slots), sign))
        label.append(np.stack([np.full(len(slots), kind), slots], axis=1))
        at += len(slots)
    return table.rows("nodes.paid", np.arange(at), np.concatenate(upper), np.concatenate(label))


def nodes_switched(variables: Variables) -> Rows:
    """nodes: u[m, t] >= n[m, t] - n[m, t-1] and v[m, t] >= n[m, t] - n[m, t+1], with n = 0 outside."""
    table, label, at = _Table(), [np.zeros((0, 3), np.int64)], 0
    slots = np.arange(variables.problem.slots)
    one = np.ones(len(slots), np.int64)
    for (letter, kind), switched in variables.nodes.items():
        if letter in "uv":
            on, before, behind = variables.nodes["n", kind], slots[1:], slots[:-1]
            table.add(at + slots, on, one)
            table.add(at + slots, switched, -one)
            table.add(at + (before if letter == "u" else behind), on[behind if letter == "u" else before], -one[1:])
            label.append(np.stack([np.full(len(slots), "uv".index(letter)), np.full(len(slots), kind), slots], axis=1))
            at += len(slots)
    return table.rows("nodes.switched", np.arange(at), np.zeros(at, np.int64), np.concatenate(label))


def nodes_minimum(variables: Variables) -> Rows:
    """nodes: what was switched on in the last `minimum` slots is still on."""
    table, label, at = _Table(), [np.zeros((0, 2), np.int64)], 0
    slots = np.arange(variables.problem.slots)
    for kind, minimum in enumerate(variables.problem.nodes.minimum.tolist()):
        if minimum > 1:
            table.add(at + slots, variables.nodes["n", kind], -np.ones(len(slots), np.int64))
            for back in range(min(minimum, len(slots))):
                started = variables.nodes["u", kind][: len(slots) - back]
                table.add(at + slots[back:], started, np.ones(len(started), np.int64))
            label.append(np.stack([np.full(len(slots), kind), slots], axis=1))
            at += len(slots)
    return table.rows("nodes.minimum", np.arange(at), np.zeros(at, np.int64), np.concatenate(label))


def nodes_strong(variables: Variables) -> Rows:
    """nodes: a group at work in slot t needs as many usable nodes as its largest demand fills, alone.

    Follows from the other rows for whole numbers, not for fractions; left out where it would be large.
    """
    problem, columns, nodes = variables.problem, variables.columns, variables.problem.nodes
    table, at, many = _Table(), 0, 0
    upper: list[int] = []
    label: list[Ints] = []
    shared = np.bincount(nodes.supply_row, minlength=len(problem.capacity)) > 1
    begin = np.searchsorted(columns.option, np.arange(problem.options + 1))
    supplies = list(zip(nodes.supply_node.tolist(), nodes.supply_row.tolist(), nodes.supply_size.tolist(), strict=True))
    sizes: dict[int, dict[int, int]] = {}
    for kind, row, size in supplies:
        if not shared[row]:
            sizes.setdefault(kind, {})[row] = size
    kind_of = {row: kind for kind, rows in sizes.items() for row in rows}
    terms = {kind: variables.usable(kind) for kind in sizes}
    for group in check_time_each(range(problem.groups)):
        cells: dict[int, list[tuple[Ints, Ints, int]]] = {}
        copies = int(problem.copies[group])
        for option in range(problem.option_ptr[group], problem.option_ptr[group + 1]):
            rows, amounts = problem.demands(option)
            filled: dict[int, int] = {}
            for row, amount in zip(rows.tolist(), amounts.tolist(), strict=True):
                if (kind := kind_of.get(row)) is not None:
                    filled[kind] = max(filled.get(kind, 0), -(-amount // sizes[kind][row]))
            part = np.arange(begin[option], begin[option + 1])
            which, slot = _spread(columns.start[part], np.full(len(part), problem.duration[option]))
            for kind, count in filled.items():
                many += len(slot)
                cells.setdefault(kind, []).append((slot, part[which], count if copies == 1 else 1))
        if many > STRONG:
            return _Table().rows(
                "nodes.strong", np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3), np.int64)
            )
        for kind, entries in cells.items():
            slots = np.unique(np.concatenate([slot for slot, _, _ in entries]))
            row_of = np.full(problem.slots, -1)
            row_of[slots] = at + np.arange(len(slots))
            for slot, column, count in entries:
                table.add(row_of[slot], column, np.full(len(column), count))
            found, constant = terms[kind]
            for slot, variable, factor in found:
                keep = row_of[slot] >= 0
                table.add(row_of[slot[keep]], variable[keep], np.full(int(keep.sum()), -factor * copies))
            upper += [constant * copies] * len(slots)
            label.append(np.stack([np.full(len(slots), group), np.full(len(slots), kind), slots], axis=1))
            at += len(slots)
    labels = np.concatenate([np.zeros((0, 3), np.int64), *label])
    return table.rows("nodes.strong", np.arange(at), np.array(upper, np.int64), labels)


def quota(variables: Variables) -> Rows:
    """quota: what columns and nodes use of a quota is at most its limit."""
    problem, columns, table = variables.problem, variables.columns, _Table()
    begin = np.searchsorted(columns.option, np.arange(problem.options + 1))
    for number, each in enumerate(problem.quotas):
        for option in check_time_each(_touched(problem, each)):
            part = slice(begin[option], begin[option + 1])
            starts = columns.start[part]
            if len(starts):
                first = int(starts[0])
                uses = each.uses(problem, option, first, int(starts[-1]))[starts - first]
                table.add(np.full(len(starts), number), np.arange(begin[option], begin[option + 1]), uses)
        for at, factors in variables.spent(each.nodes) if each.nodes else ():
            table.add(np.full(len(at), number), at, factors)
    limits = np.array([each.limit for each in problem.quotas], np.int64)
    return table.rows("quota", np.arange(len(limits)), limits, np.arange(len(limits))[:, None])


def _touched(problem: Problem, each: Quota) -> list[int]:
    """Options that may use something of a quota."""
    rated = np.zeros(len(problem.capacity), bool)
    rated[each.rows] = True
    held = np.flatnonzero(rated[problem.demand_row])
    options = np.searchsorted(problem.demand_ptr, held, "right") - 1
    return sorted({*options.tolist(), *each.options.tolist()})


def together(variables: Variables) -> Rows:
    """affinity: x of group g on pool p <= copies * y[s, p]; and sum of y[s, p] over p <= 1."""
    problem, columns, table = variables.problem, variables.columns, _Table()
    upper: list[int] = []
    label: list[tuple[int, int, int]] = []
    pool, group = problem.pool[columns.option], problem.group[columns.option]
    for number, members in enumerate(problem.together):
        one = len(upper)
        upper.append(1)
        label.append((number, -1, -1))
        for where in check_time_each(variables.shared_pools[number]):
            at = np.array([variables.pools[number, where]])
            table.add(np.array([one]), at, np.ones(1, np.int64))
        for g in members.tolist():
            mine = np.flatnonzero(group == g)
            for where in np.unique(pool[mine]).tolist():
                chosen = mine[pool[mine] == where]
                table.add(np.full(len(chosen), len(upper)), chosen, np.ones(len(chosen), np.int64))
                if (number, where) in variables.pools:
                    at = np.array([variables.pools[number, where]])
                    table.add(np.array([len(upper)]), at, -problem.copies[[g]])
                upper.append(0)
                label.append((number, g, where))
    labels = np.array(label, np.int64).reshape(-1, 3)
    return table.rows("affinity.together", np.arange(len(upper)), np.array(upper, np.int64), labels)


def apart(variables: Variables) -> Rows:
    """affinity: of groups kept apart, at most one copy runs on each pool."""
    problem, columns, table = variables.problem, variables.columns, _Table()
    label: list[tuple[int, int]] = []
    pool, group = problem.pool[columns.option], problem.group[columns.option]
    for number, members in enumerate(problem.apart):
        mine = np.flatnonzero(np.isin(group, members))
        for where in np.unique(pool[mine]).tolist():
            chosen = mine[pool[mine] == where]
            table.add(np.full(len(chosen), len(label)), chosen, np.ones(len(chosen), np.int64))
            label.append((number, where))
    labels = np.array(label, np.int64).reshape(-1, 2)
    return table.rows("affinity.apart", np.arange(len(label)), np.ones(len(label), np.int64), labels)


class _Table:
    """Entries of rows, collected in parts."""

    def __init__(self) -> None:
        self.parts: list[tuple[Ints, Ints, Ints]] = []

    def add(self, row: Ints, variable: Ints, coefficient: Ints) -> None:
        """Entries with these row keys."""
        self.parts.append((row, variable, coefficient))

    def rows(self, name: str, keys: Ints, upper: Ints, label: Ints) -> Rows:
        """Rows of these keys, ascending, each at most `upper`; entries with other keys are dropped."""
        empty = np.zeros(0, np.int64)
        row, variable, coefficient = (
            np.concatenate([empty, *(part[at] for part in self.parts)]).astype(np.int64) for at in range(3)
        )
        at = np.searchsorted(keys, row)
        keep = (at < len(keys)) & (coefficient != 0)
        keep[keep] = keys[at[keep]] == row[keep]
        lower = np.full(len(keys), -NO_LIMIT)
        return Rows(name, at[keep], variable[keep], coefficient[keep], lower, upper.astype(np.int64), label)

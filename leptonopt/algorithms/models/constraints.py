"""The rules of the mathematical model, one function each: rows of a linear integer program.

`models/README.md` derives each rule under the same name, and `models/allocation.mod` states the same in
GNU MathProg. The rules for nodes are in `constraints_nodes`; `time_indexed` joins all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from leptonopt.algorithms.models.constraints_services import held_entries
from leptonopt.algorithms.models.rows import NO_LIMIT, Rows, RowTable, Variables, expand_ranges
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import UNLIMITED, Problem, Quota, StartColumns
from leptonopt.runtime.clock import check_time, check_time_each


def window(problem: Problem) -> StartColumns:
    """window: a column exists only where its option may start and alone fits the capacity."""
    return problem.columns


def anywhere(problem: Problem) -> tuple[Problem, StartColumns]:
    """Return problem and columns with rule `window` switched off: columns at every slot of the horizon."""
    wide = replace(problem, first=np.zeros_like(problem.first), last=np.maximum(0, problem.slots - problem.duration))
    open_ = replace(wide, capacity=np.full_like(problem.capacity, UNLIMITED))
    return wide, open_.columns


def once(problem: Problem, columns: StartColumns, left: Ints) -> Rows:
    """once: for every group g, sum of x over its columns + z[g] = copies[g]."""
    row = np.concatenate([problem.group[columns.option], left])
    label = np.arange(problem.groups)[:, None]
    return Rows("once", row, np.arange(len(row)), np.ones_like(row), problem.copies, problem.copies, label)


def capacity(variables: Variables) -> Rows:
    """capacity: in row k and slot t, the demands of columns and replicas are at most capacity[k, t].

    Rows that follow from others, or can never be exceeded, are left out; see `needed_cells`. What is left
    is divided by the common divisor of its demands, and the capacity rounded down.
    """
    problem, columns = variables.problem, variables.columns
    column, entry = expand_ranges(problem.demand_ptr[columns.option], np.diff(problem.demand_ptr)[columns.option])
    needed = needed_cells(problem, columns, column, entry)
    held = problem.services.hold_row
    needed[held] = problem.capacity[held] < UNLIMITED
    useful = np.any(needed, axis=1)[problem.demand_row[entry]]
    column, entry = column[useful], entry[useful]
    which, slot = expand_ranges(columns.start[column], problem.duration[columns.option[column]])
    cell = (problem.demand_row[entry] * problem.slots)[which] + slot
    keep = needed.ravel()[cell]
    which, cell = which[keep], cell[keep]
    cells = np.flatnonzero(needed)
    row = (np.cumsum(needed) - 1)[cell]
    label = np.stack([cells // problem.slots, cells % problem.slots], axis=1)
    amount, upper = problem.demand[entry][which], problem.capacity.ravel()[cells]
    rows, chosen, amounts = [row], [column[which]], [amount]
    for at_row, at, hold in held_entries(variables):
        slots = np.flatnonzero(needed[at_row])
        rows.append((np.cumsum(needed[at_row]) - 1)[slots] + int(needed[:at_row].sum()))
        chosen.append(at[slots])
        amounts.append(np.full(len(slots), hold))
    row, amount = np.concatenate(rows), np.concatenate(amounts)
    divisor = np.zeros_like(upper)
    np.gcd.at(divisor, row, amount)
    entries = row, np.concatenate(chosen), amount // divisor[row]
    return Rows("capacity", *entries, np.full(len(cells), -NO_LIMIT), upper // divisor, label)


def needed_cells(problem: Problem, columns: StartColumns, column: Ints, entry: Ints) -> Bools:
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
    """Return whether all groups together can exceed the capacity; bool, shape (K, T).

    Each group counts at its largest demand.
    """
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


def precedence_most(problem: Problem, columns: StartColumns) -> Rows:
    """precedence: sum of s x over the later group <= sum of (s + d) x over the earlier one + most.

    A later group that is left out has sum 0, which keeps the row.
    """
    early_edge, early, late_edge, late = _ends_of_edges(problem, columns)
    edges = np.flatnonzero(problem.most < UNLIMITED)
    row_of = np.full(len(problem.lag), -1)
    row_of[edges] = np.arange(len(edges))
    end = columns.start + problem.duration[columns.option]
    row = row_of[np.concatenate([late_edge, early_edge])]
    variable, factor = np.concatenate([late, early]), np.concatenate([columns.start[late], -end[early]])
    keep, free = row >= 0, np.full(len(edges), -NO_LIMIT)
    return Rows("precedence.most", row[keep], variable[keep], factor[keep], free, problem.most[edges], edges[:, None])


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
    """Return (edge, column) pairs of the earlier groups, then of the later ones.

    Columns are in order of groups.
    """
    at = np.searchsorted(problem.group[columns.option], np.arange(problem.groups + 1))
    size = np.diff(at)
    earlier = expand_ranges(at[problem.before], size[problem.before])
    later = expand_ranges(at[problem.after], size[problem.after])
    return *earlier, *later


def quota(variables: Variables) -> Rows:
    """quota: what columns and nodes use of a quota is at most its limit."""
    problem, table = variables.problem, RowTable()
    _add_use(variables, table, problem.quotas)
    limits = np.array([each.limit for each in problem.quotas], np.int64)
    return table.rows("quota", np.arange(len(limits)), limits, np.arange(len(limits))[:, None])


def meters(variables: Variables) -> Rows:
    """cost: what columns and nodes use of a meter is what its tiers hold."""
    problem, table = variables.problem, RowTable()
    _add_use(variables, table, [meter.use for meter in problem.meters])
    for number, at in enumerate(variables.tiers):
        table.add(np.full(len(at), number), at, np.full(len(at), -1))
    zero = np.zeros(len(problem.meters), np.int64)
    return replace(table.rows("cost.meters", np.arange(len(zero)), zero, np.arange(len(zero))[:, None]), lower=zero)


def tiers(variables: Variables) -> Rows:
    """cost: where a price falls, a tier of a meter holds something only where the one before is full.

    With q[m, k], which is 1 only where tier k of meter m is full: a[m, k] >= size q[m, k], a[m, k + 1] <= size q[m, k].
    """
    problem, table = variables.problem, RowTable()
    label: list[tuple[int, int, int]] = []
    for (number, tier), at in variables.full_tiers.items():
        size, held = problem.meters[number].size, variables.tiers[number]
        for side, signs in enumerate(((-1, size[tier]), (1, -size[tier + 1]))):
            entries = np.array([held[tier + side], at]), np.array(signs)
            table.add(np.full(2, len(label)), *entries)
            label.append((number, tier, side))
    upper = np.zeros(len(label), np.int64)
    return table.rows("cost.tiers", np.arange(len(label)), upper, np.array(label, np.int64).reshape(-1, 3))


def rests(variables: Variables) -> Rows:
    """cost: a meter costs at least its minimum: sum of price a + r >= least, with r rounded down."""
    problem, table = variables.problem, RowTable()
    for row, (number, at) in enumerate(variables.rests.items()):
        tiers = variables.tiers[number]
        table.add(np.full(len(tiers), row), tiers, -problem.meters[number].price)
        table.add(np.array([row]), np.array([at]), np.array([-variables.rest_unit(number)]))
    upper = np.array([variables.rest_unit(m) - 1 - problem.meters[m].least for m in variables.rests], np.int64)
    labels = np.array([*variables.rests], np.int64).reshape(-1, 1)
    return table.rows("cost.rests", np.arange(len(upper)), upper, labels)


def savings(variables: Variables) -> Rows:
    """cost: a window of a savings plan costs at least each of its linear functions of use and steps.

    The cost is counted in whole units and rounded down: what is made least stays a sum of whole units, and no more.
    """
    problem, table = variables.problem, RowTable()
    upper: list[int] = []
    label: list[tuple[int, int, int]] = []
    for number, plan in enumerate(problem.savings):
        unit = variables.saving_unit(number)
        for window, each in enumerate(plan.windows):
            used = np.array([variables.tiers[at][0] for at in each.meters.tolist()])
            for line, (prices, step, base) in enumerate(zip(each.price, each.step, each.base.tolist(), strict=True)):
                at, one = np.full(len(used), len(label)), np.array([len(label)])
                table.add(at, used, prices)
                table.add(one, variables.saving[number][[window]], np.array([-unit]))
                for start, factor in enumerate(step.tolist()):
                    table.add(one, np.array([variables.steps[number, start]]), np.array([factor]))
                upper.append(unit - 1 - base)
                label.append((number, window, line))
    labels = np.array(label, np.int64).reshape(-1, 3)
    return table.rows("cost.savings", np.arange(len(upper)), np.array(upper, np.int64), labels)


def _add_use(variables: Variables, table: RowTable, quotas: Sequence[Quota]) -> None:
    """Add a row for each quota with what columns, nodes and replicas use of it."""
    problem, columns = variables.problem, variables.columns
    begin = np.searchsorted(columns.option, np.arange(problem.options + 1))
    for number, each in enumerate(quotas):
        for option in check_time_each(_touched(problem, each)):
            part = slice(begin[option], begin[option + 1])
            starts = columns.start[part]
            if len(starts):
                first = int(starts[0])
                uses = each.uses(problem, option, first, int(starts[-1]))[starts - first]
                table.add(np.full(len(starts), number), np.arange(begin[option], begin[option + 1]), uses)
        for at, factors in variables.spent(each.nodes) if each.nodes else ():
            table.add(np.full(len(at), number), at, factors)
        for at, factors in variables.spent_by_replicas(each.replicas) if each.replicas else ():
            table.add(np.full(len(at), number), at, factors)
        rates = dict(zip(each.rows.tolist(), each.rate, strict=True))
        for row, at, amount in held_entries(variables):
            if row in rates:
                table.add(np.full(len(at), number), at, amount * rates[row])


def _touched(problem: Problem, each: Quota) -> list[int]:
    """Options that may use something of a quota."""
    rated = np.zeros(len(problem.capacity), bool)
    rated[each.rows] = True
    held = np.flatnonzero(rated[problem.demand_row])
    options = np.searchsorted(problem.demand_ptr, held, "right") - 1
    return sorted({*options.tolist(), *each.options.tolist()})


def together(variables: Variables) -> Rows:
    """affinity: x of group g on pool p <= copies * y[s, p]; and sum of y[s, p] over p <= 1."""
    problem, columns, table = variables.problem, variables.columns, RowTable()
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
    problem, columns, table = variables.problem, variables.columns, RowTable()
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

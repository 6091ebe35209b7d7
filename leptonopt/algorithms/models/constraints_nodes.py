"""The rules of the model for nodes: supply, payment, and switching on and off."""

from __future__ import annotations

import numpy as np

from leptonopt.algorithms.models.constraints_services import held_entries
from leptonopt.algorithms.models.rows import Rows, RowTable, Variables, expand_ranges
from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import Problem
from leptonopt.runtime.clock import check_time_each

MAX_STRONG_ENTRIES = 400_000  # entries of `nodes_strong` at most; beyond, they cost more time than they save


def nodes_supply(variables: Variables) -> Rows:
    """nodes: where nodes supply row k, the demands at work in slot t are at most size * usable nodes."""
    problem, nodes = variables.problem, variables.problem.nodes
    supplied = np.zeros(len(problem.capacity), bool)
    supplied[nodes.supply_row] = True
    cell, column, demand = _demands_on(variables, supplied)
    table = RowTable()
    table.add(cell, column, demand)
    held = [np.zeros(0, np.int64)]
    for row, at, amount in held_entries(variables):
        if supplied[row]:
            held.append(row * problem.slots + np.arange(problem.slots))
            table.add(held[-1], at, np.full(len(at), amount))
    upper = np.zeros(problem.capacity.size, np.int64)
    for kind, row, size in zip(
        nodes.supply_node.tolist(), nodes.supply_row.tolist(), nodes.supply_size.tolist(), strict=True
    ):
        terms, constant = variables.usable(kind)
        for slots, at, factor in terms:
            table.add(row * problem.slots + slots, at, np.full(len(at), -size * factor))
        upper[row * problem.slots : (row + 1) * problem.slots] += size * constant
    cells = np.unique(np.concatenate([cell, *held]))
    label = np.stack([cells // problem.slots, cells % problem.slots], axis=1)
    return table.rows("nodes.supply", cells, upper[cells], label)


def _demands_on(variables: Variables, rows: Bools) -> tuple[Ints, Ints, Ints]:
    """Return (cell, column, demand) of columns at work on some rows; cells are row-major in (row, slot)."""
    problem, columns = variables.problem, variables.columns
    column, entry = expand_ranges(problem.demand_ptr[columns.option], np.diff(problem.demand_ptr)[columns.option])
    mine = rows[problem.demand_row[entry]]
    column, entry = column[mine], entry[mine]
    which, slot = expand_ranges(columns.start[column], problem.duration[columns.option[column]])
    cell = (problem.demand_row[entry] * problem.slots)[which] + slot
    return cell, column[which], problem.demand[entry][which]


def nodes_load(variables: Variables) -> Rows:
    """nodes: in row k and slot t, the demands at work are at least least * usable nodes."""
    problem, nodes, table = variables.problem, variables.problem.nodes, RowTable()
    loaded = nodes.loaded
    asked = np.zeros(len(problem.capacity), bool)
    asked[nodes.supply_row[loaded]] = True
    cell, column, amount = _demands_on(variables, asked)
    table.add(cell, column, -amount)
    for at in loaded.tolist():
        row = int(nodes.supply_row[at]) * problem.slots
        for slots, variable, factor in variables.usable(int(nodes.supply_node[at]))[0]:
            table.add(row + slots, variable, factor * nodes.least[at][slots])
    cells = (np.flatnonzero(asked)[:, None] * problem.slots + np.arange(problem.slots)).ravel()
    label = np.stack([cells // problem.slots, cells % problem.slots], axis=1)
    return table.rows("nodes.load", cells, np.zeros(len(cells), np.int64), label)


def nodes_held(variables: Variables) -> Rows:
    """nodes: what has begun its minimum time before the horizon is still on."""
    nodes, table = variables.problem.nodes, RowTable()
    label = np.argwhere(nodes.held)
    rows = np.arange(len(label))
    for kind in np.unique(label[:, 0]).tolist():
        own = rows[label[:, 0] == kind]
        table.add(own, variables.nodes["n", kind][label[own, 1]], -np.ones(len(own), np.int64))
    return table.rows("nodes.held", rows, -nodes.held[label[:, 0], label[:, 1]], label)


def nodes_off(variables: Variables) -> Rows:
    """nodes: what was switched off in the last `rest` slots is not on."""
    nodes, slots, at = variables.problem.nodes, np.arange(variables.problem.slots), 0
    table, label, upper = RowTable(), [np.zeros((0, 2), np.int64)], [np.zeros(0, np.int64)]
    for kind in np.flatnonzero(nodes.rest).tolist():
        stops = variables.nodes["v", kind]
        off = np.concatenate([stops[len(slots) :], stops[: len(slots) - 1]])  # by the slot in which it is off first
        first = len(slots) - len(off)
        table.add(at + slots, variables.nodes["n", kind], np.ones(len(slots), np.int64))
        for back in range(min(int(nodes.rest[kind]), len(slots))):
            held = slots[first + back :]
            table.add(at + held, off[: len(held)], np.ones(len(held), np.int64))
        upper.append(np.full(len(slots), nodes.count[kind].max(initial=nodes.before[kind])))
        label.append(np.stack([np.full(len(slots), kind), slots], axis=1))
        at += len(slots)
    return table.rows("nodes.off", np.arange(at), np.concatenate(upper), np.concatenate(label))


def nodes_paid(variables: Variables) -> Rows:
    """Return rule `nodes`: n[m, t] <= reserved + c[m] + w[m, t].

    Where only the number paid matters, the right-hand side is at most count.
    """
    problem, nodes, table = variables.problem, variables.problem.nodes, RowTable()
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
    """nodes: u[m, t] >= n[m, t] - n[m, t-1] and v[m, t] >= n[m, t] - n[m, t+1].

    Before the first slot n is `before`, after the last it is 0.
    """
    table, label, upper, at = RowTable(), [np.zeros((0, 3), np.int64)], [np.zeros(0, np.int64)], 0
    slots = np.arange(variables.problem.slots)
    one = np.ones(len(slots), np.int64)
    for (letter, kind), switched in variables.nodes.items():
        if letter in "uv":
            on, before, behind = variables.nodes["n", kind], slots[1:], slots[:-1]
            table.add(at + slots, on, one)
            table.add(at + slots, switched[: len(slots)], -one)
            table.add(at + (before if letter == "u" else behind), on[behind if letter == "u" else before], -one[1:])
            known = int(variables.problem.nodes.before[kind])
            upper.append(np.where((slots == 0) & (letter == "u"), known, 0))
            for dropped in switched[len(slots) :]:  # v before slot 0 >= before - n[m, 0]
                table.add(np.array([at + len(slots)] * 2), np.array([on[0], dropped]), -np.ones(2, np.int64))
                upper.append(np.array([-known]))
            where = np.arange(len(switched))
            label.append(np.stack([np.full(len(where), "uv".index(letter)), np.full(len(where), kind), where], axis=1))
            at += len(where)
    return table.rows("nodes.switched", np.arange(at), np.concatenate(upper), np.concatenate(label))


def nodes_minimum(variables: Variables) -> Rows:
    """nodes: what was switched on in the last `minimum` slots is still on."""
    table, label, at = RowTable(), [np.zeros((0, 2), np.int64)], 0
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
    problem, table, at, entries = variables.problem, RowTable(), 0, 0
    upper: list[int] = []
    label: list[Ints] = []
    sizes = _unshared_sizes(problem)
    terms = {kind: variables.usable(kind) for kind in sizes}
    begin = np.searchsorted(variables.columns.option, np.arange(problem.options + 1))
    for group in check_time_each(range(problem.groups)):
        copies = int(problem.copies[group])
        cells = _node_demands(variables, group, sizes, begin)
        entries += sum(len(slot) for parts in cells.values() for slot, _, _ in parts)
        if entries > MAX_STRONG_ENTRIES:
            none = np.zeros(0, np.int64)
            return RowTable().rows("nodes.strong", none, none, np.zeros((0, 3), np.int64))
        for kind, parts in cells.items():
            slots = np.unique(np.concatenate([slot for slot, _, _ in parts]))
            row_of = np.full(problem.slots, -1)
            row_of[slots] = at + np.arange(len(slots))
            for slot, column, count in parts:
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


def _unshared_sizes(problem: Problem) -> dict[int, dict[int, int]]:
    """Return by kind of nodes {row: units of a node} for the rows that this kind alone supplies."""
    nodes = problem.nodes
    shared = np.bincount(nodes.supply_row, minlength=len(problem.capacity)) > 1
    sizes: dict[int, dict[int, int]] = {}
    supplies = zip(nodes.supply_node.tolist(), nodes.supply_row.tolist(), nodes.supply_size.tolist(), strict=True)
    for kind, row, size in supplies:
        if not shared[row]:
            sizes.setdefault(kind, {})[row] = size
    return sizes


def _node_demands(
    variables: Variables, group: int, sizes: dict[int, dict[int, int]], begin: Ints
) -> dict[int, list[tuple[Ints, Ints, int]]]:
    """Return by kind of nodes (slots, columns, nodes filled) of a group's options.

    Slots and columns have shape (N,). `begin`, shape (O + 1,), is where the columns of each option begin.
    """
    problem, columns = variables.problem, variables.columns
    kind_of = {row: kind for kind, rows in sizes.items() for row in rows}
    cells: dict[int, list[tuple[Ints, Ints, int]]] = {}
    for option in range(problem.option_ptr[group], problem.option_ptr[group + 1]):
        rows, amounts = problem.demands(option)
        filled: dict[int, int] = {}
        for row, amount in zip(rows.tolist(), amounts.tolist(), strict=True):
            if (kind := kind_of.get(row)) is not None:
                filled[kind] = max(filled.get(kind, 0), -(-amount // sizes[kind][row]))
        part = np.arange(begin[option], begin[option + 1])
        which, slot = expand_ranges(columns.start[part], np.full(len(part), problem.duration[option]))
        for kind, count in filled.items():
            cells.setdefault(kind, []).append((slot, part[which], count if problem.copies[group] == 1 else 1))
    return cells


RULES = (
    nodes_supply, nodes_paid, nodes_switched, nodes_minimum, nodes_strong, nodes_off, nodes_held, nodes_load
)  # fmt: skip
"""All rows of nodes, in the order of the model."""

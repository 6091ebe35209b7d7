"""Cuts on capacity: a task at work takes the place of a block.

Let k be a demand on a row of capacity C. Columns of demand d >= k fill floor(d / k) blocks of k, of which floor(C / k)
fit. A task of smaller demand that is at work, and does not fit what C mod k leaves, takes the place of one of them:

    sum of floor(d / k) x over columns with d >= k + sum of x / copies over the task's with C mod k < d < k
        <= floor(C / k)

A relaxation of capacity alone lets nearly a whole block run beside a task of one unit. Where nodes of k * m units
supply the row, m blocks for each usable node take the place of floor(C / k). It is a mixed-integer rounding of the row,
with the task's columns complemented (Marchand and Wolsey 2001, doi:10.1287/opre.49.3.363.11211).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.algorithms.models.rows import Rows, RowTable
from leptonopt.algorithms.models.time_indexed import IntegerProgram, with_rows
from leptonopt.problem.arrays import Bools, Floats, Ints

RULES = ("capacity", "nodes.supply")  # the rows that are looked at
NAME = "capacity.blocks"


@dataclass(frozen=True)
class CutSettings:
    """Settings of the separation.

    Attributes
    ----------
    beyond : blocks by which a solution has to exceed a cut
    most : cuts found at a time, at most
    sizes : sizes of blocks that are looked at, the largest ones
    tasks : cuts of a row and size at a time, of the tasks that count most; with 3 the bound of elasticflow-100 rises to
        6,705 in 4 rounds, with 1 in 6
    """

    beyond: float = 0.02
    most: int = 4_000
    sizes: int = 16
    tasks: int = 3


SETTINGS = CutSettings()


@dataclass(frozen=True, eq=False)
class _Entries:
    """The entries of some rows of the model for variables above zero.

    Attributes
    ----------
    row, size : int64, shape (N,), the row in the model, and what the variable holds of it; below 0 it supplies
    value : float, shape (N,)
    group : int64, shape (N,); -1 for variables that are no columns
    """

    row: Ints
    size: Ints
    value: Floats
    group: Ints


def block_cuts(linear: IntegerProgram, values: Floats) -> Rows | None:
    """Return the cuts that a solution, float, shape (V,), exceeds most; None without any."""
    entries = _entries(linear, values)
    sizes = np.unique(entries.size[(entries.size > 1) & (entries.value % 1 > 1e-6)])[-SETTINGS.sizes :]
    supplies = _supplies(linear)
    found = [_exceeded(linear, entries, size, _divisible(supplies, size)) for size in sizes.tolist()]
    if not sum(len(row) for _, row, _ in found):
        return None
    beyond, row, group = (np.concatenate(parts) for parts in zip(*found, strict=True))
    size = np.repeat(sizes, [len(part) for _, part, _ in found])
    chosen = np.argsort(-beyond, kind="stable")[: SETTINGS.most]
    return _rows(linear, row[chosen].astype(np.int64), size[chosen], group[chosen].astype(np.int64))


def with_binding(plain: IntegerProgram, cut: IntegerProgram, duals: Floats) -> IntegerProgram:
    """Return a model with those of the cuts of another one that have a dual, float, shape (R,).

    Duals may end before the last cuts.
    """
    at, have = len(plain.lower), np.zeros(len(cut.lower), bool)
    have[: len(duals)] = duals != 0
    for part in cut.parts[len(plain.parts) :]:
        own = have[at : at + len(part.lower)]
        at += len(part.lower)
        if own.any():
            plain = with_rows(plain, _chosen(part, own))
    return plain


def _chosen(rows: Rows, keep: Bools) -> Rows:
    """Return some of the rows."""
    entry, place = keep[rows.row], np.cumsum(keep) - 1
    row, variable, factor = (part[entry] for part in (rows.row, rows.variable, rows.coefficient))
    return Rows(rows.name, place[row], variable, factor, rows.lower[keep], rows.upper[keep], rows.label[keep])


def _entries(linear: IntegerProgram, values: Floats) -> _Entries:
    """Return the entries of variables above zero in rows that are looked at."""
    looked = np.repeat([part.name in RULES for part in linear.parts], [len(part.lower) for part in linear.parts])
    matrix = linear.matrix
    row = np.repeat(np.arange(len(looked)), np.diff(matrix.indptr))
    keep = looked[row] & (values > 1e-7)[matrix.indices]
    column = matrix.indices[keep]
    return _Entries(row[keep], matrix.data[keep], values[column], _groups(linear)[column])


def _groups(linear: IntegerProgram) -> Ints:
    """Return the group of each variable, int64, shape (V,); -1 for variables that are no columns."""
    group, columns = np.full(len(linear.most), -1), len(linear.columns.option)
    group[:columns] = linear.group[:columns]
    return group


def _exceeded(linear: IntegerProgram, held: _Entries, size: int, divisible: Bools) -> tuple[Floats, Ints, Ints]:
    """Return by how much cuts with blocks of a size are exceeded, their rows and their tasks.

    Of each row that is `divisible` they are those with the tasks that count most.
    """
    rows, groups, copies = len(linear.lower), linear.problem.groups, linear.problem.copies
    left, blocks = linear.upper % size, linear.upper // size
    filled = np.bincount(held.row, np.where(_fills(held.size, size), held.size // size, 0) * held.value, rows)
    small = (held.group >= 0) & (held.size > left[held.row]) & (held.size < size)
    key, of = np.unique(held.row[small] * groups + held.group[small], return_inverse=True)
    row, group = np.divmod(key, groups)
    beyond = filled[row] + np.bincount(of, held.value[small], len(key)) / copies[group] - blocks[row]
    keep = (beyond > SETTINGS.beyond) & divisible[row]
    beyond, row, group = beyond[keep], row[keep], group[keep]
    order = np.lexsort((-beyond, row))
    begin = np.unique(row[order], return_index=True)[1]
    place = np.arange(len(order)) - np.repeat(begin, np.diff(np.append(begin, len(order))))
    first = order[place < SETTINGS.tasks]
    return beyond[first], row[first], group[first]


def _fills(held: Ints, size: int) -> Bools:
    """Return which entries fill blocks, or supply them."""
    fills: Bools = (held >= size) | (held < 0)
    return fills


def _supplies(linear: IntegerProgram) -> tuple[Ints, Ints, int]:
    """Return row and amount of each entry below zero, and the number of rows."""
    supply, rows = linear.matrix.data < 0, len(linear.lower)
    return np.repeat(np.arange(rows), np.diff(linear.matrix.indptr))[supply], linear.matrix.data[supply], rows


def _divisible(supplies: tuple[Ints, Ints, int], size: int) -> Bools:
    """Return the rows whose supply, if any, is in whole blocks."""
    row, amount, rows = supplies
    whole: Bools = np.bincount(row[amount % size != 0], minlength=rows) == 0
    return whole


def _rows(linear: IntegerProgram, row: Ints, size: Ints, group: Ints) -> Rows:
    """Return cuts as rows of the model, in whole numbers."""
    table, matrix, copies, own = RowTable(), linear.matrix, linear.problem.copies, _groups(linear)
    for at, (line, block, task) in enumerate(zip(row.tolist(), size.tolist(), group.tolist(), strict=True)):
        part = slice(matrix.indptr[line], matrix.indptr[line + 1])
        variable, held = matrix.indices[part].astype(np.int64), matrix.data[part]
        beside = (own[variable] == task) & (held > linear.upper[line] % block) & (held < block)
        factor = np.where(_fills(held, block), held // block * copies[task], beside)
        table.add(np.full(len(variable), at), variable, factor)
    label = np.stack([row, size, group], axis=1)
    return table.rows(NAME, np.arange(len(row)), linear.upper[row] // size * copies[group], label)

"""Compute the starts at which each option of a columnar instance fits its pool when alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.instance.columnar import ColumnarInstance
from leptonopt.problem.arrays import Bools, Ints

CELLS = 4_000_000  # of a table by class and slot
DENSE = 10_000_000  # numbers up to which a table renumbers them, instead of sorting
Column = NDArray[Any]


def starts(sheets: ColumnarInstance, capacity: Ints, of_pool: Ints, task: Column) -> tuple[Ints, Ints]:
    """Return the first and last start of each option; first > last where there is none.

    Parameters
    ----------
    capacity : shape (K, T), what each row offers in each slot
    of_pool : shape (pools, resources), the row of each; -1 where the pool has no such resource
    task : shape (options,), the task of each option
    """
    length, pool = sheets.of_option("slots").astype(np.int64), sheets.of_option("pool")
    first = sheets.of_task("release")[task].astype(np.int64)
    last = sheets.of_task("deadline")[task].astype(np.int64) - length
    least, most = capacity.min(axis=1, initial=2**62), capacity.max(axis=1, initial=0)
    tight: Bools = np.zeros(len(length), bool)
    for at in range(len(sheets.resources)):
        row, uses = of_pool[:, at], sheets.uses[:, at]
        last[uses > np.where(row >= 0, most[row], 0)[pool]] = -1
        tight |= uses > np.where(row >= 0, least[row], 0)[pool]
    some = np.flatnonzero(tight & (first <= last))
    for options, kind, blocked in _kinds(capacity, of_pool[pool[some]], sheets.uses[some]):
        of_kind = some[options]
        first[of_kind], last[of_kind] = _cut(blocked, kind, first[of_kind], last[of_kind], length[of_kind])
    return first, last


def _kinds(capacity: Ints, row: Ints, uses: Column) -> Iterator[tuple[Ints, Ints, Bools]]:
    """Yield options, the kind of each, and the slots without room for each kind, shape (kinds, T).

    Options are of one kind when the same slots are without room for them. `row` and `uses` have a line for each
    option, an entry for each resource.
    """
    if not len(row):
        return
    step = int(uses.max(initial=0)) + 1
    levels = np.unique(np.arange(len(capacity))[:, None] * step + np.minimum(capacity, step - 1))
    kind, kinds = np.zeros(len(row), np.int64), 1
    for at in range(row.shape[1]):
        level = np.searchsorted(levels, row[:, at] * step + uses[:, at]) + 1
        level[uses[:, at] <= 0] = 0
        kind, kinds = _renumbered(kind * (len(levels) + 2) + level, kinds * (len(levels) + 2))
    example = np.zeros(kinds, np.int64)
    example[kind] = np.arange(len(kind))
    wide = max(1, CELLS // capacity.shape[1])
    for low in range(0, kinds, wide):
        some = example[low : low + wide]
        blocked = np.zeros((len(some), capacity.shape[1]), bool)
        for at in range(row.shape[1]):
            needed = uses[some, at][:, None]
            blocked |= (needed > 0) & (capacity[row[some, at]] < needed)
        of_kind = np.arange(len(kind)) if kinds <= wide else np.flatnonzero((kind >= low) & (kind < low + wide))
        yield of_kind, kind[of_kind] - low, blocked


def _renumbered(numbers: Ints, below: int) -> tuple[Ints, int]:
    """Return numbers from 0 on in the same order, equal where they are equal; and how many there are."""
    if below > DENSE:
        found, renumbered = np.unique(numbers, return_inverse=True)
        return renumbered.ravel(), len(found)
    present = np.zeros(below, bool)
    present[numbers] = True
    return (np.cumsum(present) - 1)[numbers], int(present.sum())


def _cut(blocked: Bools, kind: Ints, first: Ints, last: Ints, length: Ints) -> tuple[Ints, Ints]:
    """Return first and last start in each window from which the option meets no blocked slot."""
    slot = np.arange(blocked.shape[1])
    closes, opens = _ahead(blocked, slot), _ahead(~blocked, slot)
    some = np.flatnonzero(first <= last)
    while len(some):  # on to the end of what is blocked, until nothing is
        met = closes[kind[some], first[some]]
        behind = met < first[some] + length[some]
        some = some[behind]
        first[some] = opens[kind[some], met[behind]]
        some = some[first[some] <= last[some]]
    closed, opened = _back(blocked, slot), _back(~blocked, slot)
    some = np.flatnonzero(first <= last)
    while len(some):
        met = closed[kind[some], last[some] + length[some] - 1]
        before = met >= last[some]
        some = some[before]
        last[some] = opened[kind[some], met[before]] - length[some] + 1
        some = some[first[some] <= last[some]]
    return first, last


def _ahead(present: Bools, slot: Ints) -> Ints:
    """Return, by line and slot, the next available slot from this one on; T where there is none."""
    found: Ints = np.minimum.accumulate(np.where(present, slot, len(slot))[:, ::-1], axis=1)[:, ::-1]
    return found


def _back(present: Bools, slot: Ints) -> Ints:
    """Return, by line and slot, the last available slot up to this one; -1 where there is none."""
    found: Ints = np.maximum.accumulate(np.where(present, slot, -1), axis=1)
    return found

"""Kernels over the cost curves of classes: least costs of options and groups at given prices.

A curve is scanned for each option of a class with few options. For a class with many it becomes a table of minima over
1, 2, 4, ... starts (sparse table, Bender and Farach-Colton 2000, doi:10.1007/10719839_9), in which two look-ups give
the minimum of any window.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from leptonopt.runtime.jit import jit

Array = Any  # of numpy; numba compiles for its dtype
LEVELS = 18  # of a table of minima: windows of up to 2^17 starts


class ClassArrays(NamedTuple):
    """The arrays of `option_classes.OptionClasses` that kernels read.

    Attributes
    ----------
    room : int64, shape (D, T), units of each direction that fit
    direction, length, tight : int64, shape (C,); dated : bool, shape (C,); ptr : int64, shape (C + 1,)
    option, amount, first, last, group : int32, shape (O,)
    """

    room: Array
    direction: Array
    length: Array
    tight: Array
    dated: Array
    ptr: Array
    option: Array
    amount: Array
    first: Array
    last: Array
    group: Array


class EndCosts(NamedTuple):
    """Costs of an end, int64, (G,): as `problem.Problem.late` computes them."""

    slope: Array
    base: Array
    once: Array
    after: Array
    early_slope: Array
    early_base: Array


@jit
def power_table(slots: int) -> Array:
    """Return the exponent of the greatest power of two within each width, int8, shape (slots + 2,)."""
    depth = np.zeros(slots + 2, np.int8)
    for width in range(2, slots + 2):
        depth[width] = depth[width // 2] + 1
    return depth


@jit
def class_span(first: Array, last: Array, low: int, high: int) -> tuple[int, int, int, int]:
    """Return first and last start of options low .. high - 1, their widest window and all windows' sum."""
    begin, end, widest, total = first[low], last[low], 0, 0
    for i in range(low, high):
        begin, end = min(begin, first[i]), max(end, last[i])
        width = last[i] - first[i] + 1
        total += width
        widest = max(widest, width)
    return begin, end, widest, total


@jit
def fill_curve(
    line: Array, room: Array, length: int, tight: int, begin: int, end: int, never: Any, curve: Array, shut: Array
) -> None:
    """Set the cost of a unit at each start; `never`, and `shut`, where `tight` units do not fit."""
    blocked = begin - 1
    if tight > 0:
        for t in range(begin, begin + length - 1):
            if room[t] < tight:
                blocked = t
    for s in range(begin, end + 1):
        curve[s] = line[s + length] - line[s]
        shut[s] = False
        if tight > 0:
            if room[s + length - 1] < tight:
                blocked = s + length - 1
            if blocked >= s:
                shut[s] = True
                curve[s] = never


@jit
def fill_minima(curve: Array, begin: int, end: int, levels: int, table: Array) -> None:
    """Set in row k of `table` the first start of least cost among the 2^k starts from each start on."""
    for s in range(begin, end + 1):
        table[0, s] = s
    for k in range(1, levels + 1):
        half = 1 << (k - 1)
        for s in range(begin, end + 2 - (1 << k)):
            a, b = table[k - 1, s], table[k - 1, s + half]
            table[k, s] = b if curve[b] < curve[a] else a


@jit
def cheapest_start(curve: Array, table: Array, depth: Array, tabled: bool, first: int, last: int) -> int:
    """Return the first start of least cost in a window."""
    if tabled:
        k = depth[last - first + 1]
        a, b = table[k, first], table[k, last + 1 - (1 << k)]
        return int(b if curve[b] < curve[a] else a)
    at = first
    for s in range(first + 1, last + 1):
        if curve[s] < curve[at]:
            at = s
    return at


@jit
def cheapest_dated_start(
    curve: Array, shut: Array, first: int, last: int, length: int, amount: int,
    ends: EndCosts, g: int, scale: Any, never: Any,
) -> tuple[int, Any]:  # fmt: skip
    """Return the first start of least cost, its end included, and that cost; -1 and `never` without one."""
    at, cost = -1, never
    for s in range(first, last + 1):
        if not shut[s]:
            late = max(ends.slope[g] * (s + length) - ends.base[g], 0)
            late += max(ends.early_base[g] - ends.early_slope[g] * (s + length), 0)
            if s + length > ends.after[g]:
                late += ends.once[g]
            value = curve[s] * amount + late * scale
            if at < 0 or value < cost:
                at, cost = s, value
    return at, cost


@jit
def least_of_classes(
    classes: ClassArrays, late: EndCosts, lines: Array, extra: Array, scale: Any, never: Any, found: Any, each: Array,
    lowest: int, highest: int,
) -> None:  # fmt: skip
    """Fill `found` by group, and `each` by option unless empty, from the classes lowest .. highest - 1.

    `lines`, shape (D, T + 1), and `extra`, shape (O,) or empty, give costs in their dtype; late costs are in units of
    1/scale of theirs. `found` is least cost, option and start.
    """
    best, chosen, start = found
    slots = lines.shape[1] - 1
    curve, shut = np.empty(slots, lines.dtype), np.empty(slots, np.bool_)
    table, depth = np.empty((LEVELS, slots), np.int32), power_table(slots)
    for c in range(lowest, highest):
        low, high = classes.ptr[c], classes.ptr[c + 1]
        if low == high:
            continue
        d, n, dated = classes.direction[c], classes.length[c], classes.dated[c]
        begin, end, widest, total = class_span(classes.first, classes.last, low, high)
        fill_curve(lines[d], classes.room[d], n, classes.tight[c], begin, end, never, curve, shut)
        levels = depth[widest]
        tabled = not dated and total > (end - begin + 1) * (levels + 1)
        if tabled:
            fill_minima(curve, begin, end, levels, table)
        for i in range(low, high):
            o, g, first, last = classes.option[i], classes.group[i], classes.first[i], classes.last[i]
            if dated:
                at, cost = cheapest_dated_start(curve, shut, first, last, n, classes.amount[i], late, g, scale, never)
            else:
                at = cheapest_start(curve, table, depth, tabled, first, last)
                at, cost = (-1, never) if shut[at] else (at, curve[at] * classes.amount[i])
            if at >= 0 and len(extra):
                cost += extra[o]
            if len(each):
                each[o] = cost
            if at >= 0 and (cost < best[g] or (cost == best[g] and (chosen[g] < 0 or o < chosen[g]))):
                best[g], chosen[g], start[g] = cost, o, at

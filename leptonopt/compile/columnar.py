"""Compile a columnar instance to the arrays of a `Problem`, without an object per task.

The arrays are those that `compile.compiler` makes of the same instance as a tree of tasks, number by number: the
windows hold only starts at which an option fits its pool, tasks that are identical in all but their name are one
group, and money has the same unit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from math import floor, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.compile.columnar_windows import starts
from leptonopt.compile.end_slot import with_end_slot
from leptonopt.compile.money import MAX_LOST_BESIDE_USE, MAX_TOTAL, coarsened, finest_unit
from leptonopt.compile.rows import MAX_LOAD, RowBuilder
from leptonopt.instance.columnar import ColumnarInstance
from leptonopt.problem.arrays import Ints, pointers, positions
from leptonopt.problem.problem import Problem

WHOLE = 2**61  # totals below it, by an estimate in doubles, are added up in 64 bits
ODD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9)  # multipliers of splitmix64
Column = NDArray[Any]


@dataclass(frozen=True, eq=False)
class CompiledColumnar:
    """A problem with the data that maps it back to columns.

    Attributes
    ----------
    unit : money of one objective unit
    loss : money by which the problem's total may fall short of the exact one
    kept : int32, the options of the sheets that can be taken, ascending; those of task i are
        kept[kept_ptr[i]] .. kept[kept_ptr[i+1] - 1], and option j of its group is the j-th of them
    kept_ptr : int64, shape (tasks + 1,)
    group : int32, shape (tasks,), the group of each task
    impossible : in words, why no plan can exist
    """

    sheets: ColumnarInstance
    problem: Problem
    unit: Fraction
    loss: Fraction
    kept: NDArray[np.int32] = field(repr=False)
    kept_ptr: Ints = field(repr=False)
    group: NDArray[np.int32] = field(repr=False)
    impossible: tuple[str, ...] = ()

    @cached_property
    def members(self) -> Ints:
        """Return the tasks by group, int64, shape (tasks,): group 0 in task order, then group 1, ...."""
        return np.argsort(self.group, kind="stable")


@dataclass(frozen=True, eq=False)
class _Groups:
    """Groups of identical tasks with their options.

    Those of group g are chosen[ptr[g]] .. chosen[ptr[g+1] - 1]. `heads` is the first task of each group. `held` is the
    number of rows by option; `row` and `demand` are of all options one after another, ascending in an option.
    """

    heads: Ints
    copies: Ints
    ptr: Ints
    chosen: Ints
    held: Ints
    row: Ints
    demand: Ints


def compile_columnar(sheets: ColumnarInstance) -> CompiledColumnar:
    """Return the problem of an instance in columns."""
    sheets, whole = _without_uses_of_milestones(sheets), sheets
    rows = RowBuilder(sheets.instance, ((),))
    of_pool = _rows_of(sheets, rows)
    task = np.repeat(np.arange(sheets.tasks, dtype=np.int32), np.diff(sheets.ptr))
    first, last = starts(sheets, rows.capacity, of_pool, task)
    kept = np.flatnonzero(first <= last)
    kept_ptr = pointers(np.bincount(_at(task, kept), minlength=sheets.tasks))
    del task
    impossible = _impossible(sheets, kept_ptr)
    group, heads = _groups(sheets, kept, kept_ptr)
    chosen = kept[positions(kept_ptr[heads], kept_ptr[heads + 1])]
    first, last, narrow = _at(first, chosen), _at(last, chosen), kept.astype(np.int32)
    del kept
    copies = np.zeros(len(heads), np.int64)
    np.add.at(copies, group, sheets.of_task("copies").astype(np.int64))
    ptr = pointers(kept_ptr[heads + 1] - kept_ptr[heads])
    groups = _Groups(heads, copies, ptr, chosen, *_demands(sheets, of_pool, chosen))
    rows.refuse_overflow(_loads(groups, len(rows.names)))
    used = np.bincount(groups.row, minlength=len(rows.prices)) > 0
    prices = [line if used[at] else [Fraction(0)] * len(line) for at, line in enumerate(rows.prices)]
    unit, loss = _unit(sheets, prices, groups)
    problem = with_end_slot(_arrays(sheets, rows.capacity, prices, groups, (first, last), unit))
    return CompiledColumnar(whole, problem, unit, loss, narrow, kept_ptr, group, impossible)


def _arrays(
    sheets: ColumnarInstance,
    capacity: Ints,
    prices: list[list[Fraction]],
    groups: _Groups,
    window: tuple[Ints, Ints],
    unit: Fraction,
) -> Problem:
    """Return the arrays; `window` are the first and the last start of each option."""
    heads, chosen = groups.heads, groups.chosen
    due, late, rate = *_lateness(sheets, heads), _late_rate(sheets)
    price = [[floor(value / unit) for value in line] for line in prices]
    return Problem(
        capacity=capacity,
        price=np.array(price, np.int64).reshape(capacity.shape),
        copies=groups.copies,
        optional=np.asarray(sheets.of_task("value")[heads] >= 0),
        value=_scaled(np.maximum(sheets.of_task("value")[heads], 0), Fraction(1, 100) / unit),
        late_slope=_scaled(late, rate / unit),
        late_base=-_scaled(-late * due, rate / unit),
        late_once=np.zeros(len(heads), np.int64),
        late_after=due,
        option_ptr=groups.ptr,
        pool=_at(sheets.of_option("pool"), chosen).astype(np.int64),
        duration=_at(sheets.of_option("slots"), chosen).astype(np.int64),
        fixed=_scaled(_at(sheets.of_option("cost"), chosen), Fraction(1, 100) / unit),
        first=window[0],
        last=window[1],
        demand_ptr=pointers(groups.held),
        demand_row=groups.row,
        demand=groups.demand,
        before=np.zeros(0, np.int64),
        after=np.zeros(0, np.int64),
        lag=np.zeros(0, np.int64),
    )


def _without_uses_of_milestones(sheets: ColumnarInstance) -> ColumnarInstance:
    """Return the instance with nothing used by options that take no time."""
    slots = sheets.of_option("slots")
    return sheets if slots.all() else replace(sheets, uses=np.where(slots[:, None] > 0, sheets.uses, 0))


def _at(column: Column, some: Ints) -> Column:
    """Return the entries of a column at ascending positions; the column itself where all are taken."""
    return column if len(some) == len(column) else column[some]


def _rows_of(sheets: ColumnarInstance, rows: RowBuilder) -> Ints:
    """Return the capacity row by pool and resource, int64, shape (pools, resources); -1 for none."""
    pools = sheets.instance.pools
    return np.array(
        [[rows.index.get((pool.id, name), -1) for name in sheets.resources] for pool in pools], np.int64
    ).reshape(len(pools), -1)


def _impossible(sheets: ColumnarInstance, kept_ptr: Ints) -> tuple[str, ...]:
    """Return which tasks that must run have no option left, in words."""
    stuck = np.flatnonzero((np.diff(kept_ptr) == 0) & (sheets.of_task("value") < 0))
    found = [f"task {at}: no option ends by the deadline and fits its pool" for at in stuck[:5].tolist()]
    if len(stuck) > len(found):
        found.append(f"and {len(stuck) - len(found):,} tasks more")
    return tuple(found)


# --- groups ---------------------------------------------------------------------------------------


def _groups(sheets: ColumnarInstance, kept: Ints, kept_ptr: Ints) -> tuple[NDArray[np.int32], Ints]:
    """Return each task's group, int32, shape (tasks,), and each group's first task, int64, shape (G,).

    Tasks of a group agree in window, value, lateness and the options that can be taken. They are found by a hash, and
    then compared number by number; a task whose hash is another's by chance stays alone.
    """
    counts = np.diff(kept_ptr)
    of_task = [sheets.of_task("release"), sheets.of_task("deadline"), sheets.of_task("value")]
    of_task += [sheets.of_task("due"), _late(sheets), counts]
    of_option = [sheets.of_option(name) for name in ("pool", "slots", "cost")] + list(sheets.uses.T)
    position = np.arange(len(kept)) - np.repeat(kept_ptr[:-1], counts)
    total = np.zeros(len(kept) + 1, np.uint64)
    np.cumsum(_hashed(position, *(_at(column, kept) for column in of_option)), out=total[1:])
    key = _hashed(total[kept_ptr[1:]] - total[kept_ptr[:-1]], *of_task)
    del position, total
    _, index, inverse = np.unique(key, return_index=True, return_inverse=True)
    head = index[inverse.ravel()]
    other = np.flatnonzero(head != np.arange(len(head)))
    if len(other):
        same = np.ones(len(other), bool)
        for column in of_task:
            same &= column[other] == column[head[other]]
        other = other[same]
        mine = kept[positions(kept_ptr[other], kept_ptr[other + 1])]
        of_head = kept[positions(kept_ptr[head[other]], kept_ptr[head[other] + 1])]
        unlike = np.zeros(len(mine), bool)
        for column in of_option:
            unlike |= column[mine] != column[of_head]
        lone = np.ones(len(head), bool)
        lone[other] = False
        lone[np.repeat(other, counts[other])[unlike]] = True
        head = np.where(lone, np.arange(len(head)), head)
    heads, group = np.unique(head, return_inverse=True)
    return group.ravel().astype(np.int32), heads.astype(np.int64)


def _hashed(*columns: Column) -> NDArray[np.uint64]:
    """Return a hash of each row: a sum with odd weights, mixed as in splitmix64."""
    found, weight = np.zeros(len(columns[0]), np.uint64), 1
    for column in columns:
        weight = weight * ODD[0] % 2**64
        part = column.astype(np.uint64)
        part *= np.uint64(weight)
        found += part
    found ^= found >> np.uint64(30)
    found *= np.uint64(ODD[1])
    found ^= found >> np.uint64(27)
    return found


def _late(sheets: ColumnarInstance) -> Ints:
    """Return cents per hour for ending late, int64, shape (tasks,); 0 where nothing is due."""
    return np.where(sheets.of_task("due") >= 0, sheets.of_task("late_cost"), 0).astype(np.int64)


def _lateness(sheets: ColumnarInstance, heads: Ints) -> tuple[Ints, Ints]:
    """Return the slot from which each task is late, and cents per hour; 0 where no end can be late.

    Both int64, shape (G,). Nothing ends after the horizon, so that what is due at its end has no lateness.
    """
    due = np.maximum(sheets.of_task("due")[heads].astype(np.int64), 0)
    return due, np.where(due < sheets.instance.time.slots, _late(sheets)[heads], 0)


def _late_rate(sheets: ColumnarInstance) -> Fraction:
    """Return the money per slot of a cent per hour."""
    return Fraction(sheets.instance.time.slot, 3600 * 100)


# --- demands and money ----------------------------------------------------------------------------


def _demands(sheets: ColumnarInstance, of_pool: Ints, chosen: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the number of rows by option, and rows and amounts of all, ascending in an option."""
    pool, order = _at(sheets.of_option("pool"), chosen), np.argsort(of_pool, axis=1)
    uses = _at(sheets.uses, chosen)
    if uses.shape[1] == 1 and (uses > 0).all():
        return np.ones(len(chosen), np.int64), of_pool[pool, 0], uses[:, 0].astype(np.int64)
    amount = np.take_along_axis(uses, order[pool], axis=1).astype(np.int64)
    row = np.take_along_axis(of_pool, order, axis=1)[pool]
    some = amount > 0
    return some.sum(axis=1), row[some], amount[some]


def _loads(groups: _Groups, rows: int) -> list[int]:
    """Return the greatest sum of demands on each row; nothing where none can be large."""
    if int(groups.copies.sum()) * int(groups.demand.max(initial=0)) <= MAX_LOAD:
        return []
    of = np.repeat(np.repeat(np.arange(len(groups.copies)), np.diff(groups.ptr)), groups.held)
    keys, at = np.unique(of * rows + groups.row, return_inverse=True)
    most = np.zeros(len(keys), np.int64)
    np.maximum.at(most, at.ravel(), groups.demand)
    loads = [0] * rows
    for key, amount in zip(keys.tolist(), most.tolist(), strict=True):
        loads[key % rows] += int(groups.copies[key // rows]) * amount
    return loads


def _unit(sheets: ColumnarInstance, prices: list[list[Fraction]], groups: _Groups) -> tuple[Fraction, Fraction]:
    """Return the money unit and the loss, as `leptonopt.compile.money` finds them for the same instance."""
    rate, (due, late) = _late_rate(sheets), _lateness(sheets, groups.heads)
    value = np.maximum(sheets.of_task("value")[groups.heads], 0)
    cost, length = (_at(sheets.of_option(name), groups.chosen) for name in ("cost", "slots"))
    amounts = {money for line in prices for money in line} | {rate * int(np.gcd.reduce(late, initial=0))}
    amounts |= {Fraction(int(np.gcd.reduce(cents, initial=0)), 100) for cents in (value, cost)}
    unit = finest_unit(amounts)
    part = lcm(100, rate.denominator, *(money.denominator for line in prices for money in line))
    dearest = np.array([int(max(map(abs, line)) * part) for line in prices], object)
    slots, per_slot, per_cent = sheets.instance.time.slots, int(rate * part), part // 100
    tops = (int(each.max(initial=0)) for each in (value, cost, length, groups.demand, late, groups.held, dearest))
    dear, each, long, amount, behind, many, top = tops
    most = long * many * amount * top + max(each, dear) * per_cent + behind * slots * per_slot
    if Fraction(int(groups.copies.sum()) * most, part) < unit * MAX_TOTAL:
        return unit, Fraction(0)

    def most_of(number: Callable[[Column], Column]) -> tuple[Any, Any]:
        """Return the most that all copies can cost [parts of money], and the rounding loss [units]."""
        running, units = _held_by_each(number, groups, dearest)
        dear = _most_of_each(number(length) * running + number(cost) * per_cent, groups.ptr)
        lost = _most_of_each(number(length) * units + MAX_LOST_BESIDE_USE, groups.ptr) + np.where(late > 0, slots, 0)
        behind = np.maximum(slots - due, 0)  # of what is due in the first slot all of the horizon is late
        worst = np.maximum(number(value) * per_cent, dear + number(late) * number(behind) * per_slot)
        return (number(groups.copies) * worst).sum(), (number(groups.copies) * np.maximum(lost, 1)).sum()

    fits = max(map(float, most_of(lambda column: column.astype(np.float64)))) < WHOLE
    total, lost = most_of(lambda column: column.astype(np.int64 if fits else object))
    largest = int((late.astype(object) * (slots + due)).max(initial=0)) * rate
    return coarsened(unit, Fraction(int(total), part), int(lost), largest)


def _held_by_each(number: Callable[[Column], Column], groups: _Groups, dearest: Column) -> tuple[Column, Column]:
    """Return the money that each option can cost in a slot [parts of money], and the units it holds."""
    of = np.repeat(np.arange(len(groups.held)), groups.held)
    money, units = (number(np.zeros(len(groups.held), np.int64)) for _ in range(2))
    np.add.at(money, of, number(groups.demand) * number(dearest)[groups.row])
    np.add.at(units, of, number(groups.demand))
    return money, units


def _most_of_each(numbers: Column, ptr: Ints) -> Column:
    """Return the greatest of ptr[g] .. ptr[g+1] - 1 for each g, at least 0."""
    found = np.zeros(len(ptr) - 1, numbers.dtype)
    some = ptr[:-1] < ptr[1:]
    if some.any():
        found[some] = np.maximum(np.maximum.reduceat(numbers, ptr[:-1][some]), 0)
    return found


def _scaled(column: Column, factor: Fraction) -> Ints:
    """Return whole numbers times a factor, rounded down."""
    whole, part = factor.numerator, factor.denominator
    if int(np.abs(column).max(initial=0)) * whole < 2**62:
        return column.astype(np.int64) * whole // part
    return np.array([value * whole // part for value in column.tolist()], np.int64)

"""Columns to the arrays of a `Problem`, without an object per task."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import floor, gcd, lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.columnar.sheets import Sheets
from leptonopt.compile.rows import Rows
from leptonopt.problem import Bools, Ints, Problem

MAX_TOTAL = 2**52  # as leptonopt.compile.money


@dataclass(frozen=True, eq=False)
class Built:
    """A problem with what is needed to speak of it in columns again.

    Attributes
    ----------
    unit : money of one objective unit
    loss : money by which the problem's total may fall short of the exact one
    kept : int32, shape (O,), the option of the sheets that each option of the problem is
    impossible : in words, why no plan can exist
    """

    sheets: Sheets
    problem: Problem
    unit: Fraction
    loss: Fraction
    kept: NDArray[np.int32] = field(repr=False)
    impossible: tuple[str, ...] = ()


def build(sheets: Sheets) -> Built:
    """The problem of an instance in columns; every task is a group."""
    rows = Rows(sheets.instance, ((),))
    capacity, prices = rows.capacity, rows.prices
    optional = sheets.of_task("value") >= 0
    kept, impossible = _kept(sheets, rows)
    unit, loss = _unit(sheets, prices, kept)
    held, row, demand = _demands(sheets, rows, kept)
    tasks, task = sheets.tasks, np.repeat(np.arange(sheets.tasks), np.diff(sheets.ptr))[kept]
    duration = sheets.of_option("slots")[kept].astype(np.int64)
    due = sheets.of_task("due")
    rate = Fraction(sheets.instance.time.slot, 3600 * 100)
    slope = _scaled(np.where(due >= 0, sheets.of_task("late_cost"), 0), rate / unit)
    price = [[floor(value / unit) for value in line] for line in prices]
    problem = Problem(
        capacity=capacity,
        price=np.array(price, np.int64).reshape(capacity.shape),
        copies=sheets.of_task("copies").astype(np.int64),
        optional=np.asarray(optional),
        value=_scaled(np.maximum(sheets.of_task("value"), 0), Fraction(1, 100) / unit),
        late_slope=slope,
        late_base=slope * np.maximum(due, 0),
        late_once=np.zeros(tasks, np.int64),
        late_after=np.full(tasks, sheets.instance.time.slots, np.int64),
        option_ptr=np.searchsorted(task, np.arange(tasks + 1)).astype(np.int64),
        pool=sheets.of_option("pool")[kept].astype(np.int64),
        duration=duration,
        fixed=_scaled(sheets.of_option("cost")[kept], Fraction(1, 100) / unit),
        first=sheets.of_task("release")[task].astype(np.int64),
        last=sheets.of_task("deadline")[task].astype(np.int64) - duration,
        demand_ptr=np.concatenate([[0], np.cumsum(held)]).astype(np.int64),
        demand_row=row,
        demand=demand,
        before=np.zeros(0, np.int64),
        after=np.zeros(0, np.int64),
        lag=np.zeros(0, np.int64),
    )
    return Built(sheets, problem, unit, loss, kept.astype(np.int32), impossible)


def _rows_of(sheets: Sheets, rows: Rows) -> Ints:
    """int64, shape (pools, resources): the row of capacity of each; -1 where the pool has no such resource."""
    pools = sheets.instance.pools
    return np.array(
        [[rows.index.get((pool.id, name), -1) for name in sheets.resources] for pool in pools], np.int64
    ).reshape(len(pools), -1)


def _kept(sheets: Sheets, rows: Rows) -> tuple[Ints, tuple[str, ...]]:
    """Options that can start somewhere and fit their pool at its fullest; and which tasks have none."""
    task = np.repeat(np.arange(sheets.tasks), np.diff(sheets.ptr))
    width = (sheets.of_task("deadline").astype(np.int64) - sheets.of_task("release"))[task]
    usable: Bools = sheets.of_option("slots") <= width
    most, of = rows.capacity.max(axis=1, initial=0), _rows_of(sheets, rows)
    pool = sheets.of_option("pool")
    for at in range(len(sheets.resources)):
        usable &= sheets.uses[:, at] <= np.where(of[:, at] >= 0, most[of[:, at]], 0)[pool]
    left = np.bincount(task[usable], minlength=sheets.tasks)
    stuck = np.flatnonzero((left == 0) & (sheets.of_task("value") < 0))
    impossible = [f"task {at}: no option ends by the deadline and fits its pool" for at in stuck[:5].tolist()]
    if len(stuck) > len(impossible):
        impossible.append(f"and {len(stuck) - len(impossible):,} tasks more")
    return np.flatnonzero(usable), tuple(impossible)


def _demands(sheets: Sheets, rows: Rows, kept: Ints) -> tuple[Ints, Ints, Ints]:
    """Per option how many rows it holds; and rows and amounts of all, ascending within an option."""
    of, pool = _rows_of(sheets, rows), sheets.of_option("pool")[kept]
    order = np.argsort(of, axis=1)
    if sheets.uses.shape[1] == 1 and (sheets.uses[kept] > 0).all():
        return np.ones(len(kept), np.int64), of[pool, 0], sheets.uses[kept, 0].astype(np.int64)
    amount = np.take_along_axis(sheets.uses[kept], order[pool], axis=1).astype(np.int64)
    row = np.take_along_axis(of, order, axis=1)[pool]
    some = amount > 0
    return some.sum(axis=1), row[some], amount[some]


def _unit(sheets: Sheets, prices: list[list[Fraction]], kept: Ints) -> tuple[Fraction, Fraction]:
    """The largest unit in which all money is whole, or a coarser one where totals would be too large; and the loss."""
    rate = Fraction(sheets.instance.time.slot, 3600 * 100)
    amounts = {value for line in prices for value in line}
    cents = int(np.gcd.reduce(np.maximum(sheets.of_task("value"), 0))), int(np.gcd.reduce(sheets.of_option("cost")))
    amounts |= {Fraction(value, 100) for value in cents} | {rate * int(np.gcd.reduce(sheets.of_task("late_cost")))}
    denominator = lcm(*(money.denominator for money in amounts))
    unit = Fraction(gcd(*(int(money * denominator) for money in amounts)) or 1, denominator)
    dearest = float(max((abs(value) for value in amounts), default=0))
    copies, slots = sheets.of_task("copies").astype(float), sheets.instance.time.slots
    held = sheets.uses[kept].sum(axis=1).astype(float) * sheets.of_option("slots")[kept]
    top = float(max((abs(value) for line in prices for value in line), default=0))
    most = np.zeros(sheets.tasks)
    task = np.repeat(np.arange(sheets.tasks), np.diff(sheets.ptr))[kept]
    np.maximum.at(most, task, held * top + sheets.of_option("cost")[kept] / 100)
    late = float(rate) * slots * sheets.of_task("late_cost")
    total = float((copies * np.maximum(np.maximum(sheets.of_task("value"), 0) / 100, most + late)).sum()) + dearest
    coarser = max(1, -(-int(total / float(unit)) // MAX_TOTAL))
    if coarser == 1:
        return unit, Fraction(0)
    whole = np.zeros(sheets.tasks)
    np.maximum.at(whole, task, held + 4)
    return unit * coarser, unit * coarser * int((copies * np.maximum(whole, 1)).sum() + 1)


def _scaled(column: NDArray[Any], factor: Fraction) -> Ints:
    """Whole numbers times a factor, rounded down."""
    whole, part = factor.numerator, factor.denominator
    if int(column.max(initial=0)) * whole < 2**62:
        return column.astype(np.int64) * whole // part
    return np.array([value * whole // part for value in column.tolist()], np.int64)

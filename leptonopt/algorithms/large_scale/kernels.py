"""Problem arrays for compiled loops, and insertion of items at their cheapest feasible columns."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem
from leptonopt.runtime.jit import jit

TIE = 1e-10  # relative perturbation that breaks ties; otherwise all groups would take the first of equal starts


class OptionArrays(NamedTuple):
    """Arrays of a `Problem` under its names, with the integer types that compiled loops run fastest on."""

    option_ptr: Any
    duration: Any
    first: Any
    last: Any
    fixed: Any
    demand_ptr: Any
    demand_row: Any
    demand: Any
    slope: Any
    base: Any
    once: Any
    after: Any
    early_slope: Any
    early_base: Any
    dated: Any


def option_arrays(problem: Problem) -> OptionArrays:
    """Return the option arrays of a problem."""
    small = np.int32
    return OptionArrays(
        problem.option_ptr,
        problem.duration.astype(small),
        problem.first.astype(small),
        problem.last.astype(small),
        problem.fixed,
        problem.demand_ptr,
        problem.demand_row.astype(small),
        problem.demand,
        problem.late_slope,
        problem.late_base,
        problem.late_once,
        problem.late_after,
        problem.early_slope,
        problem.early_base,
        problem.dated,
    )


@jit
def column_cost(options: Any, group: Any, option: Any, start: Any, prefix: Any) -> Any:
    """Return the cost of a column at prices with these prefix sums, shape (K, T + 1)."""
    end = start + options.duration[option]
    total = prefix[0, 0] + options.fixed[option]
    for i in range(options.demand_ptr[option], options.demand_ptr[option + 1]):
        row = options.demand_row[i]
        total += options.demand[i] * (prefix[row, end] - prefix[row, start])
    if options.dated[group]:
        total += max(options.slope[group] * end - options.base[group], 0)
        total += max(options.early_base[group] - options.early_slope[group] * end, 0)
        if end > options.after[group]:
            total += options.once[group]
    return total


@jit
def add_load(options: Any, option: Any, start: Any, sign: Any, free: Any) -> None:
    """Subtract a column's demand from the free capacity, times `sign`; -1 returns it."""
    for i in range(options.demand_ptr[option], options.demand_ptr[option + 1]):
        row, amount = options.demand_row[i], sign * options.demand[i]
        for t in range(start, start + options.duration[option]):
            free[row, t] -= amount


@jit
def fits(options: Any, option: Any, start: Any, free: Any) -> bool:
    """Return whether the free capacity suffices for a column."""
    for i in range(options.demand_ptr[option], options.demand_ptr[option + 1]):
        row, amount = options.demand_row[i], options.demand[i]
        for t in range(start, start + options.duration[option]):
            if free[row, t] < amount:
                return False
    return True


@jit
def cheapest_feasible_column(options: Any, group: Any, free: Any, prefix: Any, least: Any, limit: Any) -> Any:
    """Return (cost, option, start) of a group's cheapest feasible column below the limit.

    Option and start are -1 without one. `least`, float, shape (O,), has lower bounds of options' costs at these prices.
    """
    best, chosen, start = limit, -1, -1
    low, high = options.option_ptr[group], options.option_ptr[group + 1]
    done_cost, done = -np.inf, -1  # options are looked at in order of (least, number)
    for _ in range(high - low):
        o = -1
        for each in range(low, high):
            key = least[each]
            later = key > done_cost or (key == done_cost and each > done)
            if later and key < best and (o < 0 or key < least[o]):
                o = each
        if o < 0:
            break
        done_cost, done = least[o], o
        n, begin, end = options.duration[o], options.first[o], options.last[o]
        rows = range(options.demand_ptr[o], options.demand_ptr[o + 1])
        blocked = begin - 1
        for i in rows:
            row, amount = options.demand_row[i], options.demand[i]
            for t in range(begin, begin + n - 1):
                if free[row, t] < amount and t > blocked:
                    blocked = t
        for s in range(begin, end + 1):
            for i in rows:
                if free[options.demand_row[i], s + n - 1] < options.demand[i]:
                    blocked = s + n - 1
            if blocked < s:
                value = column_cost(options, group, o, s, prefix)
                value += abs(value) * TIE * ((s * 7919 + group * 104729) & 1023)
                if value < best:
                    best, chosen, start = value, o, s
    return best, chosen, start


@jit
def insert_in_order(
    options: Any, items: Any, group: Any, free: Any, prefix: Any, least: Any, limit: Any, volume: Any, most: Any,
    option: Any, start: Any,
) -> Any:  # fmt: skip
    """Insert items in order at their cheapest feasible columns, each below its limit.

    Stops when the inserted volume reaches `most`. Fills option and start, by item; returns the number of items tried.
    """
    done = 0.0
    for tried in range(len(items)):
        item = items[tried]
        if done >= most:
            return tried
        _, o, s = cheapest_feasible_column(options, group[item], free, prefix, least, limit[item])
        if o >= 0:
            add_load(options, o, s, 1, free)
            option[item], start[item] = o, s
            done += volume[item]
    return len(items)


def expand_items(problem: Problem) -> Ints:
    """Return the group of every item, int64, shape (I,), one item for each copy."""
    return np.repeat(np.arange(problem.groups), problem.copies)

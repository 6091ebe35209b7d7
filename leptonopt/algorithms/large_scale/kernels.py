"""How groups may run, as the arrays that compiled loops take, and the cheapest column of one that still fits."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem
from leptonopt.runtime.jit import jit

TIE = 1e-10  # equal costs are told apart by so much, or all groups would crowd at the first of equal starts


class OptionArrays(NamedTuple):
    """Arrays of a `Problem`, by its names, in the integers that loops run fast on."""

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
    dated: Any


def option_arrays(problem: Problem) -> OptionArrays:
    """The ways of a problem."""
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
        (problem.late_slope != 0) | (problem.late_once != 0),
    )


@jit
def column_cost(ways: Any, group: Any, option: Any, start: Any, prefix: Any) -> Any:
    """What a column costs at prices with these prefix sums, (K, T + 1)."""
    end = start + ways.duration[option]
    total = prefix[0, 0] + ways.fixed[option]
    for i in range(ways.demand_ptr[option], ways.demand_ptr[option + 1]):
        row = ways.demand_row[i]
        total += ways.demand[i] * (prefix[row, end] - prefix[row, start])
    if ways.dated[group]:
        total += max(ways.slope[group] * end - ways.base[group], 0)
        if end > ways.after[group]:
            total += ways.once[group]
    return total


@jit
def add_load(ways: Any, option: Any, start: Any, sign: Any, free: Any) -> None:
    """Takes what a column holds from the free capacity; gives it back with sign -1."""
    for i in range(ways.demand_ptr[option], ways.demand_ptr[option + 1]):
        row, amount = ways.demand_row[i], sign * ways.demand[i]
        for t in range(start, start + ways.duration[option]):
            free[row, t] -= amount


@jit
def fits(ways: Any, option: Any, start: Any, free: Any) -> bool:
    """Whether the free capacity takes a column."""
    for i in range(ways.demand_ptr[option], ways.demand_ptr[option + 1]):
        row, amount = ways.demand_row[i], ways.demand[i]
        for t in range(start, start + ways.duration[option]):
            if free[row, t] < amount:
                return False
    return True


@jit
def cheapest_feasible_column(ways: Any, group: Any, free: Any, prefix: Any, least: Any, limit: Any) -> Any:
    """(cost, option, start) of the cheapest column of a group that fits and costs less than the limit; -1 if none.

    `least`, by option, is a lower bound of its cost at these prices.
    """
    best, chosen, start = limit, -1, -1
    low, high = ways.option_ptr[group], ways.option_ptr[group + 1]
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
        n, begin, end = ways.duration[o], ways.first[o], ways.last[o]
        rows = range(ways.demand_ptr[o], ways.demand_ptr[o + 1])
        blocked = begin - 1
        for i in rows:
            row, amount = ways.demand_row[i], ways.demand[i]
            for t in range(begin, begin + n - 1):
                if free[row, t] < amount and t > blocked:
                    blocked = t
        for s in range(begin, end + 1):
            for i in rows:
                if free[ways.demand_row[i], s + n - 1] < ways.demand[i]:
                    blocked = s + n - 1
            if blocked < s:
                value = column_cost(ways, group, o, s, prefix)
                value += abs(value) * TIE * ((s * 7919 + group * 104729) & 1023)
                if value < best:
                    best, chosen, start = value, o, s
    return best, chosen, start


@jit
def insert_in_order(
    ways: Any, items: Any, group: Any, free: Any, prefix: Any, least: Any, limit: Any, volume: Any, most: Any,
    option: Any, start: Any,
) -> Any:  # fmt: skip
    """Places items in their order where they are cheapest, each below its limit, until `most` volume has a place.

    Fills option and start, by item; returns how many items were looked at.
    """
    done = 0.0
    for looked in range(len(items)):
        item = items[looked]
        if done >= most:
            return looked
        _, o, s = cheapest_feasible_column(ways, group[item], free, prefix, least, limit[item])
        if o >= 0:
            add_load(ways, o, s, 1, free)
            option[item], start[item] = o, s
            done += volume[item]
    return len(items)


def expand_items(problem: Problem) -> Ints:
    """int64: the group of every item, one for each copy."""
    return np.repeat(np.arange(problem.groups), problem.copies)

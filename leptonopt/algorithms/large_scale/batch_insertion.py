"""Insertion in batches with numpy, for a first run whose kernels are not compiled yet.

Compiling all kernels takes 29 s of one core (86 s measured on a busy machine). Without this module a first run with
a shorter limit ends without a plan.

Each item of a batch finds its cheapest column for the free capacity at the begin of the batch. Items are then inserted
one after another. An item whose column no longer fits moves to the next batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.algorithms.large_scale.kernels import TIE, OptionArrays
from leptonopt.problem.arrays import Ints, positions

BATCH = 2048  # items
CELLS = 1_000_000  # of a table of options and slots at most


def insert_in_batches(
    options: OptionArrays, items: Ints, group: Ints, free: Ints, prefix: Any, least: Any, limit: Any, volume: Any,
    most: float, option: Ints, start: Ints,
) -> int:  # fmt: skip
    """Insert items as `kernels.insert_in_order` does."""
    done, waiting, tried = 0.0, items, 0
    while len(waiting) and done < most:
        batch, rest = waiting[:BATCH], waiting[BATCH:]
        chosen, at = _cheapest_columns(options, group[batch], free, prefix, least, limit[batch])
        again = []
        for item, o, s in zip(batch.tolist(), chosen.tolist(), at.tolist(), strict=True):
            if o < 0:
                tried += 1
            elif done >= most:
                break
            elif _is_feasible(options, o, s, free):
                _insert(options, o, s, free)
                option[item], start[item] = o, s
                done += volume[item]
                tried += 1
            else:
                again.append(item)
        waiting = np.concatenate([np.array(again, np.int64), rest])
    return tried


def _is_feasible(options: OptionArrays, option: int, start: int, free: Ints) -> bool:
    """Return whether the free capacity suffices for a column."""
    stop = start + options.duration[option]
    rows = range(options.demand_ptr[option], options.demand_ptr[option + 1])
    return all(free[options.demand_row[i], start:stop].min() >= options.demand[i] for i in rows)


def _insert(options: OptionArrays, option: int, start: int, free: Ints) -> None:
    """Subtract a column's demand from the free capacity."""
    for i in range(options.demand_ptr[option], options.demand_ptr[option + 1]):
        free[options.demand_row[i], start : start + options.duration[option]] -= options.demand[i]


def _cheapest_columns(
    options: OptionArrays, group: Ints, free: Ints, prefix: Any, least: Any, limit: Any
) -> tuple[Ints, Ints]:
    """Return option and start of each group's cheapest feasible column, int64, shape (n,); -1 without one."""
    begin, end = options.option_ptr[group], options.option_ptr[group + 1]
    at, of = positions(begin, end), np.repeat(np.arange(len(group)), end - begin)
    cheaper = least[at] < limit[of]
    at, of = at[cheaper], of[cheaper]
    cost, start = np.full(len(at), np.inf), np.zeros(len(at), np.int64)
    span = options.last[at] - options.first[at] + options.duration[at]
    order = np.argsort(span, kind="stable")
    begin = 0
    while begin < len(order):
        widest = max(1, int(span[order[min(len(order) - 1, begin + 4000)]]))
        end = min(len(order), begin + max(1, CELLS // widest), begin + 4000)
        part = order[begin:end]
        cost[part], start[part] = _cheapest_starts(options, group[of[part]], at[part], free, prefix)
        begin = end
    chosen, found = np.full(len(group), -1, np.int64), np.zeros(len(group), np.int64)
    cheapest = limit.copy()
    np.minimum.at(cheapest, of, cost)
    hits = np.flatnonzero((cost == cheapest[of]) & (cost < limit[of]))[::-1]
    chosen[of[hits]], found[of[hits]] = at[hits], start[hits]
    return chosen, found


def _cheapest_starts(options: OptionArrays, group: Ints, option: Ints, free: Ints, prefix: Any) -> tuple[Any, Ints]:
    """Return cost and start of each option's cheapest feasible start; the cost is infinite without one."""
    first, length = options.first[option].astype(np.int64), options.duration[option].astype(np.int64)
    width = options.last[option] - first + 1
    widest, longest, slots = int(width.max()), int((width + length).max()) - 1, free.shape[1]
    cells = np.minimum(first[:, None] + np.arange(longest), slots - 1)
    starts = np.minimum(first[:, None] + np.arange(widest), slots)
    ends = np.minimum(starts + length[:, None], slots)
    shut = np.zeros(cells.shape, bool)
    cost = np.repeat(options.fixed[option, None].astype(float), widest, axis=1)
    many = options.demand_ptr[option + 1] - options.demand_ptr[option]
    for k in range(int(many.max(initial=0))):
        has = k < many
        i = np.where(has, options.demand_ptr[option] + k, 0)
        row, amount = options.demand_row[i].astype(np.int64)[:, None], np.where(has, options.demand[i], 0)[:, None]
        shut |= (free[row, cells] < amount) & has[:, None]
        cost += amount * (prefix[row, ends] - prefix[row, starts])
    total = np.zeros((len(option), longest + 1), np.int32)
    np.cumsum(shut, axis=1, out=total[:, 1:])
    steps = np.arange(widest)
    after = np.minimum(steps + length[:, None], longest)
    open_ = np.take_along_axis(total, after, axis=1) == total[:, :widest]
    if options.dated[group].any():
        late = np.maximum(0, options.slope[group, None] * ends - options.base[group, None])
        late += np.maximum(0, options.early_base[group, None] - options.early_slope[group, None] * ends)
        cost += late + np.where(ends > options.after[group, None], options.once[group, None], 0)
    cost += np.abs(cost) * TIE * ((starts * 7919 + group[:, None] * 104729) & 1023)
    cost = np.where(open_ & (steps < width[:, None]), cost, np.inf)
    best = cost.argmin(axis=1)
    rows = np.arange(len(option))
    return cost[rows, best], first + best

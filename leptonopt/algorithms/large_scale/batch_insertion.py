"""Placing items by numpy, many at a time: what `ways.place` does where there is no numba.

Of a batch of items in order, each finds its cheapest column on what is free when the batch begins. They sit down one
after another; whoever finds the place taken looks again in the next batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.algorithms.large_scale.kernels import TIE, OptionArrays
from leptonopt.problem.arrays import Ints

BATCH = 2048
CELLS = 1_000_000  # of a table of options and slots


def place_in_batches(
    ways: OptionArrays, items: Ints, group: Ints, free: Ints, prefix: Any, least: Any, limit: Any, volume: Any, most: float,
    option: Ints, start: Ints,
) -> int:  # fmt: skip
    """As `ways.place`."""
    done, waiting, looked = 0.0, items, 0
    while len(waiting) and done < most:
        batch, rest = waiting[:BATCH], waiting[BATCH:]
        chosen, at = _wishes(ways, group[batch], free, prefix, least, limit[batch])
        again = []
        for item, o, s in zip(batch.tolist(), chosen.tolist(), at.tolist(), strict=True):
            if o < 0:
                looked += 1
            elif done >= most:
                break
            elif _fits(ways, o, s, free):
                _put(ways, o, s, free)
                option[item], start[item] = o, s
                done += volume[item]
                looked += 1
            else:
                again.append(item)
        waiting = np.concatenate([np.array(again, np.int64), rest])
    return looked


def _fits(ways: OptionArrays, option: int, start: int, free: Ints) -> bool:
    stop = start + ways.duration[option]
    held = range(ways.demand_ptr[option], ways.demand_ptr[option + 1])
    return all(free[ways.demand_row[i], start:stop].min() >= ways.demand[i] for i in held)


def _put(ways: OptionArrays, option: int, start: int, free: Ints) -> None:
    for i in range(ways.demand_ptr[option], ways.demand_ptr[option + 1]):
        free[ways.demand_row[i], start : start + ways.duration[option]] -= ways.demand[i]


def _wishes(ways: OptionArrays, group: Ints, free: Ints, prefix: Any, least: Any, limit: Any) -> tuple[Ints, Ints]:
    """Option and start of the cheapest column of each group that fits now; -1 where there is none."""
    held = ways.option_ptr[group + 1] - ways.option_ptr[group]
    of = np.repeat(np.arange(len(group)), held)
    at = np.repeat(ways.option_ptr[group] - np.concatenate([[0], np.cumsum(held)[:-1]]), held) + np.arange(len(of))
    mine = least[at] < limit[of]
    at, of = at[mine], of[mine]
    cost, start = np.full(len(at), np.inf), np.zeros(len(at), np.int64)
    span = ways.last[at] - ways.first[at] + ways.duration[at]
    order = np.argsort(span, kind="stable")
    begin = 0
    while begin < len(order):
        end = min(
            len(order), begin + max(1, CELLS // int(span[order[min(len(order) - 1, begin + 4000)]])), begin + 4000
        )
        part = order[begin:end]
        cost[part], start[part] = _least(ways, group[of[part]], at[part], free, prefix)
        begin = end
    chosen, found = np.full(len(group), -1, np.int64), np.zeros(len(group), np.int64)
    cheapest = limit.copy()
    np.minimum.at(cheapest, of, cost)
    hits = np.flatnonzero((cost == cheapest[of]) & (cost < limit[of]))[::-1]
    chosen[of[hits]], found[of[hits]] = at[hits], start[hits]
    return chosen, found


def _least(ways: OptionArrays, group: Ints, option: Ints, free: Ints, prefix: Any) -> tuple[Any, Ints]:
    """Cost and start of each option's cheapest start that fits; infinite where none does."""
    first, length = ways.first[option].astype(np.int64), ways.duration[option].astype(np.int64)
    width = ways.last[option] - first + 1
    widest, longest, slots = int(width.max()), int((width + length).max()) - 1, free.shape[1]
    cells = np.minimum(first[:, None] + np.arange(longest), slots - 1)
    starts = np.minimum(first[:, None] + np.arange(widest), slots)
    ends = np.minimum(starts + length[:, None], slots)
    shut = np.zeros(cells.shape, bool)
    cost = np.repeat(ways.fixed[option, None].astype(float), widest, axis=1)
    many = ways.demand_ptr[option + 1] - ways.demand_ptr[option]
    for k in range(int(many.max(initial=0))):
        has = k < many
        i = np.where(has, ways.demand_ptr[option] + k, 0)
        row, amount = ways.demand_row[i].astype(np.int64)[:, None], np.where(has, ways.demand[i], 0)[:, None]
        shut |= (free[row, cells] < amount) & has[:, None]
        cost += amount * (prefix[row, ends] - prefix[row, starts])
    total = np.zeros((len(option), longest + 1), np.int32)
    np.cumsum(shut, axis=1, out=total[:, 1:])
    steps = np.arange(widest)
    after = np.minimum(steps + length[:, None], longest)
    open_ = np.take_along_axis(total, after, axis=1) == total[:, :widest]
    if ways.dated[group].any():
        late = np.maximum(0, ways.slope[group, None] * ends - ways.base[group, None])
        cost += late + np.where(ends > ways.after[group, None], ways.once[group, None], 0)
    cost += np.abs(cost) * TIE * ((starts * 7919 + group[:, None] * 104729) & 1023)
    cost = np.where(open_ & (steps < width[:, None]), cost, np.inf)
    best = cost.argmin(axis=1)
    rows = np.arange(len(option))
    return cost[rows, best], first + best

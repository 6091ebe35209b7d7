"""Few cheap columns per group in flat arrays: what annealing chooses from.

A column holds one of few distinct sets of rows and amounts, so that the loop reads small tables that stay in the cache.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from leptonopt.algorithms.lagrangian.option_classes import OptionClasses
from leptonopt.algorithms.large_scale.kernels import OptionArrays, column_cost, fits
from leptonopt.problem.arrays import Ints
from leptonopt.problem.problem import Problem
from leptonopt.runtime.jit import jit, run_threads

MOST, FEWEST = 80, 8  # columns per group
TOTAL = 160_000, 12_000_000  # columns of all groups from which on there are fewer per group: 16, then down to FEWEST
USUAL = 16
Floats = NDArray[np.float64]


OFFER = np.dtype([(name, np.uint32) for name in ("option", "holding", "start", "end")] + [("cost", np.float32)])


class ResourceProfiles(NamedTuple):
    """What columns hold: entry i of holding h lies in ptr[h] .. ptr[h + 1] - 1, on pool[h].

    Indices are unsigned here and below, because compiled loops need not ask whether they count from the end.
    """

    ptr: Any
    row: Any
    amount: Any
    pool: Any


class CandidateColumns(NamedTuple):
    """Columns of least guiding cost; those of group g lie in first[g] .. first[g] + many[g] - 1, cheapest first.

    first, many : uint32, (G,); table : (N,) of `OFFER`, a record each, so that a look at one costs one look at memory
    """

    first: Any
    many: Any
    table: Any


def candidates_per_group(groups: int) -> int:
    """How many columns a group has."""
    if groups * USUAL <= TOTAL[0]:
        return int(min(MOST, TOTAL[0] // max(1, groups)))
    return int(np.clip(TOTAL[1] // groups, FEWEST, USUAL))


def resource_profiles(problem: Problem, classes: OptionClasses) -> tuple[ResourceProfiles, Ints]:
    """The distinct holdings, and each option's, shape (O,)."""
    direction, amount = np.zeros(problem.options, np.int64), np.ones(problem.options, np.int64)
    direction[classes.option] = np.repeat(classes.direction, np.diff(classes.ptr))
    amount[classes.option] = classes.amount
    wide = int(amount.max(initial=1)) + 1
    key, one, holding = np.unique(direction * wide + amount, return_index=True, return_inverse=True)
    of, times, among = key // wide, key % wide, classes.directions
    held = np.diff(among.ptr)[of]
    ptr = np.concatenate([[0], np.cumsum(held)]).astype(np.int64)
    at = np.repeat(among.ptr[:-1][of] - ptr[:-1], held) + np.arange(ptr[-1])
    amounts = among.share[at] * np.repeat(times, held)
    row, pool = among.row[at].astype(np.uint32), problem.pool[one]
    return ResourceProfiles(ptr.astype(np.uint32), row, amounts, pool), holding


def candidate_columns(
    problem: Problem,
    ways: OptionArrays,
    holding: Ints,
    guide: Floats,
    true: Floats,
    least: Floats,
    out: Floats,
    threads: int = 1,
    most: int = MOST,
) -> CandidateColumns:
    """The columns of least cost by the guiding prices, those that cost more than leaving a copy out aside.

    guide, true : (K, T + 1), prefix sums of prices with and without multipliers; least : (O,), lower bounds of options'
    guiding cost, infinite where no column fits; out : (G,), what leaving a copy out counts; most : columns of a group.
    """
    width = problem.last - problem.first + 1
    columns = np.bincount(problem.group, width, problem.groups).astype(np.int64)
    room = np.minimum(columns, min(most, candidates_per_group(problem.groups)))
    first = np.concatenate([[0], np.cumsum(room)]).astype(np.int64)
    table, many = np.zeros(first[-1], OFFER), np.zeros(problem.groups, np.uint32)
    cuts = np.linspace(0, problem.groups, threads + 1).astype(np.int64).tolist()
    given = ways, guide, true, least, out, problem.capacity, first, many, table
    run_threads(_gather, [(*given, low, high) for low, high in pairwise(cuts)])
    table["holding"] = holding[table["option"]]
    table["end"] = table["start"] + problem.duration[table["option"]]
    return CandidateColumns(first[:-1].astype(np.uint32), many, table)


@jit
def _gather(
    ways: Any, guide: Any, true: Any, least: Any, out: Any, capacity: Any, first: Any, many: Any, table: Any,
    lowest: Any, highest: Any,
) -> None:  # fmt: skip
    """Fills many and, of the table, option, start and cost: an insertion into short lists in order of guiding cost.

    Of some of the groups.
    """
    keys = np.empty(MOST + 1, np.float64)
    for g in range(lowest, highest):
        low, most, n = first[g], first[g + 1] - first[g], 0
        for o in range(ways.option_ptr[g], ways.option_ptr[g + 1]):
            if not least[o] < np.inf:
                continue
            for s in range(ways.first[o], ways.last[o] + 1):
                if n == most and least[o] >= keys[n - 1]:
                    break
                key = column_cost(ways, g, o, s, guide)
                if n == most and key >= keys[n - 1]:
                    continue
                value = column_cost(ways, g, o, s, true)
                if value >= out[g] or not fits(ways, o, s, capacity):
                    continue
                if n < most:
                    n += 1
                k = n - 1
                while k > 0 and keys[k - 1] > key:
                    keys[k], table[low + k] = keys[k - 1], table[low + k - 1]
                    k -= 1
                keys[k] = key
                table[low + k].option, table[low + k].start, table[low + k].cost = o, s, value
        many[g] = n

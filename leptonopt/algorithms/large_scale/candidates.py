"""A few cheap candidate columns per group in flat arrays, from which annealing chooses.

A column uses one of few distinct resource profiles (rows and amounts), so the loops read small tables that stay in
the cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from leptonopt.algorithms.lagrangian.option_classes import OptionClasses
from leptonopt.algorithms.large_scale.kernels import OptionArrays, column_cost, fits
from leptonopt.problem.arrays import Floats, Ints, pointers, positions
from leptonopt.problem.problem import Problem
from leptonopt.runtime.jit import jit, run_threads

MOST = 80  # columns per group at most; numba reads it at compile time


@dataclass(frozen=True)
class CandidateTuning:
    """Tuning constants with their units."""

    usual: int = 16  # columns per group of large problems
    fewest: int = 8  # columns per group at least
    few_columns: int = 160_000  # columns in all up to which groups get more than `usual`
    most_columns: int = 12_000_000  # columns in all above which groups get fewer than `usual`


TUNING = CandidateTuning()


CANDIDATE = np.dtype([(name, np.uint32) for name in ("option", "profile", "start", "end")] + [("cost", np.float32)])


class ResourceProfiles(NamedTuple):
    """Distinct demands of columns; entries of profile h are at ptr[h] .. ptr[h + 1] - 1, on pool[h].

    Indices are unsigned here and below: compiled loops then skip the check for negative indices.
    """

    ptr: Any
    row: Any
    amount: Any
    pool: Any


class CandidateColumns(NamedTuple):
    """Columns of least guiding cost; group g has first[g] .. first[g] + many[g] - 1, cheapest first.

    first, many : uint32, shape (G,)
    table : `CANDIDATE`, shape (N,); one record per column, so that reading one is one memory access
    """

    first: Any
    many: Any
    table: Any


def candidates_per_group(groups: int) -> int:
    """Return the number of columns per group."""
    if groups * TUNING.usual <= TUNING.few_columns:
        return int(min(MOST, TUNING.few_columns // max(1, groups)))
    return int(np.clip(TUNING.most_columns // groups, TUNING.fewest, TUNING.usual))


def resource_profiles(problem: Problem, classes: OptionClasses) -> tuple[ResourceProfiles, Ints]:
    """Return the distinct profiles, and the profile of each option, int64, shape (O,)."""
    direction, amount = np.zeros(problem.options, np.int64), np.ones(problem.options, np.int64)
    direction[classes.option] = np.repeat(classes.direction, np.diff(classes.ptr))
    amount[classes.option] = classes.amount
    wide = int(amount.max(initial=1)) + 1
    key, one, profile = np.unique(direction * wide + amount, return_index=True, return_inverse=True)
    of, times, among = key // wide, key % wide, classes.directions
    entries = np.diff(among.ptr)[of]
    at = positions(among.ptr[of], among.ptr[of + 1])
    amounts = among.share[at] * np.repeat(times, entries)
    row, pool = among.row[at].astype(np.uint32), problem.pool[one]
    return ResourceProfiles(pointers(entries).astype(np.uint32), row, amounts, pool), profile


def candidate_columns(
    problem: Problem,
    options: OptionArrays,
    profile: Ints,
    guide: Floats,
    true: Floats,
    least: Floats,
    out: Floats,
    threads: int = 1,
    most: int = MOST,
) -> CandidateColumns:
    """Return the columns of least guiding cost whose true cost is below the leave-out cost.

    guide, true : float, shape (K, T + 1), prefix sums of prices with and without multipliers
    least : float, shape (O,), lower bounds of options' guiding cost, infinite where no column fits
    out : float, shape (G,), leave-out cost of a copy
    most : columns of a group at most
    """
    width = problem.last - problem.first + 1
    columns = np.bincount(problem.group, width, problem.groups).astype(np.int64)
    room = np.minimum(columns, min(most, candidates_per_group(problem.groups)))
    first = pointers(room)
    table, many = np.zeros(first[-1], CANDIDATE), np.zeros(problem.groups, np.uint32)
    cuts = np.linspace(0, problem.groups, threads + 1).astype(np.int64).tolist()
    given = options, guide, true, least, out, problem.capacity, first, many, table
    run_threads(_gather, [(*given, low, high) for low, high in pairwise(cuts)])
    table["profile"] = profile[table["option"]]
    table["end"] = table["start"] + problem.duration[table["option"]]
    return CandidateColumns(first[:-1].astype(np.uint32), many, table)


@jit
def _gather(
    options: Any, guide: Any, true: Any, least: Any, out: Any, capacity: Any, first: Any, many: Any, table: Any,
    lowest: Any, highest: Any,
) -> None:  # fmt: skip
    """Fill `many` and the table's option, start and cost for groups lowest .. highest - 1.

    Inserts each column into a short list ordered by guiding cost.
    """
    keys = np.empty(MOST + 1, np.float64)
    for g in range(lowest, highest):
        low, most, n = first[g], first[g + 1] - first[g], 0
        for o in range(options.option_ptr[g], options.option_ptr[g + 1]):
            if not least[o] < np.inf:
                continue
            for s in range(options.first[o], options.last[o] + 1):
                if n == most and least[o] >= keys[n - 1]:
                    break
                key = column_cost(options, g, o, s, guide)
                if n == most and key >= keys[n - 1]:
                    continue
                value = column_cost(options, g, o, s, true)
                if value >= out[g] or not fits(options, o, s, capacity):
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

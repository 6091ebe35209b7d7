"""Classes of options that share a cost curve: same rows in the same proportion, same duration.

An option holds `amount` times the direction of its class. Its cost at a start is `amount` times the sum of the
direction's prices over its slots: one curve per class gives the costs of all its options. Options that do not fit
everywhere, alone in an empty pool, are in classes by amount, in which starts where they do not fit are shut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.problem import UNLIMITED, Problem

Int32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Directions:
    """D directions: rows in proportion; entry i of direction d lies in ptr[d] .. ptr[d+1] - 1."""

    ptr: Ints
    row: Ints
    share: Ints

    def __len__(self) -> int:
        return len(self.ptr) - 1

    def lines(self, prefix: NDArray[Any]) -> NDArray[Any]:
        """Return prefix sums of unit costs by direction, (D, T + 1), from those by row, (K, T + 1)."""
        made = np.zeros((len(self), prefix.shape[1]), prefix.dtype)
        np.add.at(made, np.repeat(np.arange(len(self)), np.diff(self.ptr)), prefix[self.row] * self.share[:, None])
        return np.asarray(made)

    def room(self, capacity: Ints) -> Ints:
        """Return how many units of each direction fit a capacity, shape (K, T); int64, shape (D, T)."""
        made = np.full((len(self), capacity.shape[1]), UNLIMITED, np.int64)
        of = np.repeat(np.arange(len(self)), np.diff(self.ptr))
        np.minimum.at(made, of, capacity[self.row] // self.share[:, None])
        return made


@dataclass(frozen=True, eq=False)
class OptionClasses:
    """C classes of options; the options of class c lie at ptr[c] .. ptr[c+1] - 1.

    Attributes
    ----------
    directions : of all options
    direction, length : int64, shape (C,)
    tight : int64, shape (C,), the amount whose starts are shut where it does not fit; 0 where all starts are open
    dated : bool, shape (C,), True where an end has a cost of its own
    option : int32, shape (O,), the problem's option at each position
    amount, first, last, group : int32, shape (O,), by position
    """

    directions: Directions
    direction: Ints
    length: Ints
    tight: Ints
    dated: Bools
    ptr: Ints
    option: Int32
    amount: Int32
    first: Int32
    last: Int32
    group: Int32


def find_directions(problem: Problem) -> tuple[Directions, Int32, Int32]:
    """Return the directions, and the direction and amount of each option, shape (O,)."""
    held = np.diff(problem.demand_ptr)
    if problem.options and (held == 1).all():
        rows = len(problem.capacity)
        one = Directions(np.arange(rows + 1), np.arange(rows), np.ones(rows, np.int64))
        return one, problem.demand_row.astype(np.int32), problem.demand.astype(np.int32)
    amount = np.zeros(problem.options, np.int64)
    some = held > 0
    if some.any():
        amount[some] = np.gcd.reduceat(problem.demand, problem.demand_ptr[:-1][some])
    amount = np.maximum(1, amount)
    share = problem.demand // np.repeat(amount, held)
    key = _hash_demand(problem, held, share)
    _, first, direction = np.unique(key, return_index=True, return_inverse=True)
    ptr = np.concatenate([[0], np.cumsum(held[first])]).astype(np.int64)
    at = np.arange(ptr[-1]) - np.repeat(ptr[:-1] - problem.demand_ptr[first], held[first])
    found = Directions(ptr, problem.demand_row[at], share[at])
    _confirm(problem, found, direction, held, share)
    return found, direction.astype(np.int32), amount.astype(np.int32)


def _hash_demand(problem: Problem, held: Ints, share: Ints) -> Ints:
    """Return a hash of each option, equal for the same rows in the same proportion (SplitMix64)."""
    word = problem.demand_row.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + share.astype(np.uint64)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    total = np.concatenate([[np.uint64(0)], np.cumsum(word ^ (word >> np.uint64(31)))])
    key: Ints = (total[problem.demand_ptr[1:]] - total[problem.demand_ptr[:-1]]).view(np.int64)
    return key


def _confirm(problem: Problem, found: Directions, direction: Ints, held: Ints, share: Ints) -> None:
    """Raise `ArithmeticError` when two directions have the same hash."""
    size = np.diff(found.ptr)[direction]
    if (size == held).all():
        at = np.repeat(found.ptr[:-1][direction] - problem.demand_ptr[:-1], held) + np.arange(len(share))
        if (found.row[at] == problem.demand_row).all() and (found.share[at] == share).all():
            return
    raise ArithmeticError("two directions of demand have the same key")


def find_classes(problem: Problem) -> OptionClasses:
    """Return the classes of all options."""
    directions, of, held = find_directions(problem)
    room = directions.room(problem.capacity).min(axis=1, initial=UNLIMITED)
    length = problem.duration
    tight = np.where(held > room[of], held, 0).astype(np.int64)
    dated = problem.dated[problem.group]
    key = (of.astype(np.int64) * (problem.slots + 1) + length) * 2 + dated
    if tight.any():
        amounts, level = np.unique(tight, return_inverse=True)
        key = key * len(amounts) + level
    option = np.argsort(key, kind="stable")
    key = key[option]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.zeros(0, np.int64)
    return OptionClasses(
        directions=directions,
        direction=of[option][starts].astype(np.int64),
        length=length[option][starts],
        tight=tight[option][starts],
        dated=dated[option][starts],
        ptr=np.append(starts, len(key)).astype(np.int64),
        option=option.astype(np.int32),
        amount=held[option].astype(np.int32),
        first=problem.first[option].astype(np.int32),
        last=problem.last[option].astype(np.int32),
        group=problem.group[option].astype(np.int32),
    )

"""Capacity that demands can use up: the largest sum of demands that fits, instead of what is there.

Demands of 8, 16 and 24 units use at most 56 of 60. Every schedule keeps the lower limit as well, so that it may take
the place of the capacity in any relaxation, which it makes tighter.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.problem.arrays import Bools, Ints


@dataclass(frozen=True)
class SumLimits:
    """Sizes up to which the sums of demands of a row are enumerated; beyond, only their divisor is used.

    Attributes
    ----------
    bits : capacity over the common divisor of the demands
    items : demands (group, amount, copy) on the row
    amounts : different demands on a row up to which each slot has a divisor of its own
    """

    bits: int = 20_000
    items: int = 2_000
    amounts: int = 500


LIMITS = SumLimits()


@dataclass(frozen=True, eq=False)
class Demands:
    """Hold N demands (row, amount, group), and the slots low .. high - 1 of each; int64."""

    row: Ints
    amount: Ints
    group: Ints
    low: Ints
    high: Ints

    def __getitem__(self, which: Ints) -> Demands:
        return Demands(self.row[which], self.amount[which], self.group[which], self.low[which], self.high[which])


def reachable_capacity(capacity: Ints, limited: Bools, demands: Demands, copies: Ints) -> Ints:
    """Return the largest sum of demands that fits each row and slot, int64, shape (K, T).

    A sum takes at most one amount of each copy of a group, and is a multiple of the common divisor of the amounts that
    may be held in the slot. Entries of `capacity` that are not `limited`, bool, shape (K, T), stay as they are.
    """
    found = capacity.copy()
    order = np.argsort(demands.row, kind="stable")
    order = order[copies[demands.group[order]] > 0]
    ends = np.searchsorted(demands.row[order], np.arange(len(capacity) + 1))
    for row in np.flatnonzero(limited.any(axis=1)).tolist():
        mine, at = demands[order[ends[row] : ends[row + 1]]], limited[row]
        if len(mine.amount):
            divisor = np.maximum(1, _divisors(mine, capacity.shape[1])[at])
            whole = found[row, at] // divisor * divisor
            found[row, at] = _largest_sums(whole, mine, copies)
    return found


def _divisors(demands: Demands, slots: int) -> Ints:
    """Return the common divisor of what may be held in each slot, shape (T,); 0 where nothing may be."""
    divisor = np.zeros(slots, np.int64)
    amounts = np.unique(demands.amount)
    if len(amounts) > LIMITS.amounts:
        return np.full(slots, np.gcd.reduce(amounts))
    for amount in amounts.tolist():
        mine = demands.amount == amount
        change = np.bincount(demands.low[mine], minlength=slots + 1)
        change = change - np.bincount(demands.high[mine], minlength=slots + 1)
        there = np.cumsum(change)[:slots] > 0
        divisor[there] = np.gcd(divisor[there], amount)
    return divisor


def _largest_sums(capacity: Ints, demands: Demands, copies: Ints) -> Ints:
    """Return for each capacity the largest sum of amounts, at most one for each copy of a group."""
    divisor = int(np.gcd.reduce(demands.amount))
    pairs = np.unique(np.stack([demands.group, demands.amount // divisor], axis=1), axis=0)
    most = capacity // divisor
    if int(most.max(initial=0)) > LIMITS.bits or int(copies[pairs[:, 0]].sum()) > LIMITS.items:
        return most * divisor
    needed, full = np.unique(most).tolist(), (1 << (int(most.max(initial=0)) + 1)) - 1
    sums = 1  # a bit for each sum
    for part in np.split(pairs, np.flatnonzero(np.diff(pairs[:, 0])) + 1):
        for _ in range(int(copies[part[0, 0]])):
            before = sums
            for each in part[:, 1].tolist():
                sums |= (before << each) & full
        if all(sums >> each & 1 for each in needed):
            return most * divisor
    best = {each: (sums & ((1 << (each + 1)) - 1)).bit_length() - 1 for each in needed}
    return np.array([best[each] for each in most.tolist()], np.int64) * divisor

"""Random numbers that are the same on any machine: splitmix64 in uint64, and integer tables.

Steele, Lea and Flood (2014, doi:10.1145/2660193.2660195). No floating point anywhere: what numpy and the C library
make of a distribution may change between versions and processors, whole numbers do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MILLI = 1000  # shares, loads and slacks are whole thousandths
_GAMMA, _FIRST, _SECOND = (np.uint64(word) for word in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))


def splitmix64(state: int, count: int) -> NDArray[np.uint64]:
    """The first numbers of the generator from a state below 2^64.

    >>> hex(splitmix64(0, 1)[0])
    '0xe220a8397b1dcdaf'
    """
    word = np.arange(1, count + 1, dtype=np.uint64) * _GAMMA + np.uint64(state)
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    return word ^ (word >> np.uint64(31))


@dataclass(frozen=True)
class RandomStream:
    """Independent streams by name, so that one quantity more does not change the others."""

    seed: str

    def bits(self, name: str, count: int) -> NDArray[np.uint64]:
        """64 random bits, so many times."""
        state = sha256(f"{self.seed}/{name}".encode()).digest()[:8]
        return splitmix64(int.from_bytes(state, "little"), count)

    def below(self, name: str, count: int, limit: int | Ints) -> Ints:
        """Whole numbers from 0 to below the limit (at most 2^31), one limit or one each."""
        high = (self.bits(name, count) >> np.uint64(33)).astype(np.int64)
        return (high * limit) >> 31

    def weighted(self, name: str, count: int, weights: Sequence[int]) -> Ints:
        """Positions, each as often as its weight says."""
        ends = np.cumsum(np.array(weights, np.int64))
        return np.searchsorted(ends, self.below(name, count, int(ends[-1])), side="right").astype(np.int64)

    def quantiles(self, name: str, count: int, table: Sequence[int]) -> Ints:
        """Numbers whose quantiles at equal steps are those of the table; straight lines in between."""
        return between(self.below(name, count, 1 << 24), table)

    def share(self, name: str, count: int, milli: int) -> Bools:
        """Exactly the share of them, to the nearest whole number, chosen at random."""
        return self.chosen(name, np.ones(count, bool), (count * milli + MILLI // 2) // MILLI)

    def chosen(self, name: str, among: Bools, most: int) -> Bools:
        """So many of those that are true, or all of them if there are fewer."""
        places = np.flatnonzero(among)
        order = np.argsort(self.bits(name, len(places)), kind="stable")
        found = np.zeros(len(among), bool)
        found[places[order[:most]]] = True
        return found


def between(place: Ints, table: Sequence[int]) -> Ints:
    """The values of a table of quantiles at places from 0 to below 2^24."""
    values = np.array(table, np.int64)
    step, rest = np.divmod(place * (len(values) - 1), 1 << 24)
    return np.asarray(values[step] + (((values[step + 1] - values[step]) * rest) >> 24))

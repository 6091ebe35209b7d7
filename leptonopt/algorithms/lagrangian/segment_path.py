"""The cheapest segments of a task at given prices, as a shortest path over slots and work.

A state is a slot, the number of segments so far, the way in which the task works (or none), and the units of work
done. An arc waits a slot, works a slot, or begins a segment, which goes on for its least length at once. The task is
kept whole, so prices on capacity prove more with this path than with a linear relaxation of its segments.

Work is counted in at most so many units that the states fit into memory. Where that is coarser than the chain's own
units it is rounded: down for a path that can be carried out, up for a bound. Before that, segments are no longer
counted, which leaves room for finer units: the path is as good where it has no more segments than it may.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from leptonopt.problem.arrays import Bools, Ints
from leptonopt.problem.slot_chain import SlotChain

NEVER = 2**60
MAX_STATES = 4_000_000  # 8 bytes each
MAX_UNCOUNTED = 10_000_000  # the same, where segments are not counted
Segment = tuple[int, int, int]  # way, start, length


@dataclass(frozen=True)
class Path:
    """The cost of a path and its segments in order; the cost of what is left out is not in it."""

    cost: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class WorkUnits:
    """Count work: all of it, and per way what a slot does, (W,), and what segments lose, (2, W)."""

    need: int
    rate: Ints
    lost: Ints

    @classmethod
    def of(cls, chain: SlotChain, most: int, optimistic: bool) -> WorkUnits:
        """Return at most so many units, rounded in favour of the task where `optimistic`, else against it."""
        own, divisor = chain.chain, _unit(chain)
        need, rate, lost = own.need // divisor, own.rate // divisor, own.lost // divisor
        if need <= most:
            return cls(need, rate, lost)

        def down(amounts: Ints) -> Ints:
            found = [amount * most // need for amount in amounts.ravel().tolist()]
            return np.array(found, np.int64).reshape(amounts.shape)

        return cls(most, -down(-rate), down(lost)) if optimistic else cls(most, down(rate), -down(-lost))


def _unit(chain: SlotChain) -> int:
    """Return the largest unit in which the work of a chain is counted without rounding."""
    own = chain.chain
    return gcd(own.need, *own.rate.tolist(), *own.lost.ravel().tolist())


def cheapest_path(
    chain: SlotChain, free: Bools, cost: Ints, late: Ints, scale: int = 1, optimistic: bool = False
) -> Path | None:
    """Return the cheapest path of a chain in ways of one family; None where there is none.

    Parameters
    ----------
    free, cost : shapes (W, T), where a way fits in a slot, and what working there costs [1/scale]
    late : shape (T + 1,), the cost of ending at a slot [1/scale]
    scale : parts of a money unit in which costs are given
    optimistic : round work in favour of the task, for a bound
    """
    families = np.unique(chain.chain.family).tolist()
    prices = Prices(cost, late, scale * chain.start_cost)
    paths = [_cheapest(chain, free & chain.works, prices, number, optimistic) for number in families]
    return min((path for path in paths if path is not None), key=lambda path: path.cost, default=None)


@dataclass(frozen=True)
class Prices:
    """Costs of slots, shape (W, T), of ends, shape (T + 1,), and of starts, shape (2, W)."""

    slot: Ints
    late: Ints
    start: Ints


def _cheapest(chain: SlotChain, free: Bools, prices: Prices, family: int, optimistic: bool) -> Path | None:
    """Return the cheapest path in ways of a family; first without a count of segments where that rounds."""
    counted = _Search(chain, free, prices, family, optimistic)
    if chain.parts <= 2 or not counted.rounded:
        return counted.path()
    found = _Search(chain, free, prices, family, optimistic, counts=False).path()
    if found is not None and len(found.segments) <= chain.parts:
        return found
    path = counted.path()
    return max(found, path, key=lambda each: each.cost) if optimistic and found and path else path


class _Search:
    """States by slot: `idle`, shape (T + 1, S + 1, U + 1), and `working`, shape (T + 1, W, S + 1, U + 1).

    The segments so far are counted up to S; where they are not, S is 2 and stands for more as well.
    """

    def __init__(
        self, chain: SlotChain, free: Bools, prices: Prices, family: int, optimistic: bool, counts: bool = True
    ) -> None:
        self.chain, self.free, self.prices, self.counts = chain, free, prices, counts
        cost = prices.slot
        self.ways = np.flatnonzero(chain.chain.family == family).tolist()
        self.parts = chain.parts if counts else 2
        cells = (chain.slots + 1) * (len(self.ways) + 1) * (self.parts + 1)
        most = max(50, (MAX_STATES if counts else MAX_UNCOUNTED) // cells)
        self.units = WorkUnits.of(chain, most, optimistic)
        self.rounded = chain.chain.need // _unit(chain) > most
        self.sums = np.concatenate([np.zeros((len(cost), 1), np.int64), np.cumsum(cost, axis=1)], axis=1)
        blocked = np.cumsum(~free, axis=1)
        self.blocked = np.concatenate([np.zeros((len(free), 1), np.int64), blocked], axis=1)

    def path(self) -> Path | None:
        """Return the cheapest path."""
        shape = (self.parts + 1, self.units.need + 1)
        self.idle = np.full((self.chain.slots + 1, *shape), NEVER)
        self.working = np.full((self.chain.slots + 1, len(self.ways), *shape), NEVER)
        self._forward()
        ends = self.working[:, :, :, -1].min(axis=(1, 2), initial=NEVER)
        total = np.where(ends < NEVER // 2, ends + self.prices.late, NEVER)  # negative costs are far above minus 2**59
        slot = int(total.argmin())
        if total[slot] >= NEVER:
            return None
        return Path(int(total[slot]), tuple(self._backward(slot)))

    def _forward(self) -> None:
        self.idle[0, 0, 0] = 0
        for slot in range(self.chain.slots + 1):
            if slot:
                np.minimum(self.idle[slot], self.idle[slot - 1], out=self.idle[slot])
            np.minimum(self.idle[slot], self.working[slot].min(axis=0, initial=NEVER), out=self.idle[slot])
            if slot == self.chain.slots:
                return
            for at, way in enumerate(self.ways):
                self._begin(slot, at, way)
                if self.free[way, slot]:
                    gone = _worked(self.working[slot, at], int(self.units.rate[way])) + self.prices.slot[way, slot]
                    np.minimum(self.working[slot + 1, at], gone, out=self.working[slot + 1, at])

    def _begin(self, slot: int, at: int, way: int) -> None:
        """Reach the states in which a segment that begins in a slot has its least length."""
        for later in (0, 1):
            if (end := self._least_end(later, way, slot)) is None:
                continue
            before = self.idle[slot, 1:-1] if later else self.idle[slot, :1]
            if later and not self.counts:
                before = self.idle[slot, 1:].min(axis=0, keepdims=True)
            price = self._price(later, way, slot, end)
            reached = _worked(before, self._work(later, way, end - slot)) + price
            target = self.working[end, at, 2:] if later else self.working[end, at, 1:2]
            np.minimum(target, reached, out=target)

    def _least_end(self, later: int, way: int, slot: int) -> int | None:
        """Return where a segment that begins in a slot may end first; None where none may begin."""
        end = slot + int(self.chain.least[later, way])
        if not self.chain.begins[later, way, slot] or end > self.chain.slots:
            return None
        return None if self.blocked[way, end] > self.blocked[way, slot] else end

    def _price(self, later: int, way: int, start: int, end: int) -> int:
        return int(self.prices.start[later, way] + self.sums[way, end] - self.sums[way, start])

    def _work(self, later: int, way: int, length: int) -> int:
        return max(0, int(self.units.rate[way]) * length - int(self.units.lost[later, way]))

    def _backward(self, slot: int) -> Sequence[Segment]:
        """Return the segments of the path that ends in a slot, from its last one."""
        found: list[Segment] = []
        ends = self.working[slot, :, :, -1]
        at, count = divmod(int(ends.argmin()), ends.shape[1])
        state = (slot, at, count, self.units.need)
        while True:
            start, length, count, done = self._segment(*state)
            found.append((self.ways[state[1]], start, length))
            if not count:
                return found[::-1]
            state = self._before(start, count, done)

    def _segment(self, slot: int, at: int, count: int, done: int) -> tuple[int, int, int, int]:
        """Return start and length of the segment at work until a slot, and segments and work before it."""
        counts = (count - 1,) if self.counts or count == 1 else (1, 2)
        way, end, later = self.ways[at], slot, int(count > 1)
        while True:
            value = self.working[slot, at, count, done]
            start = slot - int(self.chain.least[later, way])
            if start >= 0 and self._least_end(later, way, start) == slot:
                wanted, work = value - self._price(later, way, start, slot), self._work(later, way, slot - start)
                for known in counts:
                    if (before := self._source(self.idle[start, known], done, work, wanted)) is not None:
                        return start, end - start, known, before
            line, wanted = self.working[slot - 1, at, count], value - self.prices.slot[way, slot - 1]
            before = self._source(line, done, int(self.units.rate[way]), wanted)
            assert before is not None
            slot, done = slot - 1, before

    def _source(self, line: Ints, done: int, work: int, wanted: int) -> int | None:
        """Return the work before, from which so much leads to `done` at a cost; None without one."""
        low = max(0, done - work)
        high = self.units.need if done == self.units.need else done - work
        found = np.flatnonzero(line[low : high + 1] == wanted)
        return low + int(found[-1]) if len(found) else None

    def _before(self, slot: int, count: int, done: int) -> tuple[int, int, int, int]:
        """Return the state at work from which the task was idle until a slot."""
        value = self.idle[slot, count, done]
        while True:
            same = np.flatnonzero(self.working[slot, :, count, done] == value)
            if len(same):
                return slot, int(same[0]), count, done
            slot -= 1


def _worked(states: Ints, work: int) -> Ints:
    """Return costs by work done, shape (..., U + 1), after so much more work."""
    if not work:
        return states.copy()
    found = np.full_like(states, NEVER)
    if work < states.shape[-1]:
        found[..., work:] = states[..., :-work]
    found[..., -1] = states[..., max(0, states.shape[-1] - 1 - work) :].min(axis=-1)
    return found

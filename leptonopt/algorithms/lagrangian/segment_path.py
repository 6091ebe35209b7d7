"""The cheapest segments of a task at given prices, as a shortest path over slots and work.

A state is a slot, the number of segments so far, the way in which the task works (or none), and the units of work
done. An arc waits a slot, works a slot, or begins a segment, which goes on for its least length at once. The task is
kept whole, so prices on capacity prove more with this path than with a linear relaxation of its segments.

Work is counted in at most so many units that the states fit into memory. Where that is coarser than the chain's own
units it is rounded: down for a path that can be carried out, up for a bound.
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
        own = chain.chain
        divisor = gcd(own.need, *own.rate.tolist(), *own.lost.ravel().tolist())
        need, rate, lost = own.need // divisor, own.rate // divisor, own.lost // divisor
        if need <= most:
            return cls(need, rate, lost)

        def down(amounts: Ints) -> Ints:
            found = [amount * most // need for amount in amounts.ravel().tolist()]
            return np.array(found, np.int64).reshape(amounts.shape)

        return cls(most, -down(-rate), down(lost)) if optimistic else cls(most, down(rate), -down(-lost))


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
    paths = [_Search(chain, free & chain.works, prices, number, optimistic).path() for number in families]
    return min((path for path in paths if path is not None), key=lambda path: path.cost, default=None)


@dataclass(frozen=True)
class Prices:
    """Costs of slots, shape (W, T), of ends, shape (T + 1,), and of starts, shape (2, W)."""

    slot: Ints
    late: Ints
    start: Ints


class _Search:
    """States by slot: `idle`, shape (T + 1, S + 1, U + 1), and `working`, shape (T + 1, W, S + 1, U + 1)."""

    def __init__(self, chain: SlotChain, free: Bools, prices: Prices, family: int, optimistic: bool) -> None:
        self.chain, self.free, self.prices = chain, free, prices
        cost = prices.slot
        self.ways = np.flatnonzero(chain.chain.family == family).tolist()
        cells = (chain.slots + 1) * (len(self.ways) + 1) * (chain.parts + 1)
        self.units = WorkUnits.of(chain, max(50, MAX_STATES // cells), optimistic)
        shape = (chain.parts + 1, self.units.need + 1)
        self.idle = np.full((chain.slots + 1, *shape), NEVER)
        self.working = np.full((chain.slots + 1, len(self.ways), *shape), NEVER)
        self.sums = np.concatenate([np.zeros((len(cost), 1), np.int64), np.cumsum(cost, axis=1)], axis=1)
        blocked = np.cumsum(~free, axis=1)
        self.blocked = np.concatenate([np.zeros((len(free), 1), np.int64), blocked], axis=1)

    def path(self) -> Path | None:
        """Return the cheapest path."""
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
        at, count = np.unravel_index(int(self.working[slot, :, :, -1].argmin()), self.working.shape[1:3])
        state = (slot, int(at), int(count), self.units.need)
        while True:
            start, length, done = self._segment(*state)
            found.append((self.ways[state[1]], start, length))
            if state[2] == 1:
                return found[::-1]
            state = self._before(start, state[2] - 1, done)

    def _segment(self, slot: int, at: int, count: int, done: int) -> tuple[int, int, int]:
        """Return start, length and the work before the segment that is at work until a slot."""
        way, end, later = self.ways[at], slot, int(count > 1)
        while True:
            value = self.working[slot, at, count, done]
            start = slot - int(self.chain.least[later, way])
            if start >= 0 and self._least_end(later, way, start) == slot:
                line = self.idle[start, count - 1]
                wanted = value - self._price(later, way, start, slot)
                if (before := self._source(line, done, self._work(later, way, slot - start), wanted)) is not None:
                    return start, end - start, before
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

"""Forecast whether spot capacity is there, and decide by dynamic programming over the forecast.

Availability is a Markov chain whose states are "there" and "gone", each by its age in slots up to `AGES`: capacity that
has just come is taken away sooner than capacity that has been there for long. Its probabilities are counted from what
was seen, shrunk towards those of all ages, and these towards `PRIOR`.

The recursion is that of a finite-horizon Markov decision process (Puterman, 1994, Markov Decision Processes, chapter 4)
over slots, states of the chain, the machine that runs, and units of work that are left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.problem.arrays import Floats, Ints

AGES = 4
PRIOR, WEIGHT = 0.9, 6.0  # probability that availability stays as it is, and how many observations that is worth
IDLE, SPOT, SURE = 0, 1, 2  # the machine of a slot


class Forecast:
    """Counts of what followed each state of the chain; the states are 0 .. 2 AGES - 1, gone ones first."""

    def __init__(self) -> None:
        self.seen, self.there = np.zeros(2 * AGES), np.zeros(2 * AGES)
        self.state: int | None = None

    def see(self, available: bool) -> None:
        """Count what a slot shows."""
        if self.state is None:
            self.state = (2 * AGES if available else AGES) - 1
            return
        self.seen[self.state] += 1
        self.there[self.state] += available
        self.state = int(FOLLOWS[self.state, int(available)])

    def probabilities(self) -> Floats:
        """Return the probability that capacity is there in the next slot, by state."""
        found = np.empty(2 * AGES)
        for side, prior in ((slice(0, AGES), 1 - PRIOR), (slice(AGES, 2 * AGES), PRIOR)):
            pooled = (self.there[side].sum() + WEIGHT * prior) / (self.seen[side].sum() + WEIGHT)
            found[side] = (self.there[side] + WEIGHT * pooled) / (self.seen[side] + WEIGHT)
        return found


def _follows() -> Ints:
    """Return the state behind each, where capacity is gone and where it is there, shape (2 AGES, 2)."""
    older = np.minimum(np.arange(AGES) + 1, AGES - 1)
    gone = np.stack([older, np.full(AGES, AGES)], axis=1)
    there = np.stack([np.zeros(AGES, np.int64), AGES + older], axis=1)
    return np.concatenate([gone, there])


FOLLOWS = _follows()


@dataclass(frozen=True)
class Machine:
    """A machine: work by slot and work that a start loses [units], and price by slot [money]."""

    work: int
    restart: int
    price: Floats


@dataclass(frozen=True)
class Recursion:
    """The least expected costs from slots `first` on, of which the first `len(layers) - 1` can be decided.

    Attributes
    ----------
    layers : by slot from `first` on: cost by state, machine of the slot before, and units of work left.
    """

    first: int
    layers: tuple[Floats, ...]
    spot: Machine
    sure: Machine
    likely: Floats

    def decide(self, slot: int, state: int, machine: int, left: int) -> int:
        """Return the machine of least expected cost in a slot; what waits before what pays."""
        costs = choices(self.layers[slot - self.first + 1], self.likely, self.spot, self.sure, slot)
        by_machine = costs[:, state, machine, min(left, costs.shape[-1] - 1)]
        order = (SPOT, IDLE, SURE) if state >= AGES else (IDLE, SURE)
        return min(order, key=lambda each: by_machine[each])


def recursion(
    forecast: Forecast, spot: Machine, sure: Machine, left: int, first: int, end: int, missed: Floats, keep: int
) -> Recursion:
    """Return the least expected costs from slot `first` to `end`, where `missed` is paid for work left.

    Parameters
    ----------
    missed : by units of work left, shape (left + 1,) [money]; 0 where none is.
    keep : slots of which decisions can be asked.
    """
    likely = forecast.probabilities()
    after = np.broadcast_to(missed, (2 * AGES, 3, left + 1))
    layers = [after] if end - first <= keep else []
    for slot in range(end - 1, first - 1, -1):
        after = choices(after, likely, spot, sure, slot).min(axis=0)
        if slot - first <= keep:
            layers.append(after)
    return Recursion(first, tuple(reversed(layers)), spot, sure, likely)


def choices(after: Floats, likely: Floats, spot: Machine, sure: Machine, slot: int) -> Floats:
    """Return the cost of each machine in a slot, shape (3, states, machine before, work left + 1)."""
    chance = likely[:, None, None]
    expected = chance * after[FOLLOWS[:, 1]] + (1 - chance) * after[FOLLOWS[:, 0]]
    found = np.full((3, *expected.shape), np.inf)
    found[IDLE] = expected[:, IDLE, None]
    for machine, way in ((SPOT, spot), (SURE, sure)):
        for before in (IDLE, SPOT, SURE):
            work = np.arange(expected.shape[-1]) + (0 if before == machine else way.restart) - way.work
            reached = expected[:, machine, np.clip(work, 0, expected.shape[-1] - 1)]
            found[machine, :, before] = way.price[slot] + reached
    found[SPOT, :AGES] = np.inf
    found[..., 0] = 0
    return found

"""A reactive scaler: it counts what was asked for, and has replicas that come late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leptonopt.problem.arrays import Floats
from leptonopt.simulation.fleet import Fleet


@dataclass(frozen=True)
class Scaler:
    """A scaler of one way, as horizontal pod autoscalers are.

    Attributes
    ----------
    headroom : share of a replica's rate that is left free: it asks for load / (1 - headroom) replicas
    lag : bins from a decision to the usable replica; it is paid from the decision on
    calm : bins without a smaller number asked for, before replicas are switched off
    """

    headroom: float
    lag: int
    calm: int

    def replicas(self, load: Floats) -> tuple[Floats, Floats]:
        """Return replicas on and usable, shapes (N,), for the replicas that requests keep busy in each bin.

        What is wanted in a bin is what the one before asked for; in the first one it is known.
        """
        wanted = np.ceil(load / (1 - self.headroom) - 1e-9)
        seen = np.concatenate([wanted[:1], wanted[:-1]])
        on = _windows(seen, self.calm).max(axis=1)
        return on, _windows(on, self.lag).min(axis=1)


def _windows(values: Floats, back: int) -> Floats:
    """Return each value with those up to `back` before it, shape (N, back + 1); the first one stays."""
    padded = np.concatenate([np.full(back, values[0]), values])
    return np.lib.stride_tricks.sliding_window_view(padded, back + 1)


def scaled(fleet: Fleet, asked: Floats, scaler: Scaler) -> tuple[Floats, Floats]:
    """Return replicas on and usable, (W, N), of a scaler of the way that serves all at the least cost."""
    way, on = fleet.cheapest(asked), np.zeros((len(fleet.ways), asked.shape[1]))
    usable = on.copy()
    on[way], usable[way] = scaler.replicas(fleet.load(way, asked))
    return on, usable


def scaled_above(fleet: Fleet, asked: Floats, scaler: Scaler, on: Floats, usable: Floats) -> tuple[Floats, Floats]:
    """Return replicas on and usable, (W, N), of a scaler above planned ones, which are its floor.

    It scales the cheapest way by what planned replicas miss, with its headroom left free.
    """
    way, on, usable = fleet.cheapest(asked), on.copy(), usable.copy()
    short = fleet.missed(usable * (1 - scaler.headroom), asked)
    total = np.maximum(1e-300, asked.sum(axis=0))
    added, ready = scaler.replicas(fleet.load(way, asked * short / total))
    on[way] += added
    usable[way] += ready
    return on, usable

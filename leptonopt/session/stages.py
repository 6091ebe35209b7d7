"""Name the stages of the portfolio; `leptonopt.session.portfolio` makes the choice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """A method by name, its share of the time its lane has left when it starts, and its threads.

    It is passed over where the gap is at most `above` when its turn comes: a proof is near then.
    """

    method: str
    share: float = 1.0
    threads: int = 1
    above: float = 0.0


Lanes = list[tuple[Stage, ...]]
CLOCKED = ("highs", "sos-branching", "cbc")  # engines whose effort nothing but the clock limits
# What is asked, in this order, when a lane has come to its end and there is no plan.
FALLBACK = ("cpsat", "highs", "cbc")

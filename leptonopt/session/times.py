"""Times of a session: how long it waits, and which shares of the time limit are kept for what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SessionTimes:
    """Times of a session, in seconds or as shares of the time limit.

    Attributes
    ----------
    tick, shortest_tick : seconds between two looks at the messages of the workers, at most, and after a message
    closing_share : greatest share of the time limit for writing and checking the plan
    first_plan_share : share of the time for writing and checking that a search for a first plan may take: that time is
        estimated at twice what was measured
    grace, grace_share, max_grace : seconds, plus a share of the limit, and at most, from a stop request to the kill
    start : seconds that an engine takes at least to report a first result
    proof_grace : seconds for the last message of an engine whose proof ends the solve
    interrupt_grace : the same after an interrupt: the solve has to end within two seconds
    warm_start_share : greatest share of the time left for completing what a warm start keeps
    restore_share : greatest share of the time limit for going back to the warm start where that costs nothing
    tiny_share : share of the time left for one engine on a tiny problem, before all else
    baseline_share : greatest share of the time left for all dispatching rules, as starts of `auto`
    """

    tick: float = 0.02
    shortest_tick: float = 0.001
    closing_share: float = 0.4
    first_plan_share: float = 0.5
    grace: float = 0.5
    grace_share: float = 0.02
    max_grace: float = 1.5
    start: float = 0.3
    proof_grace: float = 0.5
    interrupt_grace: float = 1.0
    warm_start_share: float = 0.2
    restore_share: float = 0.05
    tiny_share: float = 0.6
    baseline_share: float = 0.05

    def stop_grace(self, time_limit: float) -> float:
        """Return the seconds from a stop request to the kill."""
        return min(self.max_grace, self.grace + self.grace_share * time_limit)


TIMES = SessionTimes()

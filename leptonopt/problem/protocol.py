"""Define what a method is given and what it returns: limits, a monitor, a solution with its status."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from leptonopt.problem.schedule import Schedule
from leptonopt.runtime.deadline import Deadline


class Status(enum.StrEnum):
    """The proven status of the problem; no claim beyond the proof."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class Stop(enum.StrEnum):
    """The reason why a method stopped; independent of what is proven."""

    PROOF = "proof"  # searched to the end
    GAP = "gap"  # the requested gap was reached
    LIMIT = "limit"  # out of time
    INTERRUPT = "interrupt"  # an interrupt by a person or a signal
    DONE = "done"  # a heuristic came to its end
    FAILED = "failed"  # the engine crashed, hung or returned an invalid answer; `note` has the reason


SHORTEST_CALL = 0.01  # seconds given to an engine at least: engines refuse a time limit of zero


@dataclass(frozen=True)
class Limits:
    """Limits on the effort of a method.

    Attributes
    ----------
    time_limit : seconds of wall clock from the start of the method
    gap : relative gap at which to stop; 0 asks for a proof
    deterministic : no decision depends on the clock, which stays a last resort; the effort follows from `work`
    cutoff : an exact method decides whether a schedule costs at most this, in units; heuristics ignore it
    work : seconds of a free core, not measured by a clock; None for the time limit
    deadline : moment at which the method has to end, where it is known before the method starts; see `start`
    """

    time_limit: float = 60.0
    gap: float = 0.0
    threads: int = 1
    seed: int = 0
    deterministic: bool = False
    cutoff: int | None = None
    work: float | None = None
    deadline: Deadline | None = None

    @property
    def effort(self) -> float:
        """Return the seconds by which deterministic methods measure their work."""
        return self.time_limit if self.work is None else self.work

    def start(self) -> Deadline:
        """Return the deadline of a method that starts now: `time_limit` from now, and never after `deadline`."""
        if self.deadline is None:
            return Deadline.after(self.time_limit)
        return self.deadline.within(self.time_limit)

    def deciding(self) -> Deadline:
        """Return the deadline by which a method that starts now decides: never where no clock may decide."""
        return Deadline.never() if self.deterministic else self.start()

    def until(self, deadline: Deadline) -> Limits:
        """Return these limits with a deadline, and the time until then as the time limit."""
        return replace(self, time_limit=max(SHORTEST_CALL, deadline.left()), deadline=deadline)


class Monitor(Protocol):
    """The session's side of a run: methods report incumbents and bounds, and ask whether to stop."""

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Report a schedule that keeps every rule."""

    def bound(self, value: int) -> None:
        """Report that no schedule can cost less than `value`."""

    def best(self) -> Schedule | None:
        """Return the best schedule reported so far."""

    def should_stop(self) -> bool:
        """Return True when time is up, the gap is reached, or an interrupt came."""


class NullMonitor:
    """A monitor that ignores reports and only answers whether to stop."""

    def __init__(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        self.should_stop = should_stop

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Ignore the report."""

    def bound(self, value: int) -> None:
        """Ignore the report."""

    def best(self) -> Schedule | None:
        """Return None."""
        return None


@dataclass(frozen=True)
class Solution:
    """A method's claim. `bound` is valid whatever the status, also when no schedule was found.

    `engine` names the engine and its version. `remark` is a line that the user sees with any result. `note` is shown
    when it explains why there is no plan.
    """

    status: Status
    stop: Stop
    schedule: Schedule | None = None
    bound: int | None = None
    engine: str = ""
    log: str = field(default="", repr=False)
    note: str = ""
    remark: str = ""

    def __post_init__(self) -> None:
        has = self.schedule is not None
        if has != (self.status in (Status.OPTIMAL, Status.FEASIBLE)):
            raise ValueError(f"status {self.status} {'with' if has else 'without'} a schedule")
        if self.status is Status.OPTIMAL and self.bound is None:
            raise ValueError("optimal without a bound")

    @classmethod
    def claim(
        cls,
        schedule: Schedule | None,
        cost: int | None,
        bound: int | None,
        stop: Stop,
        engine: str,
        note: str = "",
        log: str = "",
        remark: str = "",
    ) -> Solution:
        """Return what follows from a schedule, its cost and a bound: optimal where the bound reaches the cost.

        Without a schedule it is unknown. `stop` is why the search ended short of a proof.
        """
        status = Status.UNKNOWN if schedule is None else Status.FEASIBLE
        if schedule is not None and cost is not None and bound is not None and bound >= cost:
            status, stop = Status.OPTIMAL, Stop.PROOF
        return cls(status, stop, schedule, bound, engine, log, note, remark)

"""Define what a method is given and what it returns: limits, a monitor, a solution with its status."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from leptonopt.problem.schedule import Schedule


class Status(enum.StrEnum):
    """What is proven of the problem; never more than that."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class Stop(enum.StrEnum):
    """Why a method stopped; says nothing about what is proven."""

    PROOF = "proof"  # searched to the end
    GAP = "gap"  # the gap asked for was reached
    LIMIT = "limit"  # out of time
    INTERRUPT = "interrupt"  # a person or a signal said so
    DONE = "done"  # a rule of thumb came to its natural end
    FAILED = "failed"  # the engine crashed, hung or answered nonsense; `note` says how


@dataclass(frozen=True)
class Limits:
    """What a method may spend. `deterministic`: decide nothing by the clock (which stays a last resort).

    How much is done then follows from `work`, in seconds of a free core that no clock measures; without it, from the
    time limit. With a `cutoff` an exact method asks whether any schedule costs at most that; heuristics pay no heed
    to it.
    """

    time_limit: float = 60.0
    gap: float = 0.0
    threads: int = 1
    seed: int = 0
    deterministic: bool = False
    cutoff: int | None = None
    work: float | None = None

    @property
    def effort(self) -> float:
        """Seconds by which deterministic methods measure what they do."""
        return self.time_limit if self.work is None else self.work


class Monitor(Protocol):
    """The conductor's ear: methods report to it as they go and ask it whether to go on."""

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """A schedule was found that keeps every rule."""

    def bound(self, value: int) -> None:
        """No schedule can cost less than `value`."""

    def best(self) -> Schedule | None:
        """The best schedule anybody has reported so far."""

    def should_stop(self) -> bool:
        """Whether time is up, the gap is reached, or somebody interrupted."""


class NullMonitor:
    """A monitor that only knows when to stop: what counts is the answer at the end."""

    def __init__(self, should_stop: Callable[[], bool] = lambda: False) -> None:
        self.should_stop = should_stop

    def incumbent(self, schedule: Schedule, cost: int) -> None:
        """Nobody listens."""

    def bound(self, value: int) -> None:
        """Nobody listens."""

    def best(self) -> Schedule | None:
        """Nothing."""
        return None


@dataclass(frozen=True)
class Solution:
    """A method's claim. `bound` is valid whatever the status, also when no schedule was found.

    `trace` is kept by the conductor, not by the methods. `engine` names the engine and its version. `remark` is a line
    that the user is to see whatever the answer; a `note` is shown where it explains that there is none.
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

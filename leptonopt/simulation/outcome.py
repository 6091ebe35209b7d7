"""The setting of a simulation, and the outcome of a policy in a world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from leptonopt.instance import Instance, Time

Key = tuple[str, int]  # task and copy, counted from 1


@dataclass(frozen=True)
class Setting:
    """The setting of a simulation.

    Attributes
    ----------
    every : seconds between two plans, rounded up to slots.
    seconds, threads : for each solve.
    method : of `once` and `rolling`.
    miss : money that a missed deadline costs.
    tail : seconds by which the world is longer than the horizon.
    hindsight : whether to look for the best plan of each world, for regret.
    folder : where paths of traces begin.
    """

    every: int
    seconds: float = 5.0
    threads: int | None = 1
    method: str = "auto"
    miss: Decimal = Decimal(1000)
    tail: int = 0
    hindsight: bool = True
    folder: Path = Path()

    def slots_between(self, time: Time) -> int:
        """Return the slots between two plans, at least one."""
        return max(1, -(-self.every // time.slot))


@dataclass(frozen=True)
class Outcome:
    """The outcome of a policy in the world of a seed.

    Attributes
    ----------
    cost : the realised cost, exact and checked, with what misses cost; None where mandatory tasks were left undone.
    hits, deadlines : deadlines that were met, and all.
    changes : copies that were moved or shifted by planning again; of jobs on spot, starts after the first.
    times : start and end of every copy that ran.
    regret : at least and at most; None without a cost.
    """

    policy: str
    seed: int
    cost: Fraction | None
    hits: int
    deadlines: int
    changes: int
    times: Mapping[Key, tuple[datetime, datetime]]
    regret: tuple[Fraction, Fraction | None] | None = None


def deadlines_met(instance: Instance, times: Mapping[Key, tuple[datetime, datetime]]) -> tuple[int, int]:
    """Return how many deadlines of an instance copies have met, and how many there are."""
    due = [(task.deadline, (task.id, copy)) for task in instance.tasks for copy in range(1, task.copies + 1)]
    limits = {key: deadline for deadline, key in due if deadline is not None}
    return sum(key in times and times[key][1] <= limit for key, limit in limits.items()), len(limits)

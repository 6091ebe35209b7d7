"""Define quotas: limits on what some tasks use on some pools."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

from pydantic import Field

from leptonopt.instance.fields import Many, Name, NotNegative, StrictModel
from leptonopt.instance.tasks import Task


class Quota(StrictModel):
    """A limit on what some tasks use on some pools: over the horizon, on every day, or at any moment."""

    id: Name
    of: Name = Field(description="money, energy (kWh), carbon (kg), a resource (unit-hours), or what options consume")
    limit: NotNegative
    per: Literal["horizon", "day", "moment"] = "horizon"
    tasks: Many[Name] | None = Field(default=None, description="ids; all tasks when absent")
    teams: Many[Name] | None = None
    pools: Many[Name] | None = None

    def covers(self, task: Task) -> bool:
        """Return True when a task counts for the quota."""
        return (self.tasks is None or task.id in self.named) and (self.teams is None or task.team in self.teams)

    @cached_property
    def named(self) -> frozenset[str]:
        """Return the ids of `tasks`; a quota may name very many."""
        return frozenset(self.tasks or ())

    @property
    def whole(self) -> bool:
        """Return True when all tasks count; shared nodes then count as well."""
        return self.tasks is None and self.teams is None

"""Define quotas: limits on what some tasks use on some pools."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from leptonopt.instance.fields import Amount, Many, Name, NotNegative, StrictModel
from leptonopt.instance.services import Service
from leptonopt.instance.tasks import Task

if TYPE_CHECKING:
    from typing import Unpack

    from leptonopt.instance.documents import QuotaDocument


class Quota(StrictModel):
    """A limit on what some tasks use on some pools: over time, or at any moment."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[QuotaDocument]) -> None: ...

    id: Name
    of: Name = Field(description="money, energy (kWh), carbon (kg), a resource (unit-hours), or what options consume")
    limit: Amount = Field(description="at most so much; below 0 of money alone, which prices below 0 bring in")
    used: NotNegative = Field(default=Decimal(0), description="used before the horizon, in its first window")
    per: Literal["horizon", "day", "week", "month", "quarter", "year", "moment"] = "horizon"
    tasks: Many[Name] | None = Field(default=None, description="ids; all tasks when absent")
    teams: Many[Name] | None = None
    pools: Many[Name] | None = None

    @model_validator(mode="after")
    def _some_room(self) -> Quota:
        if self.budget:
            return self
        if self.limit < 0:
            raise ValueError(f"limit: {self.limit} is below zero; at least 0, except of money")
        if self.used and self.per == "moment":
            raise ValueError("used: nothing is used before the horizon at any moment; leave it out")
        return self

    @property
    def budget(self) -> bool:
        """Return True when money is limited; at a moment it is a resource that is named money."""
        return self.of == "money" and self.per != "moment"

    def covers(self, holder: Task | Service) -> bool:
        """Return True when a task, or the replicas of a service, count for the quota."""
        if self.tasks is not None and not (isinstance(holder, Task) and holder.id in self.named):
            return False
        return self.teams is None or holder.team in self.teams

    @cached_property
    def named(self) -> frozenset[str]:
        """Return the ids of `tasks`; a quota may name very many."""
        return frozenset(self.tasks or ())

    @property
    def whole(self) -> bool:
        """Return True when all tasks count; shared nodes then count as well."""
        return self.tasks is None and self.teams is None

"""Define quotas and meters: limits on, and prices of, what some tasks use on some pools."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from leptonopt.instance.fields import Amount, Many, Name, NotNegative, StrictModel
from leptonopt.instance.services import Service
from leptonopt.instance.tasks import Task

if TYPE_CHECKING:
    from typing import Unpack

    from leptonopt.instance.documents import MeterDocument, QuotaDocument, TierDocument


NODE_HOURS = "node_hours"  # what a measure counts of nodes that are on


class Measure(StrictModel):
    """Add up what some tasks use on some pools, in each window."""

    id: Name
    of: Name = Field(
        description="money, energy (kWh), carbon (kg), node_hours, a resource (unit-hours), or what options consume"
    )
    used: Amount = Field(
        default=Decimal(0), description="used before the horizon, in its first window; below 0 of money in quotas alone"
    )
    per: Literal["horizon", "slot", "day", "week", "month", "quarter", "year", "moment"] = "horizon"
    tasks: Many[Name] | None = Field(default=None, description="ids; all tasks when absent")
    teams: Many[Name] | None = None
    pools: Many[Name] | None = None

    @property
    def budget(self) -> bool:
        """Return True when money is counted; at a moment it is a resource that is named money."""
        return self.of == "money" and self.per != "moment"

    def covers(self, holder: Task | Service) -> bool:
        """Return True when a task, or the replicas of a service, count."""
        if self.tasks is not None and not (isinstance(holder, Task) and holder.id in self.named):
            return False
        return self.teams is None or holder.team in self.teams

    @cached_property
    def named(self) -> frozenset[str]:
        """Return the ids of `tasks`; there may be very many."""
        return frozenset(self.tasks or ())

    @property
    def whole(self) -> bool:
        """Return True when all tasks count; shared nodes then count as well."""
        return self.tasks is None and self.teams is None


class Quota(Measure):
    """A limit on what some tasks use on some pools: over time, or at any moment."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[QuotaDocument]) -> None: ...

    limit: Amount = Field(description="at most so much; below 0 of money alone, which prices below 0 bring in")

    @model_validator(mode="after")
    def _some_room(self) -> Quota:
        if self.budget:
            return self
        if self.used < 0:
            raise ValueError(f"used: {self.used} is below zero; at least 0, except of money")
        if self.limit < 0:
            raise ValueError(f"limit: {self.limit} is below zero; at least 0, except of money")
        if self.used and self.per == "moment":
            raise ValueError("used: nothing is used before the horizon at any moment; leave it out")
        return self


class Tier(StrictModel):
    """The price of each unit from some amount on, until the next tier."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[TierDocument]) -> None: ...

    from_: NotNegative = Field(default=Decimal(0), alias="from", description="amount from which on the price holds")
    price: NotNegative = Field(description="money per unit")


class Meter(Measure):
    """A price by tiers of what some tasks use on some pools in each window."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[MeterDocument]) -> None: ...

    tiers: Many[Tier] = Field(min_length=1, description="each unit pays the price of the tier in which it falls")
    minimum: NotNegative = Field(default=Decimal(0), description="money that each period costs at least")

    @field_validator("tiers")
    @classmethod
    def _ascending(cls, tiers: tuple[Tier, ...]) -> tuple[Tier, ...]:
        begins = [tier.from_ for tier in tiers]
        if begins[:1] != [0] or any(low >= high for low, high in pairwise(begins)):
            raise ValueError("the tiers begin at " + ", ".join(map(str, begins)) + "; from 0 on, each above the last")
        return tiers

    @model_validator(mode="after")
    def _adds_up(self) -> Meter:
        if self.used < 0:
            raise ValueError(f"used: {self.used} is below zero; at least 0 in meters")
        if self.per == "moment":
            raise ValueError("per: a meter adds up over time; allowed are all periods of quotas but moment")
        return self

    def cost(self, amount: Fraction) -> Fraction:
        """Return what an amount costs from the first unit on [money]."""
        begins = [Fraction(tier.from_) for tier in self.tiers]
        ends = [*begins[1:], max(amount, begins[-1])]
        parts = zip(self.tiers, begins, ends, strict=True)
        return sum(
            (max(Fraction(0), min(amount, end) - low) * Fraction(tier.price) for tier, low, end in parts),
            start=Fraction(0),
        )

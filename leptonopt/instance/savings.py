"""Define savings plans: money committed per hour, which buys lower prices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from leptonopt.errors import Finding, Path
from leptonopt.instance.fields import Many, Name, NotNegative, Positive, Rate, StrictModel
from leptonopt.instance.names import unknown_name
from leptonopt.instance.pools import Pool, Time

if TYPE_CHECKING:
    from typing import Unpack

    from leptonopt.instance.documents import SavingsCommitDocument, SavingsPlanDocument, SavingsRateDocument

HOUR = 3600
MAX_STEPS = 1_000_000

Place = tuple[str, str, bool]  # a pool, the name of a resource or of a kind of nodes, and whether it is nodes


class SavingsRate(StrictModel):
    """The price under a savings plan of a resource of a pool, or of a kind of its nodes on demand."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[SavingsRateDocument]) -> None: ...

    pool: Name
    resource: Name | None = Field(default=None, description="a resource of the pool's `capacity`")
    kind: Name | None = Field(default=None, description="a kind of the pool's nodes, as far as they are on demand")
    price: Positive = Field(description="money per unit or node, and hour; at most the list price")

    @model_validator(mode="after")
    def _one_thing(self) -> SavingsRate:
        if (self.resource is None) == (self.kind is None):
            raise ValueError("a rate is of a resource, or of a kind of nodes; give one of them")
        return self

    @property
    def place(self) -> Place:
        """Return what the rate is of."""
        return self.pool, self.resource or self.kind or "", self.kind is not None


class SavingsCommit(StrictModel):
    """Money per hour to commit for the whole horizon; the solver decides how much."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[SavingsCommitDocument]) -> None: ...

    max: NotNegative = Field(description="money per hour at most, in whole steps")
    step: Positive = Field(default=Decimal(1), description="money per hour")

    @model_validator(mode="after")
    def _whole_steps(self) -> SavingsCommit:
        if self.max % self.step or self.max / self.step > MAX_STEPS:
            raise ValueError(f"max is {self.max}; a whole number of steps of {self.step}, at most {MAX_STEPS:,}")
        return self


class SavingsPlan(StrictModel):
    """Money per hour that pays for use at lower prices; use beyond it pays list prices."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[SavingsPlanDocument]) -> None: ...

    id: Name
    committed: Rate | None = Field(default=None, description="money per hour that is committed already; 0 when absent")
    commit: SavingsCommit | None = None
    rates: Many[SavingsRate] = Field(min_length=1, description="what it covers, at which price")

    @property
    def steps(self) -> int:
        """Return how many steps of money can be committed at most."""
        return int(self.commit.max / self.commit.step) if self.commit else 0

    @property
    def step(self) -> Decimal:
        """Return the money per hour of a step."""
        return self.commit.step if self.commit else Decimal(0)


@dataclass(frozen=True)
class Covered:
    """Something that a savings plan covers: list price, and lower one [money per unit and hour]."""

    place: Place
    listed: Decimal
    saved: Decimal


def covered(plan: SavingsPlan, pools: Sequence[Pool]) -> tuple[Covered, ...]:
    """Return what a plan covers in the order in which it is filled: the largest discount first."""
    known = {pool.id: pool for pool in pools}
    found = [
        Covered(rate.place, listed, rate.price)
        for rate in plan.rates
        if (listed := _listed(known[rate.pool], rate)) is not None
    ]
    return tuple(sorted(found, key=lambda each: each.saved / each.listed))


def _listed(pool: Pool, rate: SavingsRate) -> Decimal | None:
    """Return the list price of what a rate is of; None where it has none that is a number."""
    if rate.kind is not None:
        price = next((kind.price for name, kind in pool.kinds if name == rate.kind), None)
    else:
        price = pool.price.get(rate.resource or "")
    return None if price is None else price.constant


def savings_findings(time: Time, pools: Sequence[Pool], plans: Sequence[SavingsPlan]) -> Iterator[Finding]:
    """Yield what is wrong with savings plans, between them and the rest."""
    if plans and not _on_hours(time):
        text = "savings plans are filled by the clock hour: a slot must be part of one, or whole ones"
        yield Finding(text, ("time", "slot"))
    known, seen, ids = {pool.id: pool for pool in pools}, set[Place](), set[str]()
    for at, plan in enumerate(plans):
        if plan.id in ids:
            yield Finding(f"the id {plan.id!r} stands twice; ids are unique", ("savings", at, "id"))
        ids.add(plan.id)
        if plan.committed and plan.committed.steps and min(plan.committed.steps) > time.start:
            text = "the first step is after the start of the horizon; say what holds before it"
            yield Finding(text, ("savings", at, "committed", "steps"))
        for number, rate in enumerate(plan.rates):
            place = ("savings", at, "rates", number)
            if rate.place in seen:
                yield Finding("another rate is of the same; a thing is covered once", place)
            seen.add(rate.place)
            yield from _rate_findings(place, rate, known)


def _on_hours(time: Time) -> bool:
    """Return whether slots divide clock hours, or are whole ones."""
    second = int(time.start.timestamp())
    return (
        second % HOUR % time.slot == 0 and HOUR % time.slot == 0
        if time.slot < HOUR
        else (time.slot % HOUR == 0 and second % HOUR == 0)
    )


def _rate_findings(path: Path, rate: SavingsRate, pools: dict[str, Pool]) -> Iterator[Finding]:
    """Yield what is wrong with a rate: what it is of is not there, has no constant price, or is cheaper."""
    if rate.pool not in pools:
        yield Finding(unknown_name("pool", rate.pool, pools), (*path, "pool"))
        return
    pool = pools[rate.pool]
    kinds = [name for name, _ in pool.kinds]
    if rate.resource is not None and rate.resource not in pool.capacity:
        yield Finding(unknown_name("resource of capacity", rate.resource, pool.capacity), (*path, "resource"))
    elif rate.kind is not None and rate.kind not in kinds:
        yield Finding(unknown_name("kind of nodes", rate.kind, kinds), (*path, "kind"))
    elif (listed := _listed(pool, rate)) is None:
        yield Finding("has no price that is one number; a savings plan lowers such a price", path)
    elif rate.price > listed:
        yield Finding(f"is above the list price, {listed}; at most that", (*path, "price"))
    elif rate.resource is not None and pool.billing:
        yield Finding("billing by started time is not supported beside a savings plan", path)

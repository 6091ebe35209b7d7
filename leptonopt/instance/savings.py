"""Define savings plans: money committed per hour, which buys lower prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from leptonopt.errors import Finding, Path
from leptonopt.instance.fields import Duration, Instant, Many, Name, NotNegative, Positive, Rate, StrictModel
from leptonopt.instance.names import unknown_name
from leptonopt.instance.pools import Pool, Time

if TYPE_CHECKING:
    from typing import Unpack

    from leptonopt.instance.documents import SavingsCommitDocument, SavingsPlanDocument, SavingsRateDocument

HOUR = 3600
MAX_STEPS = 1_000_000
MAX_STARTS = 6  # the best steps are looked for among all sets of starts
MAX_WORTHS = 200  # rows for each hour in the models

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
    """Money per hour to commit, for the whole horizon or for a term; the solver decides how much."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[SavingsCommitDocument]) -> None: ...

    max: NotNegative = Field(description="money per hour at most, in whole steps; for each start so much")
    step: Positive = Field(default=Decimal(1), description="money per hour")
    term: Duration | None = Field(default=None, description="so long from a start on; the horizon when absent")
    start: Many[Instant] = Field(default=(), max_length=MAX_STARTS, description="from when on money may be committed")

    @model_validator(mode="after")
    def _whole_steps(self) -> SavingsCommit:
        if self.max % self.step or self.max / self.step > MAX_STEPS:
            raise ValueError(f"max is {self.max}; a whole number of steps of {self.step}, at most {MAX_STEPS:,}")
        return self

    @model_validator(mode="after")
    def _term_and_starts(self) -> SavingsCommit:
        if (self.term is None) != (not self.start):
            raise ValueError("a term or starts alone; allowed are both, or none for the whole horizon")
        if any(later <= earlier for earlier, later in pairwise(self.start)):
            raise ValueError("the starts do not ascend; each is after the one before")
        return self

    @property
    def spans(self) -> tuple[tuple[datetime, datetime], ...]:
        """Return from when to when money is committed at each start; empty for the whole horizon."""
        return tuple((start, start + timedelta(seconds=self.term or 0)) for start in self.start)


class SavingsPlan(StrictModel):
    """Money per hour that pays for use at lower prices; use beyond it pays list prices."""

    if TYPE_CHECKING:

        def __init__(self, **given: Unpack[SavingsPlanDocument]) -> None: ...

    id: Name
    committed: Rate | None = Field(default=None, description="money per hour that is committed already; 0 when absent")
    commit: SavingsCommit | None = None
    order: int = Field(default=1, strict=True, ge=1, description="plans of a lower order are filled first")
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
    """Something that a savings plan covers: list price, and lower one [money per unit and hour].

    `plan` is the position of the plan among those that are filled together.
    """

    place: Place
    listed: Decimal
    saved: Decimal
    plan: int = 0


def covered(plans: Sequence[SavingsPlan], pools: Sequence[Pool]) -> tuple[Covered, ...]:
    """Return what plans cover in the order in which they are filled.

    Plans of a lower order come first, then the largest discount.
    """
    known = {pool.id: pool for pool in pools}
    found = [
        (plan.order, Covered(rate.place, listed, rate.price, at))
        for at, plan in enumerate(plans)
        for rate in plan.rates
        if rate.pool in known and (listed := _listed(known[rate.pool], rate)) is not None
    ]
    return tuple(each for _, each in sorted(found, key=lambda pair: (pair[0], pair[1].saved / pair[1].listed)))


def savings_groups(plans: Sequence[SavingsPlan]) -> list[tuple[SavingsPlan, ...]]:
    """Return the plans in groups of those that cover the same things, also by way of others."""
    groups: list[tuple[list[SavingsPlan], set[Place]]] = []
    for plan in plans:
        places = {rate.place for rate in plan.rates}
        shared = [group for group in groups if group[1] & places]
        groups = [group for group in groups if not group[1] & places]
        own = [each for group in shared for each in group[0]]
        groups.append(([*own, plan], places.union(*(group[1] for group in shared))))
    at = {plan.id: number for number, plan in enumerate(plans)}
    found = [tuple(sorted(own, key=lambda plan: at[plan.id])) for own, _ in groups]
    return sorted(found, key=lambda own: at[own[0].id])


def worths(filling: Sequence[Covered], many: int) -> set[tuple[Fraction, ...]]:
    """Return what committed money of each of so many plans may be worth, at the vertices of the dual.

    Money is worth 0, the ratio of a list price to a lower one, or as much as that of another plan for the same thing.
    """
    rates = [{each.place: Fraction(each.saved) for each in filling if each.plan == at} for at in range(many)]
    own: list[set[Fraction]] = [set() for _ in range(many)]
    for each in filling:
        own[each.plan].add(Fraction(each.listed) / Fraction(each.saved))
    found, parts = set[tuple[Fraction, ...]](), {frozenset[tuple[int, Fraction]]()}
    for _ in range(many):
        parts = {part | {pair} for part in parts for pair in _next_worths(dict(part), rates, own)}
    for part in parts:
        found.add(tuple(worth for _, worth in sorted(part)))
    return found


def _next_worths(
    known: Mapping[int, Fraction], rates: Sequence[Mapping[Place, Fraction]], own: Sequence[set[Fraction]]
) -> Iterator[tuple[int, Fraction]]:
    """Yield the worth of money of each plan that is not known yet."""
    for plan in set(range(len(rates))) - known.keys():
        found = {Fraction(0), *own[plan]}
        for other, worth in known.items():
            found |= {
                worth * rates[other][place] / rates[plan][place] for place in rates[other].keys() & rates[plan].keys()
            }
        yield from ((plan, worth) for worth in found if worth <= max(own[plan]))


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
    known, ids, faults = {pool.id: pool for pool in pools}, set[str](), list[Finding]()
    for at, plan in enumerate(plans):
        if plan.id in ids:
            faults.append(Finding(f"the id {plan.id!r} stands twice; ids are unique", ("savings", at, "id")))
        ids.add(plan.id)
        if plan.committed and plan.committed.steps and min(plan.committed.steps) > time.start:
            text = "the first step is after the start of the horizon; say what holds before it"
            faults.append(Finding(text, ("savings", at, "committed", "steps")))
        faults += _start_findings(time, plan, ("savings", at, "commit", "start"))
        seen = set[Place]()
        for number, rate in enumerate(plan.rates):
            place = ("savings", at, "rates", number)
            if rate.place in seen:
                faults.append(Finding("another rate is of the same; a plan covers a thing once", place))
            seen.add(rate.place)
            faults += _rate_findings(place, rate, known)
    yield from faults
    for own in savings_groups(plans) if not faults else ():
        yield from _group_findings(own, pools)


def _start_findings(time: Time, plan: SavingsPlan, path: Path) -> Iterator[Finding]:
    """Yield starts and ends of terms that are not on clock hours, and starts outside the horizon."""
    unit = max(HOUR, time.slot)
    for at, (start, end) in enumerate(plan.commit.spans if plan.commit else ()):
        if not time.start <= start < time.start + timedelta(seconds=time.horizon):
            yield Finding("is outside the horizon; money is committed within it", (*path, at))
        elif any(
            (int(each.timestamp()) - (time.slot > HOUR) * int(time.start.timestamp())) % unit for each in (start, end)
        ):
            yield Finding("a term that does not begin and end on clock hours, and between slots", (*path, at))


def _group_findings(plans: tuple[SavingsPlan, ...], pools: Sequence[Pool]) -> Iterator[Finding]:
    """Yield what is wrong with plans that cover the same: what they commit, and their order."""
    path, names = ("savings",), ", ".join(repr(plan.id) for plan in plans)
    if sum(plan.commit is not None for plan in plans) > 1:
        yield Finding(f"{names} cover the same; one of them may have `commit`", path)
    filling = covered(plans, pools)
    if (pair := _costly_pair(filling)) is not None:
        first, second = (plans[each.plan].id for each in pair)
        text = f"{first!r} is filled with {pair[0].place[1]!r} of {pair[0].place[0]!r} before {second!r}"
        yield Finding(f"{text}, where another order may cost less; allowed are orders that never cost more", path)
    elif len(worths(filling, len(plans))) > MAX_WORTHS:
        yield Finding(
            f"{names} cover too many things together, at too many prices; cover less, or by fewer plans", path
        )


def _costly_pair(filling: Sequence[Covered]) -> tuple[Covered, Covered] | None:
    """Return an entry, and a later one for the same thing that should go first in some hour.

    After Hoffman (1963, doi:10.1090/psapm/007/0157778), filling in this order costs least whatever is used if for all
    entries (p, k) before (p, l) and (q, k) the entry (q, l) is there, r(q, k) r(p, l) >= r(p, k) r(q, l) holds for the
    lower prices r, or (q, l) comes first of all.
    """
    at = {(each.plan, each.place): number for number, each in enumerate(filling)}
    for one, other in combinations(filling, 2):
        if one.place != other.place:
            continue
        for later in (each for each in filling[at[one.plan, one.place] + 1 :] if each.plan == one.plan):
            number = at.get((other.plan, later.place))
            if number is None:
                return one, other
            if number > at[one.plan, one.place]:
                through = filling[number]
                if Fraction(other.saved) * Fraction(later.saved) < Fraction(one.saved) * Fraction(through.saved):
                    return one, other
    return None


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

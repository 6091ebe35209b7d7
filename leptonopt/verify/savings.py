"""Savings plans: in each clock hour the commitment pays for the largest discounts first."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Any

from leptonopt.verify.exact import Findings, Malformed, duration, exact, instant
from leptonopt.verify.instance_reader import NOTHING, StatedInstance, StatedOption
from leptonopt.verify.nodes import Rented
from leptonopt.verify.quotas import Payer, User

Shares = dict[Payer, Fraction]
Thing = tuple[str, str | None, str | None]  # a pool, and a resource or a kind of its nodes
Use = tuple[list[tuple[User, Fraction]], Fraction]  # of an hour: unit-hours of a copy of each run, and of all together


@dataclass(frozen=True)
class Rate:
    """A resource of a pool, or nodes on demand, that a plan covers; money per hour of one.

    `plan` and `order` are the id of the plan and its order.
    """

    plan: str
    order: int
    pool: str
    resource: str | None
    kind: str | None
    listed: Fraction
    saved: Fraction

    @property
    def thing(self) -> Thing:
        """Return what is covered."""
        return self.pool, self.resource, self.kind

    def held(self, way: StatedOption) -> Fraction:
        """Return how much of the resource a way holds; 0 of nodes."""
        return NOTHING if self.resource is None or way.pool != self.pool else way.uses.get(self.resource, NOTHING)


def rates_of(stated: StatedInstance, plan: Mapping[str, Any]) -> list[Rate]:
    """Return the rates of a plan, the largest discount first."""
    kinds = {(kind.pool, kind.name): kind.price for kind, _ in stated.stated_kinds()}
    found = []
    for rate in plan["rates"]:
        pool, resource, kind = rate["pool"], rate.get("resource"), rate.get("kind")
        prices = kinds[pool, kind] if kind is not None else [exact(stated.pools[pool]["price"][resource])]
        if prices is None:
            raise Malformed(f"savings plan {plan['id']!r}: {kind!r} has no price")
        found.append(Rate(plan["id"], int(plan.get("order", 1)), pool, resource, kind, prices[0], exact(rate["price"])))
    return sorted(found, key=lambda rate: rate.saved / rate.listed)


def filling(stated: StatedInstance) -> list[Rate]:
    """Return the rates of all plans as they are filled: by order, then the largest discount first.

    Plans that cover nothing in common do not meet, so that it makes no difference how they follow each other.
    """
    rates = [rate for plan in stated.document.get("savings") or () for rate in rates_of(stated, plan)]
    return sorted(rates, key=lambda rate: (rate.order, rate.saved / rate.listed))


def clock_hours(stated: StatedInstance) -> Iterator[tuple[int, int]]:
    """Yield the first slot of each clock hour and the one behind it; of each slot, where slots are longer."""
    begun = round(stated.start.timestamp())
    for _, slots in groupby(range(stated.slots), lambda slot: (begun + slot * stated.slot) // 3600):
        own = list(slots)
        yield own[0], own[-1] + 1


def touched(hours: Sequence[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the positions of the clock hours that slots [start, end) touch, and how many slots of each."""
    first = bisect_right(hours, start, key=itemgetter(0)) - 1
    for at in range(first, bisect_left(hours, end, key=itemgetter(0))):
        if (slots := min(end, hours[at][1]) - max(start, hours[at][0])) > 0:
            yield at, slots


def given(stated: StatedInstance, plan: Mapping[str, Any]) -> list[Fraction]:
    """Return the money that is committed already, by slot."""
    return [money * stated.hours for money in stated.means(plan.get("committed") or 0)]


def check_savings(
    stated: StatedInstance,
    plan: Mapping[str, Any],
    users: Sequence[User],
    nodes: Sequence[Rented],
    shares: Shares,
    findings: Findings,
) -> Fraction:
    """Return what all plans cost beyond list prices; check their lines, and add to the shares of payers."""
    lines, total = {line["id"]: line for line in plan.get("savings") or ()}, NOTHING
    hours = list(clock_hours(stated))
    if len(lines) < len(plan.get("savings") or ()):
        findings.say("bill", "savings", "has a line twice")
    plans = stated.document.get("savings") or ()
    money = {each["id"]: _paid(stated, each, lines.get(each["id"], {}), findings) for each in plans}
    rates = filling(stated)
    uses = {rate.thing: _uses(stated, rate, users, nodes, hours) for rate in rates}
    sums = {each["id"]: dict.fromkeys(("paid", "covered", "spent"), NOTHING) for each in plans}
    for at, (first, end) in enumerate(hours):
        findings.look()
        paid = {id: sum(series[first:end], NOTHING) for id, series in money.items()}
        _fill(rates, {thing: use[at] for thing, use in uses.items()}, paid, sums, shares)
    for id, own in sums.items():
        line = lines.pop(id, {})
        own["lost"] = own["paid"] - own.pop("spent")
        own["cost"] = own["paid"] - own["covered"]
        for key, true in own.items():
            findings.same("bill", f"savings plan {id!r}: {key}", line.get(key), true)
        total += own["cost"]
    for id in lines:
        findings.say("bill", f"savings plan {id!r}", "is no savings plan of the instance")
    return total


def _paid(
    stated: StatedInstance, plan: Mapping[str, Any], line: Mapping[str, Any], findings: Findings
) -> list[Fraction]:
    """Return the money of a plan in each slot; report what cannot be committed."""
    name, may = f"savings plan {plan['id']!r}", plan.get("commit") or {"max": 0}
    starts = [instant(each) for each in may.get("start") or ()]
    found, seen = given(stated, plan), set[datetime]()
    purchases: list[tuple[datetime | None, Any]] = [(None, line.get("commit", 0))]
    purchases += [(instant(each["start"]), each["commit"]) for each in line.get("bought") or ()]
    for start, written in purchases:
        money = exact(written)
        if start is not None and (start not in starts or start in seen):
            findings.say("bill", f"{name}: bought", f"{start} is no start, or stands twice")
        if start is None and starts:
            possible = money == 0
        else:
            possible = 0 <= money <= exact(may["max"]) and not money % exact(may.get("step", 1))
        if not possible:
            findings.say("bill", f"{name}: commit", f"{written} cannot be committed")
        low, high = span(stated, start, may.get("term"))
        found = [own + money * stated.hours * (low <= at < high) for at, own in enumerate(found)]
        if start is not None:
            seen.add(start)
    return found


def span(stated: StatedInstance, start: datetime | None, term: Any) -> tuple[int, int]:
    """Return the first slot of a term and the one behind it; of the horizon without a start."""
    if start is None:
        return 0, stated.slots
    low = round((start - stated.start).total_seconds())
    return -(-low // stated.slot), -(-(low + duration(term)) // stated.slot)


def _uses(
    stated: StatedInstance,
    rate: Rate,
    users: Sequence[User],
    nodes: Sequence[Rented],
    hours: Sequence[tuple[int, int]],
) -> list[Use]:
    """Return the use of what a rate is of in each clock hour; a run touches few of them."""
    held = [list[tuple[User, Fraction]]() for _ in hours]
    for user in users:
        count = rate.held(user.run.way)
        for at, slots in touched(hours, user.run.start, user.run.end) if count else ():
            held[at].append((user, count * slots * stated.hours))
    paid = [rented.paid for rented in nodes if (rented.kind.pool, rented.kind.name) == (rate.pool, rate.kind)]
    on_demand = [sum(sum(each[first:end]) for each in paid) * stated.hours for first, end in hours]
    pairs = zip(held, on_demand, strict=True)
    return [(own, sum((user.run.copies * use for user, use in own), more)) for own, more in pairs]


def _fill(
    rates: Sequence[Rate],
    uses: Mapping[Thing, Use],
    paid: Mapping[str, Fraction],
    sums: Mapping[str, dict[str, Fraction]],
    shares: Shares,
) -> None:
    """Spend the money of an hour in the order of rates; add to the sums of plans, and to what payers pay."""
    money, open_ = dict(paid), {thing: used for thing, (_, used) in uses.items()}
    for rate in rates:
        held, used = uses[rate.thing]
        hours = min(open_[rate.thing], money[rate.plan] / rate.saved)
        open_[rate.thing] -= hours
        money[rate.plan] -= hours * rate.saved
        sums[rate.plan]["covered"] += hours * rate.listed
        sums[rate.plan]["spent"] += hours * rate.saved
        for user, use in held:
            share = hours / used * user.times * use * (rate.saved - rate.listed)
            shares[user.payer] = shares.get(user.payer, NOTHING) + share
    for id, value in paid.items():
        sums[id]["paid"] += value

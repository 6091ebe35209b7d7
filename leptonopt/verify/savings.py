"""Savings plans: in each clock hour the commitment pays for the largest discounts first."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Any

from leptonopt.verify.exact import Findings, Malformed, exact
from leptonopt.verify.instance_reader import NOTHING, StatedInstance, StatedOption
from leptonopt.verify.nodes import Rented
from leptonopt.verify.quotas import Payer, User

Shares = dict[Payer, Fraction]
Use = tuple[list[tuple[User, Fraction]], Fraction]  # of an hour: unit-hours of a copy of each run, and of all together


@dataclass(frozen=True)
class Rate:
    """A resource of a pool, or nodes on demand, that a plan covers; money per hour of one."""

    pool: str
    resource: str | None
    kind: str | None
    listed: Fraction
    saved: Fraction

    def held(self, way: StatedOption) -> Fraction:
        """Return how much of the resource a way holds; 0 of nodes."""
        return NOTHING if self.resource is None or way.pool != self.pool else way.uses.get(self.resource, NOTHING)


def rates_of(stated: StatedInstance, plan: Mapping[str, Any]) -> list[Rate]:
    """Return the rates of a plan, the largest discount first."""
    kinds = {(kind.pool, kind.name): kind.price for kind in stated.kinds()}
    found = []
    for rate in plan["rates"]:
        pool, resource, kind = rate["pool"], rate.get("resource"), rate.get("kind")
        prices = kinds[pool, kind] if kind is not None else [exact(stated.pools[pool]["price"][resource])]
        if prices is None:
            raise Malformed(f"savings plan {plan['id']!r}: {kind!r} has no price")
        found.append(Rate(pool, resource, kind, prices[0], exact(rate["price"])))
    return sorted(found, key=lambda rate: rate.saved / rate.listed)


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
    for each in stated.document.get("savings") or ():
        line, name = lines.pop(each["id"], {}), f"savings plan {each['id']!r}"
        commit = _commit(each, line, name, findings)
        sums: dict[str, Fraction] = defaultdict(Fraction)
        rates, money = rates_of(stated, each), given(stated, each)
        uses = [_uses(stated, rate, users, nodes, hours) for rate in rates]
        for at, (first, end) in enumerate(hours):
            findings.look()
            paid = sum(money[first:end], commit * (end - first) * stated.hours)
            _fill(rates, [use[at] for use in uses], paid, sums, shares)
        sums["lost"] = sums["paid"] - sums.pop("spent")
        sums["cost"] = sums["paid"] - sums["covered"]
        for key, true in sums.items():
            findings.same("bill", f"{name}: {key}", line.get(key), true)
        total += sums["cost"]
    for id in lines:
        findings.say("bill", f"savings plan {id!r}", "is no savings plan of the instance")
    return total


def _commit(plan: Mapping[str, Any], line: Mapping[str, Any], name: str, findings: Findings) -> Fraction:
    """Return the money per hour that the plan commits; report what cannot be."""
    commit, may = exact(line.get("commit", 0)), plan.get("commit") or {"max": 0}
    if not 0 <= commit <= exact(may["max"]) or commit % exact(may.get("step", 1)):
        findings.say("bill", f"{name}: commit", f"{line.get('commit')} cannot be committed")
    return commit


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
    rates: Sequence[Rate], uses: Sequence[Use], paid: Fraction, sums: dict[str, Fraction], shares: Shares
) -> None:
    """Spend the money of an hour on the largest discounts first; add to the sums, and to what payers pay."""
    left = paid
    for rate, (held, used) in zip(rates, uses, strict=True):
        hours = min(used, left / rate.saved)
        left -= hours * rate.saved
        sums["covered"] += hours * rate.listed
        for user, use in held:
            share = hours / used * user.times * use * (rate.saved - rate.listed)
            shares[user.payer] = shares.get(user.payer, NOTHING) + share
    sums["paid"] += paid
    sums["spent"] += paid - left

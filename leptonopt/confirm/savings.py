"""Savings plans in the second model: what is covered, and what the commitment does not reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, permutations
from math import lcm
from typing import Any

from leptonopt.confirm.builder import Builder, Terms
from leptonopt.verify.exact import exact, instant
from leptonopt.verify.instance_reader import NOTHING
from leptonopt.verify.savings import Rate, Thing, clock_hours, filling, given, span, touched


def add_savings(model: Builder) -> None:
    """Add the steps that each plan commits, and what each hour of plans over the same things costs."""
    hours = list(clock_hours(model.stated))
    paid = {plan["id"]: _paid(model, plan, hours) for plan in model.stated.document.get("savings") or ()}
    for rates in _groups(filling(model.stated)):
        uses = {rate.thing: _uses(model, rate, hours) for rate in rates}
        listed, worths = {rate.thing: rate.listed for rate in rates}, _worths(rates)
        for number in range(len(hours)):
            money = {rate.plan: paid[rate.plan][number] for rate in rates}
            used = {thing: own[number] for thing, own in uses.items()}
            for terms in (*money.values(), *(_times(own, -listed[thing]) for thing, own in used.items())):
                for at, value in terms.items():
                    model.cost[at] += model.stated.weight * value
            _add(model, [_sum(worth, rates, money, used) for worth in worths])


def _paid(model: Builder, plan: Mapping[str, Any], hours: Sequence[tuple[int, int]]) -> list[Terms]:
    """Return the money of a plan in each clock hour, by variable."""
    may, stated = plan.get("commit") or {"max": 0}, model.stated
    money, step, one = given(stated, plan), exact(may.get("step", 1)), model.variable(1)
    model.row({one: 1}, 1, 1)
    found = [{one: sum(money[first:end], NOTHING)} for first, end in hours]
    for start in may.get("start") or (None,):
        steps = model.variable(int(exact(may["max"]) / step))
        low, high = span(stated, None if start is None else instant(start), may.get("term"))
        for terms, (first, end) in zip(found, hours, strict=True):
            terms[steps] = step * stated.hours * max(0, min(end, high) - max(first, low))
    return found


def _groups(rates: Sequence[Rate]) -> list[list[Rate]]:
    """Return rates in groups of plans that cover the same things, also by way of others."""
    groups: list[list[Rate]] = []
    for rate in rates:
        near = [own for own in groups if any(each.plan == rate.plan or each.thing == rate.thing for each in own)]
        groups = [own for own in groups if own not in near] + [[*chain.from_iterable(near), rate]]
    return groups


def _worths(rates: Sequence[Rate]) -> list[dict[str, Fraction]]:
    """Return what money of each plan may be worth: nothing, a ratio of prices, or as much as other money."""
    found: list[dict[str, Fraction]] = []
    for plans in permutations(dict.fromkeys(rate.plan for rate in rates)):
        parts: list[dict[str, Fraction]] = [{}]
        for plan in plans:
            own = [rate for rate in rates if rate.plan == plan]
            ratios = {NOTHING, *(rate.listed / rate.saved for rate in own)}
            parts = [
                part | {plan: worth}
                for part in parts
                for worth in ratios | {value for value in _ties(part, own, rates) if value <= max(ratios)}
            ]
        found += [part for part in parts if part not in found]
    return found


def _ties(part: Mapping[str, Fraction], own: Sequence[Rate], rates: Sequence[Rate]) -> Iterator[Fraction]:
    """Yield what money is worth where it does as well for a thing as that of another plan."""
    for rate in own:
        for other in rates:
            if other.plan in part and other.thing == rate.thing:
                yield part[other.plan] * other.saved / rate.saved


def _uses(model: Builder, rate: Rate, hours: Sequence[tuple[int, int]]) -> list[Terms]:
    """Return the unit-hours of what a rate is of in each clock hour, by variable."""
    own = zip(model.kinds, model.paid, strict=True)
    nodes = [paid for kind, paid in own if (kind.pool, kind.name) == (rate.pool, rate.kind)]
    found = [{at: model.stated.hours for paid in nodes for at in paid[first:end]} for first, end in hours]
    for at, column in model.columns.items():
        count = rate.held(column.way) if column.task or column.service else NOTHING
        for number, slots in touched(hours, column.start, column.end) if count else ():
            found[number][at] = count * slots * model.stated.hours
    return found


def _times(terms: Terms, factor: Fraction) -> Terms:
    return {at: value * factor for at, value in terms.items()}


def _sum(
    worth: Mapping[str, Fraction], rates: Sequence[Rate], money: Mapping[str, Terms], used: Mapping[Thing, Terms]
) -> Terms:
    """Return what use costs where money is worth so much, less that money."""
    price = {rate.thing: rate.listed for rate in rates}
    for rate in rates:
        price[rate.thing] = min(price[rate.thing], worth[rate.plan] * rate.saved)
    found: Terms = {}
    parts = [_times(own, price[thing]) for thing, own in used.items()]
    for terms in (*parts, *(_times(own, -worth[plan]) for plan, own in money.items())):
        for at, value in terms.items():
            found[at] = found.get(at, NOTHING) + value
    return found


def _add(model: Builder, sums: Sequence[Terms]) -> None:
    """Add what is paid on demand: by duality the largest of sums, one for each worth of money."""
    scale = lcm(*(value.denominator for terms in sums for value in terms.values()))
    highest = max(sum(max(NOTHING, value) * model.most[at] for at, value in terms.items()) for terms in sums)
    spent = model.variable(int(highest * scale) + 1)
    model.cost[spent] += model.stated.weight / scale
    for terms in sums:
        model.row(terms | {spent: Fraction(-1, scale)}, high=0)

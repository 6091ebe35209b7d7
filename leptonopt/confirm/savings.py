"""Savings plans in the second model: what the commitment does not reach is paid on demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import lcm

from leptonopt.confirm.builder import Builder, Terms
from leptonopt.verify.exact import exact
from leptonopt.verify.instance_reader import NOTHING
from leptonopt.verify.savings import Rate, clock_hours, given, rates_of


def add_savings(model: Builder) -> None:
    """Add the steps that each plan commits, and what each of its hours costs."""
    for plan in model.stated.document.get("savings") or ():
        may = plan.get("commit") or {"max": 0}
        step = exact(may.get("step", 1))
        steps, one = model.variable(int(exact(may["max"]) / step)), model.variable(1)
        model.row({one: 1}, 1, 1)
        rates, money = rates_of(model.stated, plan), given(model.stated, plan)
        for first, end in clock_hours(model.stated):
            paid = {steps: step * (end - first) * model.stated.hours, one: sum(money[first:end], NOTHING)}
            uses = [_use(model, rate, first, end) for rate in rates]
            pairs = list(zip(uses, rates, strict=True))
            for terms in (paid, *(_times(use, -rate.listed) for use, rate in pairs)):
                for at, value in terms.items():
                    model.cost[at] += model.stated.weight * value
            _add(model, paid, pairs)


def _use(model: Builder, rate: Rate, first: int, end: int) -> Terms:
    """Return the unit-hours of what a rate is of in slots [first, end), by variable."""
    hours = model.stated.hours
    if rate.kind is not None:
        own = zip(model.kinds, model.paid, strict=True)
        nodes = [paid for kind, paid in own if (kind.pool, kind.name) == (rate.pool, rate.kind)]
        return {at: hours for paid in nodes for at in paid[first:end]}
    found = {}
    for at, column in model.columns.items():
        overlap = min(end, column.end) - max(first, column.start)
        if column.task and rate.resource is not None and column.way.pool == rate.pool and overlap > 0:
            found[at] = column.way.uses.get(rate.resource, NOTHING) * overlap * hours
    return found


def _times(terms: Terms, factor: Fraction) -> Terms:
    return {at: value * factor for at, value in terms.items()}


def _add(model: Builder, paid: Terms, uses: Sequence[tuple[Terms, Rate]]) -> None:
    """Add what is paid on demand: by duality the largest of sums, one for each worth of money."""
    sums = list(_sums(paid, uses))
    scale = lcm(*(value.denominator for terms in sums for value in terms.values()))
    highest = max(sum(max(NOTHING, value) * model.most[at] for at, value in terms.items()) for terms in sums)
    spent = model.variable(int(highest * scale) + 1)
    model.cost[spent] += model.stated.weight / scale
    for terms in sums:
        model.row(terms | {spent: Fraction(-1, scale)}, high=0)


def _sums(paid: Terms, uses: Sequence[tuple[Terms, Rate]]) -> Iterator[Terms]:
    """Yield what use costs on demand where committed money is worth so much, less that money."""
    for worth in {rate.listed / rate.saved for _, rate in uses}:
        terms = _times(paid, -worth)
        for use, rate in uses:
            for at, value in _times(use, min(rate.listed, worth * rate.saved)).items():
                terms[at] = terms.get(at, NOTHING) + value
        yield terms

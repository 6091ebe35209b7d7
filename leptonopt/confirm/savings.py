"""Savings plans in the second model: what the commitment does not reach is paid on demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import lcm

from leptonopt.confirm.builder import Builder, Terms
from leptonopt.verify.exact import exact
from leptonopt.verify.instance_reader import NOTHING
from leptonopt.verify.savings import Rate, clock_hours, given, rates_of, touched


def add_savings(model: Builder) -> None:
    """Add the steps that each plan commits, and what each of its hours costs."""
    hours = list(clock_hours(model.stated))
    for plan in model.stated.document.get("savings") or ():
        may = plan.get("commit") or {"max": 0}
        step = exact(may.get("step", 1))
        steps, one = model.variable(int(exact(may["max"]) / step)), model.variable(1)
        model.row({one: 1}, 1, 1)
        rates, money = rates_of(model.stated, plan), given(model.stated, plan)
        used = [_uses(model, rate, hours) for rate in rates]
        for number, (first, end) in enumerate(hours):
            paid = {steps: step * (end - first) * model.stated.hours, one: sum(money[first:end], NOTHING)}
            pairs = [(uses[number], rate) for uses, rate in zip(used, rates, strict=True)]
            for terms in (paid, *(_times(use, -rate.listed) for use, rate in pairs)):
                for at, value in terms.items():
                    model.cost[at] += model.stated.weight * value
            _add(model, paid, pairs)


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

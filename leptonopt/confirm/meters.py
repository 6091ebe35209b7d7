"""Meters in the second model: tiers hold what is used; and savings plans beside them."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import gcd, lcm

from leptonopt.confirm.builder import Builder, Terms
from leptonopt.confirm.quotas import use_of
from leptonopt.confirm.savings import add_savings
from leptonopt.verify.exact import exact
from leptonopt.verify.instance_reader import NOTHING
from leptonopt.verify.meters import price_of
from leptonopt.verify.quotas import windows_of


def add_meters(model: Builder) -> None:
    """Add the tiers of every window of every meter, and savings plans."""
    add_savings(model)
    for meter in model.stated.document.get("meters") or ():
        for first, end in windows_of(model.stated, meter):
            before = NOTHING if first else exact(meter.get("used", 0))
            tiers = [(exact(tier.get("from", 0)) - before, exact(tier["price"])) for tier in meter["tiers"]]
            after = [*(begin for begin, _ in tiers[1:]), None]
            left = [
                (max(NOTHING, low), price)
                for (low, price), end in zip(tiers, after, strict=True)
                if end is None or end > 0
            ]
            least = exact(meter.get("minimum") or 0) - price_of(meter, before)
            _add(model, use_of(model, meter, first, end), left, least)


def _add(model: Builder, used: Terms, tiers: list[tuple[Fraction, Fraction]], least: Fraction) -> None:
    """Add variables for what each tier holds, in the largest unit of all amounts, and the minimum."""
    used = {at: value for at, value in used.items() if value}
    amounts = [*used.values(), *(begin for begin, _ in tiers)]
    scale = lcm(*(amount.denominator for amount in amounts))
    unit = Fraction(gcd(*(int(amount * scale) for amount in amounts)) or 1, scale)
    most = sum((value * model.most[at] for at, value in used.items()), NOTHING) / unit
    begins = [min(begin / unit, most) for begin, _ in tiers]
    sizes = [int(high - low) for low, high in pairwise([*begins, most])]
    held = [model.variable(size) for size in sizes]
    for at, (_, price) in zip(held, tiers, strict=True):
        model.cost[at] += model.stated.weight * price * unit
    model.row(used | dict.fromkeys(held, -unit), 0, 0)
    if least > 0:
        scale = lcm(least.denominator, *((price * unit).denominator for _, price in tiers))
        rest = model.variable(int(least * scale))
        model.cost[rest] += model.stated.weight / scale
        money = {at: price * unit for at, (_, price) in zip(held, tiers, strict=True)}
        model.row(money | {rest: Fraction(1, scale)}, low=least)
    for tier, (low, high) in enumerate(pairwise(held)):
        full = model.variable(1)
        model.row({low: 1, full: -sizes[tier]}, low=0)
        model.row({high: 1, full: -sizes[tier + 1]}, high=0)

"""Charge tasks for what they hold of nodes that all share; bill runs by started units of time.

A task's charge depends on what it holds alone, not on what others do, so that it can be limited beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil

from leptonopt.compile.calendar import least_by_slot, mean_by_slot, zero_series
from leptonopt.instance import POWER, Billing, NodeKind, Pool, Time


def charge_by_slot(pool: Pool, resource: str, time: Time) -> list[Fraction]:
    """Return the charge for a resource of nodes in each slot [money per unit and hour].

    It is what the pool states, or else the least price per unit of the nodes that there are in the slot and that hold
    the resource; 0 where there are none.
    """
    if resource not in pool.charged:
        return zero_series(time)
    if pool.charge is not None:
        return mean_by_slot(pool.charge[resource], time)
    least: list[Fraction | None] = [None] * time.slots
    for kind in pool.nodes:
        if resource in kind.size:
            for slot, price in enumerate(_hourly(kind, time)):
                rate, known = None if price is None else price / Fraction(kind.size[resource]), least[slot]
                least[slot] = rate if known is None or (rate is not None and rate < known) else known
    return [rate or Fraction(0) for rate in least]


def _hourly(kind: NodeKind, time: Time) -> list[Fraction | None]:
    """Return the price of a node by slot, on demand or committed [money per hour]; None without any."""
    there = [bool(count) for count in least_by_slot(kind.count, [], "", time)]
    price = [Fraction(0)] * time.slots
    if kind.price is not None:
        price = mean_by_slot(kind.price, time)
    elif kind.commit is None:
        there = [False] * time.slots
    elif kind.commit.total is None:
        price = [Fraction(kind.commit.price or 0)] * time.slots
    elif any(there):
        price = [Fraction(kind.commit.total) * 3600 / (time.slot * sum(there))] * time.slots
    return [each if node else None for each, node in zip(price, there, strict=True)]


def billed_seconds(duration: Fraction, billing: Billing) -> int:
    """Return the time that a run pays [s]: rounded up to started units, and at least the minimum."""
    return max(billing.minimum, ceil(duration / billing.unit) * billing.unit)


def billing_difference(uses: Mapping[str, Decimal], duration: Fraction, pool: Pool, time: Time) -> Fraction:
    """Return the pay of a run beyond the price of its slots [money].

    It is below 0 where the run pays for less time, and 0 on pools without `billing`, and for milestones.
    """
    if pool.billing is None or not duration:
        return Fraction(0)
    held = ceil(duration / time.slot) * time.slot
    return hourly_price(uses, pool) * (billed_seconds(duration, pool.billing) - held) / 3600


def hourly_price(uses: Mapping[str, Decimal], pool: Pool) -> Fraction:
    """Return what a run pays for an hour on a pool with billing, power aside [money]."""
    prices = (
        Fraction(count) * Fraction(pool.price[name].constant or 0)
        for name, count in uses.items()
        if name in pool.price and name != POWER
    )
    return sum(prices, Fraction(0))

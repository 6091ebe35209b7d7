"""Bill runs by started units of time with a minimum charge, instead of by the slots that they hold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil

from leptonopt.instance import POWER, Billing, Pool, Time


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

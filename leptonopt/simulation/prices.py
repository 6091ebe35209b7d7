"""Price options by slot, as policies that do not plan compare them."""

from __future__ import annotations

from fractions import Fraction

from leptonopt.compile.calendar import mean_by_slot
from leptonopt.compile.charges import charge_by_slot
from leptonopt.compile.work_options import ConcreteOption
from leptonopt.instance import Instance


def price_by_slot(world: Instance, way: ConcreteOption) -> list[Fraction]:
    """Return what an option pays in each slot [money]; for nodes, what tasks are charged for them."""
    pool = next(pool for pool in world.pools if pool.id == way.pool)
    total = [Fraction(0)] * world.time.slots
    for name, amount in way.uses.items():
        series = pool.price.get(name)
        rate = charge_by_slot(pool, name, world.time) if series is None else mean_by_slot(series, world.time)
        total = [so_far + price * Fraction(amount) for so_far, price in zip(total, rate, strict=True)]
    return [each * world.time.slot / 3600 for each in total]


def usual_price(world: Instance, way: ConcreteOption) -> Fraction:
    """Return what a run costs at the mean prices of the horizon, with what it pays once [money]."""
    prices = price_by_slot(world, way)
    return sum(prices, Fraction(0)) / len(prices) * way.duration / world.time.slot + way.fixed

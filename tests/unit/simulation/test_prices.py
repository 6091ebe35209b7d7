"""Prices of options by slot."""

from __future__ import annotations

from leptonopt.compile.work_options import concrete_options
from leptonopt.simulation.prices import price_by_slot, usual_price
from tests.unit.simulation.worlds import day


def test_prices() -> None:
    """Pools without a price cost nothing; what nodes cost is shared by their devices."""
    world = day()
    own, rent = concrete_options(world, world.tasks[0])
    assert set(price_by_slot(world, own)) == {0}
    assert set(price_by_slot(world, rent)) == {2 * 3 / 4}
    assert usual_price(world, rent) == 3 * 3 / 2

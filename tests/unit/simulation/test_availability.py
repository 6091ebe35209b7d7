"""The forecast of spot capacity, and the recursion over it against trying everything."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from leptonopt.simulation.availability import AGES, FOLLOWS, IDLE, SPOT, SURE, Forecast, Machine, recursion


def test_forecast_counts_by_age() -> None:
    """Capacity that goes after one slot each time is expected to, capacity that stays to stay."""
    flaky, steady = Forecast(), Forecast()
    for at in range(200):
        flaky.see(at % 2 == 0)
        steady.see(True)
    fresh = AGES  # there for one slot
    assert flaky.probabilities()[fresh] < 0.1
    assert steady.probabilities()[2 * AGES - 1] > 0.98
    assert np.all((flaky.probabilities() > 0) & (flaky.probabilities() < 1))


@pytest.mark.parametrize("restart", [0, 1])
def test_recursion_is_the_least_expected_cost(restart: int) -> None:
    """The value agrees with a plain recursion over slots, states, machines and work."""
    forecast, slots, left = Forecast(), 5, 6
    for there in (True, False, True, True, False):
        forecast.see(there)
    likely = forecast.probabilities()
    machines = {SPOT: Machine(2, restart, np.full(slots, 1.0)), SURE: Machine(2, restart, np.linspace(3, 4, slots))}
    missed = np.full(left + 3, 50.0)
    missed[0] = 0

    @lru_cache(None)
    def least(slot: int, state: int, before: int, work: int) -> float:
        if not work or slot == slots:
            return float(missed[work])
        found = []
        for machine in (IDLE, SPOT, SURE):
            if machine == SPOT and state < AGES:
                continue
            then, price = work, 0.0
            if machine:
                then = max(0, work + (0 if machine == before else restart) - machines[machine].work)
                price = float(machines[machine].price[slot])
            chance = float(likely[state])
            after = [least(slot + 1, int(FOLLOWS[state, there]), machine, then) for there in (0, 1)]
            found.append(price + (1 - chance) * after[0] + chance * after[1])
        return min(found)

    made = recursion(forecast, machines[SPOT], machines[SURE], left + 2, 0, slots, missed, keep=2)
    for state in range(2 * AGES):
        for before in (IDLE, SPOT, SURE):
            assert made.layers[0][state, before, left] == pytest.approx(least(0, state, before, left))
    assert made.decide(0, AGES, SPOT, left) == SPOT

"""Prices of rows of capacity by slot."""

from __future__ import annotations

from fractions import Fraction

from leptonopt.compile.calendar import each_value, mean_by_slot
from leptonopt.instance import POWER, Instance, Pool


class RowPrices:
    """Prices of rows by slot; rows of one tariff and scale share a line."""

    def __init__(self, instance: Instance) -> None:
        self._instance, self._lines = instance, dict[object, tuple[list[Fraction], list[Fraction]]]()

    def of(self, pool: Pool, name: str, scale: int, free: list[Fraction]) -> list[Fraction]:
        """Return what a demand unit of a resource costs in each slot; `free` where nothing is paid."""
        time, weights, line = self._instance.time, self._instance.objective, free
        per_unit = Fraction(time.slot, 3600 * scale)
        if (price := pool.price.get(name)) is not None:
            saved = self._instance.saved.get((pool.id, name, False))
            means = mean_by_slot(price, time) if saved is None else [Fraction(saved)] * time.slots
            line = self._shared(means, per_unit * Fraction(weights.cost))
        if name == POWER and pool.carbon is not None and weights.carbon_kg:
            per_gram = per_unit * Fraction(weights.carbon_kg) / 1000
            carbon = mean_by_slot(pool.carbon, time)
            line = [money + grams * per_gram for money, grams in zip(line, carbon, strict=True)]
        return line

    def _shared(self, means: list[Fraction], factor: Fraction) -> list[Fraction]:
        """Return the means of a price times a factor, one object for equal ones."""
        key = tuple(map(id, means)), factor
        if key not in self._lines:  # with the means: what is gone leaves its identity to others
            self._lines[key] = means, each_value(means, factor.__mul__)
        return self._lines[key][1]

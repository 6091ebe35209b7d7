"""Keep what runs hold of pools, slot by slot, in whole numbers, so that millions of questions are cheap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from .reading import Instance, Option, Pool, Run

Place = tuple[str, str, int]
"""A pool, a resource, and a slot."""


class Room:
    """Keep what is held; all amounts count in the largest unit of which each of `options` uses a whole number."""

    def __init__(self, instance: Instance, options: Iterable[Option]):
        self.pools = instance.pools
        self.unit = lcm(*(amount.denominator for option in options for amount in option.uses.values()))
        self.held: dict[Place, int] = defaultdict(int)
        self.limits: dict[Place, int | None] = {}
        self.known: dict[int, list[tuple[Place, int]]] = {}  # by the identity of runs, which live as long as the search

    def load(self, run: Run) -> list[tuple[Place, int]]:
        """Return what a run takes of what is limited."""
        if id(run) not in self.known:
            uses = [(what, int(amount * self.unit)) for what, amount in run.option.uses.items() if amount]
            places = [
                ((run.option.pool.id, what, slot), amount)
                for slot in range(run.start, run.end)
                for what, amount in uses
            ]
            self.known[id(run)] = [(place, amount) for place, amount in places if self._limit(place) is not None]
        return self.known[id(run)]

    def _limit(self, place: Place) -> int | None:
        if place not in self.limits:
            found = limit(self.pools[place[0]], *place[1:])
            self.limits[place] = None if found is None else int(found * self.unit // 1)
        return self.limits[place]

    def fits(self, run: Run) -> bool:
        """Tell whether there is room for a run beside what is held."""
        held, limits = self.held, self.limits
        return all(held[place] + amount <= limits[place] for place, amount in self.load(run))  # type: ignore[operator]

    def add(self, run: Run, times: int = 1) -> None:
        """Hold what a run takes; give it back with -1."""
        for place, amount in self.load(run):
            self.held[place] += times * amount


def limit(pool: Pool, what: str, slot: int) -> Fraction | None:
    """Return how much of a resource a pool can hold at most; None where nothing limits it."""
    if what in pool.of_nodes:
        return sum((kind.count[slot] * kind.size.get(what, Fraction(0)) for kind in pool.kinds), Fraction(0))
    return pool.capacity[what][slot]

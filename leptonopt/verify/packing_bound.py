"""Read prices on packing: charges on the weight of one-node tasks, and what nodes earn.

A line of `packing` weighs the ways of tasks that must fit within one node of a pool. What a node of a kind can hold at
a time weighs at most the greatest total weight of such ways that fit it, which is computed here from the file. So the
weights of what runs in a slot are at most the sum of that over the usable nodes, and a price on it can raise no bound
above a plan. Ways that take whole nodes weigh as much as these nodes can hold; ways that may span nodes weigh nothing.

    {pool, resource, kinds: [..]}            weight: the amount used, of ways that fit only nodes of these kinds
    {pool, resource, size: s, function: k}   weight: with j = (k + 1) amount / s: k j where j is whole, else
                                             (k + 1) times j rounded down
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from leptonopt.verify.exact import Malformed, fraction
from leptonopt.verify.instance_reader import NOTHING, Kind, StatedInstance, StatedOption

MOST_FUNCTION, MOST_NODES = 64, 1024  # functions, and nodes of the size in the largest node, that are computed


class PackingPrice:
    """A line of `packing`: its price in each slot, the weight of a way, and what a node can hold at most."""

    def __init__(self, stated: StatedInstance, line: Mapping[str, Any], price: list[Fraction]) -> None:
        self.stated, self.price = stated, price
        self.pool, self.resource = str(line.get("pool")), str(line.get("resource"))
        if (self.pool, self.resource) not in stated.of_nodes():
            raise Malformed(f"packing: {self.pool!r} has no nodes that hold {self.resource!r}")
        sizes = {kind.name: kind.size for kind in stated.kinds() if kind.pool == self.pool}
        self._sizes: dict[str, dict[str, Fraction]] = sizes
        self._weight = self._by_kinds(line["kinds"]) if "kinds" in line else self._by_function(line)
        self._supply: dict[str, Fraction] = {}
        self._named = frozenset(map(str, line["kinds"])) if "kinds" in line else None

    def _by_kinds(self, named: Any) -> Callable[[StatedOption], Fraction]:
        if not isinstance(named, list) or not all(name in self._sizes for name in named):
            raise Malformed(f"packing: kinds: {named!r} is no list of kinds of nodes of pool {self.pool!r}")
        allowed = set(named)

        def weight(way: StatedOption) -> Fraction:
            mine = set(self._holding(way))
            return way.uses.get(self.resource, NOTHING) if mine and mine <= allowed else NOTHING

        return weight

    def _by_function(self, line: Mapping[str, Any]) -> Callable[[StatedOption], Fraction]:
        size, steps = fraction(str(line.get("size")), "packing: size"), line.get("function")
        largest = max(each.get(self.resource, NOTHING) for each in self._sizes.values())
        if isinstance(steps, bool) or not isinstance(steps, int) or not 1 <= steps <= MOST_FUNCTION:
            raise Malformed(f"packing: function: {steps!r}; allowed is 1 to {MOST_FUNCTION}")
        if size <= 0 or largest > MOST_NODES * size:
            raise Malformed(
                f"packing: size: {size}; allowed is above 0, and 1/{MOST_NODES} of the largest node or more"
            )
        function = int(steps)

        def weight(way: StatedOption) -> Fraction:
            parts = way.uses.get(self.resource, NOTHING) * (function + 1) / size
            return Fraction(parts * function if parts.denominator == 1 else int(parts) * (function + 1))

        return weight

    def _holding(self, way: StatedOption) -> Iterator[str]:
        """The kinds of nodes of which one can hold a way."""
        held = [
            (name, count) for name, count in way.uses.items() if count and (self.pool, name) in self.stated.of_nodes()
        ]
        for kind, size in self._sizes.items():
            if all(count <= size.get(name, NOTHING) for name, count in held):
                yield kind

    def weight(self, way: StatedOption) -> Fraction:
        """The weight of a way of the pool."""
        if way.one_node:
            return self._weight(way)
        return way.whole * self.supply(next(iter(self._sizes))) if way.whole else NOTHING

    def supply(self, kind: str) -> Fraction:
        """The most that what a node of a kind holds at a time can weigh."""
        if kind not in self._supply:
            room = self._sizes[kind].get(self.resource, NOTHING)
            if self._named is not None:
                self._supply[kind] = room if kind in self._named else NOTHING
            else:
                self._supply[kind] = Fraction(_heaviest(self._lightest(kind), room))
        return self._supply[kind]

    def _lightest(self, kind: str) -> dict[int, Fraction]:
        """By weight, the least amount of a one-node way that a node of the kind can hold."""
        found: dict[int, Fraction] = {}
        for id in self.stated.tasks:
            for way in self.stated.ways(id).values():
                if way.pool == self.pool and way.one_node and not way.milestone and kind in self._holding(way):
                    amount, weight = way.uses.get(self.resource, NOTHING), int(self._weight(way))
                    if weight and (weight not in found or amount < found[weight]):
                        found[weight] = amount
        return found


def _heaviest(lightest: Mapping[int, Fraction], room: Fraction) -> int:
    """The greatest sum of weights whose amounts fit, each as often as wanted."""
    needs: dict[int, Fraction] = {0: NOTHING}  # the least room for a total weight, of those within reach
    waiting = [0]
    while waiting:
        total = waiting.pop()
        for weight, amount in lightest.items():
            more, needed = total + weight, needs[total] + amount
            if needed <= room and (more not in needs or needed < needs[more]):
                needs[more] = needed
                waiting.append(more)
    return max(needs)


def packing_earned(kind: Kind, prices: list[PackingPrice], slots: int) -> list[Fraction]:
    """Return what a usable node of a kind earns in each slot by what it can hold."""
    earned = [NOTHING] * slots
    for line in prices:
        if line.pool == kind.pool and (most := line.supply(kind.name)):
            earned = [known + most * price for known, price in zip(earned, line.price, strict=True)]
    return earned

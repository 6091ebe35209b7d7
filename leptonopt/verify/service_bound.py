"""Part of services in the bound of a certificate: replicas at prices for what they hold and serve.

Prices are on requests in each slot, on requests of batches, and on usable replicas where a minimum asks for them; none
is below zero. They are paid for all that must be served, and earned by what serves it. What is left falls apart into
levels of each way, as for nodes: the k-th replica is on where at least k are. Each level is a path of its own, off and
on. It costs what it holds and its starts, less what a usable replica can earn at most:

    E, B    the greatest price times rate of a class, and of requests of a batch
    earned  planned x max(E, B), and (1 - planned) x B where batches may use the headroom

Replicas are whole. So where all must be served, prices may be on rounded cuts: what a replica is worth at given worths
of requests, divided and rounded up, adds up to the worth of the demand at least, divided and rounded up likewise
(Chvatal 1973, Discrete Mathematics 4).

A request that may be missed earns its price, or costs what missing it costs, whichever is less. No routing is needed: a
plan serves each request once at most, and uses no replica for longer than it is there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, lcm

from leptonopt.verify.certificate_reader import PricedCut, Prices, ServicePrices
from leptonopt.verify.exact import Malformed
from leptonopt.verify.instance_reader import NOTHING, StatedInstance
from leptonopt.verify.node_bound import best_path
from leptonopt.verify.quotas import covers_service
from leptonopt.verify.service_states import StatePrices, least_by_states
from leptonopt.verify.stated_services import StatedBatch, StatedService, StatedWay

Line = list[Fraction]
ALWAYS = frozenset[str]()  # the zones that are gone, where none is


@dataclass(frozen=True)
class ChargedWay:
    """A way with what a replica is charged for what it holds and for a start, and how many can be on."""

    way: StatedWay
    hold: Line
    start: Line
    most: list[int]


@dataclass(frozen=True)
class Charges:
    """Charges of replicas: `price` of a unit of a resource of a pool by slot, and how much is `offered`.

    `price` takes the positions of the priced quotas that cover the use.
    """

    stated: StatedInstance
    prices: Prices
    price: Callable[[str, str, tuple[int, ...]], Line]
    offered: Callable[[str, str], list[Fraction | None]]

    def of(self, service: StatedService, way: StatedWay) -> ChargedWay:
        """Return a way with its charges."""
        option, quotas = way.option, self.prices.quotas
        covering = tuple(
            at for at, priced in enumerate(quotas) if covers_service(priced.quota, service.team, option.pool)
        )
        hold, most = [NOTHING] * self.stated.slots, list(way.limit)
        for name, count in option.uses.items():
            if count:
                price, offered = self.price(option.pool, name, covering), self.offered(option.pool, name)
                hold = [known + count * own for known, own in zip(hold, price, strict=True)]
                most = [min(own, _whole_units(there, count, own)) for own, there in zip(most, offered, strict=True)]
        if service.limit is not None:
            most = [min(own, every) for own, every in zip(most, service.limit, strict=True)]
        start = [option.cost * self.stated.weight] * self.stated.slots
        for priced in (quotas[at] for at in covering):
            if priced.of == "money" and not priced.moment:
                start = [known + option.cost * each for known, each in zip(start, priced.by_slot, strict=True)]
        return ChargedWay(way, hold, start, most)


def _units(way: StatedWay, cut: PricedCut) -> int:
    """Return what a usable replica is worth in a cut."""
    worth = max((rate * cut.worth.get(name, NOTHING) for name, rate in way.rates.items()), default=NOTHING)
    return ceil(way.planned * worth / cut.divisor)


def _whole_units(offered: Fraction | None, each: Fraction, otherwise: int) -> int:
    """Return how many of an amount fit into what is offered."""
    return otherwise if offered is None else max(0, int(offered // each))


def check_names(prices: Prices, services: Mapping[str, StatedService], batches: Mapping[str, StatedBatch]) -> None:
    """Refuse prices on services and batches that there are not."""
    for id in prices.services:
        if id not in services:
            raise Malformed(f"services: {id!r} is no service of the instance")
    for id, name in prices.batches:
        if id not in batches or name not in batches[id].amount:
            raise Malformed(f"batches: {id!r} is no batch with requests of class {name!r}")


class ServiceBound:
    """The least that a service can cost less what it earns at prices."""

    def __init__(
        self,
        stated: StatedInstance,
        service: StatedService,
        batches: Sequence[StatedBatch],
        prices: Prices,
        ways: Mapping[str, ChargedWay],
    ) -> None:
        self.stated, self.service, self.batches, self.ways = stated, service, batches, ways
        self.prices = prices.services.get(service.id, ServicePrices({}, {}))
        self.of_batch = prices.batches
        self._check_names()

    def _check_names(self) -> None:
        """Refuse prices on what the service does not have."""
        for gone, name in self.prices.demand:
            if name not in self.service.demand or (gone and gone not in self.service.left):
                raise Malformed(f"services: {self.service.id!r} has no demand of class {name!r} without {sorted(gone)}")
        for cut in self.prices.cuts:
            served = cut.gone in self.service.left if cut.gone else self.service.missed is None
            if not served or not cut.worth.keys() <= self.service.demand.keys():
                raise Malformed(f"services: {self.service.id!r} has no cuts on {sorted(cut.worth)}")
        for name in self.prices.minimum:
            if name and name not in self.service.ways:
                raise Malformed(f"services: {self.service.id!r} has no way {name!r}")

    def value(self) -> Fraction:
        """Return the bound: what is paid for all that must be served, and the best of every way."""
        if self.prices.states:
            return self._asked() + self._states()
        best = [self._levels(name) for name in self.ways]
        replicas = min(best, default=NOTHING) if self.service.routing == "one-way" else sum(best, NOTHING)
        return self._asked() + replicas

    def _states(self) -> Fraction:
        """Return the least cost over numbers of replicas, less what they earn with batches."""
        charged = list(self.ways.values())
        slots = range(self.stated.slots)
        prices = StatePrices(
            [each.hold for each in charged],
            [each.start for each in charged],
            [each.most for each in charged],
            self._missed,
            [[self._best_batch(each.way, slot) for slot in slots] for each in charged],
            [self._work(each.way) for each in charged],
        )
        return least_by_states(self.service, [each.way for each in charged], prices)

    def _work(self, way: StatedWay) -> Fraction:
        """Return the replicas of a way that do in one slot all that it can do of batches."""
        amounts = ((way.offline.get(name), count) for batch in self.batches for name, count in batch.amount.items())
        return sum((count / (rate * self.stated.slot) for rate, count in amounts if rate), NOTHING)

    @property
    def _missed(self) -> Fraction | None:
        """Return the cost of a request per second that is missed for a slot."""
        price = self.service.missed
        return None if price is None else self.stated.weight * price * self.stated.slot

    def _asked(self) -> Fraction:
        """Return the prices of the demand, of minimums and of batches."""
        total, cost = NOTHING, self._missed
        for (gone, name), line in self.prices.demand.items():
            for asked, each in zip(self.service.demand[name], line, strict=True):
                total += asked * (each if gone or cost is None else min(each, cost))
        for name, line in self.prices.minimum.items():
            total += (self.service.ways[name].minimum if name else self.service.minimum) * sum(line, NOTHING)
        for cut in self.prices.cuts:
            for slot, price in enumerate(cut.price):
                worth = sum((each * self.service.demand[name][slot] for name, each in cut.worth.items()), NOTHING)
                total += price * ceil(worth / cut.divisor)
        for batch in self.batches:
            own = ((self.of_batch.get((batch.id, name), NOTHING), count) for name, count in batch.amount.items())
            earned = sum((price * count for price, count in own), NOTHING)
            total += min(earned, self.stated.weight * batch.value) if batch.optional else earned
        return total

    def _levels(self, name: str) -> Fraction:
        """Return the least that the replicas of a way can cost less what they earn, one level after the other."""
        charged, earned = self.ways[name], self._earned(name)
        way, most = charged.way, charged.most
        whole = lcm(*(value.denominator for line in (charged.hold, charged.start, earned) for value in set(line)))
        hold, start, earns = ([int(value * whole) for value in line] for line in (charged.hold, charged.start, earned))
        stay = way.stay if len(set(most)) == 1 else 0  # elsewhere one replica may take over from another
        total, none = 0, [0] * len(most)
        cuts = sorted({0, min(way.running or 0, max(most, default=0)), *most})
        for low, high in pairwise(cuts):
            there = [count >= high for count in most]
            early = start[0] if way.running is None else 0 if high <= way.running else None
            path = best_path(hold, earns, start, none, there, way.boot, stay, early)
            total += (high - low) * path
        return Fraction(total, whole)

    def _earned(self, name: str) -> Line:
        """Return what a usable replica of a way earns in each slot at most."""
        way, service = self.service.ways[name], self.service
        kept = [ALWAYS, *(gone for gone, left in service.left.items() if name in left)]
        found, mine = [], [cut for cut in self.prices.cuts if not cut.gone or name in service.left[cut.gone]]
        cuts = [(cut.price, _units(way, cut)) for cut in mine]
        for slot in range(self.stated.slots):
            served = [self._best_class(way, gone, slot) for gone in kept]
            batch = self._best_batch(way, slot)
            full = way.planned * max(served[0], batch) + ((1 - way.planned) * batch if service.fill else 0)
            least = sum((line[slot] for key, line in self.prices.minimum.items() if key in ("", name)), NOTHING)
            least += sum((price[slot] * units for price, units in cuts if price[slot]), NOTHING)
            found.append(full + way.planned * sum(served[1:], NOTHING) + least)
        return found

    def _best_class(self, way: StatedWay, gone: frozenset[str], slot: int) -> Fraction:
        lines = ((rate, self.prices.demand.get((gone, name))) for name, rate in way.rates.items())
        return max((rate * line[slot] for rate, line in lines if line is not None), default=NOTHING)

    def _best_batch(self, way: StatedWay, slot: int) -> Fraction:
        return max(
            (
                self.of_batch.get((batch.id, name), NOTHING) * rate * self.stated.slot
                for batch in self.batches
                if batch.first <= slot < batch.end
                for name, rate in way.offline.items()
                if name in batch.amount
            ),
            default=NOTHING,
        )

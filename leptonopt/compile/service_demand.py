"""Compute what is asked of services in each slot, and the numbers of a service in one unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import ceil, lcm

from leptonopt.compile.calendar import combined, greatest_by_slot, pieces
from leptonopt.compile.data_moves import EXACT
from leptonopt.errors import Finding, InstanceError
from leptonopt.instance import Batch, Demand, Service, Time, Way, units

MAX_UNITS = 2**44  # of demand, rates and amounts of a service
Rates = Mapping[str, Fraction]  # requests per second by class


@dataclass(frozen=True, eq=False)
class ServiceNumbers:
    """Exact numbers of a service: demand, rates and amounts, all in requests per second.

    Attributes
    ----------
    demand : by class, those that only batches have included, and slot
    full, planned, offline : by way and class: what a replica serves alone, with headroom, and of batches
    amounts : by batch of the service and class, requests per second if all of it were done in one slot
    """

    stated: Service
    demand: Mapping[str, Sequence[Fraction]]
    full: tuple[Rates, ...]
    planned: tuple[Rates, ...]
    offline: tuple[Rates, ...]
    amounts: Mapping[str, Rates]

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Return all classes, in the order of the problem."""
        return tuple(self.demand)

    @cached_property
    def scale(self) -> int:
        """Return how many units one request per second has, so that all numbers are whole."""
        return lcm(*(value.denominator for value in self._all()))

    def units(self, value: Fraction) -> int:
        """Return requests per second in whole units."""
        return int(value * self.scale)

    def useful(self, way: int) -> int:
        """Return so many replicas of a way that more of it would never serve, or do, anything."""
        asked = sum(_replicas(max(values), self.planned[way].get(name)) for name, values in self.demand.items())
        offline = self.offline[way]
        done = sum(
            _replicas(amount, offline.get(name)) for own in self.amounts.values() for name, amount in own.items()
        )
        return asked + done + self.stated.spare + self.stated.minimum + self.stated.replicas[way].minimum

    def refuse_too_fine(self, place: int) -> None:
        """Raise `InstanceError` where a number of the service has too many units."""
        if (largest := max(self._all(), default=Fraction(0))) * self.scale > MAX_UNITS:
            text = f"requests per second of up to {float(largest):.6g}, in steps of {1 / self.scale:.6g}"
            raise InstanceError([Finding(f"{text}; at most 2^44 steps can be counted", ("services", place))])

    def _all(self) -> Iterator[Fraction]:
        for values in self.demand.values():
            yield from set(values)
        for rates in (*self.full, *self.planned, *self.offline, *self.amounts.values()):
            yield from rates.values()


def _replicas(amount: Fraction, rate: Fraction | None) -> int:
    return -int(-amount // rate) if rate else 0


def service_numbers(place: int, service: Service, batches: Iterable[Batch], time: Time) -> ServiceNumbers:
    """Return the numbers of the service at a place of the instance, with its batches.

    Raises `InstanceError` where shares of a mix do not sum to 1, or numbers are too fine against each other.
    """
    own = [batch for batch in batches if batch.service == service.id]
    demand = dict(_demand(place, service.demand, time))
    for name in (name for batch in own for name, amount in batch.amount.items() if amount):
        demand.setdefault(name, [Fraction(0)] * time.slots)
    planned = [1 - headroom_of(service, way) for way in service.replicas]
    idle = [Fraction(1) if service.fill else share for share in planned]
    found = ServiceNumbers(
        stated=service,
        demand=demand,
        full=tuple(_times(way.rate, Fraction(1)) for way in service.replicas),
        planned=tuple(_times(way.rate, share) for way, share in zip(service.replicas, planned, strict=True)),
        offline=tuple(_times(way.offline, share) for way, share in zip(service.replicas, idle, strict=True)),
        amounts={batch.id: _times(batch.amount, Fraction(1, time.slot)) for batch in own},
    )
    found.refuse_too_fine(place)
    return found


def headroom_of(service: Service, way: Way) -> Fraction:
    """Return the share of a replica's rate that is not planned."""
    return Fraction(service.headroom if way.headroom is None else way.headroom)


def _times(numbers: Mapping[str, Decimal], factor: Fraction) -> dict[str, Fraction]:
    return {name: Fraction(number) * factor for name, number in numbers.items() if number}


def _demand(place: int, demand: Demand, time: Time) -> Iterator[tuple[str, list[Fraction]]]:
    """Yield every class with the greatest requests per second in each slot; of samples a quantile."""
    if demand.samples is not None:
        samples = [dict(_demand(place, sample, time)) for sample in demand.samples]
        rank = ceil(Fraction(demand.quantile or 1) * len(samples)) - 1
        for name in demand.names:
            lines = [sample.get(name, [Fraction(0)] * time.slots) for sample in samples]
            yield name, [sorted(values)[rank] for values in zip(*lines, strict=True)]
    for name, series in (demand.classes or {}).items():
        yield name, [Fraction(value) for value in greatest_by_slot(pieces(series, time), time)]
    if demand.mix is None or demand.rate is None:
        return
    mix = [pieces(series, time) for series in demand.mix.values()]
    for begin, _, shares in combined(mix, time):
        if (total := sum(shares, Decimal(0))) != 1:
            moment = units.instant_text(time.start + timedelta(seconds=begin))
            text = f"the shares sum to {total.normalize():f} at {moment}; they sum to 1 at every instant"
            raise InstanceError([Finding(text, ("services", place, "demand", "mix"))])
    rate = pieces(demand.rate, time)
    for name, share in zip(demand.mix, mix, strict=True):
        product = [(begin, end, EXACT.multiply(*both)) for begin, end, both in combined((rate, share), time)]
        yield name, [Fraction(value) for value in greatest_by_slot(product, time)]

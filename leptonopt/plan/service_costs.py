"""Compute the exact cost of replicas, of requests missed, and of batches left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.compile.service_demand import ServiceNumbers
from leptonopt.compile.services import MISSED_STEP, ReplicaWay
from leptonopt.instance import POWER, Batch, Instance, Measure, Service
from leptonopt.plan.price_table import NOTHING, PrefixSums, PriceTable
from leptonopt.problem.routing import ServiceRouting, SlotRouting, route_service
from leptonopt.problem.services import ReplicaSchedule


@dataclass(frozen=True)
class WayBill:
    """Replicas of one way, with what they cost and draw.

    Attributes
    ----------
    on : replicas on, by slot
    paid : starts that are paid, by slot
    running : money by resource
    charged : for nodes; no part of the total
    """

    service: Service
    way: ReplicaWay
    on: tuple[int, ...]
    paid: tuple[int, ...]
    running: dict[str, Fraction]
    fixed: Fraction
    kwh: Fraction
    carbon_kg: Fraction
    charged: Fraction

    @property
    def total(self) -> Fraction:
        """Return running and fixed cost [money]."""
        return sum(self.running.values(), NOTHING) + self.fixed

    def add_steps(self, steps: dict[int, Fraction], resource: str) -> None:
        """Add to the changes of what is held of a resource, by slot."""
        held = Fraction(self.way.option.uses.get(resource, 0))
        for slot, (before, now) in enumerate(pairwise((0, *self.on, 0))):
            if now != before:
                steps[slot] = steps.get(slot, NOTHING) + (now - before) * held

    def used(self, quota: Measure, prices: PriceTable) -> PrefixSums:
        """Return prefix sums of what the replicas use of a quota that counts them."""
        cost = Fraction(self.way.start.cost) if quota.of == "money" else NOTHING
        held = (on * self._held(quota, prices, slot) if on else NOTHING for slot, on in enumerate(self.on))
        return PrefixSums([each + paid * cost for each, paid in zip(held, self.paid, strict=True)])

    def _held(self, quota: Measure, prices: PriceTable, slot: int) -> Fraction:
        """Return what a replica that is on uses of a quota in a slot."""
        uses, pool = self.way.option.uses, self.way.option.pool
        found = Fraction(uses.get(POWER if quota.of in ("energy", "carbon") else quota.of, 0))
        if quota.of == "money":
            each = (prices.price(pool, name).over(slot, slot + 1) * Fraction(count) for name, count in uses.items())
            found = sum(each, NOTHING if quota.whole else prices.charged(self.way.option, slot, slot + 1))
        elif quota.of == "carbon":
            found *= prices.grams(pool).over(slot, slot + 1) / 1000
        return found * prices.hours


@dataclass(frozen=True)
class ServiceBill:
    """A service of a plan: its replicas, which requests they serve, and what is missed."""

    numbers: ServiceNumbers
    ways: list[WayBill]
    routing: ServiceRouting
    slot: int

    @cached_property
    def missed_cost(self) -> Fraction:
        """Return the money for requests missed, each slot rounded up to a millionth."""
        return sum(map(self._missed_in, self.routing.slots), NOTHING)

    def _missed_in(self, slot: SlotRouting) -> Fraction:
        missed = self.numbers.stated.missed
        if missed is None or not slot.missed:
            return NOTHING
        requests = sum(slot.missed.values(), NOTHING) / self.numbers.scale * self.slot
        return ceil(requests * Fraction(missed.cost) / MISSED_STEP) * MISSED_STEP

    @property
    def cost(self) -> Fraction:
        """Return the cost of its replicas and of what is missed [money]."""
        return sum((way.total for way in self.ways), NOTHING) + self.missed_cost

    @property
    def carbon_kg(self) -> Fraction:
        """Return the CO2 of its replicas."""
        return sum((way.carbon_kg for way in self.ways), NOTHING)


@dataclass(frozen=True)
class Served:
    """All services of a plan, and for each batch whether it is done."""

    services: list[ServiceBill]
    batches: list[tuple[Batch, bool]]

    @property
    def ways(self) -> Iterator[WayBill]:
        """Yield the replicas of all services by way."""
        for service in self.services:
            yield from service.ways

    @cached_property
    def missed(self) -> Fraction:
        """Return the money for requests missed."""
        return sum((service.missed_cost for service in self.services), NOTHING)

    @cached_property
    def forgone(self) -> Fraction:
        """Return the value of the batches that are left out."""
        return sum((Fraction(batch.value or 0) for batch, done in self.batches if not done), NOTHING)

    @cached_property
    def profit(self) -> Fraction:
        """Return the value of the batches that are done."""
        return sum((Fraction(batch.value or 0) for batch, done in self.batches if done), NOTHING)


def served(
    compiled: CompiledInstance, replicas: ReplicaSchedule | None, prices: PriceTable, look: Callable[[], object]
) -> Served:
    """Return the services of a plan; raises `ValueError` where its replicas do not serve the demand.

    `look` is called between services, and its exceptions end the work.
    """
    instance = compiled.instance
    if replicas is None:
        return Served([], [])
    found, on = [], iter(replicas.on[:, : instance.time.slots].tolist())  # an end slot is no part of the horizon
    for at, numbers in enumerate(compiled.services.numbers):
        look()
        own = [_way_bill(instance, prices, way, next(on)) for way in compiled.services.of_service(at)]
        routing = route_service(compiled.problem, replicas, at, instance.time.slots)
        found.append(ServiceBill(numbers, own, routing, instance.time.slot))
    return Served(found, list(zip(instance.batches, map(bool, replicas.done), strict=True)))


def _way_bill(instance: Instance, prices: PriceTable, way: ReplicaWay, on: Sequence[int]) -> WayBill:
    option, hours = way.option, prices.hours
    before = way.stated.running or 0  # of what is started before the horizon, the first slot pays
    paid = tuple(max(0, now - earlier) for earlier, now in zip((before, *on[:-1]), on, strict=True))
    kw, grams = Fraction(option.uses.get(POWER, 0)), prices.grams(option.pool)
    return WayBill(
        service=instance.services[way.service],
        way=way,
        on=tuple(on),
        paid=paid,
        running={
            name: sum((n * prices.price(option.pool, name).over(t, t + 1) for t, n in enumerate(on) if n), NOTHING)
            * Fraction(amount)
            * hours
            for name, amount in option.uses.items()
        },
        fixed=sum(paid) * Fraction(way.start.cost),
        kwh=kw * sum(on) * hours,
        carbon_kg=kw * hours * sum((n * grams.over(t, t + 1) for t, n in enumerate(on) if n and kw), NOTHING) / 1000,
        charged=sum((n * prices.charged(option, t, t + 1) for t, n in enumerate(on) if n), NOTHING) * hours,
    )

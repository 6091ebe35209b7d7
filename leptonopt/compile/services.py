"""Compile services: ways to run replicas on rows, their limits and costs, and batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import cached_property
from itertools import combinations, combinations_with_replacement

import numpy as np

from leptonopt.compile.calendar import least_by_slot
from leptonopt.compile.rows import RowBuilder
from leptonopt.compile.service_demand import ServiceNumbers, service_numbers
from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.instance import Batch, Instance, Measure, Option, Series, Service, Task, Way
from leptonopt.instance.fields import MAX_NODES
from leptonopt.instance.services import Start
from leptonopt.instance.units import seconds
from leptonopt.problem.arrays import Ints, pointers
from leptonopt.problem.problem import UNLIMITED
from leptonopt.problem.services import Batches, ReplicaCosts, Services, Survival, no_services
from leptonopt.runtime.clock import check_time_each

MISSED_STEP = Fraction(1, 10**6)  # money for requests missed, by service and slot, is rounded up to multiples of this


def replica_options(instance: Instance, service: Service) -> list[ConcreteOption]:
    """Return the ways of a service as options that take a slot, in its order, with their ids in plans."""
    slot = timedelta(seconds=instance.time.slot)
    options = [
        Option(id=way.id, pool=way.pool, uses=way.uses, duration=slot, variant=way.variant, quality=way.quality)
        for way in service.replicas
    ]
    needs, secret = service.needs, service.confidential
    return concrete_options(instance, Task(id=service.id, options=options, needs=needs, confidential=secret))


@dataclass(frozen=True, eq=False)
class ReplicaWay:
    """A way to run a replica, on rows.

    Attributes
    ----------
    service, number : of the service, and the place among its ways
    most : int64, shape (T,): replicas that can be on
    boot, minimum : in slots
    """

    service: int
    number: int
    stated: Way
    start: Start
    option: ConcreteOption
    rows: tuple[int, ...]
    amounts: tuple[int, ...]
    most: Ints

    boot: int
    minimum: int

    @property
    def early(self) -> bool:
        """Return True when replicas on in the first slot differ from those that are started in it."""
        return self.stated.running is None and self.minimum > 0

    @property
    def running(self) -> int:
        """Return the replicas before the first slot: all that it can have where they are `early`."""
        return int(self.most[0]) if self.early else self.stated.running or 0

    @property
    def greatest(self) -> int:
        """Return the greatest number of replicas at any time."""
        return int(self.most.max(initial=0))


@dataclass(frozen=True, eq=False)
class CompiledServices:
    """Services of an instance, before money is whole.

    Attributes
    ----------
    numbers : per service its demand, rates and amounts
    ways : all ways, in the order of the problem
    zones : per service, each set of zones that may be gone
    failures : per service, each set of replicas that may fail at once: the number of its way for every replica
    """

    instance: Instance
    numbers: tuple[ServiceNumbers, ...]
    ways: tuple[ReplicaWay, ...]
    zones: tuple[tuple[tuple[str, ...], ...], ...]
    failures: tuple[tuple[tuple[int, ...], ...], ...]

    @classmethod
    def of(cls, instance: Instance, rows: RowBuilder, options: Sequence[Sequence[ConcreteOption]]) -> CompiledServices:
        """Return the services on rows; raises `InstanceError` as `service_numbers` does."""
        services = list(enumerate(instance.services))
        numbers = tuple(service_numbers(at, each, instance.batches, instance.time) for at, each in services)
        ways = tuple(
            _way(rows, number, place, option, at)
            for at, (number, own) in enumerate(zip(numbers, options, strict=True))
            for place, option in enumerate(check_time_each(own))
        )
        zones = tuple(tuple(_losses(instance, service)) for service in instance.services)
        return cls(instance, numbers, ways, zones, tuple(map(_failures, instance.services)))

    @cached_property
    def rows(self) -> set[int]:
        """Return the rows that replicas hold."""
        return {row for way in self.ways for row in way.rows}

    def of_service(self, service: int) -> list[ReplicaWay]:
        """Return the ways of a service."""
        return [way for way in self.ways if way.service == service]

    @property
    def step(self) -> Fraction:
        """Return the step of money for requests missed [money of the objective]; 0 where there is none."""
        priced = any(service.missed for service in self.instance.services)
        return MISSED_STEP * Fraction(self.instance.objective.cost) if priced else Fraction(0)

    def missed_price(self, service: Service) -> Fraction | None:
        """Return what a request per second that is missed for a slot costs in the objective."""
        if service.missed is None:
            return None
        weight = Fraction(self.instance.objective.cost)
        return weight * Fraction(service.missed.cost) * self.instance.time.slot

    def amounts(self) -> Iterator[Fraction]:
        """Yield all money that is counted whole [money of the objective]."""
        weight = Fraction(self.instance.objective.cost)
        yield from {weight * Fraction(way.start.cost) for way in self.ways}
        yield from (weight * Fraction(batch.value or 0) for batch in self.instance.batches if batch.optional)
        yield from [self.step] if self.step else []

    def most_money(self, prices: Sequence[Sequence[Fraction]]) -> tuple[Fraction, int]:
        """Return the most that services can cost, and the units that rounding down can lose of it.

        `prices` is by row and slot, per demand unit.
        """
        slots, weight = self.instance.time.slots, Fraction(self.instance.objective.cost)
        total, lost = sum(map(abs, self.amounts()), Fraction(0)), len(self.instance.batches)
        for way in self.ways:
            held = [amount * max(map(abs, prices[row])) for row, amount in zip(way.rows, way.amounts, strict=True)]
            total += way.greatest * slots * (sum(held) + weight * Fraction(way.start.cost))
            lost += way.greatest * slots * (sum(way.amounts) + 1)
        for number in self.numbers:
            if price := self.missed_price(number.stated):
                total += sum(price * sum(values) for values in number.demand.values()) + slots * self.step
        return total, lost

    def loads(self) -> dict[int, int]:
        """Return the most that replicas hold at once, by row [demand units]."""
        found = dict.fromkeys(self.rows, 0)
        for way in self.ways:
            for row, amount in zip(way.rows, way.amounts, strict=True):
                found[row] += way.greatest * amount
        return found

    def start_use(self, quota: Measure) -> list[Fraction]:
        """Return what a start uses of a quota, by way."""
        if quota.of != "money" or quota.per == "moment":
            return [Fraction(0)] * len(self.ways)
        services, pools = self.instance.services, quota.pools
        return [
            Fraction(way.start.cost)
            if quota.covers(services[way.service]) and (pools is None or way.option.pool in pools)
            else Fraction(0)
            for way in self.ways
        ]

    def starts(self, costs: Sequence[int], first: int = 0, last: int | None = None) -> ReplicaCosts:
        """Return costs of starts in slots first .. last, by way.

        Replicas of `early` ways that are on in slot 0 pay their start in it.
        """
        slots = self.instance.time.slots
        on, start = np.zeros((2, len(costs), slots), np.int64)
        for at, (way, cost) in enumerate(zip(self.ways, costs, strict=True)):
            start[at, first : slots if last is None else last + 1] = cost
            if way.early:
                on[at, 0] = start[at, 0]
        return ReplicaCosts(on, start, np.zeros_like(on))

    def arrays(self, money: Callable[[Fraction], int], unit: Fraction) -> Services:
        """Return the arrays of the problem; `money` converts to whole units."""
        instance, time, ways = self.instance, self.instance.time, self.ways
        if not self.numbers:
            return no_services(time.slots)
        weight = Fraction(instance.objective.cost)
        most = np.array([way.most for way in ways], np.int64)
        way_ptr = pointers([len(service.replicas) for service in instance.services])
        flags = {"whole": "whole", "one_way": "one-way"}
        return Services(
            way_ptr=way_ptr,
            class_ptr=pointers([len(number.classes) for number in self.numbers]),
            pool=self._pools(),
            hold_ptr=pointers([len(way.rows) for way in ways]),
            hold_row=_line(row for way in ways for row in way.rows),
            hold=_line(amount for way in ways for amount in way.amounts),
            most=most,
            limit=np.array([self._limit(at, most[way_ptr[at] : way_ptr[at + 1]]) for at in range(len(self.numbers))]),
            running=_line(way.running for way in ways),
            boot=_line(way.boot for way in ways),
            minimum=_line(way.minimum for way in ways),
            least=_line(way.stated.minimum for way in ways),
            service_least=_line(service.minimum for service in instance.services),
            costs=self.starts([money(weight * Fraction(way.start.cost)) for way in ways]),
            demand=self._demand(),
            rate=self._rates("full"),
            planned=self._rates("planned"),
            offline=self._rates("offline"),
            missed=tuple(self._missed(unit)),
            missed_step=max(1, int(self.step / unit)),
            **{key: np.array([s.routing == name for s in instance.services], bool) for key, name in flags.items()},
            fill=np.array([service.fill for service in instance.services], bool),
            survivals=tuple(self._survivals()),
            spare=_line(service.spare for service in instance.services),
            batches=self._batches(money),
        )

    def _pools(self) -> Ints:
        index = {pool.id: at for at, pool in enumerate(self.instance.pools)}
        return _line(index[way.option.pool] for way in self.ways)

    def _limit(self, service: int, most: Ints) -> Ints:
        """Return the replicas of a service that can be on in each slot, int64, shape (T,)."""
        limit = self.instance.services[service].limit
        together: Ints = most.sum(axis=0)
        return together if limit is None else np.minimum(together, _least(limit, self.instance))

    def _demand(self) -> Ints:
        lines = [[number.units(value) for value in line] for number in self.numbers for line in number.demand.values()]
        return np.array(lines, np.int64).reshape(len(lines), self.instance.time.slots)

    def _rates(self, kind: str) -> Ints:
        """Return rates by way and class of any service, int64, shape (W, B)."""
        begin = pointers([len(number.classes) for number in self.numbers]).tolist()
        found = np.zeros((len(self.ways), begin[-1]), np.int64)
        for at, way in enumerate(self.ways):
            number = self.numbers[way.service]
            rates = getattr(number, kind)[way.number]
            for place, name in enumerate(number.classes, begin[way.service]):
                found[at, place] = number.units(rates.get(name, Fraction(0)))
        return found

    def _missed(self, unit: Fraction) -> Iterator[Fraction | None]:
        for number in self.numbers:
            price = self.missed_price(number.stated)
            yield from [None if price is None else price / number.scale / unit] * len(number.classes)

    def _survivals(self) -> Iterator[Survival]:
        labels = {pool.id: set(pool.labels) for pool in self.instance.pools}
        for at, losses in enumerate(self.zones):
            own = [place for place, way in enumerate(self.ways) if way.service == at]
            for gone in losses:
                kept = _line(w for w in own if labels[self.ways[w].option.pool].isdisjoint(gone))
                yield Survival.of(at, kept)
            for failed in self.failures[at]:
                yield Survival.of(at, _line(own), Counter(own[number] for number in failed))

    def _batches(self, money: Callable[[Fraction], int]) -> Batches:
        batches, weight = self.instance.batches, Fraction(self.instance.objective.cost)
        index = {service.id: at for at, service in enumerate(self.instance.services)}
        begin = pointers([len(number.classes) for number in self.numbers]).tolist()
        amount = np.zeros((len(batches), begin[-1]), np.int64)
        for at, batch in enumerate(batches):
            number = self.numbers[index[batch.service]]
            for name, value in number.amounts[batch.id].items():
                amount[at, begin[index[batch.service]] + number.classes.index(name)] = number.units(value)
        windows = [batch_window(self.instance, batch) for batch in batches]
        return Batches(
            service=_line(index[batch.service] for batch in batches),
            first=_line(first for first, _ in windows),
            last=_line(last for _, last in windows),
            amount=amount,
            optional=np.array([batch.optional for batch in batches], bool),
            value=_line(money(weight * Fraction(batch.value or 0)) if batch.optional else 0 for batch in batches),
        )

    def impossible(self) -> Iterator[str]:
        """Yield the reasons why no plan can exist that are seen without a search."""
        for at, number in enumerate(self.numbers):
            yield from _unserved(self.instance, number, self.of_service(at))
        for batch in self.instance.batches:
            first, last = batch_window(self.instance, batch)
            if not batch.optional and first > last and any(batch.amount.values()):
                yield f"batch {batch.id!r} has no whole slot between release and deadline"


def batch_window(instance: Instance, batch: Batch) -> tuple[int, int]:
    """Return the first and the last slot in which a batch may be done; no slot is (n, n - 1)."""
    time = instance.time
    first = 0 if batch.release is None else max(0, -(-seconds(batch.release, time.start) // time.slot))
    end = time.slots if batch.deadline is None else min(time.slots, seconds(batch.deadline, time.start) // time.slot)
    return min(first, time.slots), max(end, 0) - 1


def _way(rows: RowBuilder, number: ServiceNumbers, place: int, option: ConcreteOption, service: int) -> ReplicaWay:
    """Return a way on rows, with the most replicas of it that can be on and of use."""
    own, stated = number.stated, number.stated.replicas[place]
    held, amounts = rows.held(own, option)
    slots = rows.time.slots
    most = np.full(slots, 0 if option.refused else MAX_NODES, np.int64)
    if stated.limit is not None:
        most = np.minimum(most, _least(stated.limit, rows.instance))
    for row, amount in zip(held, amounts, strict=True):
        most = np.minimum(most, np.where(rows.capacity[row] < UNLIMITED, rows.capacity[row] // amount, most))
    if all(min(rows.prices[row]) >= 0 for row in held):
        most = np.minimum(most, number.useful(place))
    start = own.start if stated.start is None else stated.start
    stay = own.stay if stated.stay is None else stated.stay
    boot, minimum = rows.time.whole_slots(start.takes), rows.time.whole_slots(stay)
    return ReplicaWay(service, place, stated, start, option, held, amounts, most, boot, max(boot, minimum))


def _losses(instance: Instance, service: Service) -> Iterator[tuple[str, ...]]:
    """Yield every set of zones of a service that may be gone."""
    if (spread := service.spread) is None:
        return
    pools = {pool.id: pool for pool in instance.pools}
    names = (label for way in service.replicas for label in pools[way.pool].labels if label.startswith(spread.label))
    yield from combinations(dict.fromkeys(names), spread.survive)


def _failures(service: Service) -> tuple[tuple[int, ...], ...]:
    """Return every set of replicas of a service that may fail at once, by the numbers of their ways."""
    if not service.spare:
        return ()
    return tuple(combinations_with_replacement(range(len(service.replicas)), service.spare))


def _unserved(instance: Instance, number: ServiceNumbers, ways: Sequence[ReplicaWay]) -> Iterator[str]:
    """Yield the reasons why a service cannot serve a class, or have its least number of replicas."""
    service, time = number.stated, instance.time
    kept = [way for way in ways if way.option.refused is None]
    ready = {way.number: 0 if way.running else way.boot for way in kept}
    refused = "; ".join(f"{way.option.id}: {way.option.refused}" for way in ways if way.option.refused)
    for name, values in number.demand.items() if service.missed is None else ():
        first = min((ready[way.number] for way in kept if name in number.full[way.number]), default=None)
        if first is None and any(values):
            yield f"service {service.id!r} cannot serve {name!r}: {refused or 'no way has a rate of it'}"
        elif first and any(values[:first]):
            moment = time.text(first)
            text = f"service {service.id!r} cannot serve {name!r} before {moment}, when its first replica has started"
            yield f"{text}; say how many are `running`, or give `missed` a price"
    if service.minimum and not any(first == 0 for first in ready.values()):
        text = f"service {service.id!r} cannot have {service.minimum} usable replicas in the first slot"
        yield f"{text}; say how many are `running`"


def _least(series: Series, instance: Instance) -> Ints:
    """Return the least value of a series of counts in each slot, int64, shape (T,)."""
    return _line(int(value or 0) for value in least_by_slot(series, (), "", instance.time))


def _line(values: Iterable[int]) -> Ints:
    return np.fromiter(values, np.int64)

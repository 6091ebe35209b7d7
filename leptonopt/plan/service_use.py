"""Compute what services of a plan serve, use and cost, by slot.

A pool's nodes serve all that run on them. Their cost in a slot is shared among services and tasks in proportion to
what each holds of the pool's most used resource; that of a slot in which nothing is held is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from leptonopt.compile.calendar import mean_by_slot
from leptonopt.compile.service_demand import ServiceNumbers, service_numbers
from leptonopt.instance import Instance, Series, Service, Time, Way
from leptonopt.instance.units import instant
from leptonopt.problem.arrays import Floats

Line = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class WayUse:
    """The replicas of a way; float64 arrays, shape (T,).

    Attributes
    ----------
    on, usable, started : replicas
    rate : requests per second of a replica by class
    requests : requests per second that it serves, without batches
    served, offline : replicas that requests, and requests of batches, take at their full rate
    """

    name: str
    pool: str
    on: Floats
    usable: Floats
    started: Floats
    rate: Mapping[str, float]
    requests: Floats
    served: Floats
    offline: Floats

    def per_replica(self, demand: Mapping[str, Floats]) -> Floats:
        """Return the requests per second of a busy replica: of what it serves, or of the mix where it is idle."""
        known = {name: values for name, values in demand.items() if self.rate.get(name)}
        asked = sum(known.values(), np.zeros(len(self.on)))
        even = {name: np.where(asked > 0, values, 1.0) for name, values in known.items()}
        work = sum((values / self.rate[name] for name, values in even.items()), np.zeros(len(self.on)))
        mixed = np.divide(sum(even.values(), np.zeros(len(self.on))), work, out=np.zeros(len(self.on)), where=work > 0)
        return np.divide(self.requests, self.served, out=mixed, where=self.served > 0)


@dataclass(frozen=True, eq=False)
class ServiceUse:
    """Requests and money of a service; float64 arrays, shape (T,) each.

    Attributes
    ----------
    demand, missed : requests per second by class
    done : requests of batches in a slot, by class
    own, shared : money in a slot: replicas, starts and missed requests; and the share of nodes
    """

    id: str
    ways: tuple[WayUse, ...]
    demand: Mapping[str, Floats]
    missed: Mapping[str, Floats]
    done: Mapping[str, Floats]
    own: Floats
    shared: Floats
    seconds: int

    @property
    def cost(self) -> Floats:
        """Money in each slot."""
        return self.own + self.shared

    def requests(self, name: str) -> Floats:
        """Return the requests of a class that are served in each slot, with those of batches."""
        return (self.demand[name] - self.missed[name]) * self.seconds + self.done[name]

    @property
    def asked(self) -> Floats:
        """Requests per second of all classes in each slot."""
        return sum(self.demand.values(), np.zeros(len(self.own)))

    @property
    def answered(self) -> Floats:
        """Requests per second that are served in each slot."""
        return self.asked - sum(self.missed.values(), np.zeros(len(self.own)))

    def capacity(self) -> dict[str, Floats]:
        """Return the requests per second that usable replicas could serve in each slot, by pool.

        A replica counts with the rate of what it serves, so that what is served never exceeds the sum.
        """
        found: dict[str, Floats] = {}
        for way in self.ways:
            more = way.usable * way.per_replica(self.demand)
            found[way.pool] = found.get(way.pool, np.zeros(len(more))) + more
        return found

    def filled(self) -> Floats:
        """Return the part of the capacity that batches take, in the same unit."""
        return sum((way.offline * way.per_replica(self.demand) for way in self.ways), np.zeros(len(self.own)))

    @property
    def served(self) -> float:
        """All requests that are served, with those of batches."""
        return float(sum(self.requests(name).sum() for name in self.demand))

    @property
    def missed_share(self) -> float:
        """The share of requests, without batches, that are missed."""
        asked = sum(float(values.sum()) for values in self.demand.values())
        return sum(float(values.sum()) for values in self.missed.values()) / asked if asked else 0.0

    @property
    def utilisation(self) -> float | None:
        """The share of usable replicas' time that requests and batches take; None without replicas."""
        usable = sum(float(way.usable.sum()) for way in self.ways)
        busy = sum(float((way.served + way.offline).sum()) for way in self.ways)
        return busy / usable if usable else None


def service_uses(document: Line, instance: Instance) -> list[ServiceUse]:
    """Return the use of each service of a plan, in the order of the instance."""
    lines = {line["id"]: line for line in document.get("services") or ()}
    nodes = _NodeShares(document, instance)
    return [
        _service_use(service_numbers(at, service, instance.batches, instance.time), lines[service.id], document, nodes)
        for at, service in enumerate(instance.services)
        if service.id in lines
    ]


def _service_use(numbers: ServiceNumbers, line: Line, document: Line, nodes: _NodeShares) -> ServiceUse:
    service, time = numbers.stated, nodes.time
    demand = {name: np.array([float(value) for value in values]) for name, values in numbers.demand.items()}
    missed = {name: np.zeros(time.slots) for name in demand}
    for entry in line["missed"]:
        missed[entry["class"]][span_of(entry, time)] = float(Fraction(str(entry["requests_per_second"])))
    done = {name: np.zeros(time.slots) for name in demand}
    for entry, span, each in _offline(document, service.id, time):
        done[entry["class"]][span] += each
    ways = tuple(
        _way_use(way, stated, demand, line, document, service, time)
        for way, stated in zip(line["ways"], service.replicas, strict=True)
    )
    price = float(service.missed.cost) * time.slot if service.missed else 0.0
    own, shared = price * sum(missed.values(), np.zeros(time.slots)), np.zeros(time.slots)
    for way, use, stated in zip(line["ways"], ways, service.replicas, strict=True):
        own = own + nodes.running(way, use, stated) + _spread(float(way["parts"]["fixed"]), use.started)
        shared = shared + nodes.share(use, stated)
    return ServiceUse(service.id, ways, demand, missed, done, own, shared, time.slot)


def _way_use(
    way: Line, stated: Way, demand: Mapping[str, Floats], line: Line, document: Line, service: Service, time: Time
) -> WayUse:
    on = levels([(step["from"], step["count"]) for step in way["on"]], time)
    started = np.maximum(0.0, np.diff(on, prepend=stated.running or 0))
    start = service.start if stated.start is None else stated.start
    booting = started.copy()
    booting[0] = 0.0 if stated.running is None else started[0]  # replicas that begin with the horizon are usable
    total = np.concatenate([[0.0], np.cumsum(booting)])
    recent = total[1:] - total[np.maximum(0, np.arange(1, time.slots + 1) + start.takes // -time.slot)]
    requests, served, offline = np.zeros(time.slots), np.zeros(time.slots), np.zeros(time.slots)
    for entry in line["routing"]:
        if not {"without", "failed"} & entry.keys() and way["way"] in entry["shares"]:
            name, span = entry["class"], span_of(entry, time)
            share = float(Fraction(str(entry["shares"][way["way"]])))
            requests[span] += share * demand[name][span]
            served[span] += share * demand[name][span] / float(stated.rate[name])
    for entry, span, each in _offline(document, service.id, time):
        if entry["way"] == way["way"]:
            offline[span] += each / time.slot / float(stated.offline[entry["class"]])
    rate = {name: float(value) for name, value in stated.rate.items()}
    return WayUse(way["way"], way["pool"], on, on - recent, started, rate, requests, served, offline)


def _offline(document: Line, service: str, time: Time) -> Iterator[tuple[Line, slice, float]]:
    """Yield what is done of a service's batches: the entry, its slots, and its requests in each of them."""
    for batch in document.get("batches") or ():
        if batch["service"] == service:
            for entry in batch.get("done") or ():
                span = span_of(entry, time)
                yield entry, span, float(Fraction(str(entry["requests"]))) / max(1, span.stop - span.start)


def span_of(entry: Line, time: Time) -> slice:
    """Return the slots between `from` and `to` of an entry of a plan."""
    return slice(_slot(entry["from"], time), _slot(entry["to"], time))


def _slot(text: str, time: Time) -> int:
    return int((instant(text) - time.start).total_seconds()) // time.slot


def levels(steps: Sequence[tuple[str, float]], time: Time) -> Floats:
    """Return a number in each slot, from instants and the number from there on; float64, shape (T,)."""
    found = np.zeros(time.slots)
    for at, value in steps:
        found[_slot(at, time) :] = value
    return found


def _spread(amount: float, weights: Floats) -> Floats:
    """Return an amount in proportion to weights; evenly where all are 0."""
    total = float(weights.sum())
    return amount * weights / total if total else np.full(len(weights), amount / len(weights))


def _mean(series: Series | None, time: Time) -> Floats:
    values = mean_by_slot(series, time) if series is not None else [Fraction(0)] * time.slots
    return np.array([float(value) for value in values])


class _NodeShares:
    """Prices of pools by slot, and the cost of nodes for each unit of the most used resource."""

    def __init__(self, document: Line, instance: Instance) -> None:
        self.time, self._document = instance.time, document
        self._pools = {pool.id: pool for pool in instance.pools}
        self._ways = {service.id: service.replicas for service in instance.services}

    def running(self, way: Line, use: WayUse, stated: Way) -> Floats:
        """Return what a way pays for what it holds, in each slot."""
        prices = self._pools[way["pool"]].price
        held = ((float(amount), _mean(prices.get(name), self.time)) for name, amount in stated.uses.items())
        each = sum((amount * price for amount, price in held), np.zeros(self.time.slots))
        return _spread(float(way["parts"]["running"]), use.on * each)

    def share(self, use: WayUse, stated: Way) -> Floats:
        """Return a way's share of the cost of its pool's nodes, in each slot."""
        resource = self._resource(use.pool)
        held = float(stated.uses.get(resource, 0)) * use.on
        return held * self._unit_cost(use.pool, resource)

    def _resource(self, pool: str) -> str:
        """Return the most used resource of a pool."""
        lines = [line for line in self._document["utilisation"] if line["pool"] == pool]
        best = max(lines, key=lambda line: (line["utilisation"] or 0, line["used_hours"] or 0), default=None)
        return str(best["resource"]) if best else ""

    def _unit_cost(self, pool: str, resource: str) -> Floats:
        """Return the cost of a pool's nodes in each slot for each unit of a resource that is held."""
        cost, held = np.zeros(self.time.slots), np.zeros(self.time.slots)
        prices = dict(self._pools[pool].kinds)
        for line in self._document["nodes"]:
            if line["pool"] == pool:
                on = levels([(step["from"], step["count"]) for step in line["on"]], self.time)
                cost += _spread(float(line["cost"]), on * (_mean(prices[line["kind"]].price, self.time) + 1e-12))
        for line in self._document["tasks"]:
            if line["pool"] == pool:
                span = slice(_slot(line["start"], self.time), _slot(line["end"], self.time))
                held[span] += line.get("copies", 1) * line["uses"].get(resource, 0)
        for service in self._document["services"]:
            for way, stated in zip(service["ways"], self._ways[service["id"]], strict=True):
                if way["pool"] == pool:
                    on = levels([(step["from"], step["count"]) for step in way["on"]], self.time)
                    held += float(stated.uses.get(resource, 0)) * on
        return np.divide(cost, held, out=np.zeros_like(cost), where=held > 0)

"""Write the services and batches of a plan as entries of its document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any, TypeVar

from leptonopt.compile.services import CompiledServices
from leptonopt.instance import Batch, Instance
from leptonopt.plan.numbers import number, plain
from leptonopt.plan.service_costs import Served, ServiceBill, WayBill
from leptonopt.problem.routing import SlotRouting

_T = TypeVar("_T")


def service_entries(instance: Instance, found: Served, compiled: CompiledServices) -> dict[str, Any]:
    """Return the keys `services` and `batches` of a plan, each only where the instance has some."""
    body: dict[str, Any] = {}
    if found.services:
        each = zip(found.services, compiled.zones, compiled.failures, strict=True)
        body["services"] = [_service(instance, bill, list(_lost(bill, zones, few))) for bill, zones, few in each]
    if found.batches:
        body["batches"] = [_batch(instance, found, at) for at in range(len(found.batches))]
    return body


def _lost(
    bill: ServiceBill, zones: Sequence[Sequence[str]], failures: Sequence[Sequence[int]]
) -> Iterator[dict[str, Any]]:
    """Yield what is gone in each routing of what is left, in the order of the problem."""
    for gone in zones:
        yield {"without": list(gone)}
    for failed in failures:
        yield {"failed": dict(Counter(bill.ways[number].way.option.id for number in failed))}


def _service(instance: Instance, bill: ServiceBill, losses: Sequence[dict[str, Any]]) -> dict[str, Any]:
    weights, scale = instance.objective, bill.numbers.scale
    routing = list(_routing(instance, bill, bill.routing.slots, {}))
    for gone, slots in zip(losses, bill.routing.survivals, strict=True):
        routing += _routing(instance, bill, slots, gone)
    missed = [
        _span(instance, first, end) | {"class": name, "requests_per_second": str(value)}
        for at, name in enumerate(bill.numbers.classes)
        for first, end, value in _stretches(slot.missed.get(at, Fraction(0)) / scale for slot in bill.routing.slots)
        if value
    ]
    return {
        "id": bill.numbers.stated.id,
        "ways": [_way(instance, way) for way in bill.ways],
        "routing": routing,
        "missed": missed,
        "missed_cost": number(bill.missed_cost),
        "cost": number(Fraction(weights.cost) * bill.cost + Fraction(weights.carbon_kg) * bill.carbon_kg),
    }


def _way(instance: Instance, bill: WayBill) -> dict[str, Any]:
    weights, option = instance.objective, bill.way.option
    carbon = Fraction(weights.carbon_kg) * bill.carbon_kg
    line: dict[str, Any] = {"way": option.id, "pool": option.pool}
    if option.variant is not None:
        line["variant"] = option.variant
    line |= {
        "on": [{"from": instance.time.text(first), "count": count} for first, _, count in _stretches(bill.on)],
        "starts": sum(bill.paid),
        "replica_hours": number(sum(bill.on) * Fraction(instance.time.slot, 3600)),
        "cost": number(Fraction(weights.cost) * bill.total + carbon),
        "parts": {"running": number(sum(bill.running.values(), Fraction(0))), "fixed": number(bill.fixed)},
    }
    if weights.carbon_kg:
        line["parts"]["carbon"] = number(carbon)
    if any(pool.id == option.pool and pool.powered for pool in instance.pools):
        line |= {"energy_kwh": number(bill.kwh), "carbon_kg": number(bill.carbon_kg)}
    return line


def _routing(
    instance: Instance, bill: ServiceBill, slots: Sequence[SlotRouting], more: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the shares of each class, an entry for the slots in which they are the same."""
    for at, (name, demand) in enumerate(bill.numbers.demand.items()):
        shares = (_shares(bill, slot, at, asked) for slot, asked in zip(slots, demand, strict=True))
        for first, end, found in _stretches(shares):
            if found:
                yield _span(instance, first, end) | {"class": name} | more | {"shares": dict(found)}


def _shares(bill: ServiceBill, slot: SlotRouting, at: int, asked: Fraction) -> tuple[tuple[str, str], ...]:
    """Return the ways that serve a class in a slot, each with its share of the demand."""
    names, scale = [way.way.option.id for way in bill.ways], bill.numbers.scale
    flows = sorted((way, value) for (b, way), value in slot.served.items() if b == at)
    return tuple((names[way], str(value / scale / asked)) for way, value in flows)


def _batch(instance: Instance, found: Served, at: int) -> dict[str, Any]:
    batch, done = found.batches[at]
    line: dict[str, Any] = {"id": batch.id, "service": batch.service}
    if not done:
        return line | {"left_out": True, "value": plain(batch.value or Decimal(0))}
    service = next(each for each in found.services if each.numbers.stated.id == batch.service)
    return line | {"done": list(_done(instance, service, batch, at))}


def _done(instance: Instance, bill: ServiceBill, batch: Batch, at: int) -> Iterator[dict[str, Any]]:
    """Yield the requests of a batch by class and way, an entry for slots in a row with the same number."""
    found, slots = bill.routing.batches, range(instance.time.slots)
    seconds = Fraction(instance.time.slot, bill.numbers.scale)
    for b, name in enumerate(bill.numbers.classes):
        for number_, way in enumerate(bill.ways) if name in batch.amount else ():
            flows = (found.get((at, b, number_, slot), Fraction(0)) * seconds for slot in slots)
            for first, end, value in _stretches(flows):
                if value:
                    requests = {"class": name, "way": way.way.option.id, "requests": str(value * (end - first))}
                    yield _span(instance, first, end) | requests


def _span(instance: Instance, first: int, end: int) -> dict[str, Any]:
    return {"from": instance.time.text(first), "to": instance.time.text(end)}


def _stretches(values: Iterable[_T]) -> Iterator[tuple[int, int, _T]]:
    """Yield runs of equal values: first slot, end, value."""
    end = 0
    for value, run in groupby(values):
        first, end = end, end + sum(1 for _ in run)
        yield first, end, value

"""The price book: the worth of one more unit of capacity or of a quota, by a certificate.

Prices of a Lagrangian bound overstate: one more unit lowers the least cost by at most its price
(weak duality; Bertsimas and Tsitsiklis, 1997, Introduction to Linear Optimization, chapter 4).
That holds of what fits already. What fits only with one more unit can save more, and the checker counts how much.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import groupby
from typing import Any

from leptonopt.instance import Instance
from leptonopt.verify.wider_bound import More, worths_of_more

NOTHING = Fraction(0)


@dataclass(frozen=True)
class Worth:
    """At most so much money for one more unit, from one instant to another.

    `price` is money per unit and hour of a resource of a pool, or of a quota at every moment; a quota over time
    has a price per unit of its limit in all its windows, and no instants. `place` leads to it in the instance; empty
    for a node of its own.
    """

    what: str
    start: datetime | None
    end: datetime | None
    price: Fraction
    unit: str
    place: tuple[str, ...] = ()

    @property
    def total(self) -> Fraction:
        """Return the worth of one more unit over the whole time, at most."""
        if self.start is None or self.end is None:
            return self.price
        return self.price * Fraction(int((self.end - self.start).total_seconds()), 3600)


def price_book(instance: Instance, certificate: Mapping[str, Any]) -> list[Worth]:
    """Return what more of anything is worth at most, by a certificate, the dearest in all first."""
    prices = {name: value for name, value in certificate.items() if name not in ("bound", "instance")}
    rows, moments = worths_of_more(instance.document(), prices)
    found = [*_of_nodes(instance, certificate, rows), *_of_windows(instance, certificate)]
    for (pool, name), more in rows.items():
        found += _by_span(instance, f"{name} of {pool}", more, ("pools", pool, name))
    for id, more in moments.items():
        found += _by_span(instance, f"quota {id}", more, ())
    return sorted((each for each in found if each.price), key=lambda each: (-each.total, each.what))


def _of_nodes(instance: Instance, certificate: Mapping[str, Any], rows: Mapping[Any, Any]) -> Iterator[Worth]:
    """Yield the prices on what nodes offer, which is no number of the instance."""
    unit = Fraction(certificate["unit"])
    for entry in certificate.get("capacity", ()):
        if "node" in entry or (entry["pool"], entry["resource"]) not in rows:
            what = f"{entry['resource']} of {entry['pool']}" + (f" on {entry['node']}" if "node" in entry else "")
            place = () if "node" in entry else ("pools", entry["pool"], entry["resource"])
            more = More(NOTHING, [price * unit for price in _by_slot(instance, entry["price"])])
            yield from _by_span(instance, what, more, place)


def _of_windows(instance: Instance, certificate: Mapping[str, Any]) -> Iterator[Worth]:
    """Yield the worth of one more unit of the limit of each quota over time, summed over its windows."""
    sums: dict[str, int] = defaultdict(int)
    for entry in certificate.get("quotas", ()):
        if not isinstance(entry["price"], list):
            sums[entry["id"]] += entry["price"]
    for id, price in sums.items():
        yield Worth(f"quota {id}", None, None, price * Fraction(certificate["unit"]), "per unit", ("quotas", id))


def _by_span(instance: Instance, what: str, more: More, place: tuple[str, ...]) -> Iterator[Worth]:
    """Yield a line for each span of equal worth; without any, one for the gain alone."""
    time, slot = instance.time, 0
    spans = [(worth, len(list(slots))) for worth, slots in groupby(more.by_slot)]
    if more.gain and not any(worth for worth, _ in spans):
        spans = [(NOTHING, time.slots)]
    for worth, length in spans:
        begin, until = (time.start + timedelta(seconds=at * time.slot) for at in (slot, slot + length))
        slot += length
        if worth or len(spans) == 1:
            hours = Fraction(length * time.slot, 3600)
            yield Worth(what, begin, until, (worth * length + more.gain) / hours, "per unit and hour", place)


def _by_slot(instance: Instance, steps: Sequence[Sequence[int]]) -> list[int]:
    """Return a price by slot; steps are [slot, price], each until the next."""
    found = [0] * instance.time.slots
    for slot, price in steps:
        found[slot:] = [price] * (instance.time.slots - slot)
    return found

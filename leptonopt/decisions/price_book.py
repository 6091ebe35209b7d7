"""The price book: the worth of one more unit of capacity or of a quota, by a certificate.

Prices of a Lagrangian bound overstate: one more unit lowers the least cost by at most its price
(weak duality; Bertsimas and Tsitsiklis, 1997, Introduction to Linear Optimization, chapter 4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from leptonopt.instance import Instance


@dataclass(frozen=True)
class Worth:
    """At most so much money for one more unit, from one instant to another.

    `per_hour` is money per unit and hour of a resource of a pool, or of a quota at every moment; a quota over time
    has a price per unit, and no instants. `place` leads to it in the instance; empty for a node of its own.
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
    """Return what more of anything is worth, by the prices of a certificate, the dearest in all first."""
    unit = Fraction(certificate["unit"])
    hours = Fraction(instance.time.slot, 3600)
    found = []
    for entry in certificate.get("capacity", ()):
        node = f" on {entry['node']}" if "node" in entry else ""
        place: tuple[str, ...] = () if node else ("pools", entry["pool"], entry["resource"])
        what = f"{entry['resource']} of {entry['pool']}{node}"
        found += [
            Worth(what, start, end, price * unit / hours, "per unit and hour", place)
            for start, end, price in _spans(instance, entry["price"])
        ]
    for entry in certificate.get("quotas", ()):
        if isinstance(entry["price"], list):
            spans = _spans(instance, entry["price"])
            found += [
                Worth(f"quota {entry['id']}", start, end, price * unit / hours, "per unit and hour", ())
                for start, end, price in spans
            ]
        else:
            place = ("quotas", entry["id"])
            found.append(Worth(f"quota {entry['id']}", None, None, entry["price"] * unit, "per unit", place))
    return sorted((each for each in found if each.price), key=lambda each: (-each.total, each.what))


def _spans(instance: Instance, steps: list[list[int]]) -> Iterator[tuple[datetime, datetime, int]]:
    """Yield from when to when a price holds; steps are [slot, price]."""
    time = instance.time
    ends = [slot for slot, _ in steps[1:]] + [time.slots]
    for (slot, price), end in zip(steps, ends, strict=True):
        begin, until = (time.start + timedelta(seconds=at * time.slot) for at in (slot, end))
        yield begin, until, price

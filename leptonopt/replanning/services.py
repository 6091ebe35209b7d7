"""State what is left of services and batches: replicas that are on, and requests that are done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

from leptonopt.instance import Instance, units
from leptonopt.replanning.standing import on_before
from leptonopt.replanning.state import State, way_names

Document = dict[str, Any]
STEP = Decimal("0.001")  # of requests that are left; finer amounts may be too fine to be counted


def left_of_services(
    instance: Instance, document: Document, plan: Mapping[str, Any], state: State, start: datetime
) -> list[str]:
    """State in a document which replicas are on, and what is left of batches; return notes.

    Services and batches of which the state says nothing are as the old plan has them.
    """
    on = dict(_on_as_planned(plan, state.now))
    spoken = {entry.service for entry in state.replicas}
    on = {key: count for key, count in on.items() if key[0] not in spoken}
    on |= {(entry.service, entry.way or ""): entry.on for entry in state.replicas}
    planned = {service["id"] for service in plan.get("services", ())}
    for service, stated in zip(document.get("services", ()), instance.services, strict=True):
        if service["id"] in planned | spoken:
            names = way_names(instance, stated)
            for name, way in zip(names, service["replicas"], strict=True):
                way["running"] = on.get((service["id"], name), on.get((service["id"], ""), 0) if len(names) == 1 else 0)
    return list(_batches(document, plan, state, start))


def _on_as_planned(plan: Mapping[str, Any], now: datetime) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield the replicas of each way that were on just before an instant."""
    for service in plan.get("services", ()):
        for way in service["ways"]:
            yield (service["id"], way["way"]), on_before(way["on"], now)


def _batches(document: Document, plan: Mapping[str, Any], state: State, start: datetime) -> Iterator[str]:
    """Take off what is done of each batch, and batches that are done or too late; yield notes."""
    said, planned = {entry.id: entry.done for entry in state.batches}, _done_as_planned(plan, start)
    kept = []
    for batch in document.get("batches", ()):
        done: Mapping[str, Any] = said.get(batch["id"], planned.get(batch["id"], {}))
        left = {name: _left(amount, done.get(name, 0)) for name, amount in batch["amount"].items()}
        if batch.get("release") and units.instant(batch["release"]) <= start:
            del batch["release"]
        if not any(left.values()):
            continue
        if batch.get("deadline") and units.instant(batch["deadline"]) <= start:
            yield f"batch {batch['id']!r} is past its deadline, with {sum(left.values()):f} requests left"
            continue
        kept.append({**batch, "amount": {name: amount for name, amount in left.items() if amount}})
    document["batches"] = kept
    if not kept:
        del document["batches"]


def _left(amount: Any, done: Any) -> Decimal:
    """Return the requests that are left, in thousandths, rounded down."""
    left = max(Fraction(0), Fraction(str(amount)) - Fraction(str(done)))
    exact = Decimal(left.numerator) / Decimal(left.denominator)
    return exact.quantize(STEP, ROUND_FLOOR).normalize()


def _done_as_planned(plan: Mapping[str, Any], start: datetime) -> dict[str, dict[str, Fraction]]:
    """Return the requests of each batch and class that the old plan has done by an instant."""
    found: dict[str, dict[str, Fraction]] = {}
    for batch in plan.get("batches", ()):
        own = found.setdefault(batch["id"], {})
        for line in batch.get("done", ()):
            first, end = units.instant(line["from"]), units.instant(line["to"])
            share = Fraction(int((min(end, start) - first).total_seconds()), int((end - first).total_seconds()))
            done = Fraction(line["requests"]) * max(Fraction(0), share)
            own[line["class"]] = own.get(line["class"], Fraction(0)) + done
    return found

"""Check services and batches across the parts of an instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import comb

from leptonopt.errors import Finding, Path
from leptonopt.instance import units
from leptonopt.instance.names import unknown_name
from leptonopt.instance.pools import Pool, Time
from leptonopt.instance.services import Batch, Service, Spread, Way

MAX_LOSSES = 1000  # sets of zones, or of replicas, that may be gone


def service_findings(
    time: Time | None,
    pools: Mapping[str, Pool] | None,
    services: Sequence[Service | None],
    batches: Sequence[Batch | None],
) -> Iterator[Finding]:
    """Yield the findings of services and batches; `pools` is None where some pool is not valid."""
    for at, service in enumerate(services):
        if service:
            own = [batch for batch in batches if batch and batch.service == service.id]
            yield from _of_service(("services", at), service, time, pools, own if None not in batches else None)
    known = {service.id: service for service in services if service}
    for at, batch in enumerate(batches):
        if batch and None not in services:
            yield from _of_batch(("batches", at), batch, known)


def _of_service(
    path: Path,
    service: Service,
    time: Time | None,
    pools: Mapping[str, Pool] | None,
    batches: Sequence[Batch] | None,
) -> Iterator[Finding]:
    for below, series in service.demand.series():
        if time and series.steps and min(series.steps) > time.start:
            begin = units.instant_text(time.start)
            text = f"the first step is after the start of the horizon, {begin}; say what holds before it"
            yield Finding(text, (*path, "demand", *below, "steps"))
    classes = None
    if batches is not None:
        classes = [*service.demand.names, *(name for batch in batches for name in batch.amount)]
    ids: set[str] = set()
    for at, way in enumerate(service.replicas):
        place = (*path, "replicas", at)
        if way.id is not None and way.id in ids:
            yield Finding(f"the id {way.id!r} stands twice in this service", (*place, "id"))
        ids.add(way.id or "")
        yield from _classes_of_way(place, way, classes)
        if pools is not None:
            yield from _place_of_way(place, way, pools)
    yield from _unserved(path, service)
    yield from _constant_mix(path, service)
    if (sets := comb(len(service.replicas) + service.spare - 1, service.spare)) > MAX_LOSSES:
        text = f"{service.spare} replicas of {len(service.replicas)} ways can fail in {sets:,} combinations"
        yield Finding(f"{text}; at most {MAX_LOSSES:,} are allowed", (*path, "spare"))
    if service.spread and pools is not None and all(way.pool in pools for way in service.replicas):
        yield from _zones((*path, "spread"), service, service.spread, pools)


def _classes_of_way(path: Path, way: Way, classes: Sequence[str] | None) -> Iterator[Finding]:
    for key in ("rate", "offline_rate"):
        for name in getattr(way, key) or () if classes is not None else ():
            if name not in classes:  # type: ignore[operator]
                yield Finding(unknown_name("class", name, classes or ()), (*path, key, name))


def _place_of_way(path: Path, way: Way, pools: Mapping[str, Pool]) -> Iterator[Finding]:
    if (pool := pools.get(way.pool)) is None:
        yield Finding(unknown_name("pool", way.pool, pools), (*path, "pool"))
        return
    if pool.interruptions is not None:
        yield Finding(
            f"pool {way.pool!r} has interruptions; replicas are allowed on pools without them", (*path, "pool")
        )
    for name in way.uses:
        if name not in pool.resources:
            yield Finding(unknown_name("resource", name, pool.resources), (*path, "uses", name))


def _unserved(path: Path, service: Service) -> Iterator[Finding]:
    """Yield a finding for every class that no way serves, where all must be served."""
    served = {name for way in service.replicas for name, rate in way.rate.items() if rate}
    for name in service.demand.names if service.missed is None else ():
        asked = (below for below, stated in service.demand.of_class(name) if any(stated.numbers()))
        if name not in served and (place := next(asked, None)) is not None:
            yield Finding(
                "no way has a rate of this class; give one, or a price of `missed`", (*path, "demand", *place)
            )


def _constant_mix(path: Path, service: Service) -> Iterator[Finding]:
    """Yield a finding where shares that never change do not sum to 1.

    Others are summed at every change when the instance is compiled.
    """
    shares = [series.constant for series in (service.demand.mix or {}).values() if series.constant is not None]
    if len(shares) == len(service.demand.mix or ()) and shares and (total := sum(shares, Decimal(0))) != 1:
        yield Finding(f"the shares sum to {total.normalize():f}; they sum to 1", (*path, "demand", "mix"))


def _zones(path: Path, service: Service, spread: Spread, pools: Mapping[str, Pool]) -> Iterator[Finding]:
    zones = set()
    for name in dict.fromkeys(way.pool for way in service.replicas):
        own = [label for label in pools[name].labels if label.startswith(spread.label)]
        if len(own) != 1:
            text = f"pool {name!r} has {len(own)} labels that begin with {spread.label!r}; exactly one is allowed"
            yield Finding(text, (*path, "label"))
            return
        zones.add(own[0])
    if spread.survive >= len(zones):
        text = f"{spread.survive} of {len(zones)} zones may be gone; at least one must be left"
        yield Finding(text, (*path, "survive") if "survive" in spread.model_fields_set else path)
    elif comb(len(zones), spread.survive) > MAX_LOSSES:
        text = f"{spread.survive} of {len(zones)} zones can be gone in more than {MAX_LOSSES:,} ways"
        yield Finding(text, (*path, "survive"))


def _of_batch(path: Path, batch: Batch, services: Mapping[str, Service]) -> Iterator[Finding]:
    if (service := services.get(batch.service)) is None:
        yield Finding(unknown_name("service", batch.service, services), (*path, "service"))
        return
    done = {name for way in service.replicas for name, rate in way.offline.items() if rate}
    for name, amount in batch.amount.items():
        if amount and name not in done:
            text = f"no way of the service {batch.service!r} does requests of class {name!r}; known are "
            yield Finding(text + (", ".join(map(repr, sorted(done))) or "none"), (*path, "amount", name))

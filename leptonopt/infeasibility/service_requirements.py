"""Requirements of services and batches: the demand that is served, and the rules that replicas keep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from math import ceil

from leptonopt.errors import Path
from leptonopt.infeasibility.documents import Document, living_quotas
from leptonopt.infeasibility.requirement import Requirement, plain_text
from leptonopt.instance import Instance, Pool, Service, units
from leptonopt.instance.services import Batch, Way

RULES = (  # of services and ways, each a kind of requirement: `service KEY`
    *("needs", "confidential", "routing", "fill", "start", "stay", "headroom"),
    *("minimum", "limit", "spread", "spare"),
)


def service_requirements(instance: Instance) -> Iterator[Requirement]:
    """Yield what services and batches demand.

    A service that can earn money for a budget is no requirement: without it, others may have no plan.
    """
    for at, service in enumerate(instance.services):
        yield from _rules(("services", at), service)
        for number, way in enumerate(service.replicas):
            yield from _rules_of_way(("services", at, "replicas", number), service, way, number)
        if not _earns(instance, service):
            yield _demand(("services", at), service)
    for at, batch in enumerate(instance.batches):
        if not batch.optional:
            yield _batch(("batches", at), batch)


def _rules(place: Path, service: Service) -> Iterator[Requirement]:
    stated = {
        "routing": service.routing != "split" and f"has {service.routing} routing",
        "minimum": service.minimum and f"has at least {service.minimum} usable replicas",
        "limit": service.limit is not None and "has no more replicas than its limit",
        "stay": service.stay and f"keeps replicas on for at least {units.duration_text(service.stay)}",
        "headroom": service.headroom and f"plans with a headroom of {plain_text(service.headroom)}",
        "spread": service.spread is not None and f"serves while {_zones(service)} is gone",
        "spare": service.spare and f"serves while any {service.spare} of its replicas fail",
        "needs": service.needs.model_fields_set and "needs labels or a quality of its pools and ways",
        "confidential": service.confidential and "needs a pool for confidential tasks",
        "fill": not service.fill and "keeps its headroom free of batches",
        "start": service.start.takes and f"has replicas that take {units.duration_text(service.start.takes)} to start",
    }
    return _stated(stated, place, (service.id,), f"service {service.id!r}", partial(_drop, id=service.id))


def _zones(service: Service) -> str:
    assert service.spread is not None
    zone = f"a zone ({service.spread.label}…)"
    return zone if service.spread.survive == 1 else f"any {service.spread.survive} zones ({service.spread.label}…)"


def _rules_of_way(place: Path, service: Service, way: Way, at: int) -> Iterator[Requirement]:
    stated = {
        "limit": way.limit is not None and "has no more replicas than its limit",
        "minimum": way.minimum and f"has at least {way.minimum} usable replicas",
    }
    called = f"service {service.id!r}, way {way.id or way.pool!r},"
    return _stated(stated, place, (service.id, str(at)), called, partial(_drop_of_way, id=service.id, at=at))


def _stated(
    stated: Mapping[str, object], place: Path, subject: tuple[str, ...], called: str, drop: Callable[..., None]
) -> Iterator[Requirement]:
    """Yield a requirement for each key that has words."""
    for key, words in stated.items():
        if words:
            yield Requirement(
                f"service {key}",
                subject,
                f"{called} {words}",
                (*place, key),
                partial(drop, key=key),
                dropped=f"{called} without its {key}",
            )


def _demand(place: Path, service: Service) -> Requirement:
    missed = "" if service.missed is None else ", but for what it may miss"
    most = sum(_peaks(service).values(), Decimal(0))
    return Requirement(
        "service",
        (service.id,),
        f"service {service.id!r} serves its demand{missed} (up to {plain_text(round(most, 3))} requests per second)",
        (*place, "demand"),
        partial(_drop_service, id=service.id),
        dropped=f"service {service.id!r} left out",
    )


def _batch(place: Path, batch: Batch) -> Requirement:
    return Requirement(
        "batch",
        (batch.id,),
        f"batch {batch.id!r} of service {batch.service!r} is done in time",
        place,
        partial(_drop_batch, id=batch.id),
        dropped=f"batch {batch.id!r} left out",
    )


def _drop(document: Document, id: str, key: str) -> None:
    """Remove a rule of a service, of which there may be none left."""
    for service in document.get("services", ()):
        if service["id"] == id:
            service.pop(key, None)
            for way in service["replicas"] if key in ("headroom", "start", "stay") else ():
                way.pop(key, None)


def _drop_of_way(document: Document, id: str, at: int, key: str) -> None:
    for service in document.get("services", ()):
        if service["id"] == id:
            service["replicas"][at].pop(key, None)


def _drop_service(document: Document, id: str) -> None:
    document["services"] = [each for each in document.get("services", ()) if each["id"] != id]
    document["batches"] = [each for each in document.get("batches", ()) if each["service"] != id]
    if "quotas" in document:
        document["quotas"] = list(living_quotas(document, document))


def _drop_batch(document: Document, id: str) -> None:
    document["batches"] = [each for each in document.get("batches", ()) if each["id"] != id]


def _earns(instance: Instance, service: Service) -> bool:
    """Return whether replicas can cost less than nothing, where a budget counts money."""
    if not any(quota.of == "money" for quota in instance.quotas):
        return False
    pools = {way.pool for way in service.replicas}
    return any(
        number < 0
        for pool in instance.pools
        if pool.id in pools
        for series in pool.price.values()
        for number in series.numbers()
    )


def _peaks(service: Service) -> dict[str, Decimal]:
    """Return the greatest demand of each class in requests per second."""
    demand = service.demand
    rate = max(demand.rate.numbers()) if demand.rate is not None else Decimal(1)
    return {
        name: rate * max(number for _, series in demand.of_class(name) for number in series.numbers())
        for name in demand.names
    }


def nodes_for_services(
    instance: Instance, pool: Pool, size: Mapping[str, Decimal], held: Callable[[Mapping[str, Decimal]], int]
) -> int:
    """Return as many nodes as replicas on a pool can ever need, each on nodes of its own.

    `held` gives the nodes that a use takes.
    """
    need = 0
    for service in instance.services:
        peaks = _peaks(service)
        for way in service.replicas:
            if way.pool == pool.id and way.uses.keys() & size.keys():
                planned = 1 - (service.headroom if way.headroom is None else way.headroom)
                busy = [peaks[name] / (rate * planned) for name, rate in way.rate.items() if rate and name in peaks]
                most = ceil(sum(busy, Decimal(0))) + max(service.minimum, way.minimum) + service.spare
                need += most * held(way.uses)
    return need

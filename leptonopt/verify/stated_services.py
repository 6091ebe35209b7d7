"""Services of an instance, read for checking: demand by slot, ways to run a replica, batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import ceil
from typing import Any

from leptonopt.verify.exact import duration, exact
from leptonopt.verify.instance_reader import NOTHING, StatedInstance, StatedOption
from leptonopt.verify.stated_options import named_options
from leptonopt.verify.windows import slot_of

MOST_REPLICAS = 100_000  # of a way without a limit
_START: dict[str, Any] = {"takes": "0s", "cost": 0}


@dataclass(frozen=True)
class StatedWay:
    """A way to run a replica.

    Attributes
    ----------
    option : what a replica holds, and where; its cost is that of a start
    rates, offline : by class, requests per second of a replica that serves it alone, and for batches
    planned : share of the rates that is planned, 1 - headroom
    boot, stay : slots from switched on to usable, and at least on; `stay` is at least `boot`
    limit : replicas on at most in each slot; 0 where the needs of the service do not allow the way
    minimum : usable replicas at least
    running : replicas on, and usable, before the horizon; None: those of the first slot, which pay their starts in it
    """

    option: StatedOption
    rates: dict[str, Fraction]
    offline: dict[str, Fraction]
    planned: Fraction
    boot: int
    stay: int
    limit: list[int]
    minimum: int
    running: int | None


@dataclass(frozen=True)
class StatedService:
    """A service.

    Attributes
    ----------
    demand : by class, requests per second in each slot
    ways : by the names that plans call them, in the order of the instance
    limit : replicas on at most in each slot, over all ways; None without a limit
    left : for each set of zones that may be gone, the names of the ways that are left
    spare : usable replicas that may fail at once
    missed : money for a request that is not served; None where all must be
    """

    id: str
    team: str | None
    demand: dict[str, list[Fraction]]
    ways: dict[str, StatedWay]
    routing: str
    limit: list[int] | None
    minimum: int
    left: dict[frozenset[str], list[str]]
    spare: int
    missed: Fraction | None
    fill: bool


@dataclass(frozen=True)
class StatedBatch:
    """Offline requests of a service, to be done in slots [first, end)."""

    id: str
    service: str
    amount: dict[str, Fraction]
    first: int
    end: int
    value: Fraction
    optional: bool


def stated_services(stated: StatedInstance) -> dict[str, StatedService]:
    """Return the services of an instance by id."""
    return {service["id"]: _service(stated, service) for service in stated.document.get("services") or ()}


def stated_batches(stated: StatedInstance) -> dict[str, StatedBatch]:
    """Return the batches of an instance by id."""
    return {
        batch["id"]: StatedBatch(
            id=batch["id"],
            service=batch["service"],
            amount=_numbers(batch["amount"]),
            first=slot_of(stated, batch.get("release"), 0, up=True),
            end=slot_of(stated, batch.get("deadline"), stated.slots),
            value=exact(batch.get("value") or 0),
            optional=bool(batch.get("optional", False)),
        )
        for batch in stated.document.get("batches") or ()
    }


def _service(stated: StatedInstance, service: Mapping[str, Any]) -> StatedService:
    ways, missed = dict(_ways(stated, service)), service.get("missed")
    return StatedService(
        id=service["id"],
        team=service.get("team"),
        demand=_demand(stated, service["demand"]),
        ways=ways,
        routing=service.get("routing") or "split",
        limit=_limit(stated, service),
        minimum=int(service.get("minimum") or 0),
        left=dict(_left(stated, service, ways)),
        spare=int(service.get("spare") or 0),
        missed=None if missed is None else exact(missed["cost"]),
        fill=service.get("fill") is not False,
    )


def _ways(stated: StatedInstance, service: Mapping[str, Any]) -> Iterator[tuple[str, StatedWay]]:
    """Yield the ways, named and placed as the options of a task are."""
    ways = service["replicas"]
    starts = [_START | _given(service.get("start") if way.get("start") is None else way["start"]) for way in ways]
    options = [{**way, "duration": "1s", "cost": start["cost"]} for way, start in zip(ways, starts, strict=True)]
    made = named_options({"options": options}, {}, stated.pools)
    for (name, make), way, start in zip(made.items(), ways, starts, strict=True):
        if (option := make()) is not None and (option := stated.placed(service, option)) is not None:
            yield name, _way(stated, service, way, option, start["takes"])


def _way(
    stated: StatedInstance, service: Mapping[str, Any], way: Mapping[str, Any], option: StatedOption, takes: str
) -> StatedWay:
    def own(key: str, otherwise: Any) -> Any:
        each = way.get(key)
        return each if each is not None else service.get(key) if service.get(key) is not None else otherwise

    boot, rates = ceil(duration(takes) / stated.slot), _numbers(way["rate"])
    limit = _limit(stated, way) or [MOST_REPLICAS] * stated.slots
    return StatedWay(
        option=option,
        rates=rates,
        offline=rates if way.get("offline_rate") is None else _numbers(way["offline_rate"]),
        planned=1 - exact(own("headroom", 0)),
        boot=boot,
        stay=max(boot, ceil(duration(own("stay", "0s")) / stated.slot)),
        limit=limit if stated.allows(service, option) else [0] * stated.slots,
        minimum=int(way.get("minimum") or 0),
        running=None if way.get("running") is None else int(way["running"]),
    )


def _left(
    stated: StatedInstance, service: Mapping[str, Any], ways: Mapping[str, StatedWay]
) -> Iterator[tuple[frozenset[str], list[str]]]:
    """Yield sets of zones that may be gone at once, with the ways that are left."""
    if (spread := service.get("spread")) is None:
        return
    zones = {
        way["pool"]: next(label for label in stated.pools[way["pool"]]["labels"] if label.startswith(spread["label"]))
        for way in service["replicas"]
    }
    for gone in combinations(sorted(set(zones.values())), int(spread.get("survive") or 1)):
        yield frozenset(gone), [name for name, way in ways.items() if zones[way.option.pool] not in gone]


def _demand(stated: StatedInstance, demand: Mapping[str, Any]) -> dict[str, list[Fraction]]:
    """Return requests per second by class and slot; of samples their quantile."""
    if "samples" in demand:
        samples = [_demand(stated, sample) for sample in demand["samples"]]
        needed = exact(demand["quantile"]) * len(samples)
        nothing = [NOTHING] * stated.slots
        return {
            name: [
                min(value for value in values if sum(other <= value for other in values) >= needed)
                for values in zip(*(sample.get(name, nothing) for sample in samples), strict=True)
            ]
            for name in dict.fromkeys(name for sample in samples for name in sample)
        }
    if "mix" not in demand:
        return {name: stated.greatest(series) for name, series in demand.items()}
    return {name: stated.greatest(demand["rate"], share) for name, share in demand["mix"].items()}


def _limit(stated: StatedInstance, noun: Mapping[str, Any]) -> list[int] | None:
    """Return the least limit of each slot."""
    if noun.get("limit") is None:
        return None
    return [int(least or 0) for least in stated.lowest(noun["limit"], (), "")]


def _numbers(table: Mapping[str, Any]) -> dict[str, Fraction]:
    return {name: exact(value) for name, value in table.items() if exact(value) != NOTHING}


def _given(table: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a mapping states, nulls aside."""
    return {key: value for key, value in (table or {}).items() if value is not None}

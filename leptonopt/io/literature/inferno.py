"""Read inferno (llm-inferno, IBM Research 2024): models on limited accelerators within targets.

FILE is `server-data.json`, with `accelerator-`, `model-`, `serviceclass-`, `capacity-` and `optimizer-data.json` beside
it (the last two where there are any), or `system-data.json`, which holds all of them. One slot of an hour. A server is
a service of one class. An accelerator that serves it within the targets of its service class is a way to run a
replica, with the rate of `batch_queue`, rounded to a millionth. A type of accelerator is a pool of devices.

    routing=one-way   all replicas of a service are of one way, as inferno plans (default: split)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, inf
from pathlib import Path
from typing import Any

from leptonopt.errors import Path as Place
from leptonopt.errors import UsageError
from leptonopt.io.literature.batch_queue import Delays, Requests, Targets, largest_rate, requests_at_once
from leptonopt.io.literature.hourly import hourly_document
from leptonopt.io.literature.json_cursor import Places
from leptonopt.io.native.text import read_text

PARTS = {  # file, key of system-data.json, key of the list, whether it must be there
    "accelerator": ("acceleratorData", "accelerators", True),
    "model": ("modelData", "models", True),
    "serviceclass": ("serviceClassData", "serviceClasses", True),
    "server": ("serverData", "servers", True),
    "capacity": ("capacityData", "count", False),
    "optimizer": ("optimizerData", "optimizer", False),
}
STEP = Fraction(1, 10**6)  # requests per second
MOST_TOKENS = 1_000_000
MOST_AT_ONCE = 10_000
MAX_PAIRS = 100_000
TOKENS = (("AvgInTokens", 0), ("AvgOutTokens", 1))
MOST_RATE = 10**9
KINDS = ("split", "whole", "one-way")  # the first is that of services that state none


@dataclass(frozen=True)
class Part:
    """A list, or mapping, of one of the files."""

    data: Places
    place: Place

    def at(self, *steps: str | int) -> Place:
        """Return the place of something within."""
        return (*self.place, *steps)

    def count(self) -> int:
        """Return the length of the list."""
        return self.data.length(self.place, 0, 10_000)


@dataclass(frozen=True)
class Accelerator:
    """A number of devices of a type, at a cost per hour."""

    type: str
    devices: int
    cost: Decimal


@dataclass(frozen=True)
class Catalogue:
    """Accelerators, targets and models that servers choose from.

    Attributes
    ----------
    accelerators : by name
    targets : of latency, and of tokens per second (0: none), by service class and model
    part, models : the list of models, and the indices of the entries of each, one for each accelerator
    """

    accelerators: Mapping[str, Accelerator]
    targets: Mapping[tuple[str, str], tuple[Targets, float]]
    part: Part
    models: Mapping[str, list[int]]


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of the files; raises `InstanceError` or `InputError`."""
    parts = _parts(text, path)
    accelerators = _accelerators(parts["accelerator"])
    catalogue = Catalogue(accelerators, _targets(parts["serviceclass"]), parts["model"], _models(parts["model"]))
    servers = parts["server"]
    if servers.count() * parts["model"].count() > MAX_PAIRS:
        raise servers.data.wrong(f"servers and models make more than {MAX_PAIRS:,} pairs", servers.place)
    services = [{**_service(servers, at, catalogue), **routing(params)} for at in range(servers.count())]
    name = path.resolve().parent.name or "inferno"
    return hourly_document(name, 1, _pools(parts, accelerators), [], services=services)


def _parts(text: str, path: Path) -> dict[str, Part]:
    """Return the parts, of one file or of several beside each other."""
    data = Places(text, path)
    if "system" in data.names(()):
        known = data.names(("system",))
        return {
            name: Part(data, ("system", key, inner))
            for name, (key, inner, required) in PARTS.items()
            if required or key in known
        }
    parts: dict[str, Part] = {}
    data.length(("servers",), 0, MAX_PAIRS)
    for name, (_, inner, required) in PARTS.items():
        beside = path.with_name(path.name.replace("server", name, 1)) if name != "server" else path
        if required or beside.exists():
            parts[name] = Part(data if name == "server" else Places(read_text(beside), beside), (inner,))
    return parts


def _accelerators(part: Part) -> dict[str, Accelerator]:
    """Return the accelerators by name."""
    found = {}
    for at in range(part.count()):
        data, item = part.data, part.at(at)
        name = data.text((*item, "name"))
        if name in found:
            raise data.wrong(f"the accelerator {name} stands twice", item)
        devices = data.whole((*item, "multiplicity"), 1, 1000)
        found[name] = Accelerator(data.text((*item, "type")), devices, data.amount((*item, "cost"), 0, 10**9))
    return found


def _pools(parts: Mapping[str, Part], accelerators: Mapping[str, Accelerator]) -> list[dict[str, Any]]:
    """Return a pool for each type of accelerator.

    Its resource `device` is limited. Where the cost of a type is not proportional to devices, its accelerators are
    further resources, without limit, that have the prices.
    """
    counts = _counts(parts)
    pools = []
    for kind in dict.fromkeys(one.type for one in accelerators.values()):
        capacity: dict[str, Any] = {"device": "unlimited" if counts is None else counts.get(kind, 0)}
        price = {"device": _cost_per_device(kind, accelerators)}
        if price["device"] is None:
            price = {name: one.cost for name, one in accelerators.items() if one.type == kind}
            capacity |= dict.fromkeys(price, "unlimited")
        pools.append({"id": kind, "capacity": capacity, "price": price})
    return pools


def _counts(parts: Mapping[str, Part]) -> dict[str, int] | None:
    """Return the devices of each type; None where they are not limited."""
    if "optimizer" in parts and parts["optimizer"].data.truth(parts["optimizer"].at("unlimited")):
        return None
    if "capacity" not in parts:
        return None
    part = parts["capacity"]
    return {
        part.data.text(part.at(at, "type")): part.data.whole(part.at(at, "count"), 0, 10**6)
        for at in range(part.count())
    }


def _cost_per_device(kind: str, accelerators: Mapping[str, Accelerator]) -> Decimal | None:
    """Return the cost of a device of a type; None where accelerators have different ones."""
    costs = {Fraction(one.cost) / one.devices for one in accelerators.values() if one.type == kind}
    cost = min(costs)
    exact = Decimal(cost.numerator) / cost.denominator
    return exact if len(costs) == 1 and Fraction(exact) == cost and exact * 10**9 % 1 == 0 else None


def _targets(part: Part) -> dict[tuple[str, str], tuple[Targets, float]]:
    """Return the targets by service class and model."""
    data, found = part.data, {}
    for at in range(part.count()):
        kind = data.text(part.at(at, "name"))
        for entry in range(data.length(part.at(at, "modelTargets"), 0, 10_000)):
            place = part.at(at, "modelTargets", entry)
            first, between, tokens = (_target(data, place, key) for key in ("slo-ttft", "slo-itl", "slo-tps"))
            found[kind, data.text((*place, "model"))] = Targets(first or inf, between or inf), tokens
    return found


def _target(data: Places, place: Place, key: str) -> float:
    """Return a target; 0 where there is none."""
    return float(data.number((*place, key), 0, MOST_RATE)) if key in data.names(place) else 0.0


def _models(part: Part) -> dict[str, list[int]]:
    """Return the indices of the entries of each model."""
    found: dict[str, list[int]] = {}
    for at in range(part.count()):
        found.setdefault(part.data.text(part.at(at, "name")), []).append(at)
    return found


def _service(part: Part, at: int, catalogue: Catalogue) -> dict[str, Any]:
    """Return a service of one class, with a way for each accelerator that meets its targets."""
    data, place = part.data, part.at(at)
    kind, model = data.text((*place, "class")), data.text((*place, "model"))
    if (kind, model) not in catalogue.targets:
        raise data.wrong(f"the service class {kind} has no targets for the model {model}", place)
    targets, tokens = catalogue.targets[kind, model]
    load = (*place, "currentAlloc", "load")
    input, output = (data.whole((*load, key), least, MOST_TOKENS) for key, least in TOKENS)
    minutely = Fraction(data.number((*load, "arrivalRate"), 0, MOST_RATE))
    demand = Fraction(tokens) / output if tokens else minutely / 60
    ways = []
    for entry in catalogue.models.get(model, ()):
        way = _way(catalogue, entry)
        if rate := _rate(catalogue.part, entry, (input, output), targets, bool(tokens)):
            ways.append({**way, "rate": {"requests": rate}})
    if not ways:
        raise data.wrong(f"no accelerator serves the model {model} within the targets of {kind}; one should", place)
    return {"id": data.text((*place, "name")), "demand": {"requests": _steps(ceil(demand / STEP))}, "replicas": ways}


def _rate(part: Part, entry: int, tokens: tuple[int, int], targets: Targets, stable: bool) -> Decimal:
    """Return the requests per second of an entry of a model; 0 where it misses the targets."""
    data, place = part.data, part.at(entry)
    batch, at_tokens = (data.whole((*place, key), 1, MOST_TOKENS) for key in ("maxBatchSize", "atTokens"))
    at_once = requests_at_once(batch, at_tokens, tokens[1])
    if at_once > MOST_AT_ONCE:
        raise data.wrong(f"{at_once:,} requests at once; at most {MOST_AT_ONCE:,}", place)
    delays = Delays(*(float(data.number((*place, "perfParms", key), 0, 10**6)) for key in ("alpha", "beta", "gamma")))
    if not delays.alpha:
        raise data.wrong("an iteration takes no time; a number above 0 should be", (*place, "perfParms", "alpha"))
    rate = largest_rate(delays, Requests(*tokens, at_once), targets, stable)
    return _steps(round(Fraction(rate) / STEP))


def _steps(count: int) -> Decimal:
    """Return a number of steps as requests per second."""
    return Decimal(count) * STEP.numerator / STEP.denominator


def _way(catalogue: Catalogue, entry: int) -> dict[str, Any]:
    """Return a way to run a replica, without its rate."""
    data, place = catalogue.part.data, catalogue.part.at(entry)
    name, count = data.text((*place, "acc")), data.whole((*place, "accCount"), 1, 1000)
    if name not in (known := catalogue.accelerators):
        raise data.wrong(f"the accelerator {name} is not known; known are {', '.join(known)[:100]}", (*place, "acc"))
    one = catalogue.accelerators[name]
    priced = {} if _cost_per_device(one.type, catalogue.accelerators) is not None else {name: count}
    return {"id": name, "pool": one.type, "uses": {"device": count * one.devices, **priced}}


def routing(params: Mapping[str, str]) -> dict[str, str]:
    """Return the entry of a service for the parameter `routing`; raises `UsageError`."""
    kind = params.get("routing", KINDS[0])
    if kind not in KINDS:
        raise UsageError(f"routing={kind[:40]!r}; allowed are {', '.join(KINDS)}")
    return {} if kind == KINDS[0] else {"routing": kind}

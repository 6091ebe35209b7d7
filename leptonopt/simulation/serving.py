"""Simulate services on a trace: planned and reactive replicas against requests missed and money.

Time moves in bins. In each bin the usable replicas serve as many requests as they can, of all classes together, at
their full rate; the others are missed. Every policy meets the same requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import numpy as np

from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InputError, UsageError
from leptonopt.instance import Instance, units, validate
from leptonopt.instance.edits import plain
from leptonopt.plan.service_use import service_uses
from leptonopt.problem.arrays import Floats, Ints
from leptonopt.session.solve import solve
from leptonopt.simulation.fleet import Fleet
from leptonopt.simulation.noise import lognormal

PLAN, SCALER, BOTH, HOURLY = "plan", "scaler", "both", "slot-by-slot"
POLICIES = (PLAN, SCALER, BOTH, HOURLY)
Replicas = Mapping[str, tuple[Floats, Floats]]  # on and usable by service, (W, T) or (W, N)


@dataclass(frozen=True, eq=False)
class Trace:
    """Requests of services over time.

    Attributes
    ----------
    begin, bin : seconds from the start of the horizon to the first bin, and of a bin
    asked : by service and class, requests per second in each bin, float, shape (N,)
    """

    begin: int
    bin: int
    asked: Mapping[str, Mapping[str, Floats]]

    def slots(self, instance: Instance) -> Ints:
        """Return the slot in which each bin begins; raises `InputError` where one is not in the horizon."""
        size = max((len(line) for each in self.asked.values() for line in each.values()), default=0)
        found: Ints = (self.begin + self.bin * np.arange(size)) // instance.time.slot
        if not size or found[0] < 0 or found[-1] >= instance.time.slots:
            raise InputError("the trace has no requests within the horizon, or some beyond it")
        return found

    def drawn(self, sigma: float, seed: int) -> Trace:
        """Return the trace with each service's requests of each hour times a lognormal factor of mean 1."""
        if not sigma:
            return self
        return replace(self, asked={name: self._times(name, each, sigma, seed) for name, each in self.asked.items()})

    def _times(self, name: str, asked: Mapping[str, Floats], sigma: float, seed: int) -> dict[str, Floats]:
        size = max(map(len, asked.values()), default=0)
        hours = (self.begin + self.bin * np.arange(size)) // 3600
        draws = {hour: lognormal(sigma, f"{seed} {name} {hour}") for hour in np.unique(hours).tolist()}
        factor = np.array([draws[hour] for hour in hours.tolist()])
        return {kind: line * factor for kind, line in asked.items()}


@dataclass(frozen=True)
class ServingSetting:
    """The setting of a simulation of services.

    Attributes
    ----------
    policies : some of `POLICIES`
    headrooms : shares of a replica's rate that plans and scalers leave free
    lags : seconds from a scaler's decision to a usable replica
    calm : seconds without a smaller number asked for, before a scaler switches replicas off
    seeds, sigma : worlds, and the standard deviation of the logarithm of what requests are multiplied by
    seconds, method : for each solve
    """

    policies: Sequence[str]
    headrooms: Sequence[Decimal]
    lags: Sequence[int]
    calm: int = 300
    seeds: Sequence[int] = (0,)
    sigma: float = 0.0
    seconds: float = 20.0
    method: str = "auto"


@dataclass(frozen=True)
class ServingOutcome:
    """A policy in a world: money, requests asked for and missed; `lag` [s] is None for plans alone."""

    policy: str
    headroom: float
    lag: int | None
    seed: int
    cost: float
    requests: float
    missed: float


@dataclass(frozen=True)
class ServingSummary:
    """A policy with a headroom and a lag, in the mean over worlds."""

    policy: str
    headroom: float
    lag: int | None
    cost: float
    missed_share: float
    worlds: int


def serving_summaries(outcomes: Sequence[ServingOutcome]) -> list[ServingSummary]:
    """Return the means over worlds, in the order of policies."""
    groups: dict[tuple[str, float, int | None], list[ServingOutcome]] = {}
    for outcome in outcomes:
        groups.setdefault((outcome.policy, outcome.headroom, outcome.lag), []).append(outcome)
    return [
        ServingSummary(*key, sum(each.cost for each in own) / len(own), _share(own), len(own))
        for key, own in sorted(groups.items(), key=lambda item: POLICIES.index(item[0][0]))
    ]


def _share(outcomes: Sequence[ServingOutcome]) -> float:
    asked = sum(each.requests for each in outcomes)
    return sum(each.missed for each in outcomes) / asked if asked else 0.0


def simulate_services(
    instance: Instance,
    trace: Trace,
    setting: ServingSetting,
    tell: Callable[[ServingOutcome], None] = lambda outcome: None,
) -> list[ServingOutcome]:
    """Return how each policy fares on the trace, with each headroom and lag, in the world of each seed.

    Raises
    ------
    InputError
        When the trace does not fit the horizon, or names what the instance does not have.
    Unsupported
        When a service has too many ways and classes, or no way that serves all of them, for a scaler.
    """
    if unknown := trace.asked.keys() - {service.id for service in instance.services}:
        raise InputError(f"the trace has requests of {sorted(unknown)[0]!r}, which is no service of the instance")
    world, found = _World.of(instance, trace), list[ServingOutcome]()
    for headroom in setting.headrooms:
        planned = _planned(with_headroom(instance, headroom), setting)
        for seed, policy in product(setting.seeds, setting.policies):
            for lag in setting.lags if policy in (SCALER, BOTH) else [None]:
                scaler = Scaler(float(headroom), -(-(lag or 0) // trace.bin), -(-setting.calm // trace.bin))
                figures = world.carried_out(policy, trace.drawn(setting.sigma, seed), planned.get(policy, {}), scaler)
                found.append(ServingOutcome(policy, float(headroom), lag, seed, *figures))
                tell(found[-1])
    return found


@dataclass(frozen=True, eq=False)
class _World:
    """Fleets of the services of a trace, and the slot of each bin."""

    fleets: list[Fleet]
    slots: Ints

    @classmethod
    def of(cls, instance: Instance, trace: Trace) -> _World:
        compiled, slots = compile_instance(instance), trace.slots(instance)
        asked = [at for at, service in enumerate(instance.services) if service.id in trace.asked]
        return cls([Fleet.of(compiled, at) for at in asked], slots)

    def carried_out(self, policy: str, trace: Trace, planned: Replicas, scaler: Scaler) -> tuple[float, float, float]:
        """Return money, requests asked for, and requests missed, over all services of a trace."""
        cost = requests = missed = 0.0
        for fleet in self.fleets:
            asked = asked_of(fleet, trace)
            on, usable = self._replicas(policy, fleet, asked, planned, scaler)
            cost += fleet.cost(on, self.slots, trace.bin)
            requests += float(asked.sum()) * trace.bin
            missed += float(fleet.missed(usable, asked).sum()) * trace.bin
        return cost, requests, missed

    def _replicas(
        self, policy: str, fleet: Fleet, asked: Floats, planned: Replicas, scaler: Scaler
    ) -> tuple[Floats, Floats]:
        """Return replicas on and usable in each bin, (W, N)."""
        if policy == SCALER:
            return scaled(fleet, asked, scaler)
        on, usable = (each[:, self.slots] for each in planned[fleet.service])
        return scaled_above(fleet, asked, scaler, on, usable) if policy == BOTH else (on, usable)


def asked_of(fleet: Fleet, trace: Trace) -> Floats:
    """Return requests per second by class of a fleet, (B, N); raises `InputError` for other classes."""
    given = trace.asked[fleet.service]
    if unknown := given.keys() - set(fleet.classes):
        known = ", ".join(fleet.classes)
        raise InputError(f"service {fleet.service!r} has no class {sorted(unknown)[0]!r}; it has {known}")
    size = max(map(len, given.values()), default=0)
    return np.array([given.get(name, np.zeros(size)) for name in fleet.classes], float).reshape(-1, size)


def with_headroom(instance: Instance, headroom: Decimal) -> Instance:
    """Return an instance whose services leave a share of every replica's rate free."""
    document = plain(instance.document())
    for service in document["services"]:
        service["headroom"] = headroom
        for way in service["replicas"]:
            way.pop("headroom", None)
    return validate(document)


def _planned(instance: Instance, setting: ServingSetting) -> dict[str, Replicas]:
    """Return replicas on and usable by policy and service, (W, T)."""
    found: dict[str, Replicas] = {}
    if {PLAN, BOTH} & set(setting.policies):
        result = solve(instance, method=setting.method, time_limit=setting.seconds)
        found[PLAN] = found[BOTH] = _replicas(result.require_plan().document, instance)
    if HOURLY in setting.policies:
        found[HOURLY] = _slot_by_slot(instance, setting)
    return found


def _replicas(document: Mapping[str, Any], instance: Instance) -> dict[str, tuple[Floats, Floats]]:
    uses = service_uses(document, instance)
    return {use.id: (np.array([w.on for w in use.ways]), np.array([w.usable for w in use.ways])) for use in uses}


def _slot_by_slot(instance: Instance, setting: ServingSetting) -> dict[str, tuple[Floats, Floats]]:
    """Return replicas of the services alone, each slot planned by itself after the one before."""
    before: dict[str, list[int]] = {}
    lines: dict[str, list[list[int]]] = {service.id: [] for service in instance.services}
    for slot in range(instance.time.slots):
        one = validate(_one_slot(instance, slot, before))
        plan = solve(one, time_limit=setting.seconds, threads=1, isolate=False).require_plan()
        for use in service_uses(plan.document, one):
            before[use.id] = [int(way.on[0]) for way in use.ways]
            lines[use.id].append(before[use.id])
    return {name: (on := np.array(each, float).T, on) for name, each in lines.items()}


def _one_slot(instance: Instance, slot: int, before: Mapping[str, list[int]]) -> dict[str, Any]:
    """Return the document of a slot: services with the replicas that were on before, and no start times."""
    time = instance.time
    document: dict[str, Any] = plain(instance.document())
    begin = time.start + timedelta(seconds=slot * time.slot)
    document["time"] |= {"start": units.instant_text(begin), "horizon": units.duration_text(time.slot)}
    for key in ("tasks", "batches", "quotas", "together", "apart", "profiles"):
        document.pop(key, None)
    for service in document["services"]:
        _instant(service)
        for at, way in enumerate(service["replicas"]):
            _instant(way)
            if service["id"] in before:
                way["running"] = before[service["id"]][at]
    return document


def _instant(noun: dict[str, Any]) -> None:
    """Drop the times that a replica takes to start, and has to stay."""
    noun.pop("stay", None)
    if noun.get("start"):
        noun["start"].pop("takes", None)


def check_setting(setting: ServingSetting) -> None:
    """Raise `UsageError` where a setting is not allowed."""
    for name in setting.policies:
        if name not in POLICIES:
            raise UsageError(f"--policy {name}; with a trace, allowed are {', '.join(POLICIES)}")
    for share in setting.headrooms:
        if not 0 <= share < 1:
            raise UsageError(f"--headroom {share}; at least 0 and below 1")


@dataclass(frozen=True)
class Scaler:
    """A scaler of one way, as horizontal pod autoscalers are.

    Attributes
    ----------
    headroom : share of a replica's rate that is left free: it asks for load / (1 - headroom) replicas
    lag : bins from a decision to the usable replica; it is paid from the decision on
    calm : bins without a smaller number asked for, before replicas are switched off
    """

    headroom: float
    lag: int
    calm: int

    def replicas(self, load: Floats) -> tuple[Floats, Floats]:
        """Return replicas on and usable, shapes (N,), for the replicas that requests keep busy in each bin.

        What is wanted in a bin is what the one before asked for; in the first one it is known.
        """
        wanted = np.ceil(load / (1 - self.headroom) - 1e-9)
        seen = np.concatenate([wanted[:1], wanted[:-1]])
        on = _windows(seen, self.calm).max(axis=1)
        return on, _windows(on, self.lag).min(axis=1)


def _windows(values: Floats, back: int) -> Floats:
    """Return each value with those up to `back` before it, shape (N, back + 1); the first one stays."""
    padded = np.concatenate([np.full(back, values[0]), values])
    return np.lib.stride_tricks.sliding_window_view(padded, back + 1)


def scaled(fleet: Fleet, asked: Floats, scaler: Scaler) -> tuple[Floats, Floats]:
    """Return replicas on and usable, (W, N), of a scaler of the way that serves all at the least cost."""
    way, on = fleet.cheapest(asked), np.zeros((len(fleet.ways), asked.shape[1]))
    usable = on.copy()
    on[way], usable[way] = scaler.replicas(fleet.load(way, asked))
    return on, usable


def scaled_above(fleet: Fleet, asked: Floats, scaler: Scaler, on: Floats, usable: Floats) -> tuple[Floats, Floats]:
    """Return replicas on and usable, (W, N), of a scaler above planned ones, which are its floor.

    It scales the cheapest way by what planned replicas miss, with its headroom left free.
    """
    way, on, usable = fleet.cheapest(asked), on.copy(), usable.copy()
    short = fleet.missed(usable * (1 - scaler.headroom), asked)
    total = np.maximum(1e-300, asked.sum(axis=0))
    added, ready = scaler.replicas(fleet.load(way, asked * short / total))
    on[way] += added
    usable[way] += ready
    return on, usable

"""Jobs on a fleet of owned pools, with dearer cloud pools that take whatever does not fit.

How an instance of such a family comes about, in order:

1. Jobs: each has a kind (what it runs), the devices it was submitted with and a duration on them, from tables; that is
   its amount of work. Kinds have measured speeds by device type and count.
2. The horizon: from half a day to a week, such that the fleet comes to about `SMALLEST` devices; or as asked. Work is
   cut so that its shortest duration on the cloud is at most a quarter of the horizon. A small fleet has fewer of the
   owned pools, but one of each type.
3. Windows: `slack` times the shortest duration on the cloud on average, spread as the deadlines of ElasticFlow are.
4. Workflows of four: a job with precedence follows one of those before it in its workflow, and is released with it; its
   window begins when the jobs before it can have ended at the earliest.
5. Arrivals: by the hour of the day as in the trace, and in bursts.
6. Pools: a job counts in an owned pool where it can be done in time, drawn by the pools' weights, with the option that
   holds the fewest device-slots there. The pool's capacity is the sum of these over `load` times the slots.

Feasible by construction: capacity on the cloud is unlimited, and every job can run there at its shortest from its
release, or from the moment the jobs before it are done, by its deadline. Owned pools alone need not suffice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

import numpy as np

from leptonopt.experiments.generators.parameters import WORKFLOW, GeneratorParameters
from leptonopt.experiments.generators.rng import MILLI, Ints, RandomStream
from leptonopt.experiments.generators.table import SPOT, Profile, Table, Works, decimal, duration, instant, slots_of

SMALLEST = 32  # devices of a fleet before its horizon is longer than `SHORTEST_H`
SHORTEST_H, LONGEST_H = 12, 168
OWNED = 16  # devices of an owned pool, about, before there are further ones of its type
NEVER = 1 << 40  # device-slots of a way that is not in time
SPOT_PART = 4  # a spot pool has a quarter of the devices that are owned of its type
LEAST_SPOT = 8
INTERRUPTIONS = Decimal("0.24")  # per hour: AWS us-west-2a V100, 26 October 2022 on, a node followed for two weeks
FAIR = 1057  # the mean of `SPREAD`
# ElasticFlow, 829 jobs that can be in time: deadline - submission over the shortest duration, less 1, over its mean.
SPREAD = (2, 94, 164, 224, 290, 369, 459, 570, 676, 812, 956, 1132, 1420, 1688, 2115, 3027, 5830)
ELECTRICITY = "owned devices at their electricity (board power x 1.3 PUE x 0.12 USD/kWh, our assumption)"
SPOT_SOURCE = (
    "Interruptions of spot capacity: github.com/skypilot-org/spot-traces commit 221da1a (Can't Be Late, NSDI 2024; no "
    "licence stated, figures cited); a checkpoint of 2 minutes, a restart of 10, and its capacity are assumptions."
)


@dataclass(frozen=True)
class Site:
    """A pool before its size is known: devices of a type, price in USD per device and hour.

    `weight` says how often jobs count in an owned pool; `cpus` come with each device.
    """

    id: str
    type: str
    role: Literal["owned", "cloud", "spot"]
    price: Decimal
    weight: int = 0
    cpus: int = 0


@dataclass(frozen=True)
class Jobs:
    """Jobs of a kind: `speed` by device type and count [0.0001 of the reference device].

    `lengths`: per count of devices a job is submitted with, how often, and quantiles of its duration on so many
    reference devices [s].
    """

    name: str
    weight: int
    speed: dict[str, dict[int, int]]
    lengths: Sequence[tuple[int, int, Sequence[int]]]
    per_device: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Fleet:
    """A family of this sort.

    `hours` weighs the hours of the day; `burst` [0.001] says how many jobs arrive with the last one.
    """

    name: str
    about: str
    source: str
    reference: str
    slot_s: int
    sites: Sequence[Site]
    jobs: Sequence[Jobs]
    hours: Sequence[int]
    burst: int
    copies: Sequence[int] = (1,)


@dataclass(frozen=True)
class Batch:
    """Random attributes of the jobs; int64 arrays, one entry each.

    `kind`: position in `Fleet.jobs`; `devices` and `seconds` as submitted; `work` [0.0001 h of a reference device].
    """

    copies: Ints
    kind: Ints
    devices: Ints
    seconds: Ints
    work: Ints


def made(fleet: Fleet, parameters: GeneratorParameters) -> Table:
    """The instance."""
    draws = RandomStream(f"{fleet.name}/{parameters.seed}")
    batch = _batch(fleet, parameters, draws)
    slots = _horizon(fleet, parameters, batch)
    fleet = _grown(fleet, parameters, batch, slots)
    work, shortest = _cut(fleet, batch, slots)
    after, root, offset = _workflows(draws, shortest, parameters.precedence)
    window = np.minimum(windows(draws, shortest, parameters.slack), slots - offset)
    arrival = _arrivals(fleet, draws, root, offset + window, slots)
    order = np.argsort(arrival[root], kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    home, least = _homes(fleet, draws, batch.kind, work, window)
    capacity = _capacities(fleet, parameters, batch.copies, home, least, slots)
    top, sites_in_use = _head(fleet, parameters, slots, capacity)
    spots = draws.share("spot", len(order), parameters.preemptible)
    return Table(
        head=top,
        resources=("gpu", "cpu") if any(site.cpus for site in fleet.sites) else ("gpu",),
        slot_s=fleet.slot_s,
        release=arrival[root][order],
        deadline=(arrival[root] + offset + window)[order],
        copies=batch.copies[order],
        value=_values(fleet, draws, parameters, home, least)[order],
        after=np.where(after[order] >= 0, place[after[order]], -1),
        spot=spots[order],
        home=home[order],
        ways=Works(
            tuple(_profile(jobs, sites_in_use, capacity) for jobs in fleet.jobs), batch.kind[order], work[order]
        ),
    )


def windows(draws: RandomStream, shortest: Ints, slack: int) -> Ints:
    """Return the slots from release to deadline.

    On average `slack` [0.001] times the shortest duration; rounded at random.
    """
    count = len(shortest)
    extra = shortest * (slack - MILLI) * draws.quantiles("slack", count, SPREAD)
    return np.asarray(shortest + (extra + draws.below("rounding", count, MILLI * FAIR)) // (MILLI * FAIR))


def _batch(fleet: Fleet, parameters: GeneratorParameters, draws: RandomStream) -> Batch:
    """As many jobs as are asked for, copies counted."""
    copies = np.array(fleet.copies, np.int64)[draws.below("copies", parameters.tasks, len(fleet.copies))]
    ends = np.cumsum(copies)
    count = int(np.searchsorted(ends, parameters.tasks)) + 1
    copies = copies[:count]
    copies[-1] -= ends[count - 1] - parameters.tasks
    classes = [
        (at, devices, jobs.weight * weight * (1 << 20) // sum(each[1] for each in jobs.lengths), table)
        for at, jobs in enumerate(fleet.jobs)
        for devices, weight, table in jobs.lengths
    ]
    drawn = draws.weighted("class", count, _scaled([weight for _, _, weight, _ in classes]))
    kind, devices, seconds, work = (np.zeros(count, np.int64) for _ in range(4))
    for at, rows in _groups(drawn, len(classes)):
        kind[rows], wide, _, table = classes[at]
        curve = fleet.jobs[classes[at][0]].speed[fleet.reference]
        devices[rows] = wide = max(n for n in curve if n <= max(wide, min(curve)))
        seconds[rows] = draws.quantiles(f"seconds {at}", len(rows), table)
        work[rows] = np.maximum(seconds[rows] * curve[wide] // 3600, 1)
    return Batch(copies, kind, devices, seconds, work)


def _scaled(weights: Sequence[int]) -> list[int]:
    """Return the weights scaled so that their sum is below 2^30."""
    return [max(1, weight * (1 << 29) // sum(weights)) for weight in weights]


def _groups(values: Ints, count: int) -> Iterator[tuple[int, Ints]]:
    """Each value from 0 to below the count that occurs, with its positions in order."""
    order = np.argsort(values, kind="stable")
    ends = np.searchsorted(values[order], np.arange(count + 1))
    for value in range(count):
        if ends[value] < ends[value + 1]:
            yield value, order[ends[value] : ends[value + 1]]


def _horizon(fleet: Fleet, parameters: GeneratorParameters, batch: Batch) -> int:
    """Slots: whole hours, as asked or such that the fleet comes to `SMALLEST` devices."""
    usual = min(max(_held(batch) * MILLI // (parameters.load * SMALLEST), SHORTEST_H), LONGEST_H)
    return (usual if parameters.days is None else parameters.days * 24) * 3600 // fleet.slot_s


def _held(batch: Batch) -> int:
    """Hours of devices, as the jobs were submitted."""
    return int((batch.copies * batch.devices * batch.seconds).sum()) // 3600


def _grown(fleet: Fleet, parameters: GeneratorParameters, batch: Batch, slots: int) -> Fleet:
    """The fleet with as many owned pools as it has the size for."""
    devices = _held(batch) * 3600 * MILLI // (parameters.load * slots * fleet.slot_s)
    sites_in_use: list[Site] = []
    room = devices // OWNED - len({site.type for site in fleet.sites if site.role == "owned"})
    for site in fleet.sites:
        further = site.role == "owned" and any((each.role, each.type) == ("owned", site.type) for each in sites_in_use)
        room -= further
        if not further or room >= 0:
            sites_in_use.append(site)
    return replace(fleet, sites=sites_in_use)


def _cut(fleet: Fleet, batch: Batch, slots: int) -> tuple[Ints, Ints]:
    """Return the cloud work within a share of the horizon, and its shortest duration there [slots]."""
    types = {site.type for site in fleet.sites if site.role == "cloud"}
    best = np.array([max(s for type in types for s in jobs.speed.get(type, {}).values()) for jobs in fleet.jobs])
    speed = best[batch.kind]
    work = np.minimum(batch.work, np.maximum(speed * (slots // WORKFLOW * fleet.slot_s) // 3600, 1))
    return work, slots_of(work, speed, fleet.slot_s)


def _workflows(draws: RandomStream, shortest: Ints, share: int) -> tuple[Ints, Ints, Ints]:
    """Return per job its predecessor or -1, the first of its workflow, and the earliest start after that.

    Starts are in slots.
    """
    count = len(shortest)
    stage = np.arange(count) % WORKFLOW
    follows = draws.chosen("follows", stage > 0, (count * share + MILLI // 2) // MILLI)
    back = stage - draws.below("after", count, np.maximum(stage, 1))
    after = np.where(follows, np.arange(count) - back, -1)
    root, offset = np.arange(count), np.zeros(count, np.int64)
    for at in range(1, WORKFLOW):
        rows = np.flatnonzero(follows & (stage == at))
        root[rows] = root[after[rows]]
        offset[rows] = offset[after[rows]] + shortest[after[rows]]
    return after, root, offset


def _arrivals(fleet: Fleet, draws: RandomStream, root: Ints, ends: Ints, slots: int) -> Ints:
    """Return the release of each job without predecessor.

    It is early enough that all successors can end by the horizon.
    """
    count = len(root)
    need = np.zeros(count, np.int64)
    np.maximum.at(need, root, ends)
    latest = slots - need
    per_hour = 3600 // fleet.slot_s
    total = slots // per_hour
    hour = draws.weighted("hour", count, (list(fleet.hours) * (total // 24 + 1))[:total])
    release = hour * per_hour + draws.below("minute", count, per_hour)
    release = np.where(release <= latest, release, draws.below("any", count, latest + 1))
    order = np.argsort(release, kind="stable")
    with_last = draws.share("burst", count, fleet.burst)
    with_last[0] = False
    source = np.maximum.accumulate(np.where(with_last, 0, np.arange(count)))
    found = np.empty_like(release)
    found[order] = release[order][source]
    return found


def _owned(fleet: Fleet) -> int:
    """Return the number of owned sites; they come first."""
    return sum(site.role == "owned" for site in fleet.sites)


def _homes(fleet: Fleet, draws: RandomStream, kind: Ints, work: Ints, window: Ints) -> tuple[Ints, Ints]:
    """The owned site in which each job counts, and the fewest device-slots it can hold there in time.

    Returns positions in `sites`, and device-slots times 1024 plus devices.
    """
    owned = fleet.sites[: _owned(fleet)]
    home, least = np.zeros(len(kind), np.int64), np.zeros(len(kind), np.int64)
    pick = draws.below("home", len(kind), 1 << 20)
    for at, rows in _groups(kind, len(fleet.jobs)):
        types = {type: _fewest(fleet, curve, work[rows], window[rows]) for type, curve in fleet.jobs[at].speed.items()}
        held = np.stack([types.get(site.type, np.full(len(rows), NEVER)) for site in owned])
        weight = np.where(held < NEVER, np.array([[site.weight] for site in owned]), 0)
        ends = np.cumsum(weight, axis=0)
        home[rows] = (ends <= (pick[rows] * ends[-1]) >> 20).sum(axis=0)
        least[rows] = held[home[rows], np.arange(len(rows))]
    return home, least


def _fewest(fleet: Fleet, curve: dict[int, int], work: Ints, window: Ints) -> Ints:
    """Return the least device-slots of an option that ends within the window.

    Values are device-slots times 1024, plus devices.
    """
    found = np.full(len(work), NEVER)
    for devices, speed in curve.items():
        slots = slots_of(work, speed, fleet.slot_s)
        found = np.where(slots <= window, np.minimum(found, slots * (devices << 10) + devices), found)
    return found


def _capacities(
    fleet: Fleet, parameters: GeneratorParameters, copies: Ints, home: Ints, least: Ints, slots: int
) -> dict[str, int]:
    """Devices of each pool that there is; 0 stands for unlimited."""
    found, types = {}, dict.fromkeys((site.type for site in fleet.sites), 0)
    for at, site in enumerate(fleet.sites):
        if site.role == "owned":
            rows = np.flatnonzero(home == at)
            held = int((copies[rows] * (least[rows] >> 10)).sum())
            smallest = min(n for jobs in fleet.jobs for n in jobs.speed.get(site.type, {}))
            widest = int((least[rows] & 1023).max(initial=smallest))
            found[site.id] = max(widest, -(-held * MILLI // (parameters.load * slots)))
            types[site.type] += found[site.id]
        elif site.role == "cloud":
            found[site.id] = 0
        elif parameters.preemptible:
            found[site.id] = max(types[site.type] // SPOT_PART, LEAST_SPOT)
    return found


def _values(fleet: Fleet, draws: RandomStream, parameters: GeneratorParameters, home: Ints, least: Ints) -> Ints:
    """Values [cents] of optional jobs: a quarter to twice of what their device-slots cost on the cloud."""
    price = [
        min(int(cloud.price * 10**4) for cloud in fleet.sites if (cloud.role, cloud.type) == ("cloud", site.type))
        for site in fleet.sites[: _owned(fleet)]
    ]
    cost = (least >> 10) * fleet.slot_s * np.array(price, np.int64)[home] // (3600 * 100)
    value = np.maximum(cost * (8 + draws.below("value", len(home), 57)) // 32, 1)
    return np.where(draws.share("optional", len(home), parameters.optional), value, -1)


def _head(
    fleet: Fleet, parameters: GeneratorParameters, slots: int, capacity: dict[str, int]
) -> tuple[dict[str, Any], list[Site]]:
    """The document without profiles and tasks, and the sites of its pools."""
    sites_in_use = [site for site in fleet.sites if site.id in capacity]
    pools = [_pool(site, capacity[site.id]) for site in sites_in_use]
    return head(fleet.name, fleet.about, fleet.source, parameters, fleet.slot_s, slots, pools), sites_in_use


def head(
    name: str,
    about: str,
    source: str,
    parameters: GeneratorParameters,
    slot_s: int,
    slots: int,
    pools: list[dict[str, Any]],
) -> dict[str, Any]:
    """The document without profiles and tasks."""
    return {
        "leptonopt": 1,
        "name": f"{name} {parameters.tasks} seed {parameters.seed}",
        "description": f"{about} {_numbers(parameters)}",
        "source": f"Generated from: {source}" + (f" {SPOT_SOURCE}" if parameters.preemptible else ""),
        "currency": "USD",
        "time": {"start": instant(0), "slot": duration(slot_s), "horizon": duration(slots * slot_s)},
        "pools": pools,
    }


def _numbers(parameters: GeneratorParameters) -> str:
    names = ("load", "slack", "precedence", "optional", "preemptible")
    return (
        ", ".join(f"{name} {decimal(getattr(parameters, name), 3)}" for name in names if getattr(parameters, name))
        + "."
    )


def _pool(site: Site, devices: int) -> dict[str, Any]:
    capacity: dict[str, Any] = {"gpu": devices or "unlimited"}
    if site.cpus:
        capacity["cpu"] = devices * site.cpus or "unlimited"
    pool: dict[str, Any] = {"id": site.id, "capacity": capacity, "price": {"gpu": site.price}}
    if site.role == "spot":
        pool |= {"interruptions": INTERRUPTIONS, "labels": [SPOT]}
    return pool


def _profile(jobs: Jobs, sites: Sequence[Site], capacity: dict[str, int]) -> Profile:
    """The kind's speeds on the pools there are, at counts of devices that they have."""
    speed = {}
    for site in sites:
        most = capacity[site.id] or 1 << 30
        curve = {n: s for n, s in jobs.speed.get(site.type, {}).items() if n <= most}
        if curve:
            speed[site.id] = curve
    return Profile(jobs.name, speed, jobs.per_device)

"""The planted plan of the family `platform`: jobs packed on owned nodes, then on rented ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from leptonopt.experiments.generators.rng import MILLI, Bools, Ints, RandomStream
from leptonopt.experiments.generators.table import FINE, Profile, decimal, duration, instant, slots_of

SLOT_S = 3600
NODE, SMALL_NODE = 8, 4  # GPUs of a node
FIRST_REPAIR, REPAIR = 56, 6  # maintenance of all owned nodes: every Wednesday from 8:00, for 6 hours [slots]
WEEK = 168  # slots
H100 = 22180  # speed of a rented GPU against an owned one [0.0001]
BLOCK = 64  # owned nodes that are looked at together
LONGEST = 100  # slots of a job at most; less than the time between two maintenances
SPREAD = 850  # load up to which jobs start at random; above, as early as they can: packed more densely [0.001]
ROUNDS = 6  # of scaling the lengths to the load, as those that are cut leave some of it


@dataclass(frozen=True)
class Site:
    """Owned nodes of 8 and of 4 GPUs, and slots of the horizon."""

    large: int
    small: int
    slots: int

    @property
    def maintenance(self) -> list[tuple[int, int]]:
        """First slot and end of each maintenance."""
        lows = range(FIRST_REPAIR, self.slots, WEEK)
        return [(low, min(self.slots, low + REPAIR)) for low in lows]

    @property
    def sizes(self) -> Ints:
        """GPUs of each owned node, the large ones first."""
        return np.array([NODE] * self.large + [SMALL_NODE] * self.small, np.int64)

    def free(self) -> Ints:
        """GPUs of each owned node in each slot while nothing runs, int64, shape (nodes, slots)."""
        table = np.repeat(self.sizes[:, None], self.slots, axis=1)
        for low, high in self.maintenance:
            table[:, low:high] = 0
        return table

    def name(self, node: int) -> str:
        """The name of an owned node in a plan."""
        return f"dgx/{node + 1}" if node < self.large else f"hgx/{node - self.large + 1}"


@dataclass(frozen=True)
class Jobs:
    """Jobs before they are placed; one entry each.

    `gang` takes whole nodes, `alone` must fit within one; `kind` is the position of the profile, `gpus` the count in
    the planted plan, `seconds` a length that is scaled to the load.
    """

    gang: Bools
    alone: Bools
    kind: Ints
    gpus: Ints
    seconds: Ints


@dataclass(frozen=True)
class Planted:
    """A plan of all jobs: slots, and nodes; rented ones are numbered from -1 downwards.

    Attributes
    ----------
    start, end : int64, slots
    nodes : per job the nodes it is on
    hours : int64, the work of each job [0.0001 h of a device]
    rented : rented nodes that are used at all
    """

    jobs: Jobs
    profiles: tuple[Profile, ...]
    site: Site
    start: Ints
    end: Ints
    nodes: list[list[int]]
    hours: Ints
    rented: int

    def way(self, at: int) -> dict[str, Any]:
        """Return the options of a job, as they stand in the document."""
        jobs = self.jobs
        if jobs.gang[at]:
            took = duration(self.owned_slots(at) * SLOT_S)
            many = int(jobs.gpus[at]) // NODE
            if not self.site.small:
                fast = {"pool": "rented", "nodes": many, "duration": duration(self.rented_slots(at) * SLOT_S)}
                return {"options": [{"pool": "onprem", "nodes": many, "duration": took}, fast]}
            uses = {"gpu": int(jobs.gpus[at]), "cpu": 128 * many}
            fast = {"pool": "rented", "nodes": many, "duration": duration(self.rented_slots(at) * SLOT_S)}
            return {"options": [{"pool": "onprem", "uses": uses, "duration": took}, fast]}
        work = {"profile": self.profiles[int(jobs.kind[at])].name, "hours": decimal(int(self.hours[at]), FINE)}
        return ({"placement": "one-node"} if jobs.alone[at] else {}) | {"work": work}

    def owned_slots(self, at: int) -> int:
        """Slots that a job takes on owned nodes."""
        if self.jobs.gang[at]:
            return int(self.hours[at] // 10**FINE)
        return self._slots(at, "onprem")

    def rented_slots(self, at: int) -> int:
        """Slots that a job takes on rented nodes."""
        if self.jobs.gang[at]:
            return max(1, -(-int(self.hours[at] // 10**FINE) * 10_000 // H100))
        return self._slots(at, "rented")

    def _slots(self, at: int, pool: str) -> int:
        speed = self.profiles[int(self.jobs.kind[at])].speed[pool][int(self.jobs.gpus[at])]
        return int(slots_of(self.hours[at : at + 1], speed, SLOT_S)[0])

    def entry(self, at: int, id: str) -> dict[str, Any]:
        """The entry of a job in the `tasks` of a plan."""
        nodes, jobs = self.nodes[at], self.jobs
        pool = "onprem" if nodes[0] >= 0 else "rented"
        option = pool if jobs.gang[at] else f"{pool} x{int(jobs.gpus[at])}"
        named = [self.site.name(node) if node >= 0 else f"p5/{-node}" for node in nodes]
        whole = jobs.gang[at] and (pool == "rented" or not self.site.small)
        told = {"nodes": sorted(named)} if jobs.alone[at] or whole else {}
        moments = {"start": instant(int(self.start[at]) * SLOT_S), "end": instant(int(self.end[at]) * SLOT_S)}
        return {"id": id, "option": option, "pool": pool} | told | moments

    def money(self, price: Decimal) -> Decimal:
        """Return the cost of rented nodes, each on from a slot before a job until its end."""
        on = np.zeros((self.rented, self.site.slots), bool)
        for at, nodes in enumerate(self.nodes):
            for node in nodes:
                if node < 0:
                    on[-node - 1, self.start[at] - 1 : self.end[at]] = True
        return price * int(on.sum())

    def peak(self, chosen: Bools) -> int:
        """The most GPUs that some of the jobs hold at a time."""
        change = np.zeros(self.site.slots + 1, np.int64)
        np.add.at(change, self.start[chosen], self.jobs.gpus[chosen])
        np.subtract.at(change, self.end[chosen], self.jobs.gpus[chosen])
        return int(np.cumsum(change).max(initial=0))


def plant(draws: RandomStream, jobs: Jobs, profiles: tuple[Profile, ...], site: Site, load: int) -> Planted:
    """Place all jobs, the largest first; their lengths are scaled to the load [0.001]."""
    length = _lengths(jobs, site, load)
    speed = np.array(
        [profiles[kind].speed["onprem"].get(gpus, 0) for kind, gpus in zip(jobs.kind, jobs.gpus, strict=True)]
    )
    hours = np.where(jobs.gang, length * 10**FINE, length * speed)
    count = len(length)
    empty = np.zeros(count, np.int64)
    plan = Planted(jobs, profiles, site, empty, empty.copy(), [[] for _ in range(count)], hours, 0)
    rooms = _Rooms(site)
    pick = draws.below("start", count, 1 << 24)
    spread = load <= SPREAD
    for at in np.argsort(-length * jobs.gpus, kind="stable").tolist():
        gang = bool(jobs.gang[at])
        took, pieces = int(length[at]), _pieces(int(jobs.gpus[at]), gang, bool(jobs.alone[at]))
        found = rooms.owned(took, pieces, gang, int(pick[at]) if spread else None)
        if found is None:
            took = plan.rented_slots(at)
            found = rooms.rent(took, pieces, int(pick[at]))
        plan.start[at], plan.nodes[at] = found
        plan.end[at] = plan.start[at] + took
    return Planted(jobs, profiles, site, plan.start, plan.end, plan.nodes, hours, len(rooms.rented))


def _lengths(jobs: Jobs, site: Site, load: int) -> Ints:
    """Slots of the jobs on owned nodes, such that they hold the load as far as the longest allow."""
    most = min(LONGEST, site.slots // 3)
    volume = int(site.free().sum()) * load // MILLI
    scale = 1 << 20
    raw = jobs.seconds * scale // SLOT_S
    length = np.clip(raw // scale, 1, most)
    for _ in range(ROUNDS):
        held = int((length * jobs.gpus).sum())
        free = length < most
        fixed = int((length * jobs.gpus)[~free].sum())
        if not free.any() or held == volume:
            break
        raw = np.where(free, raw * max(1, volume - fixed) // max(1, held - fixed), raw)
        length = np.clip(raw // scale, 1, most)
    return length


def _pieces(gpus: int, gang: bool, alone: bool) -> list[int]:
    """GPUs of a job on each of its nodes: whole nodes of a gang, all on one, or in halves of a node."""
    if alone:
        return [gpus]
    size = NODE if gang else SMALL_NODE
    return [size] * (gpus // size)


class _Rooms:
    """Free GPUs of owned and of rented nodes, by slot."""

    def __init__(self, site: Site) -> None:
        self.site, self.free = site, site.free()
        self.rented: list[Ints] = []

    def owned(self, length: int, pieces: Sequence[int], whole: bool, pick: int | None) -> tuple[int, list[int]] | None:
        """Place a job on owned nodes, at a random start or at the earliest; None where it does not fit."""
        blocks = range(0, len(self.free), BLOCK)
        for low in _from(np.array(blocks), pick):
            free = self.free[low : low + BLOCK]
            starts = self._starts(free, length, pieces[0])
            if whole:
                starts &= self.site.sizes[low : low + BLOCK, None] == NODE
            possible = np.flatnonzero(starts.sum(axis=0) >= (len(pieces) if whole else 1))
            for start in _from(possible, pick):
                if (nodes := self._nodes(free, start, length, pieces)) is not None:
                    return start, [low + node for node in nodes]
        return None

    def rent(self, length: int, pieces: Sequence[int], pick: int) -> tuple[int, list[int]]:
        """Place a job on rented nodes; more of them are rented where it does not fit."""
        while True:
            free = np.array(self.rented).reshape(-1, self.site.slots)
            possible = np.flatnonzero(self._starts(free, length, pieces[0]).any(axis=0))
            for start in _from(possible, pick):
                if (nodes := self._nodes(free, start, length, pieces)) is not None:
                    for node in set(nodes):
                        self.rented[node] = free[node]
                    return start, [-node - 1 for node in nodes]
            line = np.full(self.site.slots, NODE, np.int64)
            line[0] = 0  # it boots
            self.rented.append(line)

    @staticmethod
    def _starts(free: Ints, length: int, gpus: int) -> Bools:
        """Return which nodes have that many GPUs from a start on, bool, shape (nodes, slots - length + 1)."""
        blocked = np.zeros((free.shape[0], free.shape[1] + 1), np.int64)
        np.cumsum(free < gpus, axis=1, out=blocked[:, 1:])
        return np.asarray(blocked[:, length:] == blocked[:, : free.shape[1] - length + 1])

    @staticmethod
    def _nodes(free: Ints, start: int, length: int, pieces: Sequence[int]) -> list[int] | None:
        """Take room for all pieces, on the fullest node first; return None, and take nothing, if one fails."""
        part = free[:, start : start + length]
        chosen: list[int] = []
        for gpus in pieces:
            room = part.min(axis=1)
            fitting = np.flatnonzero(room >= gpus)
            if not len(fitting):
                for node, taken in zip(chosen, pieces, strict=False):
                    part[node] += taken
                return None
            node = int(fitting[np.argmin(room[fitting])])
            part[node] -= gpus
            chosen.append(node)
        return chosen


def _from(possible: Ints, pick: int | None) -> list[int]:
    """Starts in the order in which they are tried: from a random one on, or from the first."""
    first = 0 if pick is None or not len(possible) else pick * len(possible) >> 24
    return [*possible[first:].tolist(), *possible[:first].tolist()]

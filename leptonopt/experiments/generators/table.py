"""An instance as columns: what all families make, and what every notation is written from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leptonopt.errors import UsageError
from leptonopt.experiments.generators.rng import Bools, Ints

START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
FINE = 4  # decimals of speeds and hours, which are whole numbers of ten thousandths here
SPOT = "spot"  # the label of pools on which only preemptible tasks may run
CHECKPOINT = {"cost": "2m", "restart": "10m"}  # our assumption, as in instances/spot.yaml


@dataclass(frozen=True)
class Profile:
    """A kind of work: per pool the speed [0.0001 of the reference device] at each count of devices.

    `per_device` is what comes along with each device, by resource.
    """

    name: str
    speed: dict[str, dict[int, int]]
    per_device: dict[str, int]

    def document(self) -> dict[str, Any]:
        """As it stands under `profiles`."""
        speed = {pool: {n: decimal(s, FINE) for n, s in curve.items()} for pool, curve in self.speed.items()}
        return {"speed": speed} | ({"per_device": self.per_device} if self.per_device else {})


@dataclass(frozen=True)
class Options:
    """Options of all tasks, those of task i in rows ptr[i] to ptr[i+1].

    Attributes
    ----------
    ptr : int64, shape (tasks + 1,).
    pool : int32, shape (options,), position in the pools of `head`.
    uses : int32, shape (options, resources) [units].
    slots : int32, shape (options,) [slots], without interruptions.
    """

    ptr: Ints
    pool: NDArray[np.int32]
    uses: NDArray[np.int32]
    slots: NDArray[np.int32]


@dataclass(frozen=True)
class Works:
    """Work that options are made from: per task the position of its profile, and hours.

    Hours are in 0.0001 h of a device.
    """

    profiles: tuple[Profile, ...]
    profile: Ints
    hours: Ints


@dataclass(frozen=True)
class Written:
    """Tasks as they stand in the document beyond the columns.

    The family has no options in columns.
    """

    profiles: tuple[Profile, ...]
    tasks: tuple[dict[str, Any], ...]


@dataclass(frozen=True, eq=False)
class Table:
    """An instance; every array has one entry per task (with all its copies).

    Attributes
    ----------
    head : the document without profiles and tasks.
    resources : names, in the order of `Options.uses`.
    slot_s : length of a slot [s].
    release, deadline : int64 [slots].
    copies : int64.
    value : int64 [cents] of each copy of an optional task; -1 of one that must run.
    after : int64, position of the task that must have ended; -1 for none.
    spot : bool, whether it may run on spot pools.
    home : int64, position of the pool in which `load` counts it.
    ways : how each task runs: an amount of work of some profile, options written out, or parts of the document.
    """

    head: dict[str, Any]
    resources: tuple[str, ...]
    slot_s: int
    release: Ints
    deadline: Ints
    copies: Ints
    value: Ints
    after: Ints
    spot: Bools
    home: Ints
    ways: Works | Options | Written

    @cached_property
    def pools(self) -> tuple[str, ...]:
        """Ids of the pools."""
        return tuple(pool["id"] for pool in self.head["pools"])

    @cached_property
    def options(self) -> Options:
        """Return all options: those written out, or one per pool and device count of the profile.

        On spot pools only where the task may run there. Raises `UsageError` where tasks hold what columns cannot.
        """
        if isinstance(self.ways, Written):
            name = str(self.head["name"]).split()[0]
            raise UsageError(f"{name} has nodes, teams and due dates, which .npz cannot hold; allowed are .json, .yaml")
        if isinstance(self.ways, Options):
            return self.ways
        rows = [self._rows(profile, spot) for profile in self.ways.profiles for spot in (False, True)]
        sizes = np.array([len(pool) for pool, _, _ in rows], np.int64)
        first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        kind = self.ways.profile * 2 + self.spot
        ptr = np.concatenate([[0], np.cumsum(sizes[kind])]).astype(np.int64)
        row = np.arange(ptr[-1]) - np.repeat(ptr[:-1] - first[kind], sizes[kind])
        pool, uses, speed = (np.concatenate(column) for column in zip(*rows, strict=True))
        slots = slots_of(np.repeat(self.ways.hours, sizes[kind]), speed[row], self.slot_s)
        return Options(ptr, pool[row], uses[row], slots.astype(np.int32))

    def _rows(self, profile: Profile, spot: bool) -> tuple[NDArray[np.int32], NDArray[np.int32], Ints]:
        taken = {pool["id"] for pool in self.head["pools"] if spot or SPOT not in pool.get("labels", [])}
        flat = [(pool, n, s) for pool, curve in profile.speed.items() if pool in taken for n, s in curve.items()]
        per = [1 if name == self.resources[0] else profile.per_device.get(name, 0) for name in self.resources]
        return (
            np.array([self.pools.index(pool) for pool, _, _ in flat], np.int32),
            np.array([[n * each for each in per] for _, n, _ in flat], np.int32).reshape(len(flat), len(per)),
            np.array([speed for _, _, speed in flat], np.int64),
        )

    def document(self) -> dict[str, Any]:
        """The native document."""
        tasks = list(self.tasks())
        return {**self.head, **self.shared()} | ({"tasks": tasks} if tasks else {})

    def shared(self) -> dict[str, Any]:
        """The `profiles` of the document, if there are any."""
        profiles = () if isinstance(self.ways, Options) else self.ways.profiles
        return {"profiles": {profile.name: profile.document() for profile in profiles}} if profiles else {}

    def tasks(self) -> Iterator[dict[str, Any]]:
        """The tasks of the document, one by one."""
        count = len(self.release)
        digits = len(str(count - 1))
        instants = [instant(slot * self.slot_s) for slot in range(int(self.deadline.max(initial=0)) + 1)]
        anywhere = not any(SPOT in pool.get("labels", []) for pool in self.head["pools"])
        ways = self._ways()
        columns = (self.release, self.deadline, self.copies, self.value, self.after, self.spot)
        for at, row in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
            release, deadline, copies, value, after, spot = row
            task: dict[str, Any] = {"id": f"job-{at:0{digits}}"}
            if copies > 1:
                task["copies"] = copies
            task |= {"release": instants[release], "deadline": instants[deadline]}
            if after >= 0:
                task["after"] = [f"job-{after:0{digits}}"]
            if value >= 0:
                task |= {"optional": True, "value": decimal(value, 2)}
            if spot:
                task["checkpoint"] = CHECKPOINT
            elif not anywhere:
                task["needs"] = {"without": [SPOT]}
            yield task | next(ways)

    def _ways(self) -> Iterator[dict[str, Any]]:
        """Yield the options of each task: `work` with a profile, or options written out.

        Pools on which a task runs alike share one option.
        """
        if isinstance(self.ways, Written):
            yield from self.ways.tasks
            return
        if isinstance(self.ways, Works):
            names = [profile.name for profile in self.ways.profiles]
            for kind, hours in zip(self.ways.profile.tolist(), self.ways.hours.tolist(), strict=True):
                yield {"work": {"profile": names[kind], "hours": decimal(hours, FINE)}}
            return
        pool, slots, units = (column.tolist() for column in (self.ways.pool, self.ways.slots, self.ways.uses[:, 0]))
        for first, last in pairwise(self.ways.ptr.tolist()):
            options = []
            for (count, length), rows in groupby(range(first, last), lambda row: (units[row], slots[row])):
                found, uses = [self.pools[pool[row]] for row in rows], {self.resources[0]: count}
                options.append({"pools": found, "uses": uses, "duration": duration(length * self.slot_s)})
            yield {"options": options}


def slots_of(hours: Ints, speed: Ints | int, slot_s: int) -> Ints:
    """Whole slots that work [0.0001 h] takes at a speed [0.0001]: ceil(3600 hours / (speed slot))."""
    return np.asarray(-(-3600 * hours // (speed * slot_s)))


def decimal(value: int, places: int) -> Decimal:
    """123456 with 4 places -> 12.3456, without zeros at the end."""
    whole, rest = divmod(value, 10**places)
    return Decimal(f"{whole}.{rest:0{places}}".rstrip("0").rstrip("."))


def instant(second: int) -> str:
    """Seconds from the start as a text."""
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%MZ")


def duration(seconds: int) -> str:
    """Whole minutes as a text: 5400 -> '90m', 7200 -> '2h'."""
    return f"{seconds // 3600}h" if seconds % 3600 == 0 else f"{seconds // 60}m"

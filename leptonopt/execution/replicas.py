"""Write replica schedules for autoscalers: cron triggers of KEDA, crontab, envelopes, routing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import Instance, units

Document = dict[str, Any]
REPEATS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
ENVELOPE_HEAD = ("service", "way", "from", "to", "floor", "ceiling")
ROUTING_HEAD = ("service", "class", "from", "to", "way", "weight", "share")


@dataclass(frozen=True)
class ReplicaCounts:
    """The replicas of a way that are on.

    Attributes
    ----------
    service, way : names.
    steps : instants in UTC and the number from there on, which differs from the one before.
    end : the end of the horizon.
    """

    service: str
    way: str
    steps: tuple[tuple[datetime, int], ...]
    end: datetime

    @property
    def name(self) -> str:
        """The name of its Deployment: service and way in lower case letters, digits and hyphens."""
        plain = re.sub(r"[^a-z0-9]+", "-", f"{self.service}-{self.way}".lower()).strip("-")
        return plain[:63].strip("-") or "replicas"

    def spans(self) -> list[tuple[datetime, datetime, int]]:
        """Return the intervals of equal numbers."""
        ends = [*(at for at, _ in self.steps[1:]), self.end]
        return [(begin, end, count) for (begin, count), end in zip(self.steps, ends, strict=True)]

    def counts(self) -> list[int]:
        """Return the numbers in the order of time."""
        return [count for _, count in self.steps]


def replica_counts(instance: Instance, plan: Mapping[str, Any]) -> list[ReplicaCounts]:
    """Return the replicas of every way of every service.

    Raises
    ------
    InputError
        When the plan has no services, names one that the instance does not have, or two ways would have one name.
    """
    known = {service.id for service in instance.services}
    lines = plan.get("services") or ()
    if not lines:
        raise InputError("the plan has no services, whose replicas could be written")
    if unknown := [line["id"] for line in lines if line["id"] not in known]:
        raise InputError(f"the plan names the service {unknown[0]!r}, which the instance does not have")
    time = instance.time
    end = time.start + timedelta(seconds=time.slots * time.slot)
    found = [ReplicaCounts(line["id"], way["way"], _steps(way["on"]), end) for line in lines for way in line["ways"]]
    _names_told_apart(found)
    return found


def _names_told_apart(counts: Sequence[ReplicaCounts]) -> None:
    """Raise `InputError` where two ways have the same name of a Deployment."""
    seen: dict[str, ReplicaCounts] = {}
    for each in counts:
        if (other := seen.setdefault(each.name, each)) is not each:
            both = " and ".join(f"{one.service!r} {one.way!r}" for one in (other, each))
            raise InputError(
                f"{both} would both be called {each.name!r}; ids that differ in letters or digits are needed"
            )


def _steps(on: Sequence[Mapping[str, Any]]) -> tuple[tuple[datetime, int], ...]:
    """Return instants and numbers, without those that repeat the one before."""
    steps = [(units.instant(step["from"]), int(step["count"])) for step in on]
    return (*steps[:1], *(step for before, step in pairwise(steps) if step[1] != before[1]))


@dataclass(frozen=True)
class Clock:
    """Fields of cron for instants.

    Attributes
    ----------
    zone : name of the time zone.
    repeat : a name of `REPEATS` where the horizon is such a period, which repeats; None: dates.
    """

    zone: str
    repeat: str | None = None

    def fields(self, moment: datetime) -> str:
        """Return the five fields of cron; raises `UsageError` for an instant within a minute."""
        local = moment.astimezone(ZoneInfo(self.zone))
        if local.second:
            raise UsageError(
                f"{units.instant_text(moment)}: cron counts in minutes; slots of whole minutes are allowed"
            )
        dates = {None: f"{local.day} {local.month} *", "daily": "* * *", "weekly": f"* * {local.isoweekday() % 7}"}
        return f"{local.minute} {local.hour} {dates[self.repeat]}"


def clock_of(instance: Instance, repeat: str | None) -> Clock:
    """Return the clock of an instance, that of UTC where local clocks change within the horizon.

    Raises `UsageError` where the horizon is not what repeats, or clocks change in it.
    """
    time = instance.time
    changes = _clocks_change(instance)
    if repeat is not None and repeat not in REPEATS:
        raise UsageError(f"--repeat {repeat}; allowed are {', '.join(REPEATS)}")
    if repeat is not None and time.slots * time.slot != REPEATS[repeat].total_seconds():
        horizon = units.duration_text(time.slots * time.slot)
        raise UsageError(
            f"--repeat {repeat}: the horizon is {horizon}; allowed is one that lasts as long as it repeats"
        )
    if repeat is not None and changes:
        text = f"the clocks of {time.zone} change within the horizon; allowed is one in which they do not"
        raise UsageError(f"--repeat {repeat}: {text}")
    return Clock("Etc/UTC" if time.zone == "UTC" or changes else time.zone, repeat)


def _clocks_change(instance: Instance) -> bool:
    """Return whether the offset from UTC changes: a local time may then come twice, or never."""
    time, zone = instance.time, ZoneInfo(instance.time.zone)
    moments = (time.start + timedelta(seconds=slot * time.slot) for slot in range(time.slots + 1))
    return len({moment.astimezone(zone).utcoffset() for moment in moments}) > 1


def keda_documents(counts: Iterable[ReplicaCounts], clock: Clock) -> list[Document]:
    """Return a ScaledObject for each way, with a cron trigger for each interval above its least number.

    Outside of all triggers KEDA keeps `minReplicaCount`, the least number of the plan. Ways that are never on have no
    ScaledObject.
    """
    return [_scaled_object(each, clock) for each in counts if max(each.counts())]


def _scaled_object(counts: ReplicaCounts, clock: Clock) -> Document:
    least, most = min(counts.counts()), max(counts.counts())
    spans = [(begin, end, count) for begin, end, count in counts.spans() if count > least]
    if not spans:  # KEDA asks for a trigger; one must not begin and end in the same minute of a period
        spans = [(counts.steps[0][0], counts.end - timedelta(minutes=1), most)]
    triggers = [
        {
            "type": "cron",
            "metadata": {
                "timezone": clock.zone,
                "start": clock.fields(begin),
                "end": clock.fields(end),
                "desiredReplicas": str(count),
            },
        }
        for begin, end, count in spans
    ]
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": {
            "name": counts.name,
            "annotations": {"leptonopt/service": counts.service, "leptonopt/way": counts.way},
        },
        "spec": {
            "scaleTargetRef": {"name": counts.name},
            "minReplicaCount": least,
            "maxReplicaCount": most,
            "triggers": triggers,
        },
    }


def crontab_text(counts: Sequence[ReplicaCounts], clock: Clock) -> str:
    """Return a crontab that scales the Deployment of each way where its number changes."""
    lines = sorted((at, each.name, count) for each in counts for at, count in each.steps)
    commands = [f"{clock.fields(at)} kubectl scale deployment/{name} --replicas={count}" for at, name, count in lines]
    return "\n".join([f"CRON_TZ={clock.zone}", *commands, ""])


def envelope_rows(floor: Sequence[ReplicaCounts], ceiling: Sequence[ReplicaCounts] | None) -> list[tuple[Any, ...]]:
    """Return the least and greatest number that a reactive scaler may choose, under `ENVELOPE_HEAD`.

    The floor is a plan. The ceiling is another one, of a higher quantile of the demand, where it is larger; without
    it, the largest number of the plan.

    Raises
    ------
    UsageError
        When the plans have not the same ways.
    """
    others = {(each.service, each.way): each for each in ceiling or ()}
    if ceiling is not None and set(others) != {(each.service, each.way) for each in floor}:
        raise UsageError("--ceiling: the plan has other services or ways")
    found: list[tuple[Any, ...]] = []
    for each in floor:
        other = others.get((each.service, each.way))
        edges = sorted({at for one in (each, other) if one for at, _ in one.steps} | {each.end})
        for begin, end in pairwise(edges):
            low = _at(each, begin)
            high = max(each.counts()) if other is None else max(low, _at(other, begin))
            found.append((each.service, each.way, begin, end, low, high))
    return found


def _at(counts: ReplicaCounts, moment: datetime) -> int:
    """Return the number at a moment; 0 before the first."""
    return next((count for at, count in reversed(counts.steps) if at <= moment), 0)


def routing_rows(plan: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Return the share of each class that a way serves, as a decimal and exactly, under `ROUTING_HEAD`."""
    return [
        (
            service["id"],
            line["class"],
            units.instant(line["from"]),
            units.instant(line["to"]),
            way,
            f"{float(Fraction(share)):.6f}",
            str(share),
        )
        for service in plan.get("services") or ()
        for line in service["routing"]
        if not {"without", "failed"} & line.keys()
        for way, share in line["shares"].items()
    ]

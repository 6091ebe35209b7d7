"""Differences between the replicas of two plan documents, and batches that changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from leptonopt.instance.units import instant, instant_text

Steps = Sequence[tuple[datetime, int]]
Ways = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class ReplicaChange:
    """A way of a service whose replicas differ; hours are exact.

    Attributes
    ----------
    hours : replica-hours before and after
    starts : replicas switched on before and after
    more, less : replica-hours that only the later, and only the earlier plan has
    """

    service: str
    way: str
    hours: tuple[Fraction, Fraction]
    starts: tuple[int, int]
    more: Fraction
    less: Fraction


def replica_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], since: datetime | None = None
) -> tuple[ReplicaChange, ...]:
    """Return the ways whose replicas differ, in the order of the later plan, then those it does not have.

    With `since`, the earlier plan counts from that instant on, at which the later one begins.
    """
    old, new = _ways(before), _ways(after)
    if since is not None:
        old = {key: _left(way, since) for key, way in old.items()}
    return tuple(_changes(old, new))


def _left(way: Mapping[str, Any], since: datetime) -> dict[str, Any]:
    """Return what a way has on from an instant on."""
    steps = _steps(way)
    left = [(since, _at(steps, since)), *((at, count) for at, count in steps if at > since)]
    hours = sum((_hours(begin, end) * count for (begin, count), (end, _) in pairwise(left)), Fraction(0))
    starts = sum(max(0, count - was) for (_, was), (_, count) in pairwise(left))
    on = [{"from": instant_text(at), "count": count} for at, count in left]
    return {**way, "on": on, "replica_hours": hours, "starts": starts}


def change_documents(changes: Sequence[ReplicaChange]) -> list[dict[str, Any]]:
    """Return changes as JSON data."""
    return [
        {
            "service": change.service,
            "way": change.way,
            "replica_hours": dict(zip(("before", "after"), map(float, change.hours), strict=True)),
            "starts": dict(zip(("before", "after"), change.starts, strict=True)),
            "more_hours": float(change.more),
            "less_hours": float(change.less),
        }
        for change in changes
    ]


def change_rows(changes: Sequence[ReplicaChange]) -> list[tuple[str, ...]]:
    """Return service, way, replica-hours before and after, those that differ, and starts before and after."""
    return [
        (
            change.service,
            change.way,
            *(f"{float(hours):,.10g}" for hours in change.hours),
            f"+{float(change.more):,.10g} -{float(change.less):,.10g}",
            *(f"{starts:,}" for starts in change.starts),
        )
        for change in changes
    ]


CHANGE_HEADS = ("service", "way", "hours before", "hours after", "differ", "starts before", "starts after")


def _ways(plan: Mapping[str, Any]) -> Ways:
    return {(service["id"], way["way"]): way for service in plan.get("services") or () for way in service["ways"]}


def _changes(old: Ways, new: Ways) -> Iterator[ReplicaChange]:
    for key in dict.fromkeys([*new, *old]):
        pair = old.get(key), new.get(key)
        hours = tuple(Fraction(str(way["replica_hours"])) if way else Fraction(0) for way in pair)
        more, less = _apart(*pair)
        if more or less or hours[0] != hours[1]:
            starts = tuple(way["starts"] if way else 0 for way in pair)
            yield ReplicaChange(*key, (hours[0], hours[1]), (starts[0], starts[1]), more, less)


def _apart(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> tuple[Fraction, Fraction]:
    """Return the replica-hours that only the second, and only the first of two ways has."""
    steps = [_steps(way) if way else [] for way in (before, after)]
    edges = sorted({at for each in steps for at, _ in each})
    more = less = Fraction(0)
    for begin, end in pairwise(edges):
        was, now = (_at(each, begin) for each in steps)
        more += max(0, now - was) * _hours(begin, end)
        less += max(0, was - now) * _hours(begin, end)
    return more, less


def _steps(way: Mapping[str, Any]) -> Steps:
    """Return instants and numbers, with a last 0 where the replica-hours of the way are full."""
    found = [(instant(step["from"]), int(step["count"])) for step in way["on"]]
    last, count = found[-1]
    if not count:
        return found
    before = sum((_hours(begin, end) * n for (begin, n), (end, _) in pairwise(found)), Fraction(0))
    seconds = (Fraction(str(way["replica_hours"])) - before) * 3600 / count
    return [*found, (last + timedelta(seconds=round(seconds)), 0)]


def _hours(begin: datetime, end: datetime) -> Fraction:
    return Fraction(int((end - begin).total_seconds()), 3600)


def _at(steps: Steps, moment: datetime) -> int:
    return next((count for at, count in reversed(steps) if at <= moment), 0)

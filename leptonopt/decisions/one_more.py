"""Ask what one more unit, or a later deadline, saves: exactly by solving, at most by prices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from leptonopt.compile.calendar import pieces
from leptonopt.decisions.price_book import Worth
from leptonopt.decisions.questions import Question
from leptonopt.errors import UsageError
from leptonopt.instance import Instance, edits, units, validate
from leptonopt.instance.edits import Document
from leptonopt.instance.local_time import stated_instant
from leptonopt.verify import proven
from leptonopt.verify.wider_bound import later_bounds

_MORE = re.compile(r"(?P<pool>[^@]+?):(?P<name>[^:@]+?)(?:@(?P<start>[^/]+)/(?P<end>.+?))?(?:\+(?P<units>[1-9]\d*))?")
MOST_DEADLINES = 200  # tasks whose deadlines are priced


@dataclass(frozen=True)
class OneMore:
    """Ask what is saved with more units of what a line of the price book names, in its time."""

    worth: Worth
    units: int = 1
    saved = True
    order = -1  # more plans are allowed

    def changed(self, document: Mapping[str, Any]) -> Document:
        """Return the instance that has one more; raises `UsageError` where nothing states how much there is."""
        instance = validate(dict(document))
        made = edits.plain(instance.document())
        match self.worth.place:
            case ("tasks", name):
                return _later(made, instance, name)
            case ("quotas", name):
                limit = next(quota.limit for quota in instance.quotas if quota.id == name)
                return edits.with_value(made, f"quotas.{name}.limit", str(limit + self.units))
            case ("pools", name, resource) if is_number(self.worth, instance):
                return self._wider(made, instance, name, resource)
        raise UsageError(f"{self.worth.what}: how much there is is no number; allowed are capacity and limits")

    def _wider(self, document: Document, instance: Instance, pool: str, resource: str) -> Document:
        """Return a document with one more of a resource of a pool, from the start to the end of its price."""
        first = instance.time.start
        ends = (self.worth.start or first, self.worth.end or first + timedelta(seconds=instance.time.horizon))
        begin, end = (int((at - first).total_seconds()) for at in ends)
        known = pieces(next(each for each in instance.pools if each.id == pool).capacity[resource], instance.time)
        entry = next(each for each in document["pools"] if each["id"] == pool)
        steps = _raised(known, begin, end, self.units)
        moments = {units.instant_text(first + timedelta(seconds=at)): value for at, value in steps.items()}
        entry["capacity"][resource] = {"steps": moments}
        return document


def is_number(worth: Worth, instance: Instance) -> bool:
    """Return whether an instance states how much there is of what a line is about."""
    if worth.place[:1] != ("pools",):
        return bool(worth.place)
    _, pool, resource = worth.place
    return _is_limited(instance, pool, resource)


def _is_limited(instance: Instance, pool: str, resource: str) -> bool:
    """Return whether a pool states a capacity of a resource that limits it."""
    series = next((each.capacity.get(resource) for each in instance.pools if each.id == pool), None)
    return series is not None and not series.unlimited


def more_of(text: str, instance: Instance) -> OneMore:
    """Return the question that `POOL:RESOURCE@START/END+N` states.

    Without a span it is more all the time, without a number one more.

    Raises
    ------
    UsageError
        When it is not written so, or names no resource with a capacity.
    """
    parts = _MORE.fullmatch(text)
    if parts is None or bool(parts["start"]) != bool(parts["end"]):
        raise UsageError(f"{text}: write a number of lines, or POOL:RESOURCE@START/END+N, such as own:gpu+2")
    pool, name = parts["pool"], parts["name"]
    if not _is_limited(instance, pool, name):
        raise UsageError(f"{text}: there is no pool {pool!r} with a limited capacity of {name!r}")
    try:
        span = [None if at is None else stated_instant(at, instance) for at in (parts["start"], parts["end"])]
    except ValueError as error:
        raise UsageError(f"{text}: {error}") from None
    worth = Worth(f"{name} of {pool}", span[0], span[1], Fraction(0), "per unit and hour", ("pools", pool, name))
    return OneMore(worth, int(parts["units"] or 1))


def _raised(known: list[tuple[int, int, Decimal]], begin: int, end: int, more: int) -> dict[int, Decimal]:
    """Return a series as steps, by seconds, with some more from `begin` to `end`."""
    cuts = sorted({0, begin, end} | {at for at, _, _ in known})
    return {
        at: value + (more if begin <= at < end else 0)
        for at in cuts
        for low, high, value in known
        if low <= at < high
    }  # fmt: skip


def _later(document: Document, instance: Instance, id: str) -> Document:
    """Return a document in which a task has a slot more until its deadline."""
    deadline = next(task.deadline for task in instance.tasks if task.id == id)
    if deadline is not None:
        entry = next(each for each in document["tasks"] if each["id"] == id)
        entry["deadline"] = units.instant_text(deadline + timedelta(seconds=instance.time.slot))
    return document


def least_difference(
    document: Mapping[str, Any], question: Question, certificate: Mapping[str, Any], cost: Fraction
) -> Fraction | None:
    """Return what a change costs at least: the bound after it less the cost before it.

    The prices of a certificate bound the changed instance as well, by the reduced costs of what it still allows; the
    checker counts that, and nothing is solved. None where it proves no bound.
    """
    bound = _bound(question.changed(document), certificate)
    return None if bound is None else bound - cost


def _bound(document: Mapping[str, Any], certificate: Mapping[str, Any]) -> Fraction | None:
    """Return what the prices of a certificate prove of an instance, which need not be its own."""
    prices = {name: value for name, value in certificate.items() if name not in ("bound", "instance")}
    return proven(document, prices).bound


def deadline_worths(instance: Instance, certificate: Mapping[str, Any]) -> list[Worth]:
    """Return what a slot more until each deadline is worth at most, by the same prices, the dearest first.

    It is what the bound falls by, as the checker counts it. Only the first `MOST_DEADLINES` tasks with one are priced.
    """
    due = [(task.id, task.deadline) for task in instance.tasks if task.deadline is not None][:MOST_DEADLINES]
    step = timedelta(seconds=instance.time.slot)
    bound, later = later_bounds(
        instance.document(), certificate, {id: units.instant_text(deadline + step) for id, deadline in due}
    )
    found = [
        Worth(f"deadline of {id}", None, None, bound - lower, "a slot later", ("tasks", id))
        for id, lower in later.items()
        if bound is not None and lower is not None and lower < bound
    ]
    return sorted(found, key=lambda each: (-each.price, each.what))

"""The worlds of a simulation: as policies see them, and as they turn out."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from leptonopt.compile.work_options import concrete_options
from leptonopt.compile.written_options import written_option
from leptonopt.errors import Unsupported
from leptonopt.instance import Instance, refuse, units, validate
from leptonopt.instance.edits import plain, without
from leptonopt.instance.features import FEATURES
from leptonopt.simulation.noise import Noise

Document = dict[str, Any]


def refuse_unsupported(instance: Instance) -> None:
    """Raise `Unsupported` where an instance has what a simulation does not carry out."""
    if instance.services:
        raise Unsupported("simulate carries services out on a trace of requests alone; --trace LOG.csv names it")
    refuse(instance, "simulate", *FEATURES)
    if any(pool.interruptions is not None for pool in instance.pools):
        raise Unsupported("simulate does not support pools with interruptions; allowed is an instance without")
    if any(task.foreign for task in instance.tasks):
        raise Unsupported("simulate does not support jobs of other people; allowed is an instance without")


def with_soft_deadlines(instance: Instance, miss: Decimal, tail: int) -> Instance:
    """Return an instance that every history is a plan of, as far as time goes.

    The horizon is longer by `tail` seconds, rounded up to slots. A deadline becomes a due date, past which a task pays
    `miss`; where a task has a due date already, that stays.
    """
    document = plain(instance.document())
    time = instance.time
    longer = time.horizon + -(-tail // time.slot) * time.slot
    document["time"]["horizon"] = units.duration_text(longer)
    for entry, task in zip(document["tasks"], instance.tasks, strict=True):
        for key in ("deadline", "on_time"):
            entry.pop(key, None)
        if task.deadline is not None and task.due is None:
            entry |= {"due": units.instant_text(task.deadline), "late_penalty": miss}
    return validate(document)


def as_it_turns_out(world: Instance, noise: Noise, seed: int) -> Instance:
    """Return a world with the durations that a seed draws, in whole seconds, rounded up."""
    document = plain(world.document())
    for entry, task in zip(document["tasks"], world.tasks, strict=True):
        factor = noise.factor(task.id, seed)
        ways = [way for way in concrete_options(world, task) if way.refused is None]
        entry.pop("work", None)
        entry["options"] = [
            written_option(way, way.id, Fraction(way.duration) * factor, way.cost, way.not_before, way.not_after)
            for way in ways
        ]
    return validate(document)


def known_at(world: Instance, moment: datetime) -> Collection[str]:
    """Return the tasks that are known at a moment: released, and coming after known ones alone."""
    known: set[str] = set()
    waiting = [task for task in world.tasks if task.release is None or task.release <= moment]
    while more := [task for task in waiting if all(edge.task in known for edge in task.after)]:
        known |= {task.id for task in more}
        waiting = [task for task in waiting if task.id not in known]
    return known


def restricted_to(world: Instance, known: Collection[str]) -> Instance:
    """Return a world with known tasks alone; quotas of teams without tasks forget these."""
    document = plain(world.document())
    for task in world.tasks:
        if task.id not in known:
            document = without(document, f"tasks.{task.id}")
    teams = {entry.get("team") for entry in document["tasks"]}
    for quota in document.get("quotas", ()):
        if "teams" in quota:
            quota["teams"] = [team for team in quota["teams"] if team in teams]
    return validate(document)


def moment_of(world: Instance, slot: int) -> datetime:
    """Return the instant at which a slot begins."""
    return world.time.start + timedelta(seconds=slot * world.time.slot)

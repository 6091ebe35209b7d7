"""The worlds of a simulation: as policies see them, and as they turn out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.compile.written_options import written_option
from leptonopt.errors import Unsupported
from leptonopt.instance import Instance, Task, refuse, units, validate
from leptonopt.instance.edits import plain, without
from leptonopt.instance.features import FEATURES
from leptonopt.simulation.noise import Noise, shares_by_slot

SEGMENTS, METERS = "tasks with segments", "meters"
Document = dict[str, Any]


def refuse_unsupported(instance: Instance, spot: bool = False) -> None:
    """Raise `Unsupported` for what a simulation does not carry out; with `spot` there are traces."""
    if instance.services:
        raise Unsupported("simulate carries services out on a trace of requests alone; --trace LOG.csv names it")
    carried = (SEGMENTS,) if spot else (METERS,)
    refuse(instance, "simulate", *(name for name in FEATURES if name not in carried))
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


def as_it_arrives(world: Instance, noise: Noise, seed: int) -> Instance:
    """Return a world in which tasks with a release arrive later, as a seed draws; deadlines stay."""
    if not noise.arrivals.delay:
        return world
    document = plain(world.document())
    for entry, task in zip(document["tasks"], world.tasks, strict=True):
        if task.release is not None:
            entry["release"] = units.instant_text(task.release + timedelta(seconds=noise.delay(task.id, seed)))
    return validate(document)


def as_it_turns_out(world: Instance, noise: Noise, seed: int, folder: Path = Path()) -> Instance:
    """Return a world with the durations, in whole seconds, and the capacity that a seed draws.

    `folder` is where paths of traces begin.
    """
    document = plain(world.document())
    for entry, task in zip(document["tasks"], world.tasks, strict=True):
        ways = [way for way in concrete_options(world, task) if way.refused is None]
        entry.pop("work", None)
        entry["options"] = [
            written_option(way, way.id, _lasts(task, way, noise, seed), way.cost, way.not_before, way.not_after)
            for way in ways
        ]
    for pool in document["pools"]:
        if (trace := noise.spot.get(pool["id"])) is not None:
            shares = shares_by_slot(*trace.of_seed(seed, folder), world.time.slot, world.time.slots)
            pool["capacity"] = {name: _steps(world, limit, shares) for name, limit in pool["capacity"].items()}
    return validate(document)


def _lasts(task: Task, way: ConcreteOption, noise: Noise, seed: int) -> Fraction:
    """Return the seconds that a run takes, failures included; segments have none."""
    lasts = Fraction(way.duration) * noise.factor(task.id, seed)
    every = task.checkpoint.every if task.checkpoint is not None else None
    return (
        lasts if task.is_cut else noise.with_failures(task.id, seed, lasts, None if every is None else Fraction(every))
    )


def _steps(world: Instance, limit: Decimal, shares: Sequence[Fraction]) -> Document:
    """Return a capacity of which there are shares by slot, rounded down to whole units."""
    whole = [int(share * Fraction(limit)) for share in shares]
    steps = [at for at, amount in enumerate(whole) if not at or amount != whole[at - 1]]
    return {"steps": {units.instant_text(moment_of(world, at)): whole[at] for at in steps}}


def known_at(world: Instance, moment: datetime) -> Collection[str]:
    """Return the tasks that are known at a moment: released, and coming after known ones alone."""
    known: set[str] = set()
    waiting = [task for task in world.tasks if task.release is None or task.release <= moment]
    while more := [task for task in waiting if all(edge.task in known for edge in task.after)]:
        known |= {task.id for task in more}
        waiting = [task for task in waiting if task.id not in known]
    return known


def restricted_to(world: Instance, known: Collection[str]) -> Instance:
    """Return a world with known tasks alone; quotas and meters of teams without tasks forget these."""
    document = plain(world.document())
    for task in world.tasks:
        if task.id not in known:
            document = without(document, f"tasks.{task.id}")
    teams = {entry.get("team") for entry in document["tasks"]}
    for measure in (*document.get("quotas", ()), *document.get("meters", ())):
        if "teams" in measure:
            measure["teams"] = [team for team in measure["teams"] if team in teams]
    return validate(document)


def moment_of(world: Instance, slot: int) -> datetime:
    """Return the instant at which a slot begins."""
    return world.time.start + timedelta(seconds=slot * world.time.slot)

"""Find what does not go with a least load, a time off, or the rest of a minimum time of nodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from leptonopt.errors import Finding
from leptonopt.instance.pools import Pool, Time
from leptonopt.instance.services import Service
from leptonopt.instance.tasks import Task


def restrained_findings(
    pools: Sequence[Pool | None],
    tasks: Sequence[Task | None],
    services: Sequence[Service | None],
    time: Time | None,
) -> Iterator[Finding]:
    """Yield nodes with such rules where they are not supported, or on since a time to come."""
    placed = {name for task in tasks if task for name in _told_apart(task)}
    cut = any(task.is_cut for task in tasks if task)
    for at, pool in enumerate(pools):
        for number, kind in enumerate(pool.nodes if pool else ()):
            if time and any(since > time.start for since in kind.since):
                yield Finding("is after the start of the horizon", ("pools", at, "nodes", number, "since"))
        kinds = [number for number, kind in enumerate(pool.nodes) if kind.restrained] if pool else []
        if pool and kinds:
            place = ("pools", at, "nodes", kinds[0])
            if pool.id in placed:
                text = (
                    f"minimum_load, minimum_off and since are not supported where tasks tell nodes of {pool.id!r} apart"
                )
                yield Finding(f"{text} (placement one-node or packed)", place)
            if cut or any(services):
                beside = "tasks with segments" if cut else "services"
                yield Finding(f"minimum_load, minimum_off and since are not supported beside {beside}", place)


def may_be_restrained(pool: str, tasks: Sequence[Task], services: Sequence[Service]) -> bool:
    """Return whether nodes of a pool may have such rules beside these tasks and services."""
    return not services and not any(task.is_cut or pool in _told_apart(task) for task in tasks)


def _told_apart(task: Task) -> Iterator[str]:
    """Yield the pools on which a task tells nodes apart."""
    if task.placement != "span":
        for option in task.options:
            yield from (option.pool,) if option.pool else option.pools
        yield from task.work.speed or () if task.work else ()

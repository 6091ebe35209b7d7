"""Options of a task that are written out, restricted to what somebody asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.compile.written_options import written_option
from leptonopt.errors import UsageError
from leptonopt.instance import Instance
from leptonopt.instance.routes import NOT_TAKEN
from leptonopt.instance.units import instant_text


def options_asked_for(
    instance: Instance,
    task: str,
    pool: str | None = None,
    option: str | None = None,
    start: datetime | None = None,
    before: datetime | None = None,
) -> list[dict[str, Any]]:
    """Return the options of a task on a pool, of a name, at a start, or at starts not after an instant.

    Raises
    ------
    UsageError
        When there is no such task, or it has no such option; options that it may not have are named with the reason.
    """
    stated = next((each for each in instance.tasks if each.id == task), None)
    if stated is None:
        raise UsageError(f"there is no task {task!r}; known are {', '.join(each.id for each in instance.tasks[:8])}")
    if stated.is_cut and (start is not None or before is not None):
        raise UsageError(f"task {task!r} may run in segments; a start is asked for tasks that run as a whole")
    ways = [way for way in concrete_options(instance, stated) if way.id != NOT_TAKEN or option == NOT_TAKEN]
    chosen = [way for way in ways if (pool is None or way.pool == pool) and (option is None or way.id == option)]
    if not chosen:
        raise UsageError(f"task {task!r} has no such option; it has {', '.join(way.id for way in ways[:12])}")
    allowed = [way for way in chosen if way.refused is None]
    if not allowed:
        raise UsageError(f"task {task!r} may not run so: {chosen[0].id}: {chosen[0].refused}")
    begun = None if stated.segments is None else stated.segments.begun
    if begun is not None and begun.option not in {way.id for way in allowed}:
        raise UsageError(f"task {task!r} has begun in {begun.option!r}; ask with this option")
    if not (found := _in_window(allowed, start, before)):
        window = f"{_at(allowed[0].not_before)} to {_at(allowed[0].not_after)}"
        raise UsageError(f"task {task!r} may not start then: {allowed[0].id} starts from {window}")
    return found


def _in_window(
    allowed: Iterable[ConcreteOption], start: datetime | None, before: datetime | None
) -> list[dict[str, Any]]:
    """Return the options that can start at an instant, or not after one, with what is left of windows."""
    found = []
    for way in allowed:
        first = max((at for at in (way.not_before, start) if at is not None), default=None)
        last = min((at for at in (way.not_after, start, before) if at is not None), default=None)
        if first is None or last is None or first <= last:
            found.append(written_option(way, way.id, way.duration, way.cost, first, last))
    return found


def _at(moment: datetime | None) -> str:
    return "any time" if moment is None else instant_text(moment)

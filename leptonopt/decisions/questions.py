"""Questions about an instance, each as the instance that it would be then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.compile.written_options import written_option
from leptonopt.errors import UsageError
from leptonopt.instance import Instance, edits, validate
from leptonopt.instance.edits import Document
from leptonopt.instance.local_time import stated_instant
from leptonopt.instance.overlay import merged
from leptonopt.instance.routes import NOT_TAKEN
from leptonopt.instance.units import instant_text


@dataclass(frozen=True)
class WhatIf:
    """Ask what changes of prices, capacity, tasks or rules would cost or save.

    Attributes
    ----------
    adds : parts of an instance, laid over it.
    sets : such as `pools.own.price.gpu=2`.
    removes : such as `tasks.sweep`; what names it elsewhere goes with it.
    losses : such as `own.gpu=2`, units or nodes of a pool.
    """

    adds: Sequence[Mapping[str, Any]] = ()
    sets: Sequence[str] = ()
    removes: Sequence[str] = ()
    losses: Sequence[str] = ()
    saved = False
    order = 0

    def changed(self, document: Mapping[str, Any]) -> Document:
        """Return the instance after the changes; raises `UsageError`."""
        if not (self.adds or self.sets or self.removes or self.losses):
            raise UsageError("nothing is changed; say --set, --add, --remove or --lose")
        return _edited(self._changed, document)

    def _changed(self, made: Document) -> Document:
        for part in self.adds:
            made = merged(made, part)
        for text in self.sets:
            place, equals, value = text.partition("=")
            if not equals:
                raise UsageError(f"--set {text}; write PATH=VALUE, such as pools.own.price.gpu=2")
            made = edits.with_value(made, place, value)
        for path in self.removes:
            made = edits.without(made, path)
        for text in self.losses:
            made = edits.with_loss(made, text)
        return made


@dataclass(frozen=True)
class WhyNot:
    """Ask what it would cost to run a task on a pool, in an option, at a start, or by an instant.

    Of a task that need not run, because it is optional or on a route, it may be asked without any of these.
    """

    task: str
    pool: str | None = None
    option: str | None = None
    start: str | None = None
    before: str | None = None
    saved = False
    order = 1  # fewer plans are allowed

    def changed(self, document: Mapping[str, Any]) -> Document:
        """Return the instance in which the task runs so; raises `UsageError` and `InstanceError`."""
        instance = validate(dict(document))
        named = self.pool, self.option, self.start, self.before
        if all(each is None for each in named) and not _may_stay_out(instance, self.task):
            raise UsageError("say how it is to run: --pool, --option, --start or --before")
        start, before = (_instant(text, instance) for text in (self.start, self.before))
        options = options_asked_for(instance, self.task, self.pool, self.option, start, before)
        return edits.forced(edits.plain(instance.document()), self.task, options)


@dataclass(frozen=True)
class CostOf:
    """Ask for the share of a task, a service, of `team:NAME` or of `deadline:TASK` in the least cost.

    The answer's difference is what would be saved without it.
    """

    subject: str
    saved = True
    order = 0

    def changed(self, document: Mapping[str, Any]) -> Document:
        """Return the instance without the subject; raises `UsageError`."""
        return _edited(self._changed, document)

    def _changed(self, made: Document) -> Document:
        tasks = {task["id"]: task for task in made["tasks"]}
        kind, colon, name = self.subject.partition(":")
        if colon and kind == "deadline":
            if "deadline" not in tasks.get(name, {}):
                raise UsageError(f"{self.subject}: there is no such task with a deadline")
            made = edits.with_value(made, f"tasks.{name}.deadline", "null")
            return edits.with_value(made, f"tasks.{name}.on_time", "null")
        holders = [(key, each) for key in ("tasks", "services") for each in made.get(key, ())]
        of_team = [(key, each["id"]) for key, each in holders if colon and kind == "team" and each.get("team") == name]
        gone = of_team or [(key, each["id"]) for key, each in holders if each["id"] == self.subject]
        if not gone:
            text = "there is no such task, service or team; write TASK, SERVICE, team:NAME or deadline:TASK"
            raise UsageError(f"{self.subject}: {text}")
        for key, id in gone:
            made = edits.without(made, f"{key}.{id}")
        _drop_idle_teams(made)
        return made


Question = WhatIf | WhyNot | CostOf


def _edited(edit: Callable[[Document], Document], document: Mapping[str, Any]) -> Document:
    """Return a document after an edit; where that finds no place in it, the same in plain notation.

    In plain notation each day of a task that repeats is a task of its own, and amounts are numbers.

    Raises
    ------
    UsageError
        When the edit finds its place in neither.
    """
    try:
        return edit({"tasks": [], **edits.plain(document)})
    except UsageError as error:
        try:
            return edit(edits.plain(validate(dict(document)).document()))
        except UsageError:
            raise error from None


def _may_stay_out(instance: Instance, id: str) -> bool:
    """Return whether a plan may leave a task out, or take another route."""
    tasks = (task for task in instance.tasks if task.id == id)
    return any(task.optional or any(option.id == NOT_TAKEN for option in task.options) for task in tasks)


def _instant(text: str | None, instance: Instance) -> datetime | None:
    try:
        return None if text is None else stated_instant(text, instance)
    except ValueError as error:
        raise UsageError(str(error)) from None


def _drop_idle_teams(document: Document) -> None:
    """Take teams without tasks and services out of quotas."""
    teams = {each.get("team") for each in (*document["tasks"], *document.get("services", ()))}
    for quota in (*document.get("quotas", ()), *document.get("meters", ())):
        if "teams" in quota:
            quota["teams"] = [team for team in quota["teams"] if team in teams]


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

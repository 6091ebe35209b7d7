"""The state of a plan that is carried out: what is done, runs and failed, and what has been used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import Field, model_validator

from leptonopt.compile.services import replica_options
from leptonopt.errors import Finding, InstanceError, Path, dotted
from leptonopt.instance import Instance, Quota, Service
from leptonopt.instance.fields import Amount, ByName, Instant, Lag, Many, Name, NotNegative, StrictModel, empty_mapping
from leptonopt.instance.messages import validated
from leptonopt.instance.names import unknown_name

Key = tuple[str, int]  # task and copy; copies count from 1


class Run(StrictModel):
    """A copy of a task that the state speaks of."""

    task: Name
    copy_: int = Field(default=1, alias="copy", ge=1, strict=True)
    option: Name | None = None
    pool: Name | None = None
    started: Instant | None = None
    ended: Instant | None = None
    at: Many[Name] = Field(default=(), description="regions in which its data are, beside that of its pool")

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: object) -> object:
        return {"task": value} if isinstance(value, str) else value

    @property
    def key(self) -> Key:
        """The task and the copy."""
        return self.task, self.copy_


class Move(StrictModel):
    """The price of moving what runs: money, and time until it works again elsewhere."""

    cost: NotNegative = Decimal(0)
    restart: Lag = 0


class Running(Run):
    """A copy that runs.

    `progress` is the share of its work that is done, by the time it has run when absent; `saved` the share that a move
    keeps. `ends` says when it will end, whatever its progress. Without `move` it stays where it is. Of a task in
    segments it runs in number `segments`, by the plan when absent; `work` is the share that these have done.
    `outside` of the pools, on nodes that take no new
    work, it stays, and holds nothing of what they have. `place` is for people.
    """

    progress: NotNegative | None = None
    saved: NotNegative = Decimal(0)
    segments: int | None = Field(default=None, ge=1, strict=True)
    work: NotNegative | None = None
    place: str = ""
    outside: bool = False
    ends: Instant | None = None
    move: Move | None = None

    def is_over_by(self, moment: datetime, now: datetime) -> bool:
        """Return whether it ends between the instant of the state and another one."""
        return self.ends is not None and now < self.ends <= moment

    @model_validator(mode="after")
    def _shares(self) -> Running:
        if (self.progress or 0) > 1 or self.saved > 1 or (self.work or 0) > 1:
            raise ValueError("progress, work and saved are shares, at most 1")
        return self


class Paused(Run):
    """A copy of a task in segments that has begun and waits; what is absent is as planned."""

    progress: NotNegative | None = None
    segments: int | None = Field(default=None, ge=1, strict=True)
    work: NotNegative | None = None

    @model_validator(mode="after")
    def _shares(self) -> Paused:
        if (self.progress or 0) > 1 or (self.work or 0) > 1:
            raise ValueError("progress and work are shares, at most 1")
        return self


class Failed(Run):
    """A copy that failed and is to run again."""

    why: str = ""


class Standing(StrictModel):
    """Nodes of a kind that are committed already, and that are on, some of them `since` an instant."""

    pool: Name
    kind: Name | None = None
    committed: int = Field(default=0, ge=0, strict=True)
    on: int | None = Field(default=None, ge=0, strict=True)
    since: Many[Instant] = ()

    @model_validator(mode="after")
    def _of_nodes(self) -> Standing:
        if len(self.since) > (self.on or 0):
            raise ValueError(f"since is of {len(self.since)} nodes, and {self.on or 0} are on")
        return self


class Replicas(StrictModel):
    """Replicas of a way of a service that are on, and usable; `way` may be absent where there is one."""

    service: Name
    way: Name | None = None
    on: int = Field(ge=0, strict=True)


class BatchDone(StrictModel):
    """Requests of a batch that are done, by class."""

    id: Name
    done: ByName[NotNegative]


class State(StrictModel):
    """The state at the instant `now`.

    Attributes
    ----------
    done, running, paused, failed : copies of tasks; those of which nothing is said wait.
    fixed : tasks that keep their option and start.
    nodes : what is committed already, and is on.
    used : what has been used of quotas and meters, by id.
    replicas : those that are on, of the services that it names; all others are as planned.
    batches : the requests that are done, of the batches that it names; all others are as planned.
    move : the price of moving any task that runs and has no price of its own; None: none moves.
    """

    leptonopt_state: int = Field(default=1, ge=1, le=1, strict=True)
    now: Instant
    done: Many[Run] = ()
    running: Many[Running] = ()
    paused: Many[Paused] = ()
    failed: Many[Failed] = ()
    fixed: Many[Name] = ()
    nodes: Many[Standing] = ()
    used: ByName[Amount] = empty_mapping()
    replicas: Many[Replicas] = ()
    batches: Many[BatchDone] = ()
    move: Move | None = None


def read_state(document: Mapping[str, Any], instance: Instance) -> State:
    """Return the state of a document; raises `InstanceError` with everything that is wrong with it."""
    state = validated(State, document)
    if found := _findings(state, instance):
        raise InstanceError(found)
    return state


def _findings(state: State, instance: Instance) -> list[Finding]:
    """Return what does not fit the instance: names, copies, and what is said twice."""
    tasks = {task.id: task for task in instance.tasks}
    found, seen = [], dict[Key, str]()
    spoken: dict[str, Sequence[Run]] = {
        "done": state.done, "running": state.running, "paused": state.paused, "failed": state.failed,
    }  # fmt: skip
    for what, runs in spoken.items():
        for at, run in enumerate(runs):
            place = (what, at)
            if run.task not in tasks:
                if what in ("running", "paused"):
                    found.append(Finding(f"there is no task {run.task!r} that could run", place))
                continue  # what is done may have left the instance
            if what == "paused" and not tasks[run.task].is_cut:
                found.append(Finding(f"{run.task!r} has no segments, and cannot pause", place))
            if run.copy_ > tasks[run.task].copies:
                found.append(Finding(f"{run.task!r} has {tasks[run.task].copies} copies", (*place, "copy")))
            if run.key in seen:
                found.append(Finding(f"{run.task!r} copy {run.copy_} stands at {seen[run.key]} already", place))
            seen[run.key] = dotted(place)
    for at, name in enumerate(state.fixed):
        if name not in tasks:
            found.append(Finding(f"there is no task {name!r}", ("fixed", at)))
    measures = {measure.id: measure for measure in instance.measures}
    for name, used in state.used.items():
        if (measure := measures.get(name)) is None:
            found.append(Finding(f"there is no quota {name!r}", ("used", name)))
        elif used < 0 and not (measure.budget and isinstance(measure, Quota)):
            found.append(Finding(f"{used} is below zero; at least 0, except of quotas of money", ("used", name)))
    return found + _findings_of_nodes(state, instance) + _findings_of_services(state, instance)


def _findings_of_services(state: State, instance: Instance) -> list[Finding]:
    """Return what names no service, no way of it, or no batch."""
    ways = {service.id: way_names(instance, service) for service in instance.services}
    found = []
    for at, entry in enumerate(state.replicas):
        place: Path = ("replicas", at)
        if entry.service not in ways:
            found.append(Finding(f"there is no service {entry.service!r}", (*place, "service")))
        elif entry.way is None and len(ways[entry.service]) > 1:
            found.append(Finding(f"service {entry.service!r} has {len(ways[entry.service])} ways; say which", place))
        elif entry.way is not None and entry.way not in ways[entry.service]:
            found.append(Finding(unknown_name("way", entry.way, ways[entry.service]), (*place, "way")))
    batches = {batch.id for batch in instance.batches}
    return found + [
        Finding(unknown_name("batch", entry.id, batches), ("batches", at, "id"))
        for at, entry in enumerate(state.batches)
        if entry.id not in batches
    ]


def way_names(instance: Instance, service: Service) -> list[str]:
    """Return the names of the ways of a service, as plans call them."""
    return [way.id for way in replica_options(instance, service)]


def _findings_of_nodes(state: State, instance: Instance) -> list[Finding]:
    """Return what names no pool, or no kind of nodes of it."""
    kinds = {pool.id: [name for name, _ in pool.kinds] for pool in instance.pools}
    found = []
    for at, entry in enumerate(state.nodes):
        names = kinds.get(entry.pool)
        if names is None:
            found.append(Finding(f"there is no pool {entry.pool!r}", ("nodes", at, "pool")))
        elif not names:
            found.append(Finding(f"pool {entry.pool!r} has no nodes", ("nodes", at, "pool")))
        elif entry.kind is None and len(names) != 1:
            found.append(Finding(f"pool {entry.pool!r} has {len(names)} kinds of nodes; say which", ("nodes", at)))
        elif entry.kind is not None and entry.kind not in names:
            known = ", ".join(names) or "none"
            text = f"pool {entry.pool!r} has no kind of nodes {entry.kind!r}; there are {known}"
            found.append(Finding(text, ("nodes", at, "kind")))
    return found

"""The state of a plan that is carried out: what is done, runs and failed, and what has been used."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pydantic import Field, model_validator

from leptonopt.errors import Finding, InstanceError, dotted
from leptonopt.instance import Instance
from leptonopt.instance.fields import ByName, Instant, Lag, Many, Name, NotNegative, StrictModel, empty_mapping
from leptonopt.instance.validation import validated

Key = tuple[str, int]  # task and copy; copies count from 1


class Run(StrictModel):
    """A copy of a task that the state speaks of."""

    task: Name
    copy_: int = Field(default=1, alias="copy", ge=1, strict=True)
    option: Name | None = None
    pool: Name | None = None
    started: Instant | None = None
    ended: Instant | None = None

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
    keeps. `ends` says when it will end, whatever its progress. Without `move` it stays where it is.
    """

    progress: NotNegative | None = None
    saved: NotNegative = Decimal(0)
    ends: Instant | None = None
    move: Move | None = None

    @model_validator(mode="after")
    def _shares(self) -> Running:
        if (self.progress or 0) > 1 or self.saved > 1:
            raise ValueError("progress and saved are shares, at most 1")
        return self


class Failed(Run):
    """A copy that failed and is to run again."""

    why: str = ""


class Standing(StrictModel):
    """Nodes of a kind that are committed already, and that are on."""

    pool: Name
    kind: Name | None = None
    committed: int = Field(default=0, ge=0, strict=True)
    on: int | None = Field(default=None, ge=0, strict=True)


class State(StrictModel):
    """The state at the instant `now`.

    Attributes
    ----------
    done, running, failed : copies of tasks; those of which nothing is said wait.
    fixed : tasks that keep their option and start.
    nodes : what is committed already, and is on.
    used : what has been used of quotas, by id.
    move : the price of moving any task that runs and has no price of its own; None: none moves.
    """

    leptonopt_state: int = Field(default=1, ge=1, le=1, strict=True)
    now: Instant
    done: Many[Run] = ()
    running: Many[Running] = ()
    failed: Many[Failed] = ()
    fixed: Many[Name] = ()
    nodes: Many[Standing] = ()
    used: ByName[NotNegative] = empty_mapping()
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
    for what, runs in (("done", state.done), ("running", state.running), ("failed", state.failed)):
        for at, run in enumerate(runs):
            place = (what, at)
            if run.task not in tasks:
                if what == "running":
                    found.append(Finding(f"there is no task {run.task!r} that could run", place))
                continue  # what is done may have left the instance
            if run.copy_ > tasks[run.task].copies:
                found.append(Finding(f"{run.task!r} has {tasks[run.task].copies} copies", (*place, "copy")))
            if run.key in seen:
                found.append(Finding(f"{run.task!r} copy {run.copy_} stands at {seen[run.key]} already", place))
            seen[run.key] = dotted(place)
    for at, name in enumerate(state.fixed):
        if name not in tasks:
            found.append(Finding(f"there is no task {name!r}", ("fixed", at)))
    quotas = {quota.id for quota in instance.quotas}
    found += [Finding(f"there is no quota {name!r}", ("used", name)) for name in state.used if name not in quotas]
    return found + _findings_of_nodes(state, instance)


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

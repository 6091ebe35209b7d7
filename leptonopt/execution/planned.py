"""Plans as runs: one for each copy of a task, with everything that carrying it out needs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from graphlib import TopologicalSorter
from typing import Any

from leptonopt.errors import InputError, UsageError
from leptonopt.execution.segments import Segment, segments_of, stopped_command
from leptonopt.instance import Instance, refuse, units
from leptonopt.instance.features import FOREIGN_CUT, ROUTES
from leptonopt.instance.routes import NOT_TAKEN
from leptonopt.instance.tasks import Run, Task
from leptonopt.plan.entries import added, copies_of, each_copy

MAX_RUNS = 100_000


@dataclass(frozen=True)
class PlannedRun:
    """A copy of a task as planned.

    Attributes
    ----------
    key : `TASK`, or `TASK#COPY` of a task with copies, and `/NUMBER` of a segment; unique in the plan.
    uses : what it holds of each resource, in all.
    whole : the number of whole nodes that it takes; 0 when it shares.
    on_node : it must be within a single node.
    start, end : instants in UTC, as planned.
    after : keys of the runs that must have ended without an error.
    segment : which segment it is; None of a whole task.
    target : where its pool is found in the system that carries it out.
    job : the job of somebody else that carries it out, empty where that is in another system; None: it is ours.
    moves : whether it ran elsewhere when the plan was made, and leaves that place.
    """

    key: str
    task: str
    copy: int
    team: str | None
    pool: str
    option: str
    variant: str | None
    uses: Mapping[str, Decimal]
    whole: int
    on_node: bool
    start: datetime
    end: datetime
    after: tuple[str, ...]
    run: Run | None
    target: Mapping[str, str]
    job: str | None = None
    segment: Segment | None = None
    moves: bool = False

    @property
    def foreign(self) -> bool:
        """Return whether somebody else carries it out, so that it is to be left alone."""
        return self.job is not None

    @property
    def seconds(self) -> int:
        """The planned duration."""
        return int((self.end - self.start).total_seconds())

    @property
    def name(self) -> str:
        """The key that all segments of a copy share."""
        return self.key if self.segment is None else self.key.rpartition("/")[0]

    @property
    def until(self) -> datetime | None:
        """The instant at which it is stopped; None where it ends by itself."""
        return None if self.segment is None or self.segment.notice is None else self.end

    @property
    def follows(self) -> str | None:
        """The key of the segment before, which must be over, in whatever way; it may be of an earlier plan."""
        return None if self.segment is None or self.segment.number == 1 else f"{self.name}/{self.segment.number - 1}"

    @property
    def slug(self) -> str:
        """The key in lower case letters, digits and hyphens, of at most 50 characters; no two keys share one."""
        return distinct_name(self.key.replace("--", "-\n-").replace("#", "--"), 50)  # `a--1` is not `a#1`

    def leaves(self, started: datetime | None) -> bool:
        """Return whether the plan takes it away from where it runs since an instant."""
        return self.moves and started is not None and started < self.start

    def amount(self, resource: str) -> Decimal:
        """Return what it holds of a resource."""
        return self.uses.get(resource, Decimal(0))

    def invocation(self) -> tuple[str, str | None, dict[str, str]]:
        """Return the command for a shell, its folder, and variables that say what the run is and holds."""
        told = {"LEPTONOPT_TASK": self.name, "LEPTONOPT_POOL": self.pool, "LEPTONOPT_OPTION": self.option}
        held = {f"LEPTONOPT_{_variable(name)}": f"{amount:f}" for name, amount in self.uses.items()}
        return self.command(), self.run.directory if self.run else None, {**told, **held, **self.environment()}

    def command(self) -> str:
        """Return the command for a shell; that of a segment is told to stop before its end."""
        command = self.run.command if self.run else "true"
        if self.segment is None or self.segment.notice is None:
            return command
        return stopped_command(command, self.end, self.segment.notice)

    def environment(self) -> dict[str, str]:
        """Return variables of the task, and those that say which segment it is and when that is stopped."""
        told = {}
        if self.segment is not None:
            told = {"LEPTONOPT_TASK": self.name, "LEPTONOPT_SEGMENT": str(self.segment.number)}
        told |= {} if self.until is None else {"LEPTONOPT_UNTIL": units.instant_text(self.until)}
        return {**told, **(self.run.environment if self.run else {})}

    def memory_mib(self) -> int:
        """Return the memory that it holds in MiB, of `memory_mib`, `memory_gib` or `memory_gb`; 0: not said."""
        exact = self.amount("memory_mib") + self.amount("memory_gib") * 1024 + self.amount("memory_gb") * 10**9 / 2**20
        return int(exact.to_integral_value(rounding="ROUND_CEILING"))


def distinct_name(text: str, most: int, characters: str = "a-z0-9-") -> str:
    """Return a text in these characters, of at most so many; it begins and ends with a letter or digit.

    A text that is not of that kind loses something: a few digits of its hash tell it from others.
    """
    plain = re.sub(f"[^{characters}]+", "-", text if "A-Z" in characters else text.lower()).strip("-_.")
    if plain == text and len(text) <= most:
        return text
    mark = hashlib.sha256(text.encode()).hexdigest()[:6]
    return f"{plain[: most - 7].strip('-_.') or 'x'}-{mark}"


def _variable(resource: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in resource.upper())


def planned_runs(instance: Instance, plan: Mapping[str, Any], system: str) -> list[PlannedRun]:
    """Return the runs of a plan by start.

    Parameters
    ----------
    instance : the instance that the plan is of.
    plan : the document of a plan.
    system : the name under which pools say in `target` where they are found.

    Raises
    ------
    InputError
        When the plan has no entry for a task that it names, or more than 100,000 runs.
    """
    if system:
        refuse(instance, f"carrying out on {system}", FOREIGN_CUT, ROUTES)
    tasks = {task.id: task for task in instance.tasks}
    targets = {pool.id: dict(pool.target.get(system, {})) for pool in instance.pools}
    lines = [line for line in plan.get("tasks", []) if line["option"] != NOT_TAKEN]
    if copies_of(lines) > MAX_RUNS:
        raise InputError(f"the plan has more than {MAX_RUNS:,} runs")
    copies: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for (id, copy), line in each_copy(lines):
        if id not in tasks or line["pool"] not in targets:
            raise InputError(f"the plan names {id!r} on {line['pool']!r}, which the instance does not have")
        copies.setdefault((id, copy), []).append(line)
    found = [
        _run(tasks[id], line, copy, segment, targets[line["pool"]], system)
        for (id, copy), own in copies.items()
        for line, segment in _with_segments(instance, tasks[id], own)
    ]
    ends: dict[str, list[str]] = {}
    for run in found:
        if run.segment is None or run.segment.planned == run.segment.of:
            ends.setdefault(run.task, []).append(run.key)
    after = {id: tuple(key for edge in task.after for key in ends.get(edge.task, ())) for id, task in tasks.items()}
    return sorted((replace(run, after=after[run.task]) for run in found), key=lambda run: (run.start, run.key))


def _with_segments(
    instance: Instance, task: Task, lines: Sequence[Mapping[str, Any]]
) -> Iterable[tuple[Mapping[str, Any], Segment | None]]:
    """Return the entries of a copy, each with the segment that it is, if any."""
    if not task.is_cut:
        return [(line, None) for line in lines]
    own = sorted(lines, key=lambda line: int(line["segment"]))
    return zip(own, segments_of(instance, task, own), strict=True)


def _run(
    task: Task, line: Mapping[str, Any], copy: int, segment: Segment | None, target: Mapping[str, str], system: str
) -> PlannedRun:
    whole = next(
        (
            option.nodes or 0
            for option in task.options
            if line["pool"] in option.where and line["option"] in _labels(option, line["pool"])
        ),
        0,
    )
    name = f"{line['id']}#{copy}" if "copy" in line else str(line["id"])
    return PlannedRun(
        key=name if segment is None else f"{name}/{segment.number}", task=task.id,
        copy=copy, team=task.team, pool=line["pool"],
        option=line["option"], variant=line.get("variant"),
        uses={name: Decimal(str(amount)) for name, amount in line.get("uses", {}).items()},
        whole=whole, on_node=task.placement == "one-node",
        start=units.instant(line["start"]), end=units.instant(line["end"]),
        after=(), run=task.run, target=target, job=task.job.get(system, "") if task.foreign else None, segment=segment,
        moves=segment is None and _ran(task) and added(line["option"]) != "stays",
    )  # fmt: skip


def _ran(task: Task) -> bool:
    """Return whether a task runs already when its instance begins, by its option to stay."""
    return any(added(option.id or "") == "stays" for option in task.options)


def _labels(option: Any, pool: str) -> tuple[str, ...]:
    """Return the names that an option may have in a plan."""
    return (pool,) if option.id is None else (option.id, f"{option.id} {pool}")


def project_name(instance: Instance) -> str:
    """Return the name under which jobs of an instance are found again: letters, digits, hyphens.

    Instances of one name share it, and so do names that differ in spaces and hyphens only.
    """
    return distinct_name(instance.name.strip().replace(" ", "-"), 40, "A-Za-z0-9_.-")


def require_commands(runs: Sequence[PlannedRun]) -> None:
    """Raise `UsageError` where a task that is not somebody else's does not say what to run."""
    if missing := missing_commands(runs):
        raise UsageError(
            f"{missing[0]!r} has no `run`, the command to start; a job that is there already is named by `job`"
        )


def missing_commands(runs: Sequence[PlannedRun]) -> list[str]:
    """Return the tasks, in order, that do not say what to run, and that nobody else carries out."""
    return sorted({run.task for run in own_runs(runs) if run.run is None})


def own_runs(runs: Iterable[PlannedRun]) -> list[PlannedRun]:
    """Return the runs that whoever has made the plan carries out."""
    return [run for run in runs if not run.foreign]


def in_precedence_order(runs: Sequence[PlannedRun]) -> list[PlannedRun]:
    """Return runs such that each follows those that it waits for."""
    by_key = {run.key: run for run in runs}
    order = TopologicalSorter({run.key: [key for key in (*run.after, run.follows) if key in by_key] for run in runs})
    return [by_key[key] for key in order.static_order()]

"""Plans as runs: one for each copy of a task, with everything that carrying it out needs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from graphlib import TopologicalSorter
from typing import Any

from leptonopt.errors import InputError, UsageError
from leptonopt.instance import Instance, refuse, units
from leptonopt.instance.routes import NOT_TAKEN
from leptonopt.instance.tasks import Run, Task
from leptonopt.plan.entries import copies_of, each_copy

MAX_RUNS = 100_000


@dataclass(frozen=True)
class PlannedRun:
    """A copy of a task as planned.

    Attributes
    ----------
    key : `TASK`, or `TASK#COPY` of a task with copies, and `/SEGMENT` where it is one; unique in the plan.
    uses : what it holds of each resource, in all.
    whole : the number of whole nodes that it takes; 0 when it shares.
    on_node : it must be within a single node.
    start, end : instants in UTC, as planned.
    after : keys of the runs that must have ended.
    target : where its pool is found in the system that carries it out.
    job : the job of somebody else that carries it out, empty where that is in another system; None: it is ours.
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
    segment: int = 0

    @property
    def foreign(self) -> bool:
        """Return whether somebody else carries it out, so that it is to be left alone."""
        return self.job is not None

    @property
    def seconds(self) -> int:
        """The planned duration."""
        return int((self.end - self.start).total_seconds())

    @property
    def slug(self) -> str:
        """The key in lower case letters, digits and hyphens, of at most 50 characters; no two keys share one."""
        return distinct_name(self.key.replace("#", "--"), 50)

    def amount(self, resource: str) -> Decimal:
        """Return what it holds of a resource."""
        return self.uses.get(resource, Decimal(0))

    def invocation(self) -> tuple[str, str | None, dict[str, str]]:
        """Return the command for a shell, its folder, and variables that say what the run is and holds."""
        command = self.run or Run(command="true")
        told = {"LEPTONOPT_TASK": self.key, "LEPTONOPT_POOL": self.pool, "LEPTONOPT_OPTION": self.option}
        held = {f"LEPTONOPT_{_variable(name)}": f"{amount:f}" for name, amount in self.uses.items()}
        return command.command, command.directory, {**told, **held, **command.environment}

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
        refuse(instance, f"carrying out on {system}", "tasks with segments", "alternative routes")
    tasks = {task.id: task for task in instance.tasks}
    targets = {pool.id: dict(pool.target.get(system, {})) for pool in instance.pools}
    lines = [line for line in plan.get("tasks", []) if line["option"] != NOT_TAKEN]
    if copies_of(lines) > MAX_RUNS:
        raise InputError(f"the plan has more than {MAX_RUNS:,} runs")
    keys = _keys(lines)
    found = []
    for (id, copy), line in each_copy(lines):
        task = tasks.get(id)
        if task is None or line["pool"] not in targets:
            raise InputError(f"the plan names {id!r} on {line['pool']!r}, which the instance does not have")
        after = tuple(key for edge in task.after for key in keys.get(edge.task, ()))
        found.append(_run(task, line, copy, after, targets[line["pool"]], system))
    return sorted(found, key=lambda run: (run.start, run.key))


def _key(line: Mapping[str, Any], copy: int) -> str:
    whole = f"{line['id']}#{copy}" if "copy" in line else str(line["id"])
    return f"{whole}/{line['segment']}" if "segment" in line else whole


def _keys(lines: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for (task, copy), line in each_copy(lines):
        found.setdefault(task, []).append(_key(line, copy))
    return found


def _run(
    task: Task, line: Mapping[str, Any], copy: int, after: tuple[str, ...], target: Mapping[str, str], system: str
) -> PlannedRun:
    whole = next(
        (
            option.nodes or 0
            for option in task.options
            if line["pool"] in option.where and line["option"] in _labels(option, line["pool"])
        ),
        0,
    )
    return PlannedRun(
        key=_key(line, copy), task=task.id, copy=copy, team=task.team, pool=line["pool"],
        option=line["option"], variant=line.get("variant"),
        uses={name: Decimal(str(amount)) for name, amount in line.get("uses", {}).items()},
        whole=whole, on_node=task.placement == "one-node",
        start=units.instant(line["start"]), end=units.instant(line["end"]),
        after=after, run=task.run, target=target, job=task.job.get(system, "") if task.foreign else None,
        segment=line.get("segment", 0),
    )  # fmt: skip


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
    order = TopologicalSorter({run.key: [key for key in run.after if key in by_key] for run in runs})
    return [by_key[key] for key in order.static_order()]

"""Requirements of tasks: times, precedence, needs of pools and options, placement."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from math import ceil

from leptonopt.compile.work_options import CONFIDENTIAL, ConcreteOption
from leptonopt.errors import Path
from leptonopt.infeasibility.documents import Document
from leptonopt.infeasibility.requirement import Requirement, drop_key, find_entry, leave_gap, moment_text, plain_text
from leptonopt.instance import Instance, Task, merged_work, units

PLACED = {"one-node": "fits within one node", "packed": "is within one node, or on whole ones"}


def task_requirements(
    instance: Instance, number: int, task: Task, options: Sequence[ConcreteOption], linked_ids: set[str]
) -> Iterator[Requirement]:
    place: Path = ("tasks", number)
    yield from _times(instance, place, task)
    for at, after in enumerate(task.after):
        if after.task in linked_ids:
            lag = f" and {units.duration_text(after.lag)}" if after.lag else ""
            if after.most is not None:
                lag += f", and starts at most {units.duration_text(after.most)} after it"
            yield Requirement(
                "after",
                (task.id, after.task),
                f"task {task.id!r} waits for the end of {after.task!r}{lag}",
                (*place, "after", at),
                partial(leave_gap, key="tasks", id=task.id, entry=("after", at)),
                dropped=f"{task.id!r} not waiting for {after.task!r}",
            )
    yield from _data(place, task)
    yield from _needs(instance, place, task, options)
    if task.placement != "span":
        refused = [
            f"{option.id}: {option.refused}"
            for option in options
            if option.refused and option.refused.startswith(task.placement)
        ]
        yield Requirement(
            "placement",
            (task.id,),
            f"task {task.id!r} {PLACED[task.placement]}" + (f" ({'; '.join(refused[:3])})" if refused else ""),
            (*place, "placement"),
            partial(drop_key, id=task.id, key="placement"),
            dropped=f"{task.id!r} spread over several nodes",
        )


def _data(place: Path, task: Task) -> Iterator[Requirement]:
    """Yield the data that a task fetches, takes from others and writes, which take time and need links."""
    stated: list[tuple[str, Path, Callable[[Document], None]]] = []
    for at, after in enumerate(task.after):
        if after.gib:
            words = f"takes {plain_text(after.gib)} GiB from {after.task!r}"
            stated.append((words, ("after", at, "gib"), partial(_drop_gib, id=task.id, at=at)))
    for key, words in (
        ("inputs", f"fetches its inputs ({', '.join(map(repr, task.inputs[:6]))})"),
        ("results", f"writes its results to {task.results.to!r}" if task.results else ""),
    ):
        if getattr(task, key):
            stated.append((words, (key,), partial(drop_key, id=task.id, key=key)))
    for words, where, drop in stated:
        yield Requirement(
            "data",
            (task.id, *map(str, where)),
            f"task {task.id!r} {words}",
            (*place, *where),
            drop,
            dropped=f"data at hand: not that {task.id!r} {words}",
        )


def _drop_gib(document: Document, id: str, at: int) -> None:
    edges = find_entry(document, "tasks", id).get("after", ())
    for number, edge in enumerate(edges):
        if number == at and isinstance(edge, dict):
            edge.pop("gib", None)


def _times(instance: Instance, place: Path, task: Task) -> Iterator[Requirement]:
    time, slot = instance.time, timedelta(seconds=instance.time.slot)
    end = time.start + timedelta(seconds=time.horizon)
    if task.deadline is not None:
        yield Requirement(
            "deadline",
            (task.id,),
            f"task {task.id!r} ends by {moment_text(instance, task.deadline)}, its deadline",
            (*place, "deadline"),
            partial(_drop_deadline, id=task.id),
            partial(_later_deadline, instance=instance, task=task),
            max(0, ceil((end - task.deadline) / slot)),
        )
    if task.release is not None and task.release > time.start:
        yield Requirement(
            "release",
            (task.id,),
            f"task {task.id!r} does not start before {moment_text(instance, task.release)}, its release",
            (*place, "release"),
            partial(drop_key, id=task.id, key="release"),
            partial(_earlier_release, instance=instance, task=task),
            ceil((task.release - time.start) / slot),
        )
    if task.on_time is not None:
        yield Requirement(
            "on_time",
            (task.id,),
            f"task {task.id!r} meets its deadline with a probability of {task.on_time} on pools with interruptions",
            (*place, "on_time"),
            partial(drop_key, id=task.id, key="on_time"),
            dropped=f"no probability asked of {task.id!r}",
        )


def _later_deadline(document: Document, steps: int, instance: Instance, task: Task) -> str | None:
    time = instance.time
    if task.deadline is None:
        return None
    moved = min(time.start + timedelta(seconds=time.horizon), task.deadline + steps * timedelta(seconds=time.slot))
    find_entry(document, "tasks", task.id)["deadline"] = units.instant_text(moved)
    by = units.duration_text(int((moved - task.deadline).total_seconds()))
    return f"the deadline of {task.id!r} {by} later, {moment_text(instance, moved)}"


def _earlier_release(document: Document, steps: int, instance: Instance, task: Task) -> str | None:
    time = instance.time
    if task.release is None:
        return None
    moved = max(time.start, task.release - steps * timedelta(seconds=time.slot))
    find_entry(document, "tasks", task.id)["release"] = units.instant_text(moved)
    by = units.duration_text(int((task.release - moved).total_seconds()))
    return f"the release of {task.id!r} {by} earlier, {moment_text(instance, moved)}"


def _needs(instance: Instance, place: Path, task: Task, options: Sequence[ConcreteOption]) -> Iterator[Requirement]:
    """Yield the demands of a task on pools and options, where any of them falls short."""
    pools = [pool for pool in instance.pools if pool.id in {option.pool for option in options}]
    for at, label in enumerate(task.needs.labels):
        if any(label not in pool.labels for pool in pools):
            text = f"the label {label!r}"
            yield _need(task, "label", label, text, (*place, "needs", "labels", at), partial(_drop_need, id=task.id))
    for at, label in enumerate(task.needs.without):
        if any(label in pool.labels for pool in pools):
            text = f"a pool without the label {label!r}"
            yield _need(task, "without", label, text, (*place, "needs", "without", at), partial(_drop_need, id=task.id))
    if any(option.quality < task.needs.quality for option in options):
        text, where = f"a quality of {task.needs.quality}", (*place, "needs", "quality")
        yield _need(task, "quality", str(task.needs.quality), text, where, partial(_drop_need, id=task.id))
    if task.confidential and any(CONFIDENTIAL not in pool.labels for pool in pools):
        yield _need(
            task,
            "confidential",
            "",
            "a pool for confidential tasks",
            (*place, "confidential"),
            lambda document, kind, name: drop_key(document, task.id, "confidential"),
        )
    work = merged_work(task.work, instance.profiles) if task.work else None
    if work and work.memory is not None and any(pool.device_memory is not None for pool in pools):
        plain = work.model_dump(by_alias=True, exclude_defaults=True)
        plain = {key: value for key, value in plain.items() if key not in ("memory", "profile")}
        yield _need(
            task,
            "memory",
            plain_text(work.memory),
            f"{plain_text(work.memory)} of device memory",
            (*place, "work"),
            lambda document, kind, name: find_entry(document, "tasks", task.id).update(work=copy.deepcopy(plain)),
        )


def _need(
    task: Task, kind: str, name: str, text: str, place: Path, without: Callable[[Document, str, str], None]
) -> Requirement:
    return Requirement(
        kind,
        (task.id, name) if name else (task.id,),
        f"task {task.id!r} needs {text}",
        place,
        lambda document: without(document, kind, name),
        dropped=f"{task.id!r} without what it needs ({text})",
    )


def _drop_need(document: Document, kind: str, name: str, id: str) -> None:
    """A task without one of its needs."""
    needs = find_entry(document, "tasks", id)["needs"]
    if kind == "quality":
        needs.pop("quality", None)
    else:
        key = "labels" if kind == "label" else "without"
        needs[key] = [label for label in needs.get(key, ()) if label != name]


def _drop_deadline(document: Document, id: str) -> None:
    task = find_entry(document, "tasks", id)
    task.pop("deadline", None)
    task.pop("on_time", None)

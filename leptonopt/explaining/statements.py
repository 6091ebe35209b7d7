"""What an instance demands, statement by statement: in the user's words, and what it becomes without it.

Documents here are the canonical tree of `Instance.document()`. They are never changed, always copied.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import comb
from typing import Any

from leptonopt import units
from leptonopt.calendar import least_by_slot
from leptonopt.compile.rows import MAX_CHOICES
from leptonopt.instance import Instance, NodeKind, Pool, Series, Task
from leptonopt.work import ways

Document = dict[str, Any]
MAX_APART = 64  # nodes of a pool that may be told apart
PLENTY = 10**6  # units or nodes, in place of a capacity that is taken away


@dataclass(frozen=True)
class Statement:
    """Something that an instance demands.

    Attributes
    ----------
    kind, subject : what it is about, such as ("deadline", ("train-7",))
    words : the demand, in the user's words
    without : the document without it; takes the copy that it may change
    milder : what a repair of it by 1, 2, ... steps makes of the document, and how it is called; None where it can
        only be dropped, then `dropped` says what that means in words
    most : the most steps that make sense
    """

    kind: str
    subject: tuple[str, ...]
    words: str
    without: Callable[[Document], None]
    milder: Callable[[Document, int], str | None] | None = None
    most: int = 0
    dropped: str = ""


def subset(document: Document, ids: Collection[str]) -> Document:
    """The document with these tasks alone; what refers to others is cut."""
    keep, result = set(ids), copy.deepcopy(document)
    result["tasks"] = [task for task in result["tasks"] if task["id"] in keep]
    for task in result["tasks"]:
        if "after" in task:
            task["after"] = [after for after in task["after"] if _id(after) in keep]
    if "quotas" in result:
        result["quotas"] = list(_quotas_of(document, result))
    for key in ("together", "apart"):
        if key in result:
            result[key] = [[id for id in ids if id in keep] for ids in result[key]]
            result[key] = [ids for ids in result[key] if len(ids) > 1]
    return result


def _quotas_of(document: Document, result: Document) -> Iterator[Document]:
    """The quotas that still limit something; one of tasks, teams or amounts that are gone would be refused."""
    left = {"tasks": {task["id"] for task in result["tasks"]}, "teams": {task.get("team") for task in result["tasks"]}}
    gone = _consumed(document) - _consumed(result) - _offered(document)
    for quota in result["quotas"]:
        for key, names in left.items():
            if quota.get(key) is not None:
                quota[key] = [name for name in quota[key] if name in names]
        if quota["of"] not in gone and all(quota.get(key) != [] for key in left):
            yield quota


def _consumed(document: Document) -> set[str]:
    return {name for task in document["tasks"] for way in task.get("options", ()) for name in way.get("consumes", ())}


def _offered(document: Document) -> set[str]:
    """Resources of pools and of their nodes."""
    found = set[str]()
    for pool in document["pools"]:
        nodes = pool.get("nodes") or []
        found |= {
            *pool.get("capacity", ()),
            *(name for kind in ([nodes] if isinstance(nodes, dict) else nodes) for name in kind["size"]),
        }
    return found


def relaxed(document: Document, statements: Sequence[Statement]) -> Document:
    """The document without some statements."""
    result = copy.deepcopy(document)
    for statement in statements:
        statement.without(result)
    return result


def statements(instance: Instance) -> Iterator[Statement]:
    """All that an instance demands and could do without, in the order in which a person would ask for it."""
    for task in instance.tasks:
        yield from _of_task(instance, task)
    for pool in instance.pools:
        yield from _of_pool(instance, pool)
    for at in range(len(instance.quotas)):
        yield _quota(instance, at)
    for key in ("together", "apart"):
        for at, ids in enumerate(getattr(instance, key)):
            yield _set(key, at, ids)
    yield _horizon(instance)


def _id(after: Any) -> str:
    return str(after if isinstance(after, str) else after["task"])


def _find(document: Document, key: str, id: str) -> Document:
    found: Document = next(each for each in document[key] if each["id"] == id)
    return found


def _moment(text: Any) -> str:
    return str(text).replace("T", " ").removesuffix("Z").removesuffix(":00")


# --- of tasks ---------------------------------------------------------------------------------------


def _of_task(instance: Instance, task: Task) -> Iterator[Statement]:
    time, slot = instance.time, timedelta(seconds=instance.time.slot)
    end = time.start + timedelta(seconds=time.horizon)

    def dropper(key: str) -> Callable[[Document], None]:
        return lambda document: _drop(document, task.id, key)

    if task.deadline is not None:
        deadline = task.deadline

        def later(document: Document, steps: int) -> str | None:
            moved = min(end, deadline + steps * slot)
            _find(document, "tasks", task.id)["deadline"] = units.instant_text(moved)
            by = units.duration_text(int((moved - deadline).total_seconds()))
            return f"the deadline of {task.id!r} {by} later, {_moment(units.instant_text(moved))}"

        yield Statement(
            "deadline",
            (task.id,),
            f"task {task.id!r} ends by {_moment(units.instant_text(deadline))}, its deadline",
            lambda document: _no_deadline(document, task.id),
            later,
            max(0, -(-int((end - deadline).total_seconds()) // time.slot)),
        )
    if task.release is not None and task.release > time.start:
        release = task.release

        def earlier(document: Document, steps: int) -> str | None:
            moved = max(time.start, release - steps * slot)
            _find(document, "tasks", task.id)["release"] = units.instant_text(moved)
            by = units.duration_text(int((release - moved).total_seconds()))
            return f"the release of {task.id!r} {by} earlier, {_moment(units.instant_text(moved))}"

        yield Statement(
            "release",
            (task.id,),
            f"task {task.id!r} does not start before {_moment(units.instant_text(release))}, its release",
            dropper("release"),
            earlier,
            -(-int((release - time.start).total_seconds()) // time.slot),
        )
    if task.on_time is not None:
        yield Statement(
            "on_time",
            (task.id,),
            f"task {task.id!r} meets its deadline with a probability of {task.on_time} on pools with interruptions",
            dropper("on_time"),
            dropped=f"no probability asked of {task.id!r}",
        )
    for after in task.after:
        lag = f" and {units.duration_text(after.lag)}" if after.lag else ""
        yield Statement(
            "after",
            (task.id, after.task),
            f"task {task.id!r} waits for the end of {after.task!r}{lag}",
            lambda document, first=after.task: _no_wait(document, task.id, first),  # type: ignore[misc]
            dropped=f"{task.id!r} not waiting for {after.task!r}",
        )
    if any(way.refused for way in ways(instance, task)):
        said = [f"the labels {', '.join(task.needs.labels)}"] if task.needs.labels else []
        said += [f"none of the labels {', '.join(task.needs.without)}"] if task.needs.without else []
        said += [f"a quality of {task.needs.quality}"] if task.needs.quality else []
        said += ["a pool for confidential tasks"] if task.confidential else []
        if said:
            yield Statement(
                "needs",
                (task.id,),
                f"task {task.id!r} needs {' and '.join(said)}",
                lambda document: _no_needs(document, task.id),
                dropped=f"{task.id!r} without what it needs ({' and '.join(said)})",
            )
    if task.placement == "one-node":
        yield Statement(
            "placement",
            (task.id,),
            f"task {task.id!r} fits within one node",
            dropper("placement"),
            dropped=f"{task.id!r} spread over several nodes",
        )


def _drop(document: Document, id: str, key: str) -> None:
    _find(document, "tasks", id).pop(key, None)


def _no_deadline(document: Document, id: str) -> None:
    task = _find(document, "tasks", id)
    task.pop("deadline", None)
    task.pop("on_time", None)


def _no_wait(document: Document, id: str, first: str) -> None:
    task = _find(document, "tasks", id)
    task["after"] = [after for after in task.get("after", ()) if _id(after) != first]


def _no_needs(document: Document, id: str) -> None:
    task = _find(document, "tasks", id)
    task.pop("needs", None)
    task.pop("confidential", None)


# --- of pools ---------------------------------------------------------------------------------------


def _of_pool(instance: Instance, pool: Pool) -> Iterator[Statement]:
    for name, series in pool.capacity.items():
        if series.unlimited:
            continue
        least = [value for value in least_by_slot(series, (), name, instance.time) if value is not None]
        yield Statement(
            "capacity",
            (pool.id, name),
            f"pool {pool.id!r} offers {_range(least)} {name}",
            lambda document, name=name: _unlimited(document, pool.id, name),  # type: ignore[misc]
            lambda document, steps, name=name: _more(document, instance, pool, name, steps),  # type: ignore[misc]
            PLENTY,
        )
    for at, window in enumerate(pool.maintenance):
        begin, end = _moment(units.instant_text(window.from_)), _moment(units.instant_text(window.to))
        yield Statement(
            "maintenance",
            (pool.id, str(at)),
            f"pool {pool.id!r} is in maintenance from {begin} to {end}",
            lambda document, begin=window.from_: _no_maintenance(document, pool.id, begin),  # type: ignore[misc]
            dropped=f"pool {pool.id!r} without its maintenance from {begin} to {end}",
        )
    for at, (name, kind) in enumerate(pool.kinds):
        least = [value or Decimal(0) for value in least_by_slot(kind.count, (), "", instance.time)]
        only = "" if kind.price is not None else f", of which {kind.reserved + kind.commit_max} can be had"
        yield Statement(
            "nodes",
            (pool.id, name),
            f"pool {pool.id!r} has {_range(least)} nodes {name!r}{only}",
            lambda document, at=at: _many_nodes(document, pool, at),  # type: ignore[misc]
            lambda document, steps, at=at, name=name, kind=kind: _more_nodes(  # type: ignore[misc]
                document, instance, pool, at, name, kind, steps
            ),
            1000,
        )
        if kind.boot:
            yield Statement(
                "boot",
                (pool.id, name),
                f"nodes {name!r} of pool {pool.id!r} boot for {units.duration_text(kind.boot)}",
                lambda document, at=at: _no_boot(document, pool.id, at),  # type: ignore[misc]
                dropped=f"nodes {name!r} of pool {pool.id!r} on at once",
            )


def _range(values: Sequence[Decimal]) -> str:
    low, high = min(values, default=Decimal(0)), max(values, default=Decimal(0))
    return f"{low}" if low == high else f"{low} to {high}"


def _unlimited(document: Document, pool: str, name: str) -> None:
    _find(document, "pools", pool)["capacity"][name] = "unlimited"
    for window in _find(document, "pools", pool).get("maintenance", ()):
        if window.get("capacity") is not None:
            window["capacity"].pop(name, None)


def _no_maintenance(document: Document, pool: str, begin: Any) -> None:
    found = _find(document, "pools", pool)
    text = units.instant_text(begin)
    found["maintenance"] = [window for window in found.get("maintenance", ()) if window["from"] != text]


def _raised(instance: Instance, series: Series, more: int) -> Any:
    """A series with so much more in every slot, as steps."""
    start, slot = instance.time.start, instance.time.slot
    if series.constant is not None:
        return series.constant + more
    steps, last = {}, None
    for at, value in enumerate(least_by_slot(series, (), "", instance.time)):
        if value != last:
            last = value
            steps[units.instant_text(start + timedelta(seconds=at * slot))] = (value or 0) + more
    return {"steps": steps}


def _more(document: Document, instance: Instance, pool: Pool, name: str, steps: int) -> str:
    found = _find(document, "pools", pool.id)
    found["capacity"][name] = _raised(instance, pool.capacity[name], steps)
    return f"{steps:,} more {name} in pool {pool.id!r}"


def _many_nodes(document: Document, pool: Pool, at: int) -> None:
    kind = _kind(document, pool.id, at)
    kind["count"] = _most_apart(document, pool, at) if _told_apart(document, pool.id) else 1000
    kind.setdefault("price", 0)


def _most_apart(document: Document, pool: Pool, at: int) -> int:
    """As many nodes of a kind as may be told apart where options take several of them."""
    ways_on = [way for task in document["tasks"] for way in task.get("options", ())]
    many = max(
        (way.get("nodes") or 1 for way in ways_on if pool.id in (way.get("pool"), *way.get("pools", ()))), default=1
    )
    others = sum(kind.most for number, (_, kind) in enumerate(pool.kinds) if number != at)
    most = max((count for count in range(MAX_APART + 1) if comb(count, many) <= MAX_CHOICES), default=0)
    return max(pool.kinds[at][1].most, most - others)


def _more_nodes(
    document: Document, instance: Instance, pool: Pool, at: int, name: str, kind: NodeKind, steps: int
) -> str | None:
    if _told_apart(document, pool.id) and kind.most + steps > _most_apart(document, pool, at):
        return None
    found = _kind(document, pool.id, at)
    found["count"] = _raised(instance, kind.count, steps)
    more = f"{steps:,} more node{'s' if steps > 1 else ''} {name!r} in pool {pool.id!r}"
    if kind.price is None:
        found["reserved"] = kind.reserved + steps
        return f"{more}, paid already"
    return more


def _no_boot(document: Document, pool: str, at: int) -> None:
    _kind(document, pool, at).pop("boot", None)


def _kind(document: Document, pool: str, at: int) -> Document:
    nodes = _find(document, "pools", pool)["nodes"]
    found: Document = nodes if isinstance(nodes, dict) else nodes[at]
    return found


def _told_apart(document: Document, pool: str) -> bool:
    return any(task.get("placement") == "one-node" for task in document["tasks"])


# --- of the whole -----------------------------------------------------------------------------------


def _quota(instance: Instance, at: int) -> Statement:
    quota = instance.quotas[at]
    whose = ""
    if quota.teams is not None:
        whose = f" of team {', '.join(quota.teams)}"
    elif quota.tasks is not None:
        whose = f" of {len(quota.tasks)} tasks"
    per = {"horizon": "in all", "day": "per day", "moment": "at any moment"}[quota.per]

    def raised(document: Document, steps: int) -> str:
        more = _grain(quota.limit) * steps
        _find(document, "quotas", quota.id)["limit"] = quota.limit + more
        return f"the quota {quota.id!r} raised by {more} to {quota.limit + more}"

    return Statement(
        "quota",
        (quota.id,),
        f"quota {quota.id!r}: at most {quota.limit} of {quota.of}{whose} {per}",
        lambda document: _no_quota(document, quota.id),
        raised,
        PLENTY,
    )


def _grain(limit: Decimal) -> Decimal:
    """Steps of about a hundredth of a limit, in round numbers."""
    if limit <= 0:
        return Decimal(1)
    return Decimal(1).scaleb(limit.adjusted() - 2) if limit < 100 else Decimal(10 ** (limit.adjusted() - 2))


def _no_quota(document: Document, id: str) -> None:
    document["quotas"] = [quota for quota in document["quotas"] if quota["id"] != id]


def _set(key: str, at: int, ids: Sequence[str]) -> Statement:
    names = ", ".join(repr(id) for id in ids[:6]) + (", …" if len(ids) > 6 else "")
    said = f"{names} share a pool" if key == "together" else f"{names} are on different pools"

    def dropped(document: Document) -> None:
        """In the whole document a set may be larger than what a conflict is about: the others stay in it."""
        known, sets = set(ids), document.get(key, ())
        left = [[id for id in each if id not in known] if known <= set(each) else list(each) for each in sets]
        document[key] = [each for each in left if len(each) > 1 and not set(each) <= known]

    what = "on pools of their own choice" if key == "together" else "on any pools"
    return Statement(key, tuple(ids), said, dropped, dropped=f"{names} {what}")


def _horizon(instance: Instance) -> Statement:
    time = instance.time
    end = time.start + timedelta(seconds=time.horizon)

    def longer(document: Document) -> None:
        document["time"]["horizon"] = f"{4 * time.horizon}s"

    def by(document: Document, steps: int) -> str:
        document["time"]["horizon"] = f"{time.horizon + steps * time.slot}s"
        return f"a horizon {units.duration_text(steps * time.slot)} longer"

    words = f"all is done by {_moment(units.instant_text(end))}, the end of the horizon"
    return Statement("horizon", (), words, longer, by, min(3 * time.slots, 100_000))

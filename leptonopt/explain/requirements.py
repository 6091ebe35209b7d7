"""What an instance demands, statement by statement: in the user's words, and the document without it.

Documents here are the canonical tree of `Instance.document()`. They are never changed, always copied. Statements
refer to entries of a list by position: an entry that goes leaves a gap (None, or an empty set) until `pruned`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from math import ceil, comb
from typing import Any
from zoneinfo import ZoneInfo

from leptonopt.compile.calendar import least_by_slot
from leptonopt.compile.rows import MAX_CHOICES
from leptonopt.compile.work_options import CONFIDENTIAL, ConcreteOption, concrete_options
from leptonopt.errors import Path
from leptonopt.instance import Instance, NodeKind, Pool, Series, Task, merged_work, units
from leptonopt.instance.pools import MAX_SLOTS

Document = dict[str, Any]
MAX_APART = 64  # nodes of a pool that may be told apart
PLENTY = 10**6  # units at most that a repair adds
INTERRUPTED = 2  # times its work, for the horizon that a task on a pool with interruptions may need
BRIEF = "brief"  # key of the shorter horizon beside one that stands for none
FAMILIES = {
    "time": ("release", "deadline", "on_time", "after", "horizon"),
    "needs": ("label", "without", "quality", "confidential", "memory"),
    "one-node placement": ("placement",),
    "capacity": ("capacity", "maintenance"),
    "nodes": ("nodes", "on_demand", "boot", "minimum"),
    "quotas": ("quota",),
    "together and apart": ("together", "apart"),
}


class NotRemovable(Exception):
    """A statement that no valid document can do without."""


@dataclass(frozen=True)
class Requirement:
    """Something that an instance demands.

    Attributes
    ----------
    kind, subject : what it is about, such as ("deadline", ("train-7",))
    words : the demand, in the user's words
    place : where it stands in the instance
    without : removes it from a copy of the document; raises `NotRemovable`
    milder : relaxes it by 1, 2, ... steps in a copy, and returns what that change is called; None where it can only
        be dropped, then `dropped` says what that is called
    most : the most steps that make sense
    """

    kind: str
    subject: tuple[str, ...]
    words: str
    place: Path
    without: Callable[[Document], None]
    milder: Callable[[Document, int], str | None] | None = None
    most: int = 0
    dropped: str = ""


# --- documents --------------------------------------------------------------------------------------


def without_requirements(document: Document, statements: Iterable[Requirement]) -> Document:
    """The document without some statements; raises `NotRemovable`."""
    result = copy.deepcopy(document)
    for statement in statements:
        statement.without(result)
    return result


def subset(document: Document, ids: Collection[str]) -> Document:
    """The document in which only these tasks must run.

    The others are gone, with all that refers to them. One that can earn money for a budget becomes optional instead:
    the rest may depend on what it earns.
    """
    keep, earning, result = set(ids), earners(document), copy.deepcopy(document)
    left = keep | earning
    result["tasks"] = [task for task in result["tasks"] if task["id"] in left]
    for task in result["tasks"]:
        own = task["id"] in keep
        if "after" in task:
            task["after"] = [after if own and after and _id(after) in keep else None for after in task["after"]]
        if not own:
            task["optional"], task["value"] = True, 0
    if "quotas" in result:
        result["quotas"] = list(_quotas_of(document, result))
    for key in ("together", "apart"):
        if key in result:
            result[key] = [[id for id in ids if id in keep] for ids in result[key]]
    return result


def pruned(document: Document) -> Document:
    """The document without the gaps that removed entries left."""
    result = dict(document)
    result["time"] = {key: value for key, value in document["time"].items() if key != BRIEF}
    result["tasks"] = [_without_gaps(task, "after") for task in document["tasks"]]
    result["pools"] = [_without_gaps(pool, "maintenance") for pool in document["pools"]]
    many = {task["id"] for task in document["tasks"] if task.get("copies", 1) > 1}
    for key in ("together", "apart"):
        if key in result:
            result[key] = [ids for ids in result[key] if len(ids) > 1 or set(ids) & many]
    return {key: value for key, value in result.items() if value or key not in ("together", "apart", "quotas")}


def _without_gaps(noun: Document, key: str) -> Document:
    if key not in noun:
        return noun
    left = [each for each in noun[key] if each is not None]
    return {name: value for name, value in {**noun, key: left}.items() if value or name != key}


def earners(document: Document) -> set[str]:
    """Tasks that can cost less than nothing, where a budget counts money."""
    if not any(quota["of"] == "money" for quota in document.get("quotas", ())):
        return set()
    gainful = {
        pool["id"]
        for pool in document["pools"]
        if any(number < 0 for price in pool.get("price", {}).values() for number in _numbers(price))
    }
    profiles = document.get("profiles", {})
    return {task["id"] for task in document["tasks"] if _earns(task, gainful, profiles)}


def _earns(task: Document, gainful: set[str], profiles: Document) -> bool:
    work = task.get("work", {})
    speed = work.get("speed") or profiles.get(work.get("profile"), {}).get("speed") or {}
    ways = [
        ({option.get("pool"), *option.get("pools", ())}, option.get("cost", 0)) for option in task.get("options", ())
    ]
    ways += [(set(speed), work.get("cost", 0))] if work else []
    return any(pools & gainful or cost < 0 for pools, cost in ways)


def _numbers(price: Any) -> Iterable[Any]:
    return [number for table in price.values() for number in table.values()] if isinstance(price, dict) else [price]


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


def _id(after: Any) -> str:
    return str(after if isinstance(after, str) else after["task"])


def _find(document: Document, key: str, id: str) -> Document:
    found: Document = next(each for each in document[key] if each["id"] == id)
    return found


def _moment(instance: Instance, at: datetime) -> str:
    """An instant on the wall clock of the instance, with its offset where that is not UTC."""
    local = at.astimezone(ZoneInfo(instance.time.zone))
    text = local.strftime("%Y-%m-%d %H:%M:%S").removesuffix(":00")
    return (
        text
        if not local.utcoffset() and instance.time.zone == "UTC"
        else f"{text}{local.strftime('%z')[:3]}:{local.strftime('%z')[3:]}"
    )


def _plain(value: Decimal) -> str:
    """Return a number without needless zeros."""
    return f"{value.normalize():f}" if value else "0"


# --- statements -------------------------------------------------------------------------------------


def requirements_of(instance: Instance, ids: Collection[str] | None = None) -> list[Requirement]:
    """All that an instance demands of these tasks (of all) and could do without.

    In the order in which a person would ask for it.
    """
    tasks = [(at, task) for at, task in enumerate(instance.tasks) if ids is None or task.id in ids]
    taken = [(task, concrete_options(instance, task)) for _, task in tasks]
    used = {way.pool for _, found in taken for way in found}
    edges = {after.task for _, task in tasks for after in task.after}
    known = {task.id for _, task in tasks}
    found = list[Requirement]()
    for (at, task), (_, own) in zip(tasks, taken, strict=True):
        found += _of_task(instance, at, task, own, known if edges else set())
    for at, pool in enumerate(instance.pools):
        if pool.id in used:
            found += _of_pool(instance, at, pool, [way for _, own in taken for way in own if way.pool == pool.id])
    found += [
        _quota(instance, at)
        for at, quota in enumerate(instance.quotas)
        if quota.whole or any(quota.covers(task) for _, task in tasks)
    ]
    copies = {task.id: task.copies for _, task in tasks}
    for key in ("together", "apart"):
        for at, members in enumerate(getattr(instance, key)):
            mine = list(dict.fromkeys(id for id in members if id in copies))
            if sum(copies[id] for id in mine) > 1:
                found.append(_set(key, at, mine, copies))
    return [*found, _horizon(instance)]


# --- of tasks ---------------------------------------------------------------------------------------


def _of_task(
    instance: Instance, number: int, task: Task, found: Sequence[ConcreteOption], known: set[str]
) -> Iterator[Requirement]:
    place: Path = ("tasks", number)
    yield from _times(instance, place, task)
    for at, after in enumerate(task.after):
        if after.task in known:
            lag = f" and {units.duration_text(after.lag)}" if after.lag else ""
            yield Requirement(
                "after",
                (task.id, after.task),
                f"task {task.id!r} waits for the end of {after.task!r}{lag}",
                (*place, "after", at),
                partial(_gap, key="tasks", id=task.id, entry=("after", at)),
                dropped=f"{task.id!r} not waiting for {after.task!r}",
            )
    yield from _needs(instance, place, task, found)
    if task.placement == "one-node":
        refused = [f"{way.id}: {way.refused}" for way in found if way.refused and way.refused.startswith("one-node")]
        yield Requirement(
            "placement",
            (task.id,),
            f"task {task.id!r} fits within one node" + (f" ({'; '.join(refused[:3])})" if refused else ""),
            (*place, "placement"),
            partial(_drop, id=task.id, key="placement"),
            dropped=f"{task.id!r} spread over several nodes",
        )


def _times(instance: Instance, place: Path, task: Task) -> Iterator[Requirement]:
    time, slot = instance.time, timedelta(seconds=instance.time.slot)
    end = time.start + timedelta(seconds=time.horizon)
    if task.deadline is not None:
        yield Requirement(
            "deadline",
            (task.id,),
            f"task {task.id!r} ends by {_moment(instance, task.deadline)}, its deadline",
            (*place, "deadline"),
            partial(_no_deadline, id=task.id),
            partial(_later, instance=instance, task=task),
            max(0, ceil((end - task.deadline) / slot)),
        )
    if task.release is not None and task.release > time.start:
        yield Requirement(
            "release",
            (task.id,),
            f"task {task.id!r} does not start before {_moment(instance, task.release)}, its release",
            (*place, "release"),
            partial(_drop, id=task.id, key="release"),
            partial(_earlier, instance=instance, task=task),
            ceil((task.release - time.start) / slot),
        )
    if task.on_time is not None:
        yield Requirement(
            "on_time",
            (task.id,),
            f"task {task.id!r} meets its deadline with a probability of {task.on_time} on pools with interruptions",
            (*place, "on_time"),
            partial(_drop, id=task.id, key="on_time"),
            dropped=f"no probability asked of {task.id!r}",
        )


def _later(document: Document, steps: int, instance: Instance, task: Task) -> str | None:
    time = instance.time
    if task.deadline is None:
        return None
    moved = min(time.start + timedelta(seconds=time.horizon), task.deadline + steps * timedelta(seconds=time.slot))
    _find(document, "tasks", task.id)["deadline"] = units.instant_text(moved)
    by = units.duration_text(int((moved - task.deadline).total_seconds()))
    return f"the deadline of {task.id!r} {by} later, {_moment(instance, moved)}"


def _earlier(document: Document, steps: int, instance: Instance, task: Task) -> str | None:
    time = instance.time
    if task.release is None:
        return None
    moved = max(time.start, task.release - steps * timedelta(seconds=time.slot))
    _find(document, "tasks", task.id)["release"] = units.instant_text(moved)
    by = units.duration_text(int((task.release - moved).total_seconds()))
    return f"the release of {task.id!r} {by} earlier, {_moment(instance, moved)}"


def _needs(instance: Instance, place: Path, task: Task, found: Sequence[ConcreteOption]) -> Iterator[Requirement]:
    """What a task asks of pools and options, where any of them falls short of it."""
    pools = [pool for pool in instance.pools if pool.id in {way.pool for way in found}]
    for at, label in enumerate(task.needs.labels):
        if any(label not in pool.labels for pool in pools):
            said = f"the label {label!r}"
            yield _need(task, "label", label, said, (*place, "needs", "labels", at), partial(_no_label, id=task.id))
    for at, label in enumerate(task.needs.without):
        if any(label in pool.labels for pool in pools):
            said = f"a pool without the label {label!r}"
            yield _need(task, "without", label, said, (*place, "needs", "without", at), partial(_no_label, id=task.id))
    if any(way.quality < task.needs.quality for way in found):
        said, where = f"a quality of {task.needs.quality}", (*place, "needs", "quality")
        yield _need(task, "quality", str(task.needs.quality), said, where, partial(_no_label, id=task.id))
    if task.confidential and any(CONFIDENTIAL not in pool.labels for pool in pools):
        yield _need(
            task,
            "confidential",
            "",
            "a pool for confidential tasks",
            (*place, "confidential"),
            lambda document, kind, name: _drop(document, task.id, "confidential"),
        )
    work = merged_work(task.work, instance.profiles) if task.work else None
    if work and work.memory is not None and any(pool.device_memory is not None for pool in pools):
        plain = work.model_dump(by_alias=True, exclude_defaults=True)
        plain = {key: value for key, value in plain.items() if key not in ("memory", "profile")}
        yield _need(
            task,
            "memory",
            _plain(work.memory),
            f"{_plain(work.memory)} of device memory",
            (*place, "work"),
            lambda document, kind, name: _find(document, "tasks", task.id).update(work=copy.deepcopy(plain)),
        )


def _need(
    task: Task, kind: str, name: str, said: str, place: Path, without: Callable[[Document, str, str], None]
) -> Requirement:
    return Requirement(
        kind,
        (task.id, name) if name else (task.id,),
        f"task {task.id!r} needs {said}",
        place,
        lambda document: without(document, kind, name),
        dropped=f"{task.id!r} without what it needs ({said})",
    )


def _no_label(document: Document, kind: str, name: str, id: str) -> None:
    """A task without one of its needs."""
    needs = _find(document, "tasks", id)["needs"]
    if kind == "quality":
        needs.pop("quality", None)
    else:
        key = "labels" if kind == "label" else "without"
        needs[key] = [label for label in needs.get(key, ()) if label != name]


def _drop(document: Document, id: str, key: str) -> None:
    _find(document, "tasks", id).pop(key, None)


def _gap(document: Document, key: str, id: str, entry: tuple[str, int]) -> None:
    """An entry of a list of a task or a pool that goes; the others keep their positions."""
    name, at = entry
    noun = _find(document, key, id)
    noun[name] = [None if number == at else each for number, each in enumerate(noun[name])]


def _no_deadline(document: Document, id: str) -> None:
    task = _find(document, "tasks", id)
    task.pop("deadline", None)
    task.pop("on_time", None)


# --- of pools ---------------------------------------------------------------------------------------


def _of_pool(instance: Instance, number: int, pool: Pool, taken: Sequence[ConcreteOption]) -> Iterator[Requirement]:
    place: Path = ("pools", number)
    held = {name for way in taken for name, count in way.uses.items() if count}
    for name, series in pool.capacity.items():
        if not series.unlimited and name in held:
            least = [value for value in least_by_slot(series, (), name, instance.time) if value is not None]
            yield Requirement(
                "capacity",
                (pool.id, name),
                f"pool {pool.id!r} offers {_range(least)} {name}",
                (*place, "capacity", name),
                partial(_unlimited, pool=pool.id, name=name),
                partial(_more, instance=instance, pool=pool, name=name),
                PLENTY,
            )
    for at, window in enumerate(pool.maintenance):
        begin, end = _moment(instance, window.from_), _moment(instance, window.to)
        yield Requirement(
            "maintenance",
            (pool.id, str(at)),
            f"pool {pool.id!r} is in maintenance from {begin} to {end}",
            (*place, "maintenance", at),
            partial(_gap, key="pools", id=pool.id, entry=("maintenance", at)),
            dropped=f"pool {pool.id!r} without its maintenance from {begin} to {end}",
        )
    for at, (name, kind) in enumerate(pool.kinds):
        if held & set(kind.size):
            yield from _of_kind(instance, (*place, "nodes"), pool, at, name, kind)


def _of_kind(instance: Instance, place: Path, pool: Pool, at: int, name: str, kind: NodeKind) -> Iterator[Requirement]:
    least = [value or Decimal(0) for value in least_by_slot(kind.count, (), "", instance.time)]
    place = (*place, at) if len(pool.nodes) > 1 else place
    nodes = f"nodes {name!r} of pool {pool.id!r}"
    yield Requirement(
        "nodes",
        (pool.id, name),
        f"pool {pool.id!r} has {_range(least)} nodes {name!r}",
        (*place, "count"),
        partial(_many_nodes, instance=instance, pool=pool, at=at),
        partial(_more_nodes, instance=instance, pool=pool, at=at),
        1000,
    )
    if kind.price is None and kind.reserved + kind.commit_max < kind.most:
        own = [f"{kind.reserved} reserved"] if kind.reserved else []
        own += [f"{kind.commit_max} committed"] if kind.commit_max else []
        yield Requirement(
            "on_demand",
            (pool.id, name),
            f"{nodes} have no price on demand: at most {' and '.join(own) or '0'} can be on",
            place,
            lambda document: _kind(document, pool.id, at).setdefault("price", 0),
            partial(_more_reserved, pool=pool, at=at),
            kind.most - kind.reserved - kind.commit_max,
        )
    for key, said, instead in (
        ("boot", "boot for", "on at once"),
        ("minimum", "stay on for at least", "off at any time"),
    ):
        if seconds := getattr(kind, key):
            yield Requirement(
                key,
                (pool.id, name),
                f"{nodes} {said} {units.duration_text(seconds)}",
                (*place, key),
                partial(_no_lag, pool=pool.id, at=at, key=key),
                dropped=f"{nodes} {instead}",
            )


def _range(values: Sequence[Decimal]) -> str:
    low, high = min(values, default=Decimal(0)), max(values, default=Decimal(0))
    return _plain(low) if low == high else f"{_plain(low)} to {_plain(high)}"


def _unlimited(document: Document, pool: str, name: str) -> None:
    _find(document, "pools", pool)["capacity"][name] = "unlimited"


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


def _more(document: Document, steps: int, instance: Instance, pool: Pool, name: str) -> str:
    found = _find(document, "pools", pool.id)
    found["capacity"][name] = _raised(instance, pool.capacity[name], steps)
    return f"{steps:,} more {name} in pool {pool.id!r}"


def _many_nodes(document: Document, instance: Instance, pool: Pool, at: int) -> None:
    """As many nodes of a kind as its tasks can ever need, each copy on nodes of its own."""
    own, need, size = {task["id"]: task for task in document["tasks"]}, 0, pool.kinds[at][1].size
    for task in instance.tasks:
        if task.id in own:
            found = [way for way in concrete_options(instance, task) if way.pool == pool.id]
            each = [
                way.whole or sum(ceil(way.uses.get(name, 0) / count) for name, count in size.items()) for way in found
            ]
            need += task.copies * max(each, default=0)
    need = max(need, pool.kinds[at][1].most)
    if need > (_most_apart(document, pool, at) if _told_apart(document, pool.id) else 100_000):
        raise NotRemovable
    _kind(document, pool.id, at)["count"] = need


def _most_apart(document: Document, pool: Pool, at: int) -> int:
    """As many nodes of a kind as may be told apart where options take several of them."""
    ways_on = [way for task in document["tasks"] for way in task.get("options", ())]
    many = max(
        (way.get("nodes") or 1 for way in ways_on if pool.id in (way.get("pool"), *way.get("pools", ()))), default=1
    )
    others = sum(kind.most for number, (_, kind) in enumerate(pool.kinds) if number != at)
    most = max((count for count in range(MAX_APART + 1) if comb(count, many) <= MAX_CHOICES), default=0)
    return max(pool.kinds[at][1].most, most - others)


def _more_nodes(document: Document, steps: int, instance: Instance, pool: Pool, at: int) -> str | None:
    name, kind = pool.kinds[at]
    if _told_apart(document, pool.id) and kind.most + steps > _most_apart(document, pool, at):
        return None
    found = _kind(document, pool.id, at)
    found["count"] = _raised(instance, kind.count, steps)
    more = f"{steps:,} more node{'s' if steps > 1 else ''} {name!r} in pool {pool.id!r}"
    if kind.price is None and kind.commit_max + kind.reserved < kind.most + steps:
        found["reserved"] = kind.reserved + steps
        return f"{more}, reserved"
    return more


def _more_reserved(document: Document, steps: int, pool: Pool, at: int) -> str:
    name, kind = pool.kinds[at]
    _kind(document, pool.id, at)["reserved"] = kind.reserved + steps
    return f"{kind.reserved + steps:,} nodes {name!r} of pool {pool.id!r} reserved instead of {kind.reserved:,}"


def _no_lag(document: Document, pool: str, at: int, key: str) -> None:
    _kind(document, pool, at).pop(key, None)


def _kind(document: Document, pool: str, at: int) -> Document:
    nodes = _find(document, "pools", pool)["nodes"]
    found: Document = nodes if isinstance(nodes, dict) else nodes[at]
    return found


def _told_apart(document: Document, pool: str) -> bool:
    return any(task.get("placement") == "one-node" for task in document["tasks"])


# --- of the whole -----------------------------------------------------------------------------------


def _quota(instance: Instance, at: int) -> Requirement:
    quota = instance.quotas[at]
    whose = ""
    if quota.teams is not None:
        whose = f" of team {', '.join(quota.teams)}"
    elif quota.tasks is not None:
        whose = f" of {len(quota.tasks)} task{'s' if len(quota.tasks) > 1 else ''}"
    where = f" on {', '.join(map(repr, quota.pools))}" if quota.pools is not None else ""
    per = {"horizon": "in all", "day": "per day", "moment": "at any moment"}[quota.per]

    def raised(document: Document, steps: int) -> str:
        more = grain(quota.limit) * steps
        _find(document, "quotas", quota.id)["limit"] = quota.limit + more
        return f"the quota {quota.id!r} raised by {_plain(more)} to {_plain(quota.limit + more)}"

    return Requirement(
        "quota",
        (quota.id,),
        f"quota {quota.id!r}: at most {quota.limit} of {quota.of}{whose}{where} {per}",
        ("quotas", at),
        partial(_no_quota, id=quota.id),
        raised,
        PLENTY,
    )


def grain(limit: Decimal) -> Decimal:
    """Steps of about a hundredth of a limit, in round numbers."""
    if limit <= 0:
        return Decimal(1)
    return Decimal(1).scaleb(limit.adjusted() - 2) if limit < 100 else Decimal(10 ** (limit.adjusted() - 2))


def _no_quota(document: Document, id: str) -> None:
    document["quotas"] = [quota for quota in document["quotas"] if quota["id"] != id]


def _set(key: str, at: int, ids: Sequence[str], copies: dict[str, int]) -> Requirement:
    """What a set says of some of its tasks; the others stay in it when that is dropped."""
    names = ", ".join(f"{copies[id]:,} copies of {id!r}" if copies[id] > 1 else repr(id) for id in ids[:6])
    names += ", …" if len(ids) > 6 else ""
    what = "on pools of their own choice" if key == "together" else "on any pools"
    return Requirement(
        key,
        tuple(ids),
        f"{names} share a pool" if key == "together" else f"{names} are on different pools",
        (key, at),
        partial(_no_set, key=key, at=at, known=set(ids)),
        dropped=f"{names} {what}",
    )


def _no_set(document: Document, key: str, at: int, known: set[str]) -> None:
    document[key] = [[id for id in ids if number != at or id not in known] for number, ids in enumerate(document[key])]


def _horizon(instance: Instance) -> Requirement:
    time = instance.time
    end = time.start + timedelta(seconds=time.horizon)

    def by(document: Document, steps: int) -> str:
        document["time"]["horizon"] = f"{time.horizon + steps * time.slot}s"
        return f"a horizon {units.duration_text(steps * time.slot)} longer"

    words = f"all is done by {_moment(instance, end)}, the end of the horizon"
    return Requirement(
        "horizon",
        (),
        words,
        ("time", "horizon"),
        partial(_endless, instance=instance),
        by,
        min(3 * time.slots, 100_000),
    )


def _endless(document: Document, instance: Instance) -> None:
    """A horizon in which all can run one after the other once nothing changes any more; commitments cost the same.

    A shorter one, in which all can run at their fastest, stands beside it: what fits there needs no longer one.
    """
    time, left = instance.time, {task["id"] for task in document["tasks"]}
    slots = brief = time.slots
    for task in instance.tasks:
        if task.id in left:
            found = concrete_options(instance, task)
            lengths = sorted(_slots(instance, way) for way in [way for way in found if not way.refused] or found)
            late = 0 if task.release is None else ceil((task.release - time.start).total_seconds() / time.slot)
            other = sum(-(-after.lag // time.slot) for after in task.after) + max(0, late - time.slots)
            slots += task.copies * lengths[-1] + other
            brief += task.copies * lengths[0] + other
    document["time"]["horizon"] = f"{min(slots, MAX_SLOTS) * time.slot}s"
    document["time"][BRIEF] = f"{min(brief, 4 * time.slots, MAX_SLOTS) * time.slot}s"
    for pool in document["pools"]:
        nodes = pool.get("nodes") or []
        for kind in [nodes] if isinstance(nodes, dict) else nodes:
            if (commit := kind.get("commit")) and commit.get("price") is not None:
                total = _short(Decimal(commit["price"]) * time.horizon / 3600)
                kind["commit"] = {key: value for key, value in commit.items() if key != "price"} | {"total": total}


def _slots(instance: Instance, way: ConcreteOption) -> int:
    interrupted = any(pool.id == way.pool and pool.interruptions is not None for pool in instance.pools)
    return ceil(way.duration / instance.time.slot) * (INTERRUPTED if interrupted else 1)


def shorter(document: Document) -> Document | None:
    """The document with the shorter of the two horizons that stand for none; None where it states one."""
    if BRIEF not in document["time"]:
        return None
    time = {key: value for key, value in document["time"].items() if key != BRIEF}
    return {**document, "time": time | {"horizon": document["time"][BRIEF]}}


def _short(total: Decimal) -> Decimal:
    """Money with as many decimals as the format allows, rounded down."""
    return Decimal(int(total * 10**9)).scaleb(-9)

"""All requirements of an instance in a user's order: tasks, pools, quotas, sets, horizon."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import partial
from math import ceil

from leptonopt.compile.data_moves import Links
from leptonopt.compile.work_options import ConcreteOption, concrete_options
from leptonopt.infeasibility.documents import BRIEF, Document
from leptonopt.infeasibility.pool_requirements import PLENTY, pool_requirements
from leptonopt.infeasibility.requirement import Requirement, find_entry, moment_text, plain_text
from leptonopt.infeasibility.service_requirements import service_requirements
from leptonopt.infeasibility.task_requirements import task_requirements
from leptonopt.instance import Instance, Task, units
from leptonopt.instance.pools import MARK, MAX_SLOTS, POWER
from leptonopt.instance.routes import NOT_TAKEN

INTERRUPTED = 2  # times its work, for the horizon that a task on a pool with interruptions may need


def requirements_of(instance: Instance, ids: Collection[str] | None = None) -> list[Requirement]:
    """All that an instance demands of these tasks (of all) and could do without.

    In the order in which a person would ask for it.
    """
    tasks = [(at, task) for at, task in enumerate(instance.tasks) if ids is None or task.id in ids]
    options_of_tasks = [(task, concrete_options(instance, task)) for _, task in tasks]
    held = [(option.pool, option.uses) for _, options in options_of_tasks for option in options]
    held += [(way.pool, way.uses) for service in instance.services for way in service.replicas]
    used: dict[str, set[str]] = {}  # resources by pool
    for on, uses in held:
        used.setdefault(on, {POWER}).update(name for name, count in uses.items() if count)
    edges = {after.task for _, task in tasks for after in task.after}
    known = {task.id for _, task in tasks}
    found = list[Requirement]()
    for (at, task), (_, options) in zip(tasks, options_of_tasks, strict=True):
        found += task_requirements(instance, at, task, options, known if edges else set())
    for at, pool in enumerate(instance.pools):
        if pool.id in used:
            found += pool_requirements(instance, at, pool, used[pool.id])
    found += [
        _quota(instance, at)
        for at, quota in enumerate(instance.quotas)
        if not quota.of.startswith(MARK)
        and (quota.whole or instance.services or any(quota.covers(task) for _, task in tasks))
    ]
    copies = {task.id: task.copies for _, task in tasks}
    for key in ("together", "apart"):
        for at, members in enumerate(getattr(instance, key)):
            members_left = list(dict.fromkeys(id for id in members if id in copies))
            if sum(copies[id] for id in members_left) > 1:
                found.append(_set_requirement(key, at, members_left, copies))
    found += _apart_marks(instance, known)
    found += service_requirements(instance)
    return found if instance.services else [*found, _horizon(instance)]  # a longer horizon asks services for more


def _quota(instance: Instance, at: int) -> Requirement:
    quota = instance.quotas[at]
    if words := _route_words(instance, quota.of):  # no repair raises what a set of routes stands for
        return Requirement(
            "quota", (quota.id,), words, ("routes", quota.of.removesuffix(" else")), partial(_drop_quota, id=quota.id)
        )
    scope = ""
    if quota.teams is not None:
        scope = f" of team {', '.join(quota.teams)}"
    elif quota.tasks is not None:
        scope = f" of {len(quota.tasks)} task{'s' if len(quota.tasks) > 1 else ''}"
    where = f" on {', '.join(map(repr, quota.pools))}" if quota.pools is not None else ""
    per = {"horizon": "in all", "moment": "at any moment"}.get(quota.per, f"per {quota.per}")

    used = f", of which {plain_text(quota.used)} is used before" if quota.used else ""

    def raise_limit(document: Document, steps: int | Decimal) -> str:
        more = grain(quota.limit) * steps
        find_entry(document, "quotas", quota.id)["limit"] = quota.limit + more
        return f"the quota {quota.id!r} raised by {plain_text(more)} to {plain_text(quota.limit + more)}"

    return Requirement(
        "quota",
        (quota.id,),
        f"quota {quota.id!r}: at most {quota.limit} of {quota.of}{scope}{where} {per}{used}",
        ("quotas", at),
        partial(_drop_quota, id=quota.id),
        raise_limit,
        PLENTY,
    )


def _route_words(instance: Instance, of: str) -> str:
    """Return what a quota says of routes that stands for a set of them; empty for another quota."""
    mark = of.removesuffix(" else")
    names = (mark, f"{mark} else")
    tied = [task for task in instance.tasks if any(name in way.consumes for way in task.options for name in names)]
    idle = {task.id: way for task in tied for way in task.options if way.id == NOT_TAKEN}
    if f"route:{(own := mark.partition(':')[2])}" != mark or own not in idle:
        return ""
    listed = ", ".join(map(repr, idle))
    if mark in idle[own].consumes:
        return f"tasks {listed} of a route run together, or neither does"
    return f"exactly one of the routes that begin with {listed} is taken"


def grain(limit: Decimal) -> Decimal:
    """Steps of about a hundredth of a limit, in round numbers."""
    if limit <= 0:
        return Decimal(1)
    return Decimal(1).scaleb(limit.adjusted() - 2) if limit < 100 else Decimal(10 ** (limit.adjusted() - 2))


def _drop_quota(document: Document, id: str) -> None:
    document["quotas"] = [quota for quota in document["quotas"] if quota["id"] != id]


def _set_requirement(key: str, at: int, ids: Sequence[str], copies: dict[str, int]) -> Requirement:
    """Return the requirement of a set on some of its tasks; the others stay in it when it is dropped."""
    names = _names(ids, copies)
    what = "on pools of their own choice" if key == "together" else "on any pools"
    return Requirement(
        key,
        tuple(ids),
        f"{names} share a pool" if key == "together" else f"{names} are on different pools",
        (key, at),
        partial(_leave_set, key=key, at=at, known=set(ids)),
        dropped=f"{names} {what}",
    )


def _apart_marks(instance: Instance, ids: Collection[str]) -> Iterator[Requirement]:
    """Yield the sets kept apart by node or label, of which each task holds or consumes a mark."""
    marked: dict[str, dict[str, int]] = {}
    by_label = {quota.of for quota in instance.quotas}
    for task in instance.tasks if ids else ():
        work = [] if task.work is None else [{**(task.work.uses or {}), **task.work.consumes}]
        for stated in [*({**option.uses, **option.consumes} for option in task.options), *work]:
            for name in stated:
                if name.startswith(MARK):
                    marked.setdefault(name, {})[task.id] = task.copies
    for mark, copies in marked.items():
        names = [id for id in copies if id in ids]
        if sum(copies[id] for id in names) > 1:
            where = "pools of different labels" if mark in by_label else "different nodes"
            what = f"{_names(names, copies)} are on {where}"
            drop = partial(_drop_mark, mark=mark)
            yield Requirement("apart", tuple(names), what, ("apart", mark), drop, dropped=f"not that {what}")


def _drop_mark(document: Document, mark: str) -> None:
    for task in document["tasks"]:
        for way in [*task.get("options", ()), task.get("work") or {}]:
            for key in ("uses", "consumes"):
                if mark in way.get(key, {}):
                    way[key] = {name: count for name, count in way[key].items() if name != mark}
    document["quotas"] = [quota for quota in document.get("quotas", ()) if quota["of"] != mark]


def _names(ids: Sequence[str], copies: Mapping[str, int]) -> str:
    """Return the first of some tasks in words, with their copies."""
    names = ", ".join(f"{copies[id]:,} copies of {id!r}" if copies[id] > 1 else repr(id) for id in ids[:6])
    return names + (", …" if len(ids) > 6 else "")


def _leave_set(document: Document, key: str, at: int, known: set[str]) -> None:
    document[key] = [[id for id in ids if number != at or id not in known] for number, ids in enumerate(document[key])]


def _horizon(instance: Instance) -> Requirement:
    time = instance.time
    end = time.start + timedelta(seconds=time.horizon)

    def prolong(document: Document, steps: int) -> str:
        document["time"]["horizon"] = f"{time.horizon + steps * time.slot}s"
        return f"a horizon {units.duration_text(steps * time.slot)} longer"

    words = f"all is done by {moment_text(instance, end)}, the end of the horizon"
    return Requirement(
        "horizon",
        (),
        words,
        ("time", "horizon"),
        partial(_unlimited_horizon, instance=instance),
        prolong,
        min(3 * time.slots, 100_000),
    )


def _unlimited_horizon(document: Document, instance: Instance) -> None:
    """Return a horizon in which all can run one after the other once nothing changes.

    Commitments cost the same. A shorter one, in which all can run at their fastest, stands beside it: what fits there
    needs no longer one.
    """
    time, left = instance.time, {task["id"] for task in document["tasks"]}
    slots = brief = time.slots
    links = Links.of(instance)
    for task in instance.tasks:
        if task.id in left:
            found = concrete_options(instance, task)
            allowed = [option for option in found if not option.refused]
            lengths = sorted(_slots(instance, option) for option in allowed or found)
            late = 0 if task.release is None else ceil((task.release - time.start).total_seconds() / time.slot)
            other = sum(-(-after.lag // time.slot) for after in task.after) + max(0, late - time.slots)
            other += task.copies * ceil(_longest_moves(links, task) / time.slot)
            slots += task.copies * lengths[-1] + other
            brief += task.copies * lengths[0] + other
    document["time"]["horizon"] = f"{min(slots, MAX_SLOTS) * time.slot}s"
    document["time"][BRIEF] = f"{min(brief, 4 * time.slots, MAX_SLOTS) * time.slot}s"
    for pool in document["pools"]:
        nodes = pool.get("nodes") or []
        for kind in [nodes] if isinstance(nodes, dict) else nodes:
            if (commit := kind.get("commit")) and commit.get("price") is not None:
                total = _rounded_to_format(Decimal(commit["price"]) * time.horizon / 3600)
                kind["commit"] = {key: value for key, value in commit.items() if key != "price"} | {"total": total}


def _longest_moves(links: Links, task: Task) -> Fraction:
    """Return the seconds that all data of a task take on the slowest links."""
    amounts = [*(after.gib for after in task.after), *(links.datasets[name].gib for name in task.inputs)]
    amounts += [task.results.gib] if task.results is not None else []
    return sum((links.longest(gib) for gib in amounts if gib), Fraction(0))


def _slots(instance: Instance, option: ConcreteOption) -> int:
    interrupted = any(pool.id == option.pool and pool.interruptions is not None for pool in instance.pools)
    return ceil(option.duration / instance.time.slot) * (INTERRUPTED if interrupted else 1)


def _rounded_to_format(total: Decimal) -> Decimal:
    """Money with as many decimals as the format allows, rounded down."""
    return Decimal(int(total * 10**9)).scaleb(-9)

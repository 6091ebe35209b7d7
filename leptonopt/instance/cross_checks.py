"""Check an instance across its parts: unique names, references, cycles, the time grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from leptonopt.errors import Finding, Path, did_you_mean
from leptonopt.instance import units
from leptonopt.instance.fields import Series
from leptonopt.instance.names import unknown_name
from leptonopt.instance.pools import POWER, Pool, Time
from leptonopt.instance.quotas import NODE_HOURS, Measure, Meter, Quota
from leptonopt.instance.service_checks import service_findings
from leptonopt.instance.services import Batch, Service
from leptonopt.instance.tasks import After, Option, Profile, Task, Work, merged_work
from leptonopt.instance.unit_commitment import restrained_findings
from leptonopt.runtime.clock import check_time_each
from leptonopt.runtime.topological_order import topological_order

MAX_FINDINGS = 100  # findings shown at most
ENDS = "ends"  # the secondary goal of early ends
ALSO = ("money", "energy", "carbon", NODE_HOURS)  # what a quota can limit, besides resources and consumed amounts


def cross_findings(
    time: Time | None,
    pools: Sequence[Pool | None],
    profiles: dict[str, Profile],
    tasks: Sequence[Task | None],
    quotas: Sequence[Quota | None] = (),
    sets: Mapping[str, Sequence[Sequence[str]]] | None = None,
    services: Sequence[Service | None] = (),
    batches: Sequence[Batch | None] = (),
    meters: Sequence[Meter | None] = (),
) -> list[Finding]:
    """Return the findings between the parts; parts that are None are skipped.

    All of it, up to one more than `MAX_FINDINGS`.
    """
    if not tasks and not services:
        return [Finding("is empty; at least one entry, or one of `services`", ("tasks",))]
    between = chain(
        _between(time, pools, profiles, tasks, quotas, services, batches),
        _ids_of_meters(quotas, meters),
    )
    found = list(islice(between, MAX_FINDINGS + 1))
    if not found:
        measures = {"quotas": quotas, "meters": meters}
        found = list(islice(_measures_and_nodes(pools, tasks, measures, services), MAX_FINDINGS + 1))
    if None not in tasks:
        found += islice(_set_findings(sets or {}, {task.id: task for task in tasks if task}), MAX_FINDINGS)
    return found or _cycles([task for task in tasks if task])


def _between(
    time: Time | None,
    pools: Sequence[Pool | None],
    profiles: dict[str, Profile],
    tasks: Sequence[Task | None],
    quotas: Sequence[Quota | None],
    services: Sequence[Service | None],
    batches: Sequence[Batch | None],
) -> Iterator[Finding]:
    known_pools = {pool.id: pool for pool in pools if pool}
    whole = None not in pools
    yield from chain(_duplicates("pools", pools), _duplicates("tasks", tasks), _duplicates("quotas", quotas))
    yield from chain(_duplicates("services", services), _duplicates("batches", batches))
    yield from _beside_segments(tasks)
    yield from _billing_findings(pools, tasks)
    yield from restrained_findings(pools, tasks, services, time)
    for at, pool in enumerate(pools):
        if pool:
            yield from _pool_findings(("pools", at), pool, time)
    for name, profile in profiles.items():
        yield from _work_findings(("profiles", name), profile, known_pools if whole else None)
    known_tasks = {task.id: task for task in tasks if task} if None not in tasks else None
    sound = set[tuple[str, ...]]()
    for at, task in enumerate(check_time_each(tasks)):
        if task:
            yield from _task_findings(("tasks", at), task, known_pools if whole else None, profiles, known_tasks, sound)
    yield from service_findings(time, known_pools if whole else None, services, batches)


def _ids_of_meters(quotas: Sequence[Quota | None], meters: Sequence[Meter | None]) -> Iterator[Finding]:
    """Yield ids of meters that stand twice, also among quotas."""
    known = {quota.id for quota in quotas if quota}
    for at, meter in enumerate(meters):
        if meter and meter.id in known:
            yield Finding(
                f"{meter.id!r} is also the id of another quota or meter; it must be unique", ("meters", at, "id")
            )
        known |= {meter.id} if meter else set()


def _measures_and_nodes(
    pools: Sequence[Pool | None],
    tasks: Sequence[Task | None],
    measures: Mapping[str, Sequence[Measure | None]],
    services: Sequence[Service | None],
) -> Iterator[Finding]:
    """Yield the findings that need valid pools, tasks and services."""
    known_pools = {pool.id: pool for pool in pools if pool}
    known_tasks = {task.id: task for task in tasks if task}
    if None in pools or None in tasks or None in services:
        return
    teams = {each.team for each in (*known_tasks.values(), *services) if each is not None and each.team is not None}
    consumed = _consumed(known_tasks.values())
    for key, each in measures.items():
        for at, measure in enumerate(check_time_each(each)):
            if measure:
                yield from _measure_findings((key, at), measure, known_pools, known_tasks, teams, consumed)


def _set_findings(sets: Mapping[str, Sequence[Sequence[str]]], tasks: Mapping[str, Task]) -> Iterator[Finding]:
    for kind, each in sets.items():
        for at, members in enumerate(check_time_each(each)):
            for number, member in enumerate(members):
                if member not in tasks:
                    yield Finding(unknown_name("task", member, tasks), (kind, at, number))
                elif tasks[member].is_cut:
                    text = f"task {member!r} has segments, which {kind} does not support; leave one of them out"
                    yield Finding(text, (kind, at, number))


def _beside_segments(tasks: Sequence[Task | None]) -> Iterator[Finding]:
    """Yield data that move to or from tasks that may be cut."""
    cut = {task.id for task in tasks if task and task.is_cut}
    for at, task in enumerate(tasks if cut else ()):
        if task and any(after.gib and (task.id in cut or after.task in cut) for after in task.after):
            yield Finding("data that move to or from tasks with segments are not supported", ("tasks", at, "after"))
        elif task and task.id in cut and (task.results or (task.inputs and task.segments and task.segments.move)):
            text = "segments with results, and those that move with inputs, are not supported"
            yield Finding(text, ("tasks", at, "segments"))


def _billing_findings(pools: Sequence[Pool | None], tasks: Sequence[Task | None]) -> Iterator[Finding]:
    """Yield what a pool with billing cannot have: prices over time, interruptions, tasks with segments."""
    billed = {pool.id: at for at, pool in enumerate(pools) if pool and pool.billing}
    for name, at in billed.items():
        pool = pools[at]
        for resource, price in pool.price.items() if pool else ():
            if resource != POWER and price.constant is None:
                text = "changes over time; on a pool with billing a price is a number"
                yield Finding(text, ("pools", at, "price", resource))
        if pool and pool.interruptions is not None:
            yield Finding("billing is not supported with interruptions", ("pools", at, "billing"))
        if any(task.is_cut for task in tasks if task):
            yield Finding(
                f"billing of pool {name!r} is not supported beside tasks with segments", ("pools", at, "billing")
            )


def _duplicates(kind: str, nouns: Sequence[Pool | Task | Quota | Service | Batch | None]) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for at, noun in enumerate(nouns):
        if noun and (before := first.setdefault(noun.id, at)) != at:
            yield Finding(f"the id {noun.id!r} stands already at {kind}[{before}]; ids are unique", (kind, at, "id"))


def _pool_findings(path: Path, pool: Pool, time: Time | None) -> Iterator[Finding]:
    known = pool.resources
    for key in ("capacity", "price", "power"):
        for name in getattr(pool, key):
            if name not in known:
                yield Finding(unknown_name("resource", name, known), (*path, key, name))
    for name in pool.charge or ():
        if name not in pool.of_nodes:
            yield Finding(unknown_name("resource of nodes", name, pool.of_nodes), (*path, "charge", name))
    if POWER in pool.power:
        yield Finding("power itself draws no power; name the resources that do", (*path, "power", POWER))
    for place, series in _all_series(path, pool):
        if time and series.steps and min(series.steps) > time.start:
            yield Finding(
                f"the first step is after the start of the horizon, {units.instant_text(time.start)}; "
                "say what holds before it",
                (*place, "steps"),
            )
    for at, window in enumerate(pool.maintenance):
        for name in window.capacity or ():
            if name not in pool.capacity:
                yield Finding(
                    unknown_name("resource", name, pool.capacity), (*path, "maintenance", at, "capacity", name)
                )
    for at, kind in enumerate(pool.nodes):
        if kind.price is None and kind.commit is None and not kind.reserved:
            yield Finding("no price, no commit and nothing reserved: no such node can be had", (*path, "nodes", at))
        if POWER in kind.size:
            yield Finding(
                "power is not a part of a node; write `power` beside `size`", (*path, "nodes", at, "size", POWER)
            )


def _all_series(path: Path, pool: Pool) -> Iterator[tuple[Path, Series]]:
    for key in ("capacity", "price"):
        for name, series in getattr(pool, key).items():
            yield (*path, key, name), series
    for name, series in (pool.charge or {}).items():
        yield (*path, "charge", name), series
    for key in ("carbon", "interruptions"):
        if (series := getattr(pool, key)) is not None:
            yield (*path, key), series
    for at, kind in enumerate(pool.nodes):
        for key in ("count", "price"):
            if (series := getattr(kind, key)) is not None:
                yield (*path, "nodes", at, key), series


def _greatest_lag(path: Path, task: Task, after: After, tasks: Mapping[str, Task]) -> Iterator[Finding]:
    """Yield what does not go with `most` of an after: a longer lag, data that move, segments."""
    if after.most is not None and after.most < after.lag:
        text = f"{units.duration_text(after.most)} is less than lag, {units.duration_text(after.lag)}; at least that"
        yield Finding(text, (*path, "most"))
    if after.gib:
        yield Finding("with gib is not supported; leave one of them out", (*path, "most"))
    if task.is_cut or (after.task in tasks and tasks[after.task].is_cut):
        yield Finding("to or from tasks with segments is not supported; leave it out", (*path, "most"))


def _task_findings(
    path: Path,
    task: Task,
    pools: dict[str, Pool] | None,
    profiles: dict[str, Profile],
    tasks: Mapping[str, Task] | None,
    sound: set[tuple[str, ...]],
) -> Iterator[Finding]:
    for at, after in enumerate(task.after):
        if tasks is not None and after.task not in tasks:
            yield Finding(unknown_name("task", after.task, tasks), (*path, "after", at))
        elif after.most is not None:
            yield from _greatest_lag((*path, "after", at), task, after, tasks or {})
    ids: set[str] = set()
    for at, option in enumerate(task.options):
        place = (*path, "options", at)
        if option.id is not None and option.id in ids:
            yield Finding(f"the option id {option.id!r} stands twice in this task", (*place, "id"))
        ids.add(option.id or "")
        if pools is not None:
            yield from _option_findings(place, option, pools, sound)
    if task.work:
        yield from _work_findings((*path, "work"), task.work, pools)
        yield from _whole_work((*path, "work"), task.work, profiles, pools)
    if task.is_cut:
        yield from _segment_findings((*path, "segments"), task, pools or {}, profiles)


def _segment_findings(
    path: Path, task: Task, pools: Mapping[str, Pool], profiles: dict[str, Profile]
) -> Iterator[Finding]:
    """Yield what a task with segments may not have: milestones, and interruptions that change over time."""
    if any(not option.duration for option in task.options) or (task.work and not task.work.hours):
        yield Finding("a milestone has nothing to cut; leave segments out, or give it a duration", path)
    names = dict.fromkeys(name for option in task.options for name in option.where)
    if task.work and (task.work.profile is None or task.work.profile in profiles):
        names |= dict.fromkeys(merged_work(task.work, profiles).speed or ())
    for name in names:
        rate = pools[name].interruptions if name in pools else None
        if rate is not None and rate.constant is None:
            text = f"interruptions of pool {name!r} change over time; where tasks with segments run they are a number"
            yield Finding(text, path)


def _option_findings(
    place: Path, option: Option, pools: dict[str, Pool], sound: set[tuple[str, ...]]
) -> Iterator[Finding]:
    """Yield the findings of an option; `sound` has the resources and pools of earlier ones without any."""
    key = ("" if option.nodes is None else "whole", *option.uses, "", *option.where)
    if key in sound:
        return
    found = list(_where_findings(place, option, pools))
    if not found:
        sound.add(key)
    yield from found


def _where_findings(place: Path, option: Option, pools: dict[str, Pool]) -> Iterator[Finding]:
    for at, name in enumerate(option.where):
        if name not in pools:
            yield Finding(unknown_name("pool", name, pools), (*place, "pool") if option.pool else (*place, "pools", at))
        else:
            yield from _there(place, option, pools[name])


def _there(place: Path, option: Option, pool: Pool) -> Iterator[Finding]:
    """Yield the findings of an option on one of its pools."""
    for name in option.uses:
        if name not in pool.resources:
            yield Finding(unknown_name("resource", name, pool.resources), (*place, "uses", name))
    if option.nodes is None:
        return
    if len(pool.nodes) != 1:
        yield Finding(f"whole nodes of pool {pool.id!r}, which has {len(pool.nodes)} kinds of nodes", (*place, "nodes"))
    elif twice := sorted(set(option.uses) & set(pool.nodes[0].size)):
        yield Finding(f"whole nodes hold all of {twice[0]!r}; do not state it beside them", (*place, "uses", twice[0]))


def _measure_findings(
    path: Path, quota: Measure, pools: dict[str, Pool], tasks: Mapping[str, Task], teams: set[str], consumed: set[str]
) -> Iterator[Finding]:
    for at, name in enumerate(quota.tasks or ()):
        if name not in tasks:
            yield Finding(unknown_name("task", name, tasks), (*path, "tasks", at))
    for at, name in enumerate(quota.teams or ()):
        if name not in teams and did_you_mean(name, teams):  # a team may have nothing to do
            yield Finding(unknown_name("team", name, teams), (*path, "teams", at))
    for at, name in enumerate(quota.pools or ()):
        if name not in pools:
            yield Finding(unknown_name("pool", name, pools), (*path, "pools", at))
    chosen = [pool for name, pool in pools.items() if quota.pools is None or name in quota.pools]
    if isinstance(quota, Meter) and quota.budget:
        yield from _below_zero(path, quota, chosen, tasks)
    resources = {name for pool in chosen for name in pool.resources}
    if quota.of in ALSO or quota.of in resources or quota.of in consumed:
        if quota.per == "moment" and quota.of not in resources:
            yield Finding(
                f"{quota.of!r} is not a resource; only of a resource there is so much at a moment", (*path, "per")
            )
        if quota.of == NODE_HOURS and not quota.whole:
            yield Finding(
                f"{NODE_HOURS} of some tasks, while tasks share nodes; leave out tasks and teams", (*path, "of")
            )
        if quota.budget and not quota.whole and (shared := [pool.id for pool in chosen if pool.uncharged]):
            yield Finding(
                f"a budget of some tasks on pool {shared[0]!r}, whose nodes all tasks share; say in its `charge` "
                "what a unit costs them an hour",
                (*path, "of"),
            )
    else:
        yield Finding(unknown_name("resource", quota.of, {*ALSO, *resources, *consumed}), (*path, "of"))


def _below_zero(path: Path, meter: Meter, pools: Sequence[Pool], tasks: Mapping[str, Task]) -> Iterator[Finding]:
    """Yield prices and costs below 0 of what a meter of money counts."""
    for pool in pools:
        for name, series in pool.price.items():
            if min(series.numbers(), default=0) < 0:
                text = f"money, where {name!r} of pool {pool.id!r} has a price below 0; at least 0 beside such a meter"
                yield Finding(text, (*path, "of"))
    for task in filter(meter.covers, tasks.values()):
        if any(each.cost < 0 for each in (*task.options, *([task.work] if task.work else ()))):
            text = f"money, where an option of task {task.id!r} has a cost below 0; at least 0 beside such a meter"
            yield Finding(text, (*path, "of"))


def _work_findings(path: Path, work: Profile, pools: dict[str, Pool] | None) -> Iterator[Finding]:
    for pool in work.speed or () if pools is not None else ():
        if pool not in pools:  # type: ignore[operator]
            yield Finding(unknown_name("pool", pool, pools or ()), (*path, "speed", pool))


def _whole_work(
    path: Path, work: Work, profiles: dict[str, Profile], pools: dict[str, Pool] | None
) -> Iterator[Finding]:
    if work.profile is not None and work.profile not in profiles:
        yield Finding(unknown_name("profile", work.profile, profiles), (*path, "profile"))
        return
    whole = merged_work(work, profiles)
    if not whole.speed:
        yield Finding("no speed; say per pool how fast one device is", (*path, "speed"))
    for pool in whole.speed or () if pools is not None else ():
        if pool not in pools:  # type: ignore[operator]
            continue
        resources = {whole.device or "gpu", *(whole.per_device or ()), *(whole.uses or ())}
        for name in sorted(resources - set(pools[pool].resources)):  # type: ignore[index]
            yield Finding(f"pool {pool!r} has no resource {name!r}, which this work uses there", path)


def _cycles(tasks: Sequence[Task]) -> list[Finding]:
    index = {task.id: at for at, task in enumerate(tasks)}
    before = [[index[after.task] for after in task.after if after.task in index] for task in check_time_each(tasks)]
    waiting = set(range(len(tasks))) - set(topological_order(before))
    if not waiting:
        return []
    at, seen = min(waiting), dict[int, int]()
    while at not in seen:  # each of them waits for another one of them
        seen[at] = len(seen)
        at = next(first for first in before[at] if first in waiting)
    ring = [tasks[each].id for each in list(seen)[seen[at] :]]
    ring.append(ring[0])
    shown = ring if len(ring) <= 9 else [*ring[:4], "…", *ring[-4:]]
    return [
        Finding(
            f"the tasks wait for each other in a circle: {' after '.join(shown)}; no task may wait for itself",
            ("tasks", index[ring[0]], "after"),
        )
    ]


def tie_findings(ties: Sequence[str], tasks: Sequence[Task]) -> Iterator[Finding]:
    """Yield what is wrong with secondary goals: names twice, or that no option consumes."""
    consumed = _consumed(tasks)
    for at, name in enumerate(ties):
        if name in ties[:at]:
            yield Finding(f"names {name!r} twice", ("objective", "ties", at))
        elif name == ENDS:
            if any(task.is_cut for task in tasks):
                yield Finding("ends of tasks with segments are not supported", ("objective", "ties", at))
            if name in consumed:
                yield Finding(
                    f"{name!r} is also what an option consumes; give that another name", ("objective", "ties", at)
                )
        elif name not in consumed:
            yield Finding(unknown_name("name that an option consumes", name, consumed), ("objective", "ties", at))


def _consumed(tasks: Iterable[Task]) -> set[str]:
    """Return the names of what options consume, written or made from work."""
    written = {name for task in tasks for option in task.options for name in option.consumes}
    return written | {name for task in tasks if task.work for name in task.work.consumes}

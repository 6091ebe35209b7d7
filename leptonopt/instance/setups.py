"""Rewrite nodes with setups: each setup is a kind of nodes, and a quota limits how many are on in all.

A node that is set up for a model or an image holds resources that only tasks of that setup use. To set it up is to
switch a node of that kind on, which takes time and money.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction
from typing import Any

from pydantic import Field, ValidationError

from leptonopt.errors import Finding, Path
from leptonopt.instance import units
from leptonopt.instance.fields import MAX_NODES, ByName, Lag, NotNegative, StrictModel, quoted
from leptonopt.instance.messages import findings_of
from leptonopt.instance.quotas import NODE_HOURS
from leptonopt.instance.stated import Origin, moved
from leptonopt.instance.unchecked import entries, kinds, texts

Document = dict[str, Any]
_OF_KIND = {"id", "size", "count", "price", "power", "setups"}
_SHAPE = "write {llama: {takes: 10m, cost: 0.5}, qwen: {takes: 5m}}"


class _Setup(StrictModel):
    """A model or an image that a node is set up for."""

    takes: Lag = 0
    cost: NotNegative = Decimal(0)
    running: int = Field(default=0, ge=0, le=MAX_NODES, strict=True)


class _Setups(StrictModel):
    setups: ByName[_Setup]


def without_setups(document: Document, findings: list[Finding], origin: Origin) -> Document:
    """Return a document without `setups` and `setup`; what is wrong with them is added to `findings`.

    What moves is added to `origin`.
    """
    pools = {str(pool.get("id")): pool for pool in entries(document, "pools") if _has_setups(pool)}
    if not pools and not any("setup" in task for task in entries(document, "tasks")):
        return document
    faults = [
        *_faults_of_time(document),
        *_faults_of_pools(document),
        *_faults_of_tasks(document, pools),
        *_faults_of_quotas(document, pools),
    ]
    findings += faults
    if faults:
        return document
    for at, pool in enumerate(document["pools"]):
        if _has_setups(pool):
            origin[("pools", at, "nodes")] = moved(0 for _ in _kind(pool)["setups"])
    return {
        **document,
        "pools": [_pool(pool) if _has_setups(pool) else pool for pool in document["pools"]],
        "tasks": [
            _task(document, task, pools) if isinstance(task, dict) else task for task in document.get("tasks") or ()
        ],
        "quotas": [*(document.get("quotas") or ()), *(_limit(document, pool) for pool in pools.values())],
    }


def _kind(pool: Mapping[str, Any]) -> Document:
    """Return the only kind of nodes of a pool; an empty one where there is none, or several."""
    found = kinds(pool)
    return found[0] if len(found) == 1 and isinstance(found[0], dict) else {}


def _has_setups(pool: Any) -> bool:
    return any(isinstance(kind, dict) and "setups" in kind for kind in kinds(pool))


# --- what is wrong ---


def _faults_of_time(document: Document) -> Iterator[Finding]:
    try:
        units.duration(document["time"].get("slot", "1h"))
    except (ValueError, KeyError, TypeError, AttributeError):
        yield Finding("nodes with setups, without a slot of time that can be read", ("time",))


def _faults_of_pools(document: Document) -> Iterator[Finding]:
    for at, pool in enumerate(entries(document, "pools")):
        if not _has_setups(pool):
            continue
        path, kind = ("pools", at, "nodes"), _kind(pool)
        if not kind or pool.get("charge"):
            yield Finding(
                "setups beside other kinds of nodes, or a charge; a pool has one kind then, and no charge", path
            )
            continue
        for key in sorted(set(kind) - _OF_KIND):
            yield Finding(f"{key} beside setups; allowed are {', '.join(sorted(_OF_KIND))}", (*path, key))
        if not isinstance(kind.get("count"), int) or isinstance(kind.get("count"), bool):
            yield Finding("nodes with setups have a whole number as their count", (*path, "count"))
        if not isinstance(kind.get("size"), dict):
            yield Finding("nodes with setups have a size", path)
        yield from _faults_of_setups(kind, (*path, "setups"))


def _faults_of_setups(kind: Document, path: Path) -> Iterator[Finding]:
    setups = kind["setups"]
    if not isinstance(setups, dict) or not setups:
        yield Finding(f"not setups by name; {_SHAPE}", path)
        return
    try:
        running = sum(each.running for each in _Setups.model_validate({"setups": setups}).setups.values())
    except ValidationError as error:
        yield from (Finding(each.message, (*path, *each.path[1:])) for each in findings_of(error, _Setups))
        return
    if isinstance(kind.get("count"), int) and running > kind["count"]:
        yield Finding(f"{running} nodes are set up at first; at most {kind['count']}, their count", path)


def _faults_of_tasks(document: Document, pools: Mapping[str, Document]) -> Iterator[Finding]:
    for at, task in enumerate(entries(document, "tasks")):
        path, setup, named = ("tasks", at), task.get("setup"), _pools_of(document, task)
        if setup is not None and not isinstance(setup, str):
            yield Finding(f"{quoted(setup)} is not the name of a setup; names are texts", (*path, "setup"))
        for pool in named & pools.keys():
            setups = _kind(pools[pool]).get("setups")
            if isinstance(setups, dict) and not (isinstance(setup, str) and setup in setups):
                yield Finding(f"pool {pool!r} has no setup {setup!r}; there are {', '.join(map(str, setups))}", path)
        work = _pools_of(document, {"work": task.get("work")})
        if work & pools.keys() and work - pools.keys():
            yield Finding(
                "work on pools with setups and on others; write tasks or options of their own", (*path, "work")
            )
        for number, option in enumerate(entries(task, "options")):
            own = _pools_of(document, {"options": [option]})
            if own & pools.keys() and (own - pools.keys() or option.get("nodes") is not None):
                text = "takes whole nodes, or pools without setups as well; write options of their own, with uses"
                yield Finding(text, (*path, "options", number))
    for at, service in enumerate(entries(document, "services")):
        if texts([way.get("pool") for way in entries(service, "replicas")]) & pools.keys():
            yield Finding("replicas on a pool with setups are not supported", ("services", at, "replicas"))


def _faults_of_quotas(document: Document, pools: Mapping[str, Document]) -> Iterator[Finding]:
    """Yield what would count resources under the names that they no longer have."""
    for key in ("quotas", "meters"):
        for at, quota in enumerate(entries(document, key)):
            named = pools.keys() if quota.get("pools") is None else pools.keys() & texts(quota["pools"])
            for pool in (pools[name] for name in pools if name in named):
                if str(quota.get("of")) in (_kind(pool).get("size") or {}):
                    text = f"counts a resource of nodes with setups, on pool {pool.get('id')!r}; that is not supported"
                    yield Finding(text, (key, at, "of"))


# --- what they stand for ---


def _pools_of(document: Document, task: Document) -> set[str]:
    """Return the pools that options and work of a task name."""
    found = set(_work(document, task).get("speed") or ())
    for option in entries(task, "options"):
        found |= texts([option.get("pool")]) | texts(option.get("pools"))
    return found


def _work(document: Document, task: Document) -> Document:
    """Return the work of a task completed by its profile."""
    work, profiles = task.get("work"), document.get("profiles")
    if not isinstance(work, dict):
        return {}
    base = profiles.get(work.get("profile")) if isinstance(profiles, dict) else None
    given = {key: value for key, value in work.items() if value is not None}
    return {**base, **given} if isinstance(base, dict) else given


def _named(names: Mapping[str, Any], held: Mapping[str, Any], setup: str) -> Document:
    """Return amounts of what nodes hold under the names for a setup, and others as they are."""
    return {f"{name} for {setup}" if name in held else name: amount for name, amount in names.items()}


def _pool(pool: Document) -> Document:
    """Return a pool with a kind of nodes for each setup."""
    kind = _kind(pool)
    name, size, price = kind.get("id") or pool["id"], kind["size"], kind.get("price", 0)
    rest = {key: value for key, value in kind.items() if key not in ("setups", "size", "id", "price")}
    made_of = [
        {
            **rest,
            "id": f"{name} for {setup}",
            "size": _named(size, size, setup),
            "price": price,
            "startup": each.get("cost", 0),
            "boot": each.get("takes", "0s"),
            "running": each.get("running", 0),
        }
        for setup, each in kind["setups"].items()
    ]
    made = {**pool, "nodes": made_of, "charge": {}}
    for key in ("price", "power"):
        if isinstance(pool.get(key), dict):
            made[key] = {k: v for setup in kind["setups"] for k, v in _named(pool[key], size, setup).items()}
    return made


def _task(document: Document, task: Document, pools: Mapping[str, Document]) -> Document:
    setup, made = task.get("setup"), {key: value for key, value in task.items() if key != "setup"}
    if setup is None:
        return made
    made["options"] = [
        {**option, "uses": _named(option.get("uses") or {}, _held(own & pools.keys(), pools), setup)}
        if (own := _pools_of(document, {"options": [option]})) & pools.keys()
        else option
        for option in task.get("options") or ()
    ]
    work = _work(document, task)
    if set(work.get("speed") or ()) & pools.keys():
        held = _held(set(work["speed"]), pools)
        device = work.get("device", "gpu")
        made["work"] = {**task["work"], "device": f"{device} for {setup}" if device in held else device}
        for key in ("uses", "per_device"):
            if work.get(key):
                made["work"][key] = _named(work[key], held, setup)
    return made


def _held(names: set[str], pools: Mapping[str, Document]) -> Document:
    """Return what nodes of any of these pools hold."""
    return {resource: 1 for name in names for resource in _kind(pools[name])["size"]}


def _limit(document: Document, pool: Document) -> Document:
    """Return the quota on how many nodes of a pool are on at a time."""
    hours = Fraction(units.duration(document["time"].get("slot", "1h")), 3600) * _kind(pool)["count"]
    limit = Decimal(hours.numerator) / Decimal(hours.denominator)
    limit = limit.quantize(Decimal("1e-9"), ROUND_CEILING)  # up: the next number of nodes is a slot more
    return {"id": f"setups of {pool['id']}", "of": NODE_HOURS, "limit": limit, "per": "slot", "pools": [pool["id"]]}


def stated_resource(sizes: Mapping[str, Collection[str]], name: str) -> str:
    """Return what a resource is called in the file: `gpu` for `gpu for llama` of nodes with setups.

    `sizes` are the resources of the kinds that setups stand for, by the names of these kinds.

    >>> stated_resource({"server for llama": ["gpu for llama"], "server for qwen": ["gpu for qwen"]}, "gpu for qwen")
    'gpu'
    """
    for kind, held in sizes.items():
        words = kind.split(" for ")
        for at in range(1, len(words)):
            setup = " for " + " for ".join(words[at:])
            if name in held and name.endswith(setup):
                return name.removesuffix(setup)
    return name

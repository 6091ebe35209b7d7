"""Read nodes with setups: each is a kind of nodes, and a quota limits all kinds together."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import ceil
from typing import Any

from leptonopt.verify.exact import Malformed, duration
from leptonopt.verify.offers import kinds_of

Plain = dict[str, Any]


def without_setups(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a document whose nodes have no setups."""
    held = {pool["id"]: set(kinds_of(pool)[0]["size"]) for pool in document["pools"] if _set_up(pool)}
    if not held:
        return document
    slot, quotas = duration(document["time"].get("slot") or "1h"), list(document.get("quotas") or ())
    for pool in document["pools"]:
        if pool["id"] in held:
            hours = ceil(kinds_of(pool)[0]["count"] * slot * 10**9 / 3600)
            limit = Decimal(hours).scaleb(-9)
            own = {"of": "node_hours", "per": "slot", "limit": limit, "pools": [pool["id"]]}
            quotas.append({"id": f"setups of {pool['id']}", **own})
    pools = [_split(pool) if pool["id"] in held else pool for pool in document["pools"]]
    tasks = [_task(document, task, held) for task in document.get("tasks") or ()]
    return {**document, "pools": pools, "tasks": tasks, "quotas": quotas}


def _set_up(pool: Mapping[str, Any]) -> bool:
    kinds = kinds_of(pool)
    if any(kind.get("setups") is not None for kind in kinds) and len(kinds) > 1:
        raise Malformed(f"pool {pool['id']!r} has setups beside other kinds")
    return bool(kinds) and kinds[0].get("setups") is not None


def _split(pool: Mapping[str, Any]) -> Plain:
    """Return a pool with a kind for each setup, whose resources have its name."""
    kind, kinds = kinds_of(pool)[0], []
    made = {**pool, "charge": {}}
    for key in ("price", "power"):
        if pool.get(key) is not None:
            made[key] = {name: each for name, each in pool[key].items() if name not in kind["size"]}
    for setup, each in kind["setups"].items():
        mine = {name: value for name, value in kind.items() if name != "setups"}
        mine |= {"id": f"{kind.get('id') or pool['id']} for {setup}", "price": kind.get("price", 0)}
        mine["size"] = {f"{name} for {setup}": amount for name, amount in kind["size"].items()}
        mine |= {"startup": each.get("cost", 0), "boot": each.get("takes", "0s"), "running": each.get("running", 0)}
        kinds.append(mine)
        for key in ("price", "power"):
            for name, rate in (pool.get(key) or {}).items():
                if name in kind["size"]:
                    made[key][f"{name} for {setup}"] = rate
    return {**made, "nodes": kinds}


def _task(document: Mapping[str, Any], task: Mapping[str, Any], held: Mapping[str, set[str]]) -> Plain:
    made = {key: value for key, value in task.items() if key != "setup"}
    if (setup := task.get("setup")) is None:
        return made
    if task.get("options"):
        made["options"] = [_option(option, held, setup) for option in task["options"]]
    if task.get("work"):
        made["work"] = _work(document, task["work"], held, setup)
    return made


def _option(option: Mapping[str, Any], held: Mapping[str, set[str]], setup: str) -> Plain:
    own = option["pools"] if option.get("pool") is None else [option["pool"]]
    names = set[str]().union(*(held.get(pool, ()) for pool in own))
    return {**option, "uses": _named(option.get("uses") or {}, names, setup)} if names else {**option}


def _work(document: Mapping[str, Any], work: Mapping[str, Any], held: Mapping[str, set[str]], setup: str) -> Plain:
    below = (document.get("profiles") or {}).get(work.get("profile")) or {}
    whole = {**below, **{key: value for key, value in work.items() if value is not None}}
    names = set[str]().union(*(held.get(pool, ()) for pool in whole["speed"]))
    if not names:
        return {**work}
    named = {key: _named(whole[key], names, setup) for key in ("uses", "per_device") if whole.get(key)}
    device = whole.get("device", "gpu")
    return {**work, **named, "device": f"{device} for {setup}" if device in names else device}


def _named(amounts: Mapping[str, Any], names: set[str], setup: str) -> Plain:
    return {f"{name} for {setup}" if name in names else name: amount for name, amount in amounts.items()}


def resource_in_file(document: Mapping[str, Any], pool: Mapping[str, Any], name: str) -> str:
    """Return what the file calls a resource of a pool, of a document without setups."""
    if all(quota["id"] != f"setups of {pool['id']}" for quota in document.get("quotas") or ()):
        return name
    for kind in kinds_of(pool):
        words = str(kind.get("id") or "").split(" for ")
        ends = [" for " + " for ".join(words[at:]) for at in range(1, len(words))]
        for end in ends if name in kind["size"] else ():
            if name.endswith(end):
                return name[: -len(end)]
    return name

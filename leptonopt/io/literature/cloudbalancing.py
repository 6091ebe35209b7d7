"""Read cloud balancing (OptaPlanner): each process on one computer, each computer used is paid.

A JSON file: computerList (cpuPower, memory, networkBandwidth, cost) and processList (required amounts of the same).
All processes share one slot: a process is a task, a computer a pool with a node that is rented whole. Where a file
already says on which computer a process runs, that is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leptonopt.io.literature.hourly import hourly_document
from leptonopt.io.literature.json_cursor import Places
from leptonopt.io.literature.number_stream import MAX_OPTIONS

RESOURCES = {"cpu": "CpuPower", "memory": "Memory", "network": "NetworkBandwidth"}
MAX_AMOUNT = 10**9


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    data = Places(text, path)
    data.keys((), {"id", "computerList", "processList", "score"})
    computers, processes = (data.length((key,), 1, 1_000_000) for key in ("computerList", "processList"))
    if computers * processes > MAX_OPTIONS:
        raise data.wrong(f"{computers * processes:,} pairs of a process and a computer; at most {MAX_OPTIONS:,}")
    names: set[str] = set()
    pools = [_computer(data, names, at) for at in range(computers)]
    tasks = [_process(data, names, at, pools) for at in range(processes)]
    return hourly_document(path.stem or "cloudbalancing", 1, pools, tasks)


def _name(data: Places, names: set[str], kind: str, at: int) -> str:
    name = f"{kind}-{data.whole((f'{kind}List', at, 'id'), 0, 10**12)}"
    if name in names:
        raise data.wrong(f"{name} stands twice", (f"{kind}List", at, "id"))
    names.add(name)
    return name


def _computer(data: Places, names: set[str], at: int) -> dict[str, Any]:
    place = ("computerList", at)
    keys = {resource: key[0].lower() + key[1:] for resource, key in RESOURCES.items()}
    data.keys(place, {"id", "cost", *keys.values()})
    name = _name(data, names, "computer", at)
    size = {resource: data.whole((*place, key), 0, MAX_AMOUNT) for resource, key in keys.items()}
    if not any(size.values()):
        raise data.wrong(f"{name} offers nothing; at least one amount above 0 should be", place)
    cost = data.whole((*place, "cost"), 0, MAX_AMOUNT)
    offered = {resource: units for resource, units in size.items() if units}
    return {"id": name, "nodes": {"count": 1, "size": offered, "price": cost}}


def _process(data: Places, names: set[str], at: int, pools: list[dict[str, Any]]) -> dict[str, Any]:
    place = ("processList", at)
    keys = {resource: f"required{key}" for resource, key in RESOURCES.items()}
    data.keys(place, {"id", "computer", *keys.values()})
    name = _name(data, names, "process", at)
    needs = {resource: data.whole((*place, key), 0, MAX_AMOUNT) for resource, key in keys.items()}
    uses = {resource: units for resource, units in needs.items() if units}
    if not uses:
        raise data.wrong(f"{name} needs nothing of its computer; at least one amount above 0 should be", place)
    fitting = [pool["id"] for pool in pools if all(need <= pool["nodes"]["size"].get(r, 0) for r, need in uses.items())]
    if not fitting:
        raise data.wrong(f"{name} fits on no computer", place)
    return {"id": name, "options": [{"pools": fitting, "uses": uses, "duration": "1h"}]}

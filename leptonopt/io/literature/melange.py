"""Read Melange (Griggs et al. 2024): the cheapest mix of GPU types for a rate of requests.

A JSON file: workload_distribution (the share of each bucket of requests, by input and output size),
total_request_rate (requests per second), slice_factor (equal slices of a bucket), and gpu_info (USD per hour, and
requests per second of each bucket that one GPU sustains). A GPU type is a pool of nodes bought whole for one slot.

    routing=split   the default: requests are those of one service, whose replicas are a GPU each; a bucket is a class
                    that is divided over GPU types as costs least, and slices do not matter
    routing=whole   each slice of a bucket is on one GPU type, as Melange plans: a bucket is a task, its slices copies;
                    a slice takes rate / throughput of a GPU, and may span GPUs of its type

As tasks, a pool counts in parts of a GPU that make every load whole, so that loads are exact. Where that would take
more than `FINEST` parts, loads are rounded up to that many, and the description says so: what fits then fits in truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, lcm
from pathlib import Path
from typing import Any

from leptonopt.errors import Path as Place
from leptonopt.errors import UsageError
from leptonopt.io.literature.hourly import hourly_document
from leptonopt.io.literature.json_cursor import Places
from leptonopt.io.literature.number_stream import MAX_OPTIONS

ROUTINGS = ("split", "whole")
FINEST = 10**9  # parts of a GPU
MAX_GPUS = 1000  # that one slice takes
MAX_COUNT = 100_000
STEP = Fraction(1, 10**6)  # requests per second; demands are rounded up, what a GPU sustains down
Bucket = tuple[int, int]
Speeds = Mapping[str, Mapping[Bucket, Fraction]]


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    if (routing := params.get("routing", ROUTINGS[0])) not in ROUTINGS:
        raise UsageError(f"routing={routing[:40]!r}; allowed are {', '.join(ROUTINGS)}")
    data = Places(text, path)
    data.keys((), {"gpu_info", "workload_distribution", "total_request_rate", "slice_factor"})
    total = Fraction(data.number(("total_request_rate",), 0, 10**9))
    slices = data.whole(("slice_factor",), 1, 10_000)
    shares = _table(data, ("workload_distribution",), 1)
    if not total or not any(shares.values()):
        raise data.wrong(
            "no requests at all; a share and total_request_rate above 0 should be", ("workload_distribution",)
        )
    rates = {at: share * total for at, share in shares.items() if share}
    speeds = {gpu: _table(data, ("gpu_info", gpu, "tputs"), 10**9, shares) for gpu in _gpus(data, shares)}
    made = _as_tasks(data, rates, speeds, slices) if routing == "whole" else _as_service(data, rates, speeds)
    return hourly_document(path.stem or "melange", 1, made.pop("pools"), made.pop("tasks", []), "USD", **made)


def _as_service(data: Places, rates: Mapping[Bucket, Fraction], speeds: Speeds) -> dict[str, Any]:
    """Return pools and a service of a class for each bucket, with a way for each GPU type."""
    demand = {at: _steps(ceil(rate / STEP)) for at, rate in rates.items()}
    ways: dict[str, dict[str, Decimal]] = {}
    pools = []
    for gpu, table in speeds.items():
        served = {at: _steps(floor(table[at] / STEP)) for at in demand}
        ways[gpu] = {f"{i}-{j}": speed for (i, j), speed in served.items() if speed}
        count = sum(ceil(demand[at] / speed) for at, speed in served.items() if speed)
        pools.append(_pool(data, gpu, count, {"gpu": 1}))
    for at in demand:
        if not any(f"{at[0]}-{at[1]}" in rate for rate in ways.values()):
            raise data.wrong(
                "no GPU type serves this bucket; a throughput above 0 should be", ("workload_distribution", *at)
            )
    replicas = [{"pool": gpu, "uses": {"gpu": 1}, "rate": rate} for gpu, rate in ways.items() if rate]
    service = {"id": "requests", "demand": {f"{i}-{j}": d for (i, j), d in demand.items()}, "replicas": replicas}
    return {"pools": pools, "services": [service]}


def _as_tasks(data: Places, rates: Mapping[Bucket, Fraction], speeds: Speeds, slices: int) -> dict[str, Any]:
    """Return pools that count in parts of a GPU, and a task for each bucket with a copy for each slice."""
    loads: dict[str, dict[Bucket, Fraction]] = {}
    pools, rounded = [], []
    for gpu, table in speeds.items():
        found = {at: rate / slices / table[at] for at, rate in rates.items() if table[at]}
        found = {at: load for at, load in found.items() if load <= MAX_GPUS}
        parts = 1
        for load in found.values():
            parts = min(lcm(parts, load.denominator), FINEST + 1)
        if parts > FINEST:
            parts = FINEST
            rounded.append(gpu)
        loads[gpu] = {at: Fraction(ceil(load * parts)) for at, load in found.items()}
        count = ceil(slices * sum(loads[gpu].values()) / parts)
        pools.append(_pool(data, gpu, count, {"load": parts}))
    text = f"Loads on {', '.join(rounded)} are rounded up to {1 / Fraction(FINEST)} of a GPU."
    more = {"description": text} if rounded else {}
    return {"pools": pools, "tasks": [_bucket(data, at, slices, loads) for at in rates], **more}


def _bucket(data: Places, at: Bucket, slices: int, loads: Mapping[str, Mapping[Bucket, Fraction]]) -> dict[str, Any]:
    options = [
        {"pool": gpu, "uses": {"load": int(load[at])}, "duration": "1h"} for gpu, load in loads.items() if at in load
    ]
    if not options:
        raise data.wrong(
            f"no GPU type serves this bucket with at most {MAX_GPUS} GPUs a slice", ("workload_distribution", *at)
        )
    return {"id": f"bucket-{at[0]}-{at[1]}", "copies": slices, "options": options}


def _pool(data: Places, gpu: str, count: int, size: Mapping[str, int]) -> dict[str, Any]:
    """Return a GPU type as nodes at its price."""
    price = data.amount(("gpu_info", gpu, "cost"), 0, 10**9)
    return {"id": gpu, "nodes": {"count": min(MAX_COUNT, count) or 1, "size": size, "price": price}}


def _steps(count: int) -> Decimal:
    """Return a number of steps as requests per second."""
    return Decimal(count) * STEP.numerator / STEP.denominator


def _table(
    data: Places, place: Place, most: int, like: Mapping[Bucket, Fraction] | None = None
) -> dict[Bucket, Fraction]:
    """Return a table of numbers from 0 by row and column, of the same size as another."""
    rows = data.length(place, 1, 10_000)
    columns = data.length((*place, 0), 1, 10_000)
    if like is not None and max(like) != (rows - 1, columns - 1):
        raise data.wrong("not a table of the size of workload_distribution", place)
    for row in range(rows):
        data.length((*place, row), columns, columns)
    return {(i, j): Fraction(data.number((*place, i, j), 0, most)) for i in range(rows) for j in range(columns)}


def _gpus(data: Places, shares: Mapping[Bucket, Fraction]) -> list[str]:
    """Return the names of the GPU types."""
    gpus = data.names(("gpu_info",))
    if not gpus:
        raise data.wrong("no GPU type at all; at least one should be", ("gpu_info",))
    if len(gpus) * len(shares) > MAX_OPTIONS:
        raise data.wrong(f"{len(gpus) * len(shares):,} pairs of a bucket and a GPU type; at most {MAX_OPTIONS:,}")
    for gpu in gpus:
        if not gpu.strip() or len(gpu) > 200 or not gpu.isprintable():
            raise data.wrong(f"{gpu[:40]!r} is no name of a GPU type; 1 to 200 characters are allowed", ("gpu_info",))
        data.keys(("gpu_info", gpu), {"cost", "tputs"})
    return gpus

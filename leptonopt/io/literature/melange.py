"""Read Melange (Griggs et al. 2024): the cheapest mix of GPU types for a rate of requests.

A JSON file: workload_distribution (the share of each bucket of requests, by input and output size),
total_request_rate (requests per second), slice_factor (equal slices of a bucket), and gpu_info (USD per hour, and
requests per second of each bucket that one GPU sustains). A bucket is a task, its slices copies; a GPU type is a
pool of nodes bought whole for one slot; a slice takes rate / throughput of a GPU, and may span GPUs of its type.

A pool counts in parts of a GPU that make every such load whole, so that loads are exact. Where that would take more
than `FINEST` parts, loads are rounded up to that many, and the description says so: what fits then fits in truth.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, lcm
from pathlib import Path
from typing import Any

from leptonopt.errors import Path as Place
from leptonopt.io.literature.hourly import hourly_document
from leptonopt.io.literature.json_cursor import Places
from leptonopt.io.literature.number_stream import MAX_OPTIONS

FINEST = 10**9  # parts of a GPU
MAX_GPUS = 1000  # that one slice takes
MAX_COUNT = 100_000
Bucket = tuple[int, int]


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    data = Places(text, path)
    data.keys((), {"gpu_info", "workload_distribution", "total_request_rate", "slice_factor"})
    total = Fraction(data.number(("total_request_rate",), 0, 10**9))
    slices = data.whole(("slice_factor",), 1, 10_000)
    shares = _table(data, ("workload_distribution",), 1)
    if not total or not any(shares.values()):
        raise data.wrong(
            "no requests at all; a share and total_request_rate above 0 should be", ("workload_distribution",)
        )
    gpus = _gpus(data, shares)
    loads: dict[str, dict[Bucket, Fraction]] = {}
    pools, rounded = [], []
    for gpu in gpus:
        speeds = _table(data, ("gpu_info", gpu, "tputs"), 10**9, shares)
        found = {at: share * total / slices / speeds[at] for at, share in shares.items() if share and speeds[at]}
        found = {at: load for at, load in found.items() if load <= MAX_GPUS}
        parts = 1
        for load in found.values():
            parts = min(lcm(parts, load.denominator), FINEST + 1)
        if parts > FINEST:
            parts = FINEST
            rounded.append(gpu)
        loads[gpu] = {at: Fraction(ceil(load * parts)) for at, load in found.items()}
        count = min(MAX_COUNT, ceil(slices * sum(loads[gpu].values()) / parts)) or 1
        price = data.amount(("gpu_info", gpu, "cost"), 0, 10**9)
        pools.append({"id": gpu, "nodes": {"count": count, "size": {"load": parts}, "price": price}})
    tasks = [_bucket(data, at, slices, loads) for at, share in shares.items() if share]
    text = f"Loads on {', '.join(rounded)} are rounded up to {1 / Fraction(FINEST)} of a GPU."
    more = {"description": text} if rounded else {}
    return hourly_document(path.stem or "melange", 1, pools, tasks, "USD", **more)


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


def _bucket(data: Places, at: Bucket, slices: int, loads: Mapping[str, Mapping[Bucket, Fraction]]) -> dict[str, Any]:
    options = [
        {"pool": gpu, "uses": {"load": int(load[at])}, "duration": "1h"} for gpu, load in loads.items() if at in load
    ]
    if not options:
        raise data.wrong(
            f"no GPU type serves this bucket with at most {MAX_GPUS} GPUs a slice", ("workload_distribution", *at)
        )
    return {"id": f"bucket-{at[0]}-{at[1]}", "copies": slices, "options": options}

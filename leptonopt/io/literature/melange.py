"""Read Melange (Griggs et al. 2024): the cheapest mix of GPU types for a rate of requests.

A JSON file: workload_distribution (the share of each bucket of requests, by input and output size),
total_request_rate (requests per second), slice_factor (equal slices of a bucket), and gpu_info (USD per hour, and
requests per second of each bucket that one GPU sustains). A GPU type is a pool of nodes bought whole for one slot;
the requests are those of one service, whose replicas are a GPU each; a bucket is a class.

    routing=whole   each of the slices of a bucket, a class of its own, is served by one GPU type, as Melange plans
                    (default: split; a bucket is divided over GPU types as costs least, and slices do not matter)
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

from leptonopt.errors import Path as Place
from leptonopt.io.literature.hourly import hourly_document
from leptonopt.io.literature.json_cursor import Places
from leptonopt.io.literature.routing import routing

MAX_CLASSES = 10_000
MAX_PAIRS = 100_000  # of a class and a GPU type
MAX_COUNT = 100_000
STEP = Fraction(1, 10**6)  # requests per second; demands are rounded up, what a GPU sustains down
Bucket = tuple[int, int]


def document(text: str, path: Path, params: Mapping[str, str]) -> dict[str, Any]:
    """Return the native document of such a file; raises `InstanceError` where it is not one."""
    data = Places(text, path)
    data.keys((), {"gpu_info", "workload_distribution", "total_request_rate", "slice_factor"})
    total = Fraction(data.number(("total_request_rate",), 0, 10**9))
    slices = data.whole(("slice_factor",), 1, MAX_CLASSES)
    shares = _table(data, ("workload_distribution",), 1)
    if not total or not any(shares.values()):
        raise data.wrong(
            "no requests at all; a share and total_request_rate above 0 should be", ("workload_distribution",)
        )
    kind = routing(params)
    parts = slices if kind.get("routing") == "whole" else 1
    rates = _rates(data, shares, parts)
    demand = {at: _steps(ceil(share * total / parts / STEP)) for at, share in shares.items() if share}
    service = {
        "id": "requests",
        **kind,
        "demand": _by_class(demand, parts),
        "replicas": [
            {"pool": gpu, "uses": {"gpu": 1}, "rate": _by_class({at: table[at] for at in demand if table[at]}, parts)}
            for gpu, table in rates.items()
            if any(table[at] for at in demand)
        ],
    }
    pools = [_pool(data, gpu, {at: parts * rate for at, rate in demand.items()}, rates[gpu]) for gpu in rates]
    return hourly_document(path.stem or "melange", 1, pools, [], "USD", services=[service])


def _rates(data: Places, shares: Mapping[Bucket, Fraction], parts: int) -> dict[str, dict[Bucket, Decimal]]:
    """Return the requests per second of each bucket on each GPU type, rounded down to whole steps."""
    gpus = _gpus(data, parts * len(shares))
    rates = {}
    for gpu in gpus:
        exact = _table(data, ("gpu_info", gpu, "tputs"), 10**9, shares)
        rates[gpu] = {at: _steps(floor(rate / STEP)) for at, rate in exact.items()}
    for at, share in shares.items():
        if share and not any(table[at] for table in rates.values()):
            raise data.wrong(
                "no GPU type serves this bucket; a throughput above 0 should be", ("workload_distribution", *at)
            )
    return rates


def _by_class(values: Mapping[Bucket, Decimal], parts: int) -> dict[str, Decimal]:
    """Return values by class: a bucket, or each of its slices."""
    return {
        f"{i}-{j}" if parts == 1 else f"{i}-{j} #{part}": value
        for (i, j), value in values.items()
        for part in range(1, parts + 1)
    }


def _steps(count: int) -> Decimal:
    """Return a number of steps as requests per second."""
    return Decimal(count) * STEP.numerator / STEP.denominator


def _pool(data: Places, gpu: str, demand: Mapping[Bucket, Decimal], rates: Mapping[Bucket, Decimal]) -> dict[str, Any]:
    """Return a GPU type with as many GPUs as can be of use: those that serve all buckets, each rounded up."""
    count = sum(ceil(rate / rates[at]) for at, rate in demand.items() if rates[at])
    price = data.amount(("gpu_info", gpu, "cost"), 0, 10**9)
    return {"id": gpu, "nodes": {"count": min(MAX_COUNT, count), "size": {"gpu": 1}, "price": price}}


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


def _gpus(data: Places, classes: int) -> list[str]:
    """Return the names of the GPU types."""
    gpus = data.names(("gpu_info",))
    if not gpus:
        raise data.wrong("no GPU type at all; at least one should be", ("gpu_info",))
    if len(gpus) * classes > MAX_PAIRS:
        raise data.wrong(f"{len(gpus) * classes:,} pairs of a class and a GPU type; at most {MAX_PAIRS:,}")
    for gpu in gpus:
        if not gpu.strip() or len(gpu) > 200 or not gpu.isprintable():
            raise data.wrong(f"{gpu[:40]!r} is no name of a GPU type; 1 to 200 characters are allowed", ("gpu_info",))
        data.keys(("gpu_info", gpu), {"cost", "tputs"})
    return gpus

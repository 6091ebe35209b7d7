"""Tasks in segments beside published programs: a job on spot traces, and CarbonScaler's job on a year of carbon.

    python benchmarks/segments.py spot|carbon --data DIR [--time-limit 30]

`spot`: a job of 48 hours until hour 70, on one device that a trace of "Can't Be Late" (Wu and others, NSDI 2024;
github.com/skypilot-org/spot-traces, commit 221da1a) gives or does not, at 0.9731 USD an hour, or on demand at 3.06;
each start loses 0.2 hours. Beside it the exact program, by dynamic programming: `cant_be_late.hindsight`.

`carbon`: the setting of CarbonScaler (Hanafy and others, SIGMETRICS 2024; arXiv 2302.08681). A training of 24 hours on
one GPU may pause and use 1, 2, 4 or 8 GPUs, at measured speeds (ElasticFlow, resnet50; times in
whole ten minutes), until hour 36. Power is the same
for each GPU, so emissions are GPU-hours times the intensity of the hour (Electricity Maps, 2023). Beside it: at once on
one GPU; paused and resumed on one; a fixed number of GPUs, whole, started when it is best; CarbonScaler's greedy rule.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from cant_be_late import HOURS, SPOT, SURE, TICK, hindsight

import leptonopt

Row = tuple[str | float, ...]
UNTIL, RESTART = 70, 12  # hours, and minutes lost at a start: the case with most choice
WORK, LIMIT = 24, 36  # hours on one GPU; hours until the deadline
BATCH = "256"
STARTS = 12  # of a zone, evenly over the year


def main() -> None:
    """Run one part and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("spot", "carbon"))
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--time-limit", type=float, default=30.0, metavar="SECONDS", help="for each solve")
    given = parser.parse_args()
    begun = time.process_time()
    for row in {"spot": spot, "carbon": carbon}[given.part](given.data, given.time_limit):
        cells = (f"{cell:.2f}" if isinstance(cell, float) else cell for cell in row)
        print("| " + " | ".join(cells) + " |", flush=True)
    print(f"{time.process_time() - begun:.1f} s of CPU time")


def solved(document: dict[str, Any], seconds: float, method: str) -> tuple[str, float]:
    """Return the status and the cost of the plan, which has passed the checker."""
    result = leptonopt.solve(document, time_limit=seconds, threads=1, isolate=False, method=method)
    if result.cost is None:
        raise SystemExit(f"no plan in {seconds:g} s: {result.status}")
    return str(result.status), float(result.cost)


def _at(hours: float) -> str:
    return f"{np.datetime64('2026-01-05T00:00') + np.timedelta64(round(hours * 60), 'm')}Z"


def _document(pools: list[Any], task: dict[str, Any], minutes: int, hours: int) -> dict[str, Any]:
    time = {"start": _at(0), "slot": f"{minutes}m", "horizon": f"{hours}h"}
    task = {"id": "job", "deadline": _at(hours), **task}
    return {"leptonopt": 1, "time": time, "pools": pools, "tasks": [task]}


def _steps(values: Any, hours: float) -> dict[str, Any]:
    """Return a series that holds the first value, and later ones where they change."""
    found = {_at(0): values[0]}
    found |= {_at((at + 1) * hours): b for at, (a, b) in enumerate(pairwise(values)) if a != b}
    return {"steps": found}


def spot(data: Path, seconds: float) -> Iterator[Row]:
    """Yield a row for each trace: exact cost, leptonopt's cost and status."""
    for path in sorted((data / "spot_traces" / "availability").rglob("*.json")):
        read = json.loads(path.read_text())
        per = TICK * 60 // read["metadata"]["gap_seconds"]
        ticks = np.array(read["data"][: len(read["data"]) // per * per]).reshape(-1, per).min(axis=1) > 0
        trace = ticks[: UNTIL * 60 // TICK]
        status, cost = solved(job(trace), seconds, "segments")
        yield f"{path.parent.name}/{path.stem}", hindsight(trace, RESTART), cost, status


def job(trace: np.ndarray) -> dict[str, Any]:
    """Return the instance; since a first segment loses nothing, its restart is part of the work."""
    given = {"spot": (SPOT, _steps(trace.astype(int).tolist(), TICK / 60)), "sure": (SURE, 1)}
    pools = [
        {"id": name, "capacity": {"gpu": count}, "price": {"gpu": float(price)}}
        for name, (price, count) in given.items()
    ]
    options = [{"pools": list(given), "uses": {"gpu": 1}, "duration": f"{HOURS * 60 + RESTART}m"}]
    segments = {"most": 100, "restart": f"{RESTART}m", "move": True}
    return _document(pools, {"segments": segments, "options": options}, TICK, UNTIL)


def carbon(data: Path, seconds: float) -> Iterator[Row]:
    """Yield a row for each start, and the mean savings of each zone in percent."""
    speed = _speeds(data / "elasticflow" / "throughputs_A100" / "resnet50.csv")
    for zone in ("ES", "NO"):
        with (data / "carbon" / f"{zone}_2023_hourly.csv").open(newline="") as lines:
            hourly = [float(row["Carbon Intensity gCO₂eq/kWh (LCA)"]) for row in csv.DictReader(lines)]
        savings = []
        for first in range(0, len(hourly) - LIMIT, len(hourly) // STARTS):
            grams = hourly[first : first + LIMIT]
            status, cost = solved(training(grams, speed), seconds, "auto")
            beside = [sum(grams[:WORK]), sum(sorted(grams)[:WORK]), fixed(grams, speed), greedy(grams, speed)]
            savings.append([100 * (1 - cost / each) for each in beside])
            yield (zone, str(first), *beside, cost, status)
        yield (zone, "saved, %", *(mean(column) for column in zip(*savings, strict=True)), "", "")


def _speeds(path: Path) -> dict[int, float]:
    with path.open(newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["global_batch_size"] == BATCH]
    minutes = {gpus: WORK * 60 * float(rows[0]["1"]) / float(rows[0][str(gpus)]) for gpus in (1, 2, 4, 8)}
    return {gpus: WORK * 60 / (TICK * round(each / TICK)) for gpus, each in minutes.items()}


def training(grams: list[float], speed: dict[int, float]) -> dict[str, Any]:
    """Return the instance; the price of a GPU and hour is the intensity."""
    pool = {"id": "gpus", "capacity": {"gpu": max(speed)}, "price": {"gpu": _steps(grams, 1)}}
    options = [
        {"pool": "gpus", "uses": {"gpu": gpus}, "duration": f"{WORK * 60 / rate:.0f}m"} for gpus, rate in speed.items()
    ]
    return _document([pool], {"segments": {"most": 36, "resize": True}, "options": options}, 60, LIMIT)


def fixed(grams: list[float], speed: dict[int, float]) -> float:
    """Return the least emissions of a run without pauses on one number of GPUs; the last hour is paid whole."""
    long = {gpus: int(np.ceil(WORK / rate)) for gpus, rate in speed.items()}
    return min(
        gpus * sum(grams[at : at + hours]) for gpus, hours in long.items() for at in range(len(grams) - hours + 1)
    )


def greedy(grams: list[float], speed: dict[int, float]) -> float:
    """Return the emissions of CarbonScaler's rule: the most work for a gram first, until all of it is done."""
    levels = [(0, 0.0), *speed.items()]
    gains = sorted(
        ((b[0] - a[0]) * intensity / (b[1] - a[1]), (b[0] - a[0]) * intensity, b[1] - a[1])
        for intensity in grams
        for a, b in pairwise(levels)
    )
    done = cost = 0.0
    for _, added, work in gains:
        if done >= WORK - 1e-9:
            break
        done, cost = done + work, cost + added
    return cost


if __name__ == "__main__":
    main()

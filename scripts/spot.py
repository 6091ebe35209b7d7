"""instances/spot.yaml: training jobs on spot GPUs that come and go, against whole machines on demand.

The data folder holds

- `spot_traces/availability/16-node/` (github.com/skypilot-org/spot-traces, commit 221da1a; Wu and others, "Can't Be
  Late", NSDI 2024): how many of 16 AWS p3.2xlarge (one V100) a zone would give, every five minutes from 27 August
  2023 on; capacity and interruptions of the three spot pools;
- `gavel/` (github.com/stanford-futuredata/gavel, commit c4fa400, MIT): jobs of the Philly trace with measured
  V100 throughput by GPU count;
- `prices/fullstack/cloud-gpus.csv` (github.com/the-full-stack/website, 2025-03-07, MIT): AWS prices.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

FIRST_DAY = 3  # of the availability traces, which begin on 27 August
START = datetime(2023, 8, 27 + FIRST_DAY, tzinfo=UTC)
ZONES = ("us-east-2b", "us-west-2a", "us-west-2c")
HOURS = 168
FIRST = 69  # hour of the job trace that becomes the start
PACE = 3  # times as fast as in the trace
COUNT = 40
FACTORS = (Decimal("1.2"), Decimal(2), Decimal(10))  # of the run time on one GPU: deadlines as in Gavel's own code
LONGEST = 72  # hours from submission to deadline at most
COUNTS = (1, 2, 4)
SOURCE = (
    "Spot capacity and interruptions: github.com/skypilot-org/spot-traces commit 221da1a (Can't Be Late, NSDI 2024), "
    "AWS p3.2xlarge in three zones from 2023-08-30; no licence stated, figures cited. Jobs and V100 throughput: Gavel "
    "(OSDI 2020), github.com/stanford-futuredata/gavel commit c4fa400, MIT. Prices: AWS p3.2xlarge {spot} spot and "
    "{single} on demand, p3.8xlarge {quad} on demand, USD per hour (The Full Stack, cloud-gpus.csv, 2025-03-07, MIT). "
    "Our assumptions: jobs come at three times the pace of the trace, with deadlines in whole hours; a checkpoint "
    "takes 2 minutes, a restart 10; a machine on demand takes ten minutes to boot; so many of them can be had."
)


def documents(data: Path) -> Iterator[dict[str, Any]]:
    """The instance."""
    price = _prices(data)
    tasks, profiles = _tasks(data)
    yield {
        "leptonopt": 1,
        "name": "spot",
        "description": (
            f"{len(tasks)} training jobs with deadlines, on one spot GPU each in one of three zones, whose capacity is "
            "a recorded trace, or on machines of one or four GPUs rented whole by the hour. A job on spot capacity is "
            "interrupted as often as the trace says of its day, and must still be on time with probability 0.95."
        ),
        "source": SOURCE.format(spot=price["spot"], single=price["p3.2xlarge"], quad=price["p3.8xlarge"]),
        "currency": "USD",
        "time": {"start": _at(0), "slot": "1h", "horizon": f"{HOURS}h"},
        "pools": [
            *(_zone(data, zone, price["spot"]) for zone in ZONES),
            {"id": "single", "nodes": _machine("p3.2xlarge", 1, 16, price)},
            {"id": "quad", "nodes": _machine("p3.8xlarge", 4, 4, price)},
        ],
        "profiles": profiles,
        "tasks": tasks,
    }


def _prices(data: Path) -> dict[str, Decimal]:
    with open(data / "prices" / "fullstack" / "cloud-gpus.csv", newline="") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file) if row["Cloud"] == "AWS"}
    whole = {name: Decimal(rows[name]["On-demand"]) for name in ("p3.2xlarge", "p3.8xlarge")}
    return {"spot": Decimal(rows["p3.2xlarge"]["Spot"]), **whole}


def _machine(name: str, gpus: int, count: int, price: dict[str, Decimal]) -> dict[str, Any]:
    """Machines on demand, rented whole by the hour."""
    return {"id": name, "size": {"gpu": gpus}, "count": count, "price": price[name], "boot": "10m"}


def _zone(data: Path, zone: str, price: Decimal) -> dict[str, Any]:
    """A zone: the least number of nodes of every hour, and interruptions per node-hour of every day."""
    path = data / "spot_traces" / "availability" / "16-node" / "aws-08-27-2023" / f"{zone}_v100_1.json"
    trace = json.loads(path.read_text(encoding="utf-8"))
    gap = int(trace["metadata"]["gap_seconds"])
    per_hour = 3600 // gap
    ticks = trace["data"][FIRST_DAY * 24 * per_hour :]
    hourly = [min(ticks[hour * per_hour : (hour + 1) * per_hour]) for hour in range(HOURS)]
    rates = {}
    for day in range(HOURS // 24):
        own = ticks[day * 24 * per_hour : (day + 1) * 24 * per_hour]
        lost = sum(max(0, before - now) for before, now in pairwise(own))
        node_hours = Decimal(sum(own)) * gap / 3600
        rates[_at(24 * day)] = round(lost / node_hours, 4) if node_hours else Decimal(0)
    return {
        "id": zone,
        "capacity": {"gpu": {"steps": _changes(hourly)}},
        "price": {"gpu": price},
        "interruptions": {"steps": rates},
    }


def _changes(hourly: list[int]) -> dict[str, int]:
    return {_at(hour): count for hour, count in enumerate(hourly) if not hour or count != hourly[hour - 1]}


def _tasks(data: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The first jobs from hour 69 on that take 2 to 48 hours on one GPU, and how fast their models are on more."""
    speeds: dict[str, dict[int, Decimal]] = {}
    with open(data / "gavel" / "simulation_isolated_throughputs.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["worker_type"] == "v100" and int(row["num_gpus"]) in COUNTS:
                speeds.setdefault(row["job_type"], {})[int(row["num_gpus"])] = Decimal(row["steps_per_second"])
    tasks: list[dict[str, Any]] = []
    profiles: dict[str, Any] = {}
    with open(data / "gavel" / "traces" / "msr_seed0_103959.csv", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 1):
            curve, second = speeds[row["job_type"]], (Decimal(row["arrival_time_s"]) - FIRST * 3600) / PACE
            hours = round(Decimal(row["total_steps"]) / curve[1] / 3600, 3)
            release = ceil(second / 3600)
            due = min(second / 3600 + FACTORS[len(tasks) % 3] * hours, release + Decimal(LONGEST))
            within = max(ceil(due) - release, ceil(hours))
            if second < 0 or not 2 <= hours <= 48 or release + within > HOURS:
                continue
            profile = row["job_type"].replace(" (batch size ", "-").rstrip(")").lower()
            profiles[profile] = {"speed": _speed(curve)}
            tasks.append(
                {
                    "id": f"job-{number}",
                    "release": _at(release),
                    "deadline": _at(release + within),
                    "on_time": Decimal("0.95"),
                    "checkpoint": {"cost": "2m", "restart": "10m"},
                    "work": {"profile": profile, "hours": hours},
                }
            )
            if len(tasks) == COUNT:
                return tasks, profiles
    raise SystemExit("too few jobs")


def _speed(curve: dict[int, Decimal]) -> dict[str, Any]:
    """Speed against one GPU; counts that are no faster than fewer GPUs are left out."""
    kept: dict[int, Decimal] = {}
    for count in sorted(curve):
        speed = round(curve[count] / curve[1], 4)
        if not kept or speed > max(kept.values()):
            kept[count] = speed
    return {**{zone: {1: 1} for zone in ZONES}, "single": {1: 1}, "quad": kept}


def _at(hour: int) -> str:
    return (START + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%MZ")

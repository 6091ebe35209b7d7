"""instances/elasticflow-*.yaml, from the figures of the ElasticFlow trace.

The data folder holds `elasticflow/` (github.com/pkusys/ElasticFlow, commit 04a0109, Apache-2.0): job submissions with
deadlines from a Philly cluster trace, and measured A100 throughput by model, batch size and GPU count; and
`prices/fullstack/cloud-gpus.csv` (github.com/the-full-stack/website, 2025-03-07, MIT): cloud prices by offer.

The T4 throughputs of the same source are of other models or batch sizes (bert-384, deepspeech2-320 and -640,
...); no job of the trace has one of them, so that there is no T4 pool.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

START = datetime(2026, 1, 5, tzinfo=UTC)  # the trace has no calendar; second 0 becomes a Monday
SOURCE = (
    "Jobs, deadlines and throughput: ElasticFlow (ASPLOS 2023), github.com/pkusys/ElasticFlow commit 04a0109, "
    "Apache-2.0. "
    "Cloud prices: GCP {offer} (A100 40 GB), on demand {on_demand} and spot {spot} USD per GPU-hour (The Full Stack, "
    "cloud-gpus.csv, 2025-03-07, MIT). Owned GPUs at their electricity: 0.4 kW x 1.3 PUE x 0.12 USD/kWh (our "
    "assumption). Cost of lateness where a deadline cannot be kept: 2 USD per hour (our assumption)."
)
OFFER = "a2-highgpu-1g"
ELECTRICITY = Decimal("0.4") * Decimal("1.3") * Decimal("0.12")  # kW x PUE x USD/kWh of one owned GPU, our assumption
LATE_COST = 2
GRACE_S = 24 * 3600  # what cannot be on time must be done a day after its earliest possible end


@dataclass(frozen=True)
class Choice:
    """Which jobs an instance takes: from a day on, so many, due within so many hours; and the GPUs there are."""

    name: str
    day: int
    count: int
    within_h: int
    slot_s: int
    owned: int
    spot: int
    cloud: int


CHOICES = [
    Choice("elasticflow-20", 75, 20, 36, 1800, 4, 4, 32),
    Choice("elasticflow-100", 74, 100, 96, 1800, 16, 16, 256),
    Choice("elasticflow-876", 0, 876, 24 * 365, 3600, 32, 32, 512),
]


@dataclass(frozen=True)
class Job:
    """A line of the trace; times in seconds."""

    id: str
    model: str
    batch: str
    submitted: int
    deadline: int
    iterations: int


Curves = dict[tuple[str, str], dict[int, Decimal]]


def jobs(data: Path) -> list[Job]:
    """All jobs of the trace, in order of submission."""
    with open(data / "elasticflow" / "traces" / "philly_103959.csv", newline="") as file:
        return [
            Job(
                row["job_id"],
                row["model_name"],
                row["batch_size"],
                int(row["submit_time"]),
                int(row["ddl"]),
                int(row["iteration"]),
            )
            for row in csv.DictReader(file)
        ]


def throughputs(data: Path) -> Curves:
    """Iterations per second on A100s, by (model, batch size) and GPU count, as measured."""
    found: Curves = {}
    for path in sorted((data / "elasticflow" / "throughputs_A100").glob("*.csv")):
        with open(path, newline="") as file:
            for row in csv.DictReader(file):
                batch = row.pop("global_batch_size")
                found[path.stem, batch] = {
                    int(n): Decimal(v) for n, v in row.items() if v not in ("", "nan") and Decimal(v) > 0
                }
    return found


def prices(data: Path) -> dict[str, Decimal]:
    """USD per GPU-hour on each pool; the cloud's from the row of `OFFER`, an instance with one GPU."""
    with open(data / "prices" / "fullstack" / "cloud-gpus.csv", newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["Name"] == OFFER)
    return {"owned": ELECTRICITY, "spot": Decimal(row["Spot"]), "cloud": Decimal(row["Per-GPU"])}


def curve(measured: dict[int, Decimal]) -> dict[int, Decimal]:
    """Speed against one GPU, rounded to four decimals; counts that are no faster than fewer GPUs are left out."""
    kept: dict[int, Decimal] = {}
    for count in sorted(measured):
        speed = round(measured[count] / measured[1], 4)
        if not kept or speed > max(kept.values()):
            kept[count] = speed
    return kept


def chosen(choice: Choice, all_jobs: list[Job]) -> list[Job]:
    """The first jobs from the day on that are due soon enough."""
    late = [
        job
        for job in all_jobs
        if job.submitted >= choice.day * 86_400 and job.deadline - job.submitted <= choice.within_h * 3600
    ]
    return late[: choice.count]


def instance(choice: Choice, all_jobs: list[Job], measured: Curves, price: dict[str, Decimal]) -> dict[str, Any]:
    """The native document."""
    taken = chosen(choice, all_jobs)
    begin = min(job.submitted for job in taken) // 86_400 * 86_400
    pools = {"owned": choice.owned, "spot": choice.spot, "cloud": choice.cloud}

    def up_to(gpus: int, model: str, batch: str) -> dict[int, Decimal]:
        return {count: speed for count, speed in curve(measured[model, batch]).items() if count <= gpus}

    kinds = sorted({(job.model, job.batch) for job in taken})
    tasks, soft, hopeless = [], 0, 0
    ends = max(job.deadline for job in taken) - begin
    for job in taken:
        speeds = curve(measured[job.model, job.batch])
        hours = round(Decimal(job.iterations) / measured[job.model, job.batch][1] / 3600, 4)
        most = max(speed for count, speed in speeds.items() if count <= choice.cloud)
        first = ceil(Fraction(job.submitted - begin, choice.slot_s))
        last = floor(Fraction(job.deadline - begin, choice.slot_s))
        earliest = first + ceil(Fraction(hours * 3600) / Fraction(most) / choice.slot_s)
        soft += earliest > last
        hopeless += Fraction(hours * 3600) / Fraction(most) > job.deadline - job.submitted
        due: dict[str, Any] = {"deadline": at(job.deadline - begin)}
        if earliest > last:
            latest = earliest * choice.slot_s + GRACE_S
            due = {"deadline": at(latest), "due": at(job.deadline - begin), "late_cost": LATE_COST}
            ends = max(ends, latest)
        tasks.append(
            {"id": f"job-{job.id}", "release": at(job.submitted - begin), **due}
            | {"work": {"profile": f"{job.model}-{job.batch}", "hours": hours}}
        )
    slots = ceil(Fraction(ends, choice.slot_s))
    return {
        "leptonopt": 1,
        "name": choice.name,
        "description": (
            f"{len(taken)} deep-learning jobs with deadlines and measured throughput by GPU count, on an owned "
            f"cluster, spot and on-demand A100s. {hopeless} of them cannot meet their deadline on any number of GPUs, "
            f"{soft - hopeless} more not once times are whole slots. For these {soft} the deadline is a due date, "
            f"each hour past it costs {LATE_COST} USD, and a day after the earliest end is the limit."
        ),
        "source": SOURCE.format(offer=OFFER, on_demand=price["cloud"], spot=price["spot"]),
        "currency": "USD",
        "time": {"start": at(0), "slot": f"{choice.slot_s // 60}m", "horizon": f"{slots * choice.slot_s // 60}m"},
        "pools": [
            {"id": pool, "capacity": {"gpu": gpus}, "price": {"gpu": price[pool]}} for pool, gpus in pools.items()
        ],
        "profiles": {
            f"{model}-{batch}": {"speed": {pool: up_to(gpus, model, batch) for pool, gpus in pools.items()}}
            for model, batch in kinds
        },
        "tasks": tasks,
    }


def at(second: int) -> str:
    """An instant as a text."""
    return (START + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def documents(data: Path) -> Iterator[dict[str, Any]]:
    """All instances of this source."""
    every, measured, price = jobs(data), throughputs(data), prices(data)
    for choice in CHOICES:
        yield instance(choice, every, measured, price)

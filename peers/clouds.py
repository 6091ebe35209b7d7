"""Offers of clouds, and generated tasks that can take several of them.

Offers are the cheapest of each cloud for an accelerator and a count, on demand, GCP's with their host; moving data
out of a cloud costs what SkyPilot assumes for the first terabyte. Run times follow from peak FP16 rates, as a user
of SkyPilot would estimate them who has measured nothing, in whole hours.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PFLOPS = {"T4": 0.065, "L4": 0.121, "A10": 0.125, "V100": 0.125, "A100": 0.312, "A100-80GB": 0.312, "H100": 0.989}
PER_GB = {"azure": 0.0875, "gcp": 0.12, "lambda": 0.0}
HOSTS = {"L4": "g2-standard-{}", "A100": "a2-highgpu-{}g", "A100-80GB": "a2-ultragpu-{}g", "H100": "a3-highgpu-{}g"}
CPUS = {1: 8, 2: 24, 4: 48, 8: 96}  # of the hosts of L4
Pick = tuple[str, str]  # a cloud and a machine
Offers = Mapping[Pick, float]  # USD per hour


@dataclass(frozen=True)
class Task:
    """A task: what it waits for and how many GB each of these passes on, and its hours by offer."""

    after: Mapping[int, float]
    hours: Mapping[Pick, int]


def offers_of(folder: Path) -> dict[Pick, float]:
    """The cheapest offer of each cloud for an accelerator and a count of it; those of GCP with their host."""

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / name).open(newline="") as lines:
            return list(csv.DictReader(lines))

    found: dict[Pick, float] = {}
    for row in rows("gpu_offers_summary.csv"):
        kind, count, price = row["accelerator"], float(row["accelerator_count"]), float(row["min_price"] or 0)
        if row["cloud"] in PER_GB and kind in PFLOPS and count in CPUS and price > 0:
            pick = (row["cloud"], f"{kind}x{count:.0f}")
            found[pick] = min(price, found.get(pick, math.inf))
    hosts = {
        row["instance_type"]: float(row["host_price_usd_h_without_gpu"])
        for row in rows("gcp_gpu_hosts.csv")
        if row["region"] == "us-central1"
    }
    for row in rows("gcp_accelerators.csv"):
        kind, gpus = row["accelerator"], int(row["count"])
        if row["region"] == "us-central1" and kind in HOSTS and gpus in CPUS:
            host = HOSTS[kind].format(CPUS[gpus] if kind == "L4" else gpus)
            found["gcp", f"{kind}x{gpus}"] = round(float(row["price_usd_h_accelerators_only"]) + hosts[host], 5)
    return found


def tasks_of(offers: Offers, count: int, most: int) -> list[Task]:
    """Generated tasks, each after the last (`most` = 1: a chain) or after up to `most` of the four before it."""
    draw, tasks = random.Random(count), []
    for at in range(count):
        before = range(max(0, at - 4), at)[-most:] if most == 1 else range(max(0, at - 4), at)
        after = draw.sample(before, min(len(before), draw.randint(1, most)))
        work, kinds = draw.uniform(0.3, 12), draw.sample(list(PFLOPS), 3)
        hours = {}
        for cloud, machine in offers:
            kind, gpus = machine.rsplit("x", 1)
            if kind in kinds and (needed := math.ceil(work / PFLOPS[kind] / int(gpus))) <= 48:
                hours[cloud, machine] = needed
        tasks.append(Task({u: float(draw.choice((20, 100, 500))) for u in after}, hours))
    return tasks


def bill(tasks: list[Task], choice: list[Pick], offers: Offers, moved: bool) -> float:
    """What a choice costs; with what moving costs, or without."""
    cost = sum(offers[pick] * task.hours[pick] for task, pick in zip(tasks, choice, strict=True))
    if moved:
        cost += sum(
            moving(choice[u], choice[v], size) for v, task in enumerate(tasks) for u, size in task.after.items()
        )
    return cost


def moving(source: Pick, target: Pick, size: float) -> float:
    """The cost of moving so many GB from offer to offer."""
    return PER_GB[source[0]] * size if source[0] != target[0] else 0.0


def end(tasks: list[Task], choice: list[Pick]) -> int:
    """When the last task of a choice ends, in hours."""
    ends: list[int] = []
    for task, pick in zip(tasks, choice, strict=True):
        ends.append(max((ends[u] for u in task.after), default=0) + task.hours[pick])
    return max(ends)

"""Gavel's jobs: its throughput table, traces and prices, with deadlines drawn as in its experiments."""

from __future__ import annotations

import csv
import math
import random
from dataclasses import dataclass
from pathlib import Path

PRICES = {"k80": 0.135, "p100": 0.43, "v100": 0.74}  # USD per GPU and hour
MINUTES = 5  # of a slot


@dataclass(frozen=True)
class Job:
    """A job: GPUs, steps, its hours on each type, its deadline in slots."""

    gpus: int
    steps: int
    hours: tuple[float, ...]
    slots: int

    @property
    def deadline(self) -> float:
        """In hours."""
        return self.slots * MINUTES / 60


def jobs_of(folder: Path, trace: str, count: int) -> list[Job]:
    """The first jobs of a trace, of those that every type can run."""
    with (folder / "simulation_isolated_throughputs.csv").open(newline="") as lines:
        rows = [list(row.values()) for row in csv.DictReader(lines)]
    speed = {(kind, job, gpus): float(rate) for kind, job, gpus, rate in rows}
    draw, found = random.Random(1), []
    with (folder / "traces" / f"{trace}.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            rates = [speed.get((kind, row["job_type"], row["num_gpus"]), 0.0) for kind in PRICES]
            if min(rates) > 0:
                hours = tuple(int(row["total_steps"]) / rate / 3600 for rate in rates)
                slots = math.ceil(draw.choice((1.2, 2.0, 10.0)) * hours[-1] * 60 / MINUTES)
                found.append(Job(int(row["num_gpus"]), int(row["total_steps"]), hours, slots))
    return found[:count]

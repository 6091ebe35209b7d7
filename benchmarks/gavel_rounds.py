"""Training jobs of Gavel's `msr` trace, planned again in rounds of six minutes.

    python benchmarks/gavel_rounds.py --data DIR [--jobs 40] [--devices 4] [--policy once,rolling,threshold] [-o FILE]

DIR holds `msr_seed0_103959.csv` (in `traces/`) and `simulation_isolated_throughputs.csv` of Gavel (OSDI 2020,
github.com/stanford-futuredata/gavel, commit c4fa400, MIT). The first jobs of the trace, by arrival, run on owned K80,
P100 and V100 GPUs at measured throughput. Each has as deadline its arrival and a factor of 1.2, 2 or 10 of its shortest
run, as in Gavel's code, drawn by its place. Jobs of types that were measured on fewer GPUs alone take those. Prices are
those of that code. A policy knows a job from its arrival on.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any

from leptonopt.instance import Instance, validate
from leptonopt.simulation.noise import read_noise
from leptonopt.simulation.outcome import Outcome, Setting
from leptonopt.simulation.simulate import simulate
from leptonopt.simulation.summary import summaries

ROUND, START = timedelta(minutes=6), datetime(2017, 10, 1, tzinfo=UTC)
PRICES = {"v100": Decimal("0.74"), "p100": Decimal("0.43"), "k80": Decimal("0.135")}  # USD per GPU-hour
FACTORS = (Fraction(6, 5), Fraction(2), Fraction(10))
Speeds = Mapping[tuple[str, int], Mapping[str, Fraction]]  # steps per second by job type, GPUs, and GPU type


def main() -> None:
    """Simulate the policies and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--jobs", type=int, default=40, metavar="N", help="the first jobs of the trace")
    parser.add_argument("--devices", type=int, default=4, metavar="N", help="GPUs of each type")
    parser.add_argument("--policy", default="once,rolling,threshold", metavar="NAMES")
    parser.add_argument("--method", default="greedy", metavar="NAME", help="of once and rolling")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write a line of JSON for each policy")
    given = parser.parse_args()
    instance = instance_of(given.data, given.jobs, given.devices)
    print(f"{len(instance.tasks)} jobs, {instance.time.slots} rounds of six minutes")
    setting = Setting(ROUND.seconds, 60.0, 1, given.method, Decimal(1000), 0, False)
    found = simulate(instance, given.policy.split(","), [0], read_noise({}, instance), setting, tell)
    for each in summaries(found, instance.time.horizon):
        cost = None if each.cost is None else round(float(each.cost), 2)
        line = {"policy": each.policy, "cost": cost, "met": float(each.hits or 0), "changes": float(each.changes)}
        print(json.dumps(line))
        if given.output:
            with given.output.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def tell(outcome: Outcome) -> None:
    """Say that a history is over, and has passed the checker."""
    print(f"{outcome.policy}: done", flush=True)


def instance_of(data: Path, jobs: int, devices: int) -> Instance:
    """Return the first jobs of the trace on some GPUs of each type."""
    tasks = list(_tasks(data, jobs))
    last = max(task["deadline"] for task in tasks)
    slots = ceil((last - START) / ROUND) + 240
    for task in tasks:
        task["release"], task["deadline"] = (_text(task[name]) for name in ("release", "deadline"))
    pools = [{"id": name, "capacity": {"gpu": devices}, "price": {"gpu": price}} for name, price in PRICES.items()]
    time = {"start": _text(START), "slot": "6m", "horizon": f"{slots * 6}m"}
    return validate({"name": "gavel-msr", "time": time, "pools": pools, "tasks": tasks})


def _tasks(data: Path, jobs: int) -> Iterator[dict[str, Any]]:
    speeds = _speeds(data / "simulation_isolated_throughputs.csv")
    with (data / "traces" / "msr_seed0_103959.csv").open(newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: float(row["arrival_time_s"]))[:jobs]
    first = float(rows[0]["arrival_time_s"])
    for at, row in enumerate(rows):
        devices, steps = int(row["num_gpus"]), int(row["total_steps"])
        while (row["job_type"], devices) not in speeds:
            devices //= 2  # some types are measured on one GPU alone
        found = speeds[row["job_type"], devices]
        seconds = {gpu: ceil(steps / speed) for gpu, speed in found.items() if speed and gpu in PRICES}
        arrival = START + ceil((float(row["arrival_time_s"]) - first) / ROUND.seconds) * ROUND
        factor = random.Random(at).choice(FACTORS)
        options = [{"pool": gpu, "uses": {"gpu": devices}, "duration": f"{each}s"} for gpu, each in seconds.items()]
        due = arrival + timedelta(seconds=ceil(min(seconds.values()) * factor))
        yield {"id": f"job-{at}", "release": arrival, "deadline": due, "options": options}


def _speeds(file: Path) -> Speeds:
    found: dict[tuple[str, int], dict[str, Fraction]] = defaultdict(dict)
    with file.open(newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["job_type"], int(row["num_gpus"])][row["worker_type"]] = Fraction(row["steps_per_second"])
    return found


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    main()

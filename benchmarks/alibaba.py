"""The Alibaba GPU cluster of 2023 as an instance, planned beside first-fit and best-fit.

    python benchmarks/alibaba.py --data DIR [--day 5] [--days 2] [-t 60] [-o rows.jsonl] [--write FILE.json]

Pods and nodes of cluster-trace-gpu-v2023 (github.com/alibaba/clusterdata commit 7a6c496): 8,152 pods on 1,213 nodes
with GPUs of seven models and several sizes, with CPU, memory and parts of GPUs. A node is on in the slots in which a
pod is on it, and is paid by the hour; a pod must be on one node. First-fit and best-fit take pods as they come, each
at once on a node that is on, or else on the cheapest that can hold it, as schedulers do; leptonopt may start pods of
best effort up to --wait hours later. Parts of GPUs of a node add up: which GPU a pod has is not asked, of nobody.

Prices are assumptions where the trace hides the model: USD per GPU-hour of GCP where there is one (The Full Stack,
cloud-gpus.csv, 2025-03-07, MIT), 1.0 for G2 and 2.0 for G3.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import leptonopt
from leptonopt.io import files
from leptonopt.io.native.writer import dumped

PRICES = {"P100": "1.93", "T4": "0.82", "V100M16": "2.95", "V100M32": "2.95", "A10": "1.10", "G2": "1.0", "G3": "2.0"}
START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = 86_400
RESOURCES = ("gpu", "cpu", "memory")  # thousandths of a GPU and of a core, MiB


@dataclass(frozen=True)
class Pod:
    """A pod: needs by `RESOURCES`, first slot and slots, and whether it may wait."""

    id: str
    needs: tuple[int, int, int]
    arrival: int
    slots: int
    patient: bool


@dataclass(frozen=True)
class NodeSize:
    """Nodes of a model and size."""

    model: str
    size: tuple[int, int, int]
    count: int

    @property
    def price(self) -> Decimal:
        """USD per hour of a node."""
        return Decimal(PRICES[self.model]) * self.size[0] / 1000


def main() -> None:
    """Make the instance, plan it, and print one row for each planner."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = os.environ.get("LEPTONOPT_DATA")
    parser.add_argument("--data", type=Path, default=data, required=data is None, help="folder with the data sets")
    parser.add_argument("--day", type=int, default=5, help="first day, from the first on which pods come every day")
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--wait", type=int, default=12, help="hours that a pod of best effort may wait")
    parser.add_argument("--time-limit", "-t", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--output", "-o", type=Path)
    parser.add_argument("--write", type=Path, help="write the instance and plan nothing")
    given = parser.parse_args()
    folder = Path(given.data) / "alibaba_gpu" / "v2023_openb"
    nodes, pods = read_nodes(folder), read_pods(folder, given.day, given.days)
    document = instance(nodes, pods, given.days * 24, given.wait)
    if given.write:
        files.write_atomic(given.write, dumped(document, "json"))
        return
    rows: list[dict[str, Any]] = []
    for rule in ("first-fit", "best-fit"):
        begun = time.monotonic()
        rows.append({"planner": rule, "cost": float(fit(nodes, pods, rule)), "seconds": time.monotonic() - begun})
    result = leptonopt.solve(document, time_limit=given.time_limit, threads=given.threads)
    found = {"cost": _float(result.cost), "bound": _float(result.bound), "gap": _float(result.gap)}
    rows.append({"planner": "leptonopt", "status": str(result.status), **found})
    for row in rows:
        sys.stdout.write(json.dumps({"pods": len(pods), "days": given.days, **row}) + "\n")
    if given.output:
        given.output.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def read_nodes(folder: Path) -> list[NodeSize]:
    """The nodes with GPUs, by model and size."""
    with (folder / "openb_node_list_gpu_node.csv").open(newline="") as lines:
        sizes = Counter(
            (row["model"], (1000 * int(row["gpu"]), int(row["cpu_milli"]), int(row["memory_mib"])))
            for row in csv.DictReader(lines)
        )
    return [NodeSize(model, size, count) for (model, size), count in sorted(sizes.items())]


def read_pods(folder: Path, day: int, days: int) -> list[Pod]:
    """Pods created on some days, counted from the day from which on they come every day; cut at the end."""
    with (folder / "openb_pod_list_default.csv").open(newline="") as lines:
        rows = [(int(row["creation_time"]), row) for row in csv.DictReader(lines)]
    per_day = Counter(created // DAY for created, _ in rows)
    first = max(at for at in range(max(per_day) + 1) if not per_day[at]) + 1 + day
    pods = []
    for created, row in rows:
        if not first <= created // DAY < first + days:
            continue
        arrival = (created - first * DAY) // 3600
        ends = -(-(int(row["deletion_time"]) - first * DAY) // 3600)
        many = int(row["num_gpu"])
        gpu = int(row["gpu_milli"]) if many == 1 else 1000 * many
        needs = (gpu, int(row["cpu_milli"]), int(row["memory_mib"]))
        slots = max(1, min(ends, days * 24) - arrival)
        pods.append(Pod(row["name"], needs, arrival, slots, row["qos"] == "BE"))
    return sorted(pods, key=lambda pod: (pod.arrival, pod.id))


def instance(nodes: Sequence[NodeSize], pods: Sequence[Pod], slots: int, wait: int) -> dict[str, Any]:
    """The native document: a pool for each size of nodes, pods as one-node tasks, equal pods as copies."""
    pools = [
        {"id": name, "nodes": {"id": "node", "size": _named(node.size), "count": node.count, "price": node.price}}
        for name, node in _names(nodes).items()
    ]
    alike: dict[tuple[Any, ...], list[Pod]] = defaultdict(list)
    for pod in pods:
        alike[pod.needs, pod.arrival, pod.slots, pod.patient].append(pod)
    tasks = []
    for (needs, arrival, length, patient), members in alike.items():
        where = [name for name, n in _names(nodes).items() if all(a <= b for a, b in zip(needs, n.size, strict=True))]
        close = min(slots, arrival + length + (wait if patient else 0))
        tasks.append(
            {
                "id": members[0].id,
                "copies": len(members),
                "placement": "one-node",
                "release": _instant(arrival),
                "deadline": _instant(close),
                "options": [{"pools": where, "uses": _named(needs), "duration": f"{length}h"}],
            }
        )
    time_ = {"start": _instant(0), "slot": "1h", "horizon": f"{slots}h"}
    return {"leptonopt": 1, "name": f"alibaba {len(pods)}", "time": time_, "pools": pools, "tasks": tasks}


def _names(nodes: Sequence[NodeSize]) -> dict[str, NodeSize]:
    """The nodes by the id of their pool."""
    return {f"{node.model}-{at}": node for at, node in enumerate(nodes)}


def _named(amounts: Sequence[int]) -> dict[str, int]:
    return {name: amount for name, amount in zip(RESOURCES, amounts, strict=True) if amount}


def _instant(slot: int) -> str:
    return (START + timedelta(hours=slot)).strftime("%Y-%m-%dT%H:%MZ")


def fit(nodes: Sequence[NodeSize], pods: Sequence[Pod], rule: str) -> Decimal:
    """What nodes cost when pods are placed as they come; nodes are paid for the slots in which a pod is on them."""
    running: list[tuple[NodeSize, list[Pod]]] = []
    used = Counter[NodeSize]()
    for pod in pods:
        here = [(at, _left(size, on, pod)) for at, (size, on) in enumerate(running)]
        fitting = [(at, left) for at, left in here if left is not None]
        if fitting:
            at = fitting[0][0] if rule == "first-fit" else min(fitting, key=lambda each: each[1])[0]
            running[at][1].append(pod)
            continue
        able = [n for n in nodes if used[n] < n.count and all(a <= b for a, b in zip(pod.needs, n.size, strict=True))]
        cheapest = min(able, key=lambda node: node.price)
        used[cheapest] += 1
        running.append((cheapest, [pod]))
    total = Decimal(0)
    for size, on in running:
        slots = {slot for pod in on for slot in range(pod.arrival, pod.arrival + pod.slots)}
        total += size.price * len(slots)
    return total


def _left(node: NodeSize, on: Sequence[Pod], pod: Pod) -> float | None:
    """The share of a node that is left after a pod, in its first slot; None where it does not fit, or it is off."""
    now = [each for each in on if each.arrival <= pod.arrival < each.arrival + each.slots]
    if not now:
        return None
    left = [
        size - need - sum(each.needs[at] for each in now)
        for at, (size, need) in enumerate(zip(node.size, pod.needs, strict=True))
    ]
    return None if min(left) < 0 else sum(a / b for a, b in zip(left, node.size, strict=True))


if __name__ == "__main__":
    main()

"""Mélange's integer program and leptonopt on the same question: which GPUs serve these requests at the least cost?

    python peers/melange_mix.py --data DIR [--time-limit 20] [-o rows.jsonl]

Griggs, Liu, Yu, Kim, Chiang, Cheung & Stoica, "Mélange: Cost Efficient Large Language Model Serving by Exploiting
GPU Heterogeneity" (arXiv 2404.14527): requests fall into buckets by input and output length, buckets are cut into
slices; a slice goes to one GPU type, where it takes rate / throughput of a GPU; as many GPUs are rented as the slices
of their type add up to, at the least cost per hour. Mélange is not on the package index; the program is written here
from what is published. Its example answers 6.70 USD/h. `gen-` are generated: throughputs fall with the size of a
request and vary by GPU type at random; the prices of A10G and A100 are those of the example, of L4 and H100 assumed.

leptonopt reads the same files with `--format melange --param routing=whole`: a bucket is a task with a copy for each
slice, a GPU type a pool of nodes, the hour the only slot. Both have two threads.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pulp
from common import Row, Table, arguments, cbc, our_row, ours

CANNOT = "time, capacity, deadlines, commitments"
PRICES = {"L4": 0.70, "A10G": 1.01, "A100-80GB": 3.67, "H100": 7.516}


def melange(name: str, example: dict[str, Any], seconds: float) -> Row:
    """The published program: x[slice, type] in {0, 1}, y[type] GPUs; min cost y; each slice once; loads within y."""
    gpus, cuts = example["gpu_info"], example["slice_factor"]
    rates = [share * example["total_request_rate"] / cuts for row in example["workload_distribution"] for share in row]
    loads = {
        gpu: [rate / tput for rate, tput in zip(rates, chain(*info["tputs"]), strict=True) for _ in range(cuts)]
        for gpu, info in gpus.items()
    }
    slices = range(len(rates) * cuts)
    problem = pulp.LpProblem("mix", pulp.LpMinimize)
    x = pulp.LpVariable.dicts("x", (slices, loads), cat="Binary")
    y = pulp.LpVariable.dicts("y", loads, lowBound=0, cat="Integer")
    problem += pulp.lpSum(gpus[gpu]["cost"] * y[gpu] for gpu in loads)
    for at in slices:
        problem += pulp.lpSum(x[at].values()) == 1
    for gpu, load in loads.items():
        problem += pulp.lpSum(load[at] * x[at][gpu] for at in slices) <= y[gpu]
    status, cost, took = cbc(problem, seconds)
    mix = ", ".join(f"{y[gpu].value():.0f} {gpu}" for gpu in loads if y[gpu].value()) if cost is not None else ""
    return Row(name, "melange", status, cost, took, CANNOT, mix)


def generated(side: int, rate: float, slices: int, seed: int) -> dict[str, Any]:
    """An example of side x side buckets, drawn at random."""
    draw = random.Random(seed)
    shares = [draw.randint(1, 20) for _ in range(side * side)]
    speed = {"L4": 3.0, "A10G": 5.0, "A100-80GB": 20.0, "H100": 40.0}

    def tput(gpu: str, row: int, column: int) -> float:
        return round(speed[gpu] / (1 + 0.6 * row + 0.9 * column) * draw.uniform(0.7, 1.4), 2)

    table = {gpu: [[tput(gpu, i, j) for j in range(side)] for i in range(side)] for gpu in PRICES}
    return {
        "gpu_info": {gpu: {"cost": PRICES[gpu], "tputs": table[gpu]} for gpu in PRICES},
        "workload_distribution": [
            [round(share / sum(shares), 4) for share in shares[row * side : (row + 1) * side]] for row in range(side)
        ],
        "total_request_rate": rate,
        "slice_factor": slices,
    }


def cases(published: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The published example, the same at other rates and cut finer, and generated ones."""
    yield "published", published
    for rate, slices in ((30, 8), (100, 8), (1000, 8), (1000, 32)):
        yield f"rate {rate} slices {slices}", {**published, "total_request_rate": rate, "slice_factor": slices}
    for side, rate, slices in ((4, 50, 4), (6, 50, 8), (10, 200, 8)):
        yield f"gen-{side}x{side} slices {slices}", generated(side, rate, slices, seed=side)


def main() -> None:
    """Compare and print."""
    given = arguments(__doc__, 20.0).parse_args()
    published = json.loads((given.data / "melange_example" / "example.json").read_text())
    table = Table(given.output)
    with TemporaryDirectory() as folder:
        for name, example in cases(published):
            path = Path(folder) / "example.json"
            path.write_text(json.dumps(example))
            result, took = ours(path, given.time_limit, format="melange", params={"routing": "whole"})
            note = "" if result.bound is None else f"bound {float(result.bound):.2f}"
            table.add(our_row(name, result, took, note=note))
            table.add(melange(name, example, given.time_limit))


if __name__ == "__main__":
    main()

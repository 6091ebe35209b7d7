"""instances/elasticflow-*.yaml, from the figures of the ElasticFlow trace.

The data folder holds `elasticflow/` (github.com/pkusys/ElasticFlow, commit 04a0109, Apache-2.0): job submissions with
deadlines from a Philly cluster trace, and measured A100 throughput by model, batch size and GPU count; and
`prices/fullstack/cloud-gpus.csv` (github.com/the-full-stack/website, 2025-03-07, MIT): cloud prices by offer.
`leptonopt.io.literature.elasticflow` makes the instances; here is which, and what the GPUs cost.

The T4 throughputs of the same source are of other models or batch sizes (bert-384, deepspeech2-320 and -640,
...); no job of the trace has one of them, so that there is no T4 pool.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from leptonopt.io.literature import elasticflow

SOURCE = (
    "Jobs, deadlines and throughput: ElasticFlow (ASPLOS 2023), github.com/pkusys/ElasticFlow commit 04a0109, "
    "Apache-2.0. "
    "Cloud prices: GCP {offer} (A100 40 GB), on demand {on_demand} and spot {spot} USD per GPU-hour (The Full Stack, "
    "cloud-gpus.csv, 2025-03-07, MIT). Owned GPUs at their electricity: 0.4 kW x 1.3 PUE x 0.12 USD/kWh (our "
    "assumption). Cost of lateness where a deadline cannot be kept: 2 USD per hour (our assumption)."
)
OFFER = "a2-highgpu-1g"
ELECTRICITY = Decimal("0.4") * Decimal("1.3") * Decimal("0.12")  # kW x PUE x USD/kWh of one owned GPU, our assumption


# name, first day, jobs, due within so many hours, seconds of a slot, GPUs
CHOICES: list[tuple[str, int, int, int, int, dict[str, int]]] = [
    ("elasticflow-20", 75, 20, 36, 1800, {"owned": 4, "spot": 4, "cloud": 32}),
    ("elasticflow-100", 74, 100, 96, 1800, {"owned": 16, "spot": 16, "cloud": 256}),
    ("elasticflow-876", 0, 876, 24 * 365, 3600, {"owned": 32, "spot": 32, "cloud": 512}),
]


def prices(data: Path) -> dict[str, Decimal]:
    """USD per GPU-hour on each pool; the cloud's from the row of `OFFER`, an instance with one GPU."""
    with open(data / "prices" / "fullstack" / "cloud-gpus.csv", newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["Name"] == OFFER)
    return {"owned": ELECTRICITY, "spot": Decimal(row["Spot"]), "cloud": Decimal(row["Per-GPU"])}


def documents(data: Path) -> Iterator[dict[str, Any]]:
    """All instances of this source."""
    trace = elasticflow.table(data / "elasticflow" / "traces" / "philly_103959.csv")
    every, price = elasticflow.jobs(trace), prices(data)
    measured: elasticflow.Curves = {}
    for path in sorted((data / "elasticflow" / "throughputs_A100").glob("*.csv")):
        measured |= elasticflow.throughputs(elasticflow.table(path))
    for name, day, count, within_h, slot_s, gpus in CHOICES:
        choice = elasticflow.Choice(name, gpus, price, count, day, within_h, slot_s)
        where = "an owned cluster, spot and on-demand A100s"
        made = elasticflow.instance(choice, elasticflow.chosen(choice, every), measured, trace, where)
        source = SOURCE.format(offer=OFFER, on_demand=price["cloud"], spot=price["spot"])
        at = list(made).index("description") + 1
        yield dict([*list(made.items())[:at], ("source", source), *list(made.items())[at:]])

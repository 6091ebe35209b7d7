"""instances/carbon.yaml: training runs at measured power limits, where electricity has a price and a carbon content.

The data folder holds

- `zeus_nsdi23/` (github.com/ml-energy/zeus, commit 75a8b93, Apache-2.0; You and others, NSDI 2023): seconds per epoch
  and mean power of a V100 by power limit, and epochs to a target;
- `carbon/` (github.com/umassos/decarbonization-potential, commit 3493a63; Electricity Maps): hourly grams of CO2
  per kWh in Spain and Norway, life cycle.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from statistics import median_low
from typing import Any

START = datetime(2023, 10, 16, tzinfo=UTC)
HOURS = 96
PUE = Decimal("1.2")
LIMITS = (100, 150, 200, 250)  # watts
TARIFF = {
    clock: Decimal(price)
    for clock, price in (
        ("00:00", "0.10"), ("08:00", "0.15"), ("10:00", "0.21"), ("14:00", "0.15"), ("18:00", "0.21"), ("22:00", "0.15")
    )
}  # fmt: skip
# dataset: target metric, and runs that are wanted
WANTED = {
    "cifar100": ("0.6", 60),
    "imagenet": ("0.65", 6),
    "librispeech": ("40.0", 8),
    "squad": ("84.0", 40),
    "sentiment140": ("0.84", 8),
}
SOURCE = (
    "Seconds per epoch and power of a V100 by power limit, epochs to a target: Zeus (NSDI 2023), "
    "github.com/ml-energy/zeus commit 75a8b93, Apache-2.0. Carbon intensity by the hour, life cycle, from 2023-10-16: "
    "Electricity Maps by github.com/umassos/decarbonization-potential commit 3493a63, free for research with "
    "attribution. Our assumptions: PUE 1.2; electricity at 0.21, 0.15 and 0.10 EUR/kWh by the hour of the day in "
    "Spain and 0.09 in Norway; machines of four GPUs that draw 0.3 kW when idle; 0.15 EUR to bring a run to Norway; "
    "0.10 EUR per kg of CO2."
)


def documents(data: Path) -> Iterator[dict[str, Any]]:
    """The instance."""
    host = {"id": "host", "size": {"gpu": 4}, "reserved": 4, "power": Decimal("0.3"), "boot": "10m", "minimum": "2h"}
    yield {
        "leptonopt": 1,
        "name": "carbon",
        "description": (
            "Training runs on two owned sites, each at one of four power limits: slower and thriftier, or faster. "
            "Electricity is dear and dirty in Madrid at some hours and clean in Oslo, where only some runs may go and "
            "bringing them costs money. Money and carbon are weighed, and a day's carbon is capped."
        ),
        "source": SOURCE,
        "currency": "EUR",
        "objective": {"cost": 1, "carbon_kg": Decimal("0.1")},
        "time": {"start": _at(0), "slot": "1h", "horizon": f"{HOURS}h", "zone": "Europe/Madrid"},
        "pools": [
            {
                "id": "madrid",
                "nodes": {**host, "id": "madrid-host", "count": 4},
                "price": {"power": {"daily": TARIFF}},
                "carbon": {"steps": _carbon(data, "ES")},
                "sunk": Decimal("6.00"),
                "labels": ["eu"],
            },
            {
                "id": "oslo",
                "nodes": {**host, "id": "oslo-host", "count": 1, "reserved": 1},
                "price": {"power": Decimal("0.09")},
                "carbon": {"steps": _carbon(data, "NO")},
                "sunk": Decimal("1.50"),
            },
        ],
        "tasks": list(_tasks(data)),
        "quotas": [{"id": "carbon-a-day", "of": "carbon", "per": "day", "limit": 5}],
    }  # fmt: skip


def _carbon(data: Path, country: str) -> dict[str, Decimal]:
    with open(data / "carbon" / f"{country}_2023_hourly.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    (grams,) = (key for key in rows[0] if "LCA" in key)
    by_time = {row["Datetime (UTC)"]: Decimal(row[grams]) for row in rows}
    return {_at(hour): by_time[f"{START + timedelta(hours=hour):%Y-%m-%d %H:%M:%S}"] for hour in range(HOURS)}


def _tasks(data: Path) -> Iterator[dict[str, Any]]:
    """Runs of each dataset at the batch size that reaches the target soonest at full power."""
    epochs: dict[tuple[str, str], list[Decimal]] = {}
    with open(data / "zeus_nsdi23" / "summary_train.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["dataset"] in WANTED and Decimal(row["target_metric"]) == Decimal(WANTED[row["dataset"]][0]):
                epoch = Decimal(row["target_epoch"]) if row["target_epoch"] else Decimal("Infinity")
                epochs.setdefault((row["dataset"], row["batch_size"]), []).append(
                    epoch if epoch.is_finite() else Decimal("Infinity")
                )
    power: dict[tuple[str, str], dict[int, tuple[Decimal, Decimal]]] = {}
    with open(data / "zeus_nsdi23" / "summary_power_v100.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["optimizer"] in ("adadelta", "adamw"):
                measured = Decimal(row["time_per_epoch"]), Decimal(row["average_power"])
                power.setdefault((row["dataset"], row["batch_size"]), {})[int(row["power_limit"])] = measured
    for dataset, (_, runs) in WANTED.items():
        ways = [
            (median_low(found) * power[key][250][0], key, median_low(found))
            for key, found in epochs.items()
            if key[0] == dataset and key in power and median_low(found).is_finite()
        ]
        _, key, count = min(ways)
        options = [
            {
                "id": f"{pool} {limit}W",
                "pool": pool,
                "uses": {"gpu": 1, "power": round(power[key][limit][1] * PUE / 1000, 4)},
                "duration": f"{int(count * power[key][limit][0])}s",
                **({"cost": Decimal("0.15")} if pool == "oslo" else {}),
            }
            for pool in ("madrid", "oslo")
            for limit in LIMITS
        ]
        some = {"needs": {"labels": ["eu"]}} if dataset in ("squad", "librispeech") else {}
        yield {"id": dataset, "copies": runs, **some, "options": options}


def _at(hour: int) -> str:
    return (START + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%MZ")

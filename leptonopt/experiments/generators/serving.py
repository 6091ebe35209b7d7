"""Services whose replicas follow a demand on A100 and H100 GPUs; with batches and training.

- demand: requests per second by hour of two weeks, as shares of the largest (`serving.csv`): sums of the clients' rates
  of three language models in ServeGen (NSDI 2026; github.com/alibaba/ServeGen commit f891d11, Apache-2.0). A service
  has one of them, moved by whole days, with 5 % of noise either way: our assumption. The week begins on a Monday, as
  the trace may not;
- rates: requests per second of a replica within 2 s to the first token and 100 ms between tokens, at three sizes of
  requests (128, 1024 and 2048 input, 256, 256 and 1024 output tokens): the queue of `io.literature.batch_queue` with
  the delays of inferno's sample data (github.com/llm-inferno/sample-data commit 125ab02, Apache-2.0);
- prices: GCP us-central1 on 2026-05-20, in a copy of the SkyPilot catalogue (github.com/anycloud-sh/catalog commit
  62ff0a9, no licence stated, figures cited); owned GPUs at 0.4 and 0.7 kW. A start costs a quarter of an hour;
- training: jobs of `regions`, with their scaling, durations and hours.

Mixes of sizes, peaks, batches and prices of missed requests are assumptions. A cloud pool of each type is unlimited.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from leptonopt.experiments.generators import fleet, regions
from leptonopt.experiments.generators.fleet import ELECTRICITY, Fleet, Site
from leptonopt.experiments.generators.parameters import FamilyParameter, GeneratorParameters
from leptonopt.experiments.generators.rng import MILLI, Ints, RandomStream
from leptonopt.experiments.generators.table import Table, Written, decimal, instant

NAME = "serving"
PARAMETERS = (
    FamilyParameter("services", "services", Decimal(3), 1, 200),
    FamilyParameter("batches", "batches of offline requests for each service", Decimal(1), 0, 50),
    FamilyParameter("missed", "share of services that may miss requests, at a price", Decimal(0), 0, 1, share=True),
    FamilyParameter("boot", "minutes until a replica is usable", Decimal(0), 0, 600),
)
HOUR, DAY_H, WEEK_D = 3600, 24, 7
CLASSES = ("short", "medium", "long")
# Per model and GPU type: devices of a replica, and the rates of the classes [0.001 requests per second].
MODELS: dict[str, dict[str, tuple[int, tuple[int, int, int]]]] = {
    "llama-7b": {"A100": (1, (5667, 1254, 145)), "H100": (1, (9830, 2247, 269))},
    "mistral-7b": {"A100": (1, (8695, 1953, 232)), "H100": (1, (14896, 3589, 422))},
    "llama3-8b": {"A100": (1, (4823, 1325, 124)), "H100": (1, (8220, 2346, 218))},
    "llama-13b": {"A100": (1, (3688, 795, 88)), "H100": (1, (6390, 1530, 173))},
    "granite-13b": {"A100": (1, (6810, 1762, 199)), "H100": (1, (11678, 3397, 346))},
    "granite-20b": {"A100": (1, (4708, 1257, 140)), "H100": (1, (7964, 2529, 241))},
    "granite-34b": {"A100": (2, (2813, 995, 81)), "H100": (2, (4868, 1952, 146))},
    "llama-70b": {"A100": (4, (803, 155, 9)), "H100": (4, (967, 206, 12))},
    "mixtral-8x7b": {"A100": (4, (1031, 192, 14)), "H100": (4, (1235, 252, 21))},
}
HEADROOM = 100  # [0.001]
LEAST = 2  # usable replicas
FEWEST, MORE = 4, 37  # replicas that serve the peak on the type where a service counts
NOISE = 50  # [0.001]
BATCH_SHARE = 100  # [0.001] of the medium requests of a day
TYPES = ("A100", "H100")

FLEET = Fleet(
    name=NAME,
    about="Services that follow a demand over the week, on owned A100 and H100 GPUs; cloud capacity is unlimited and "
    "dearer.",
    source="demand: ServeGen (NSDI 2026, github.com/alibaba/ServeGen commit f891d11, Apache-2.0); rates: a queue with "
    "the delays of inferno's sample data (github.com/llm-inferno/sample-data commit 125ab02, Apache-2.0); training: "
    "MLPerf Training results v4.0 (commit 6fe9543) and v1.0 (commit 50619b5), Apache-2.0, recomputed, not official "
    "scores, and ElasticFlow (github.com/pkusys/ElasticFlow commit 04a0109, Apache-2.0); prices of 2026-05-20: a copy "
    "of the SkyPilot catalogue (github.com/anycloud-sh/catalog commit 62ff0a9, no licence stated, figures cited); "
    + ELECTRICITY + ".",
    reference="H100",
    slot_s=HOUR,
    sites=(
        Site("owned-a100", "A100", "owned", Decimal("0.0624"), weight=1),
        Site("owned-h100", "H100", "owned", Decimal("0.1092"), weight=1),
        Site("cloud-a100", "A100", "cloud", Decimal("2.9458")),
        Site("cloud-h100", "H100", "cloud", Decimal("5.3833")),
        Site("spot-a100", "A100", "spot", Decimal("2.5138")),
        Site("spot-h100", "H100", "spot", Decimal("4.4842")),
    ),
    jobs=regions.FLEET.jobs,
    hours=regions.FLEET.hours,
    burst=regions.FLEET.burst,
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """A service before it is written.

    Attributes
    ----------
    id, model : names
    mix : shares of the classes [0.01]
    rate : int64, shape (hours,) [0.01 requests per second]
    home : the GPU type on which it counts
    """

    id: str
    model: str
    mix: tuple[int, int, int]
    rate: Ints
    home: str

    def replicas(self, type: str) -> int:
        """Return the replicas that a request per second takes, with headroom [1e-9]."""
        _, rates = MODELS[self.model][type]
        busy = sum(10**10 * share // rate for share, rate in zip(self.mix, rates, strict=True))
        return busy * MILLI // (MILLI - HEADROOM)


def made(parameters: GeneratorParameters) -> Table:
    """The instance."""
    parameters = replace(parameters, days=parameters.days or WEEK_D)
    draws = RandomStream(f"{NAME}/services/{parameters.seed}")
    hours = DAY_H * (parameters.days or WEEK_D)
    services = [_drawn(draws, at, hours) for at in range(parameters.extra["services"])]
    table = fleet.made(FLEET, parameters) if parameters.tasks else _without_tasks(parameters, hours)
    missed = draws.share("missed", len(services), parameters.extra["missed"])
    head = {
        **table.head,
        "pools": _grown(table.head["pools"], services, parameters.load),
        "services": [
            _service(each, draws, priced, parameters) for each, priced in zip(services, missed.tolist(), strict=True)
        ],
    }
    batches = [batch for each in services for batch in _batches(each, draws, parameters)]
    return replace(table, head=head | ({"batches": batches} if batches else {}))


def _without_tasks(parameters: GeneratorParameters, hours: int) -> Table:
    """An instance of pools only, the owned ones empty."""
    none, never = np.zeros(0, np.int64), np.zeros(0, bool)
    sites = [site for site in FLEET.sites if site.role != "spot"]
    pools: list[dict[str, Any]] = [
        {"id": site.id, "capacity": {"gpu": 0 if site.role == "owned" else "unlimited"}, "price": {"gpu": site.price}}
        for site in sites
    ]
    head = fleet.head(NAME, FLEET.about, FLEET.source, replace(parameters, preemptible=0), HOUR, hours, pools)
    return Table(head, ("gpu",), HOUR, none, none, none, none, none, never, none, Written((), ()))


@cache
def _curves() -> Ints:
    """Demand by hour and model [0.001 of the largest], int64, shape (336, 3)."""
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return np.array([[int(cell) for cell in row] for row in list(csv.reader(file))[1:]], np.int64)


def _drawn(draws: RandomStream, at: int, hours: int) -> Drawn:
    """Return a service, its demand as large as some replicas serve at the peak."""

    def below(name: str, limit: int) -> int:
        return int(draws.below(f"{name} {at}", 1, limit)[0])

    short = 50 + below("short", 30)
    medium = (100 - short) * (50 + below("medium", 40)) // 100
    model = list(MODELS)[below("model", len(MODELS))]
    home = TYPES[below("home", len(TYPES))]
    service = Drawn(f"service-{at}", model, (short, medium, 100 - short - medium), np.zeros(0, np.int64), home)
    peak = (FEWEST + below("peak", MORE)) * 100 * 10**9 // service.replicas(home)
    curve = _curves()[:, at % 3]
    hour = (np.arange(hours) + DAY_H * below("day", WEEK_D)) % len(curve)
    noise = MILLI - NOISE + draws.below(f"noise {at}", hours, 2 * NOISE + 1)
    return replace(service, rate=np.maximum(peak * curve[hour] * noise // MILLI**2, 1))


def _grown(pools: list[dict[str, Any]], services: list[Drawn], load: int) -> list[dict[str, Any]]:
    """The pools, those that are owned with room for what the services hold on average, over the load."""
    found = []
    for pool, site in ((pool, site) for pool in pools for site in FLEET.sites if site.id == pool["id"]):
        if site.role == "owned":
            held = sum(_devices(each) for each in services if each.home == site.type)
            more = -(-held * MILLI // (load * 10**11))
            pool = {**pool, "capacity": {"gpu": pool["capacity"]["gpu"] + more}}
        found.append(pool)
    return found


def _devices(service: Drawn) -> int:
    """Return the devices that a service holds on its home type on average [1e-11]."""
    devices, _ = MODELS[service.model][service.home]
    return devices * service.replicas(service.home) * int(service.rate.sum()) // len(service.rate)


def _service(service: Drawn, draws: RandomStream, priced: bool, parameters: GeneratorParameters) -> dict[str, Any]:
    """The service as it stands in the document."""
    steps = {instant(hour * HOUR): decimal(rate, 2) for hour, rate in enumerate(service.rate.tolist())}
    mix = {name: decimal(share, 2) for name, share in zip(CLASSES, service.mix, strict=True)}
    ways = [_way(service, site, parameters.extra["boot"]) for site in FLEET.sites if site.role != "spot"]
    found = {
        "id": service.id,
        "demand": {"rate": {"steps": steps}, "mix": mix},
        "replicas": ways,
        "headroom": decimal(HEADROOM, 3),
        "minimum": LEAST,
    }
    return found | ({"missed": {"cost": _price_of_missing(service, draws)}} if priced else {})


def _way(service: Drawn, site: Site, boot: int) -> dict[str, Any]:
    """A way to run a replica of a service on a pool."""
    devices, rates = MODELS[service.model][site.type]
    takes = {"takes": f"{boot}m"} if boot else {}
    return {
        "pool": site.id,
        "uses": {"gpu": devices},
        "rate": {name: decimal(rate, 3) for name, rate in zip(CLASSES, rates, strict=True)},
        "start": {**takes, "cost": (site.price * devices / 4).normalize()},
    }


def _price_of_missing(service: Drawn, draws: RandomStream) -> Decimal:
    """USD per request: one to eight times its cost on the cloud, on the type where it counts."""
    devices, _ = MODELS[service.model][service.home]
    hourly = next(int(s.price * 10**4) for s in FLEET.sites if (s.role, s.type) == ("cloud", service.home))
    times = 1 + int(draws.below(f"price {service.id}", 1, 8)[0])
    return decimal(times * hourly * devices * service.replicas(service.home) // (HOUR * 10**7) + 1, 6)


def _batches(service: Drawn, draws: RandomStream, parameters: GeneratorParameters) -> list[dict[str, Any]]:
    """Batches of a service, each from the evening of a day, or its midnight on the last, for 24 hours."""
    days, found = len(service.rate) // DAY_H, []
    for number, day in enumerate(draws.below(f"batches {service.id}", parameters.extra["batches"], days).tolist()):
        begin = DAY_H * day + (20 if day + 1 < days else 0)
        daily = int(service.rate[DAY_H * day : DAY_H * (day + 1)].sum()) * 36 * service.mix[1] // 100
        found.append(
            {
                "id": f"{service.id}-batch-{number}",
                "service": service.id,
                "amount": {"medium": max(100, daily * BATCH_SHARE // MILLI // 100 * 100)},
                "release": instant(begin * HOUR),
                "deadline": instant((begin + DAY_H) * HOUR),
            }
        )
    return found

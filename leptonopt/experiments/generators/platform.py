"""A platform team's weeks: jobs on owned, rented and spot nodes, around a planted plan.

- lengths: durations of the ElasticFlow trace (github.com/pkusys/ElasticFlow commit 04a0109, Apache-2.0) on one GPU for
  small jobs and on four for large ones, scaled to the load that is asked for;
- speed by count: resnet50 (batch 256) and deepspeech2 (batch 64) on A100 in ElasticFlow; llama2-70b-lora in MLPerf
  Training v4.0 (commit 6fe9543, Apache-2.0, recomputed, not an official score). At 3, 5 and 6 GPUs on the straight line
  between measured counts: our assumption. H100 against A100: resnet in MLPerf v4.0 and v1.0, 2.218;
- prices of 2026-05-20: a3-highgpu-8g of GCP us-central1, an eighth per GPU, and Azure ND96amsr spot (a copy of the
  SkyPilot catalogue, github.com/anycloud-sh/catalog commit 62ff0a9, no licence stated, figures cited). A commitment at
  60 % of the price, boot and minimum time, quotas, budget and costs of lateness are assumptions.

The plan comes first (`platform_plan`): it packs the jobs on the owned nodes, and rents nodes for those that find no
room. Windows, due dates, quotas of teams and the budget are then laid around it, so that it keeps every rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from leptonopt.experiments.generators import fleet
from leptonopt.experiments.generators.elasticflow import LENGTHS
from leptonopt.experiments.generators.parameters import FamilyParameter, GeneratorParameters
from leptonopt.experiments.generators.platform_plan import H100, NODE, SLOT_S, Jobs, Planted, Site, plant
from leptonopt.experiments.generators.platform_rules import PlatformRules
from leptonopt.experiments.generators.rng import MILLI, RandomStream
from leptonopt.experiments.generators.table import SPOT, Profile, Table, Written, instant

NAME = "platform"
ABOUT = "Jobs of teams on owned nodes of 8 GPUs, on rented nodes and on spot; a planted plan keeps every rule."
SOURCE = (
    "durations and scaling: ElasticFlow (github.com/pkusys/ElasticFlow commit 04a0109, Apache-2.0) and MLPerf Training "
    "results v4.0 (commit 6fe9543) and v1.0 (commit 50619b5), Apache-2.0, recomputed, not official scores; prices of "
    "2026-05-20: a copy of the SkyPilot catalogue (github.com/anycloud-sh/catalog commit 62ff0a9, no licence stated, "
    "figures cited)."
)
PARAMETERS = (
    FamilyParameter("nodes", "owned nodes", None, 2, 5_000),
    FamilyParameter("one-node", "share of jobs that must fit within one node", Decimal("0.7"), 0, 1, share=True),
    FamilyParameter("gangs", "share of jobs that take whole nodes", Decimal("0.1"), 0, 1, share=True),
    FamilyParameter("odd", "1: jobs use 1, 3, 5 or 6 GPUs instead of 1, 2, 4 or 8", Decimal(0), 0, 1),
    FamilyParameter("mixed", "1: a third of the owned nodes has 4 GPUs", Decimal(0), 0, 1),
    FamilyParameter("due", "share of jobs with a due date, not a deadline", Decimal("0.4"), 0, 1, share=True),
    FamilyParameter("teams", "teams with a quota each", Decimal(3), 0, 20),
    FamilyParameter("room", "what quotas and budget allow beyond the planted plan", Decimal("0.15"), 0, 10, share=True),
)  # fmt: skip
USUAL = {"optional": Decimal("0.1"), "preemptible": Decimal("0.4")}
TASKS_PER_NODE = 6
WEEK = 7  # days of the horizon when not asked for
_RESNET = {1: 10000, 2: 18708, 4: 33584, 8: 56303}
_DEEPSPEECH = {1: 10000, 2: 18510, 4: 32831, 8: 46291}
_LORA = {4: 39528, 8: 80000, 16: 122829}
SMALL = {"resnet": (_RESNET, 16), "speech": (_DEEPSPEECH, 12)}  # speed by count [0.0001], CPUs for each GPU
LARGE = {"lora": (_LORA, 12)}
EVEN, ODD = (1, 2, 4, 8), (1, 3, 5, 6)
WIDE = (4, 8, 16)
RENT = Decimal("43.0664")  # USD per hour of a node of eight H100
COMMIT = Decimal("25.84")
SPOT_PRICES = {"00:00": Decimal("1.0650"), "08:00": Decimal("1.3313")}


def made(parameters: GeneratorParameters) -> Table:
    """The instance."""
    return planted(parameters)[0]


def planted(parameters: GeneratorParameters) -> tuple[Table, list[dict[str, Any]], Decimal]:
    """The instance, the entries of `tasks` of its planted plan, and what that costs at most [USD].

    Rented nodes are counted from one slot before a job until its end; a plan of the same starts may bridge gaps or use
    a commitment, and then costs less.
    """
    draws = RandomStream(f"{NAME}/{parameters.seed}")
    site, profiles = _site(parameters), _profiles(parameters)
    plan = plant(draws, _jobs(draws, parameters), profiles, site, parameters.load)
    rules = PlatformRules.around(draws, parameters, plan, site)
    order = np.argsort(rules.release, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    table = Table(
        head=_head(parameters, site, plan, rules),
        resources=("gpu", "cpu"),
        slot_s=SLOT_S,
        release=rules.release[order],
        deadline=rules.deadline[order],
        copies=np.ones(len(order), np.int64),
        value=rules.value[order],
        after=np.where(rules.after[order] >= 0, place[rules.after[order]], -1),
        spot=rules.spot[order],
        home=np.zeros(len(order), np.int64),
        ways=Written(profiles, tuple(rules.stated(at) | plan.way(at) for at in order.tolist())),
    )
    digits = len(str(len(order) - 1))
    entries = [plan.entry(int(at), f"job-{number:0{digits}}") for number, at in enumerate(order.tolist())]
    return table, entries, plan.money(RENT) + rules.late_money()


def _site(parameters: GeneratorParameters) -> Site:
    extra = parameters.extra
    nodes = extra["nodes"] or max(6, parameters.tasks // TASKS_PER_NODE)
    small = nodes // 3 if extra["mixed"] else 0
    return Site(nodes - small, small, 24 * (parameters.days or WEEK))


def _jobs(draws: RandomStream, parameters: GeneratorParameters) -> Jobs:
    """Random attributes of the jobs before they are placed."""
    count, extra = parameters.tasks, parameters.extra
    gang = draws.share("gang", count, extra["gangs"])
    alone = draws.chosen("one-node", ~gang, (count * extra["one-node"] + MILLI // 2) // MILLI)
    sizes = np.array(ODD if extra["odd"] else EVEN)[draws.below("size", count, 4)]
    wide = np.array(WIDE)[draws.below("wide", count, len(WIDE))]
    large = ~gang & ~alone
    whole = np.array((1, 1, 2, 2, 4))[draws.below("whole", count, 5)]
    gpus = np.where(gang, NODE * whole, np.where(large, wide, sizes))
    kind = np.where(large, len(SMALL), draws.below("kind", count, len(SMALL)))
    seconds = np.where(
        gang | large, draws.quantiles("long", count, LENGTHS[2][2]), draws.quantiles("short", count, LENGTHS[0][2])
    )
    return Jobs(gang, alone, kind, gpus, seconds)


def _profiles(parameters: GeneratorParameters) -> tuple[Profile, ...]:
    """The profiles; on each pool the counts that a job may use."""
    counts = ODD if parameters.extra["odd"] else EVEN
    found = []
    for name, (curve, cpus) in (SMALL | LARGE).items():
        kept = WIDE if name in LARGE else counts
        slow = {count: speed_at(curve, count) for count in kept}
        fast = {count: speed * H100 // 10_000 for count, speed in slow.items()}
        speed = {"onprem": slow, "rented": fast} | ({"spot": slow} if parameters.preemptible else {})
        found.append(Profile(name, speed, {"cpu": cpus}))
    return tuple(found)


def speed_at(curve: Mapping[int, int], count: int) -> int:
    """The speed of a count, on the straight line between those measured.

    >>> speed_at({2: 18708, 4: 33584}, 3)
    26146
    """
    low, high = max(n for n in curve if n <= count), min(n for n in curve if n >= count)
    return curve[low] if low == high else curve[low] + (curve[high] - curve[low]) * (count - low) // (high - low)


def _head(parameters: GeneratorParameters, site: Site, plan: Planted, rules: PlatformRules) -> dict[str, Any]:
    kinds = [{"id": "dgx", "size": {"gpu": 8, "cpu": 128}, "count": site.large, "reserved": site.large}]
    if site.small:
        kinds.append({"id": "hgx", "size": {"gpu": 4, "cpu": 64}, "count": site.small, "reserved": site.small})
    pools: list[dict[str, Any]] = [
        {
            "id": "onprem",
            "nodes": kinds,
            "maintenance": [
                {"from": instant(low * SLOT_S), "to": instant(high * SLOT_S)} for low, high in site.maintenance
            ],
        },
        {
            "id": "rented",
            "nodes": {
                "id": "p5",
                "size": {"gpu": 8, "cpu": 192},
                "count": plan.rented + max(2, plan.rented // 4),
                "price": RENT,
                "boot": "10m",
                "minimum": "1h",
                "commit": {"price": COMMIT, "max": max(1, plan.rented // 2)},
            },
        },
    ]
    if parameters.preemptible:
        capacity = max(fleet.LEAST_SPOT, NODE * site.large // fleet.SPOT_PART)
        pools.append(
            {
                "id": "spot",
                "capacity": {"gpu": capacity, "cpu": 16 * capacity},
                "price": {"gpu": {"daily": SPOT_PRICES}},
            }
            | {"interruptions": fleet.INTERRUPTIONS, "labels": [SPOT]}
        )
    head = fleet.head(NAME, ABOUT, SOURCE, parameters, SLOT_S, site.slots, pools)
    return head | {"quotas": rules.quotas(plan, RENT)}

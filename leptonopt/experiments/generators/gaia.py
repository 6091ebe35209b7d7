"""Many small jobs on a mixed fleet of T4, P100 and V100 GPUs with CPUs: Alibaba PAI.

- length: quantiles of 100,000 jobs of Alibaba PAI 2020, as GAIA publishes them (ASPLOS 2024, github.com/umassos/GAIA
  commit 62a5efc, MIT; its column `length`, which we take for hours), the longest half percent left out. Hours of the
  day, and a job in three within a minute of the last, from there too;
- GPUs and CPUs per job, equal jobs submitted within a minute (copies), and the fleet: 7,064 GPU pods and the nodes of
  Alibaba's cluster-trace-gpu-v2023 (github.com/alibaba/clusterdata commit 7a6c496, CC BY 4.0). Pods of a part of a GPU
  take a whole one here; the anonymised GPU models G2 and G3 are left out;
- speed by GPU for the three workloads that were measured on all: P100 against V100 from Zeus (NSDI 2023,
  github.com/ml-energy/zeus commit 75a8b93, Apache-2.0); T4 against V100 as T4 against Quadro RTX 6000 (Sia, SOSP 2023,
  github.com/siasosp23/artifacts commit aaf7a0d, no licence stated, figures cited) times RTX 6000 against V100 (Zeus),
  medians over batch sizes. Which workload a job is, is drawn evenly: our assumption;
- prices: GCP V100 2.95 and 0.84 on spot, P100 1.93 and 0.53, T4 0.82 and 0.21, USD per GPU-hour (The Full Stack,
  cloud-gpus.csv, 2025-03-07, MIT); owned GPUs at 0.3, 0.25 and 0.07 kW.
"""

from __future__ import annotations

from decimal import Decimal

from leptonopt.experiments.generators.fleet import ELECTRICITY, Fleet, Jobs, Site

_LENGTH = (301, 334, 367, 413, 471, 535, 604, 691, 787, 900, 1012, 1152, 1334, 1535, 1754, 2042, 2392, 2804, 3254, 3712,
           4235, 4884, 5631, 6505, 7558, 8902, 10731, 13007, 16135, 21041, 29200, 49429, 129869)  # fmt: skip
_SPEED = {
    "bert": {"T4": 3969, "P100": 5613, "V100": 10000},
    "deepspeech2": {"T4": 6075, "P100": 2533, "V100": 10000},
    "imagenet": {"T4": 4697, "P100": 5740, "V100": 10000},
}
# GPUs, CPUs per GPU (rounded up to one of four), pods
_REQUESTS = ((1, 4, 2461), (1, 8, 864), (1, 12, 2840), (1, 16, 824), (2, 8, 16), (4, 8, 15), (8, 8, 21), (8, 12, 23))
_COPIES = (1,) * 90 + (2,) * 7 + (3,) * 2 + (4,)  # of 6,170 sets of equal pods 5,555, 450, 100 and 40; a few larger

FLEET = Fleet(
    name="gaia",
    about="Small jobs of Alibaba PAI, most on one GPU with CPUs, on owned T4, P100 and V100 GPUs; cloud capacity is "
    "unlimited and dearer.",
    source="job lengths and arrivals: Alibaba PAI 2020 as in GAIA (ASPLOS 2024, github.com/umassos/GAIA commit "
    "62a5efc, MIT); requests and fleet: Alibaba cluster-trace-gpu-v2023 (github.com/alibaba/clusterdata commit "
    "7a6c496, CC BY 4.0); speeds: Zeus (NSDI 2023, github.com/ml-energy/zeus commit 75a8b93, Apache-2.0) and "
    "Sia (SOSP 2023, github.com/siasosp23/artifacts commit aaf7a0d, no licence stated, figures cited); GCP prices: "
    "The Full Stack, cloud-gpus.csv, 2025-03-07, MIT; " + ELECTRICITY + ".",
    reference="V100",
    slot_s=900,
    sites=(
        Site("owned-t4", "T4", "owned", Decimal("0.01092"), weight=842, cpus=52),
        Site("owned-p100", "P100", "owned", Decimal("0.039"), weight=265, cpus=8),
        Site("owned-v100", "V100", "owned", Decimal("0.0468"), weight=399, cpus=10),
        Site("cloud-t4", "T4", "cloud", Decimal("0.82"), cpus=8),
        Site("cloud-p100", "P100", "cloud", Decimal("1.93"), cpus=8),
        Site("cloud-v100", "V100", "cloud", Decimal("2.95"), cpus=8),
        Site("spot-t4", "T4", "spot", Decimal("0.21"), cpus=8),
        Site("spot-v100", "V100", "spot", Decimal("0.84"), cpus=8),
    ),
    jobs=[
        Jobs(
            name=f"{workload}-{gpus}x{cpus}",
            weight=weight,
            speed={type: {gpus: level} for type, level in speed.items()},
            lengths=((gpus, 1, _LENGTH),),
            per_device={"cpu": cpus},
        )
        for workload, speed in _SPEED.items()
        for gpus, cpus, weight in _REQUESTS
    ],
    hours=(4137, 4587, 4160, 3905, 3848, 4472, 4153, 3976, 3936, 4607, 4513, 4462, 3884, 3850, 3923, 4719, 4418, 3780,
           3967, 4498, 4245, 4024, 3799, 4135),
    burst=322,
    copies=_COPIES,
)  # fmt: skip

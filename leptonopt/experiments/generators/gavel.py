"""Training jobs of 26 types on K80, P100 and V100 GPUs, at measured throughput by type, GPU and count.

All of Gavel (OSDI 2020; github.com/stanford-futuredata/gavel commit c4fa400, MIT), unless said otherwise:

- kinds: the job types, as often as in its trace of 986 jobs (made from the Philly trace);
- speed: steps per second of `simulation_throughputs`, a job alone on consolidated GPUs, over one V100. Counts that are
  no faster than fewer are left out, and those more than a quarter above linear (two to eight V100 for small ResNet-18);
- length: quantiles of the trace's steps over V100 throughput, by the GPUs asked for (500 jobs on one, 40 on two, 446 on
  four), the longest half percent left out; types that run on one GPU only are taken to run as long on one. Hours of
  the day; a job in four within a minute of the last;
- slack: 4.4 is the mean of the factors 1.2, 2 and 10 in its code; spread as in ElasticFlow;
- prices: GCP K80 0.92 and 0.14 on spot, P100 1.93 and 0.53, V100 2.95 and 0.84, USD per GPU-hour (The Full Stack,
  cloud-gpus.csv, 2025-03-07, MIT); owned GPUs at 0.15, 0.25 and 0.3 kW.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from leptonopt.experiments.generators.fleet import ELECTRICITY, Fleet, Jobs, Site

_ONE = (25, 340, 847, 1672, 2006, 3025, 4498, 5302, 9772, 12608, 16121, 18078, 20381, 22270, 24220, 25636, 26737, 27476,
        28078, 28738, 29672, 31305, 33712, 36268, 38223, 39637, 40767, 42638, 46230, 48839, 55383, 71584,
        144321)  # fmt: skip
_TWO = (2198, 3055, 3479, 4321, 7622, 28990, 69741, 89697, 151128, 159771, 184399, 192240, 226347, 232056, 237170,
        328551, 383863)  # fmt: skip
_FOUR = (598, 1159, 1427, 1922, 2426, 2776, 3602, 4525, 6283, 7807, 9013, 11269, 18706, 25687, 32261, 36088, 43663,
         48520, 52375, 58872, 63675, 71709, 80039, 88403, 91715, 95622, 104521, 110633, 116850, 134440, 146439, 183296,
         257298)  # fmt: skip
_LENGTHS = ((1, 500, _ONE), (2, 40, _TWO), (4, 446, _FOUR))


def _jobs() -> list[Jobs]:
    """Return the job types of `gavel.csv`, with speeds in ten thousandths of one V100."""
    found: dict[str, tuple[int, dict[str, dict[int, int]]]] = {}
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            _, speed = found.setdefault(row["type"], (int(row["jobs"]), {}))
            speed[row["gpu"]] = {int(count): int(row[count]) for count in ("1", "2", "4", "8") if row[count]}
    return [Jobs(name, weight, speed, _LENGTHS) for name, (weight, speed) in found.items()]


FLEET = Fleet(
    name="gavel",
    about="Training jobs of 26 types at measured throughput, on owned K80, P100 and V100 GPUs by one, two, four and "
    "eight; cloud capacity is unlimited and dearer.",
    source="jobs and throughput of Gavel (OSDI 2020, github.com/stanford-futuredata/gavel commit c4fa400, MIT); spread "
    "of deadlines: ElasticFlow (github.com/pkusys/ElasticFlow commit 04a0109, Apache-2.0); GCP prices: The Full Stack, "
    "cloud-gpus.csv, 2025-03-07, MIT; " + ELECTRICITY + ".",
    reference="V100",
    slot_s=1800,
    sites=(
        Site("owned-k80", "K80", "owned", Decimal("0.0234"), weight=1),
        Site("owned-p100", "P100", "owned", Decimal("0.039"), weight=1),
        Site("owned-v100", "V100", "owned", Decimal("0.0468"), weight=1),
        Site("cloud-k80", "K80", "cloud", Decimal("0.92")),
        Site("cloud-p100", "P100", "cloud", Decimal("1.93")),
        Site("cloud-v100", "V100", "cloud", Decimal("2.95")),
        Site("spot-k80", "K80", "spot", Decimal("0.14")),
        Site("spot-p100", "P100", "spot", Decimal("0.53")),
        Site("spot-v100", "V100", "spot", Decimal("0.84")),
    ),
    jobs=_jobs(),
    hours=(64, 41, 36, 44, 37, 40, 25, 55, 28, 39, 29, 27, 39, 41, 45, 62, 50, 30, 27, 37, 44, 49, 38, 59),
    burst=270,
)

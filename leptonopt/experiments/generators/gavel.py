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

from decimal import Decimal

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
# Jobs of the trace; speed by GPU and count, in ten thousandths of one V100.
_SPEED = {
    "a3c": (33, {"K80": {1: 4792}, "P100": {1: 7917}, "V100": {1: 10000}}),
    "cyclegan": (47, {"K80": {1: 1140}, "P100": {1: 5428}, "V100": {1: 10000}}),
    "lm-10": (
        32,
        {
            "K80": {1: 2914, 2: 3672, 4: 5261, 8: 9255},
            "P100": {1: 9441, 4: 12882, 8: 15651},
            "V100": {1: 10000, 2: 19979, 8: 75331},
        },
    ),
    "lm-20": (
        31,
        {
            "K80": {1: 2648, 2: 3672, 4: 5515, 8: 9491},
            "P100": {1: 8985, 2: 9628, 4: 14490, 8: 18017},
            "V100": {1: 10000, 2: 20415, 8: 76811},
        },
    ),
    "lm-40": (
        32,
        {
            "K80": {1: 2542, 2: 3552, 4: 5081, 8: 9538},
            "P100": {1: 7906, 2: 10620, 4: 16812, 8: 22603},
            "V100": {1: 10000, 2: 20247, 4: 21228, 8: 79427},
        },
    ),
    "lm-5": (
        43,
        {
            "K80": {1: 2335, 2: 2967, 4: 4039, 8: 7041},
            "P100": {1: 8315, 4: 10096, 8: 12231},
            "V100": {1: 10000, 2: 17013, 8: 64010},
        },
    ),
    "lm-80": (
        43,
        {
            "K80": {1: 2144, 2: 3544, 4: 5803, 8: 10016},
            "P100": {1: 7492, 2: 11275, 4: 19474, 8: 29368},
            "V100": {1: 10000, 2: 20571, 4: 26490, 8: 81861},
        },
    ),
    "recommendation-1024": (39, {"K80": {1: 15095}, "P100": {1: 23146}, "V100": {1: 10000}}),
    "recommendation-2048": (45, {"K80": {1: 13978}, "P100": {1: 22219}, "V100": {1: 10000}}),
    "recommendation-4096": (27, {"K80": {1: 13569}, "P100": {1: 22777}, "V100": {1: 10000}}),
    "recommendation-512": (41, {"K80": {1: 14092}, "P100": {1: 20964}, "V100": {1: 10000}}),
    "recommendation-8192": (30, {"K80": {1: 9498}, "P100": {1: 19526}, "V100": {1: 10000}}),
    "resnet-18-128": (
        47,
        {
            "K80": {1: 1004, 2: 2018, 4: 3880, 8: 7593},
            "P100": {1: 6488, 2: 13463, 4: 25202, 8: 47280},
            "V100": {1: 10000, 2: 13329, 4: 38872, 8: 90076},
        },
    ),
    "resnet-18-16": (
        39,
        {
            "K80": {1: 1482, 2: 2707, 4: 4983, 8: 8320},
            "P100": {1: 11087, 2: 18827, 4: 29153, 8: 40209},
            "V100": {1: 10000, 4: 38282},
        },
    ),
    "resnet-18-256": (
        44,
        {
            "K80": {1: 860, 2: 1625, 4: 3306, 8: 6772},
            "P100": {1: 7498, 2: 13814, 4: 26921, 8: 52384},
            "V100": {1: 10000, 2: 15420, 4: 26972, 8: 79131},
        },
    ),
    "resnet-18-32": (
        42,
        {
            "K80": {1: 2396, 2: 4401, 4: 7523, 8: 14666},
            "P100": {1: 11963, 2: 19207, 4: 32403, 8: 47415},
            "V100": {1: 10000, 4: 38312},
        },
    ),
    "resnet-18-64": (
        48,
        {
            "K80": {1: 2927, 2: 5186, 4: 8976, 8: 17700},
            "P100": {1: 9258, 2: 17217, 4: 31125, 8: 49822},
            "V100": {1: 10000, 4: 39674},
        },
    ),
    "resnet-50-128": (
        33,
        {
            "K80": {1: 1391},
            "P100": {1: 6346, 2: 11539, 4: 20791, 8: 39791},
            "V100": {1: 10000, 2: 16914, 4: 28154, 8: 41226},
        },
    ),
    "resnet-50-16": (
        29,
        {
            "K80": {1: 2019, 2: 3774, 4: 6760, 8: 13212},
            "P100": {1: 7944, 2: 14208, 4: 27025, 8: 39279},
            "V100": {1: 10000, 2: 12162, 4: 20354, 8: 24393},
        },
    ),
    "resnet-50-32": (
        39,
        {
            "K80": {1: 1588, 2: 3022, 4: 5623, 8: 11291},
            "P100": {1: 6277, 2: 12519, 4: 23821, 8: 43106},
            "V100": {1: 10000, 2: 13913, 4: 17674, 8: 30906},
        },
    ),
    "resnet-50-64": (
        28,
        {
            "K80": {1: 1409, 2: 2875, 4: 5489, 8: 10396},
            "P100": {1: 5960, 2: 12551, 4: 23584, 8: 41461},
            "V100": {1: 10000, 2: 18026, 4: 21507, 8: 39372},
        },
    ),
    "transformer-128": (
        38,
        {
            "K80": {1: 1802, 2: 3043, 4: 5261, 8: 9653},
            "P100": {1: 5644, 2: 9341, 4: 16111, 8: 25126},
            "V100": {1: 10000, 2: 18489, 4: 26027, 8: 56708},
        },
    ),
    "transformer-16": (
        42,
        {
            "K80": {1: 4942, 2: 6370, 4: 9285, 8: 16828},
            "P100": {1: 8620, 2: 12929, 4: 19193, 8: 26229},
            "V100": {1: 10000, 2: 12793, 4: 18153, 8: 64761},
        },
    ),
    "transformer-256": (
        39,
        {
            "K80": {1: 2873, 2: 5324, 4: 9484, 8: 18326},
            "P100": {1: 10518, 2: 18440, 4: 32870, 8: 58008},
            "V100": {1: 10000, 2: 18088, 4: 29860, 8: 60916},
        },
    ),
    "transformer-32": (
        38,
        {
            "K80": {1: 3302, 2: 4799, 4: 7518, 8: 13099},
            "P100": {1: 7409, 2: 10568, 4: 17098, 8: 24691},
            "V100": {1: 10000, 2: 12549, 4: 21488, 8: 60238},
        },
    ),
    "transformer-64": (
        37,
        {
            "K80": {1: 2033, 2: 3554, 4: 5838, 8: 10416},
            "P100": {1: 5909, 2: 9152, 4: 15448, 8: 23142},
            "V100": {1: 10000, 2: 18423, 4: 22813, 8: 57614},
        },
    ),
}


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
    jobs=[Jobs(name, weight, speed, _LENGTHS) for name, (weight, speed) in _SPEED.items()],
    hours=(64, 41, 36, 44, 37, 40, 25, 55, 28, 39, 29, 27, 39, 41, 45, 62, 50, 30, 27, 37, 44, 49, 38, 59),
    burst=270,
)

"""Deep-learning jobs with deadlines, on A100 and T4 GPUs, at measured throughput by GPU count.

All of ElasticFlow (ASPLOS 2023; github.com/pkusys/ElasticFlow commit 04a0109, Apache-2.0), unless said otherwise:

- kinds: the 14 pairs of model and batch size in the trace, as often as there (of 876 jobs);
- length: quantiles of the trace's durations by the GPUs asked for (513 jobs on one, 33 on two, 330 on four), the
  longest half percent left out;
- speed: A100 throughput at 1 to 16 GPUs over that of one, counts that are no faster than fewer left out. Throughput on
  T4 was measured for models of other batch sizes: its curve by count is theirs (bert 384, deepspeech2 320, imagenet
  3200), its level the ratio of T4 to A100 step times on one GPU at equal local batch in the Sia artifact (SOSP 2023,
  github.com/siasosp23/artifacts commit aaf7a0d, median over batches; no licence stated, figures cited): 0.2158, 0.7595
  and 0.4555. Models without a T4 measurement have no T4 option;
- slack: spread of deadlines; its mean there is 4.5. Hours of the day; a job in four within a minute of the last;
- prices: GCP A100 40 GB 3.67 and 1.10 on spot, T4 0.82 and 0.21, USD per GPU-hour (The Full Stack, cloud-gpus.csv,
  2025-03-07, MIT); owned GPUs at 0.4 and 0.07 kW.
"""

from __future__ import annotations

from decimal import Decimal

from leptonopt.experiments.generators.fleet import ELECTRICITY, Fleet, Jobs, Site

_ONE = (602, 638, 685, 1004, 1717, 4048, 9816, 11082, 11650, 16014, 16561, 17228, 18993, 19816, 21702, 22068, 22653,
        23302, 23657, 23832, 24028, 24315, 24560, 24735, 24953, 25095, 25533, 26559, 28368, 29542, 31567, 59086,
        126473)  # fmt: skip
_TWO = (947, 1191, 2847, 4685, 4934, 11926, 37021, 79358, 183770, 197004, 247200, 253382, 258806, 266440, 287125,
        301822, 307189)  # fmt: skip
_FOUR = (1193, 2090, 4039, 4447, 4609, 6058, 6733, 13173, 15237, 17763, 21312, 75211, 79613, 82106, 84489, 86739, 88567,
         89581, 92215, 95267, 115118, 143470, 167882, 177372, 178947, 179779, 182042, 184352, 186353, 187711, 190541,
         196037, 216947)  # fmt: skip
LENGTHS = ((1, 513, _ONE), (2, 33, _TWO), (4, 330, _FOUR))
_T4 = {
    "bert": {1: 2158, 2: 4517, 4: 8951, 8: 12138, 16: 22553},
    "deepspeech2": {1: 7595, 2: 14848, 4: 29414, 8: 49892, 16: 60714},
    "resnet50": {1: 4555, 2: 9021, 4: 16817, 8: 33224, 16: 64252},
}
_A100 = {
    "bert-64": (48, {1: 10000, 2: 14333, 4: 17173, 8: 18340}),
    "bert-128": (74, {1: 10000, 2: 15887, 4: 23639, 8: 27956, 16: 30120}),
    "deepspeech2-32": (54, {1: 10000, 2: 17749, 4: 24954, 8: 32470, 16: 42615}),
    "deepspeech2-64": (64, {1: 10000, 2: 18510, 4: 32831, 8: 46291, 16: 58758}),
    "gpt2-128": (62, {1: 10000, 2: 16345, 4: 22803, 8: 25590, 16: 27193}),
    "gpt2-256": (64, {1: 10000, 2: 16986, 4: 27922, 8: 38209, 16: 43619}),
    "inception3-64": (57, {1: 10000, 2: 16990, 4: 24257, 8: 27782, 16: 28406}),
    "inception3-128": (53, {1: 10000, 2: 18184, 4: 30456, 8: 42361, 16: 49944}),
    "resnet50-64": (86, {1: 10000, 2: 17300, 4: 26741, 8: 31076, 16: 31433}),
    "resnet50-128": (61, {1: 10000, 2: 18109, 4: 30706, 8: 45232, 16: 55140}),
    "resnet50-256": (67, {1: 10000, 2: 18708, 4: 33584, 8: 56303, 16: 82201}),
    "vgg16-64": (75, {1: 10000, 2: 17882, 4: 29200, 8: 38254, 16: 51243}),
    "vgg16-128": (56, {1: 10000, 2: 18568, 4: 33225, 8: 51711, 16: 68805}),
    "vgg16-256": (55, {1: 10000, 2: 19204, 4: 35335, 8: 60872, 16: 96081}),
}


def _speed(name: str, a100: dict[int, int]) -> dict[str, dict[int, int]]:
    model = name.rsplit("-", 1)[0]
    return {"A100": a100} | ({"T4": _T4[model]} if model in _T4 else {})


FLEET = Fleet(
    name="elasticflow",
    about="Deep-learning jobs with deadlines and measured throughput by GPU count, on owned A100 and T4 GPUs; cloud "
    "capacity is unlimited and dearer.",
    source="jobs, deadlines and throughput of ElasticFlow (ASPLOS 2023, github.com/pkusys/ElasticFlow commit 04a0109, "
    "Apache-2.0); T4 against A100: Sia (SOSP 2023, github.com/siasosp23/artifacts commit aaf7a0d, no licence stated, "
    "figures cited); GCP prices: The Full Stack, cloud-gpus.csv, 2025-03-07, MIT; " + ELECTRICITY + ".",
    reference="A100",
    slot_s=1800,
    sites=(
        Site("owned-a100", "A100", "owned", Decimal("0.0624"), weight=2),
        Site("owned-t4", "T4", "owned", Decimal("0.01092"), weight=1),
        Site("cloud-a100", "A100", "cloud", Decimal("3.67")),
        Site("cloud-t4", "T4", "cloud", Decimal("0.82")),
        Site("spot-a100", "A100", "spot", Decimal("1.10")),
        Site("spot-t4", "T4", "spot", Decimal("0.21")),
    ),
    jobs=[Jobs(name, weight, _speed(name, curve), LENGTHS) for name, (weight, curve) in _A100.items()],
    hours=(51, 32, 30, 41, 36, 35, 26, 56, 24, 34, 24, 22, 36, 33, 56, 57, 46, 24, 26, 29, 34, 40, 36, 48),
    burst=255,
)

"""Large training jobs over clouds and regions, on A100 and H100 GPUs by four, eight and sixteen.

- speed: MLPerf Training time to train by accelerator count, medians over submissions, olympic means recomputed from the
  result logs (not official scores): H100 SXM from round v4.0 (github.com/mlcommons/training_results_v4.0 commit
  6fe9543), A100 SXM from v1.0 (training_results_v1.0 commit 50619b5), both Apache-2.0. The reference device is an
  eighth of a node of eight H100. Benchmarks that were not run on few A100 have no A100 option. Each is drawn
  evenly: our assumption;
- length: the ElasticFlow trace's durations of jobs on four GPUs (github.com/pkusys/ElasticFlow commit 04a0109,
  Apache-2.0), taken as durations on eight H100: our assumption. Hours of the day and bursts from there too;
- prices: nodes of eight by the GPU, on 2026-05-20, in a copy of the SkyPilot catalogue (github.com/anycloud-sh/catalog
  commit 62ff0a9, no licence stated, figures cited): Azure ND96amsr A100 v4 and ND96isr H100 v5, GCP a2-ultragpu-8g and
  a3-highgpu-8g (host and accelerators), Lambda gpu_8x. On-demand quota in five regions; Azure South Africa North, the
  dearest here of both GPUs, is unlimited. Spot where it is offered.
"""

from __future__ import annotations

from decimal import Decimal

from leptonopt.experiments.generators.elasticflow import LENGTHS
from leptonopt.experiments.generators.fleet import Fleet, Jobs, Site

_SPEED = {
    "bert": {"H100": {4: 38320, 8: 80000, 16: 134843}, "A100": {8: 15988}},
    "gnn": {"H100": {4: 31608, 8: 80000}},
    "llama2-70b-lora": {"H100": {4: 39528, 8: 80000, 16: 122829}},
    "resnet": {"H100": {4: 39701, 8: 80000, 16: 134174}, "A100": {4: 18049, 8: 36068}},
    "stable-diffusion": {"H100": {4: 40355, 8: 80000}},
    "unet3d": {"H100": {4: 41533, 8: 80000}, "A100": {4: 15101, 8: 32695}},
}
# USD per GPU-hour on demand and on spot: A100, H100
_PRICES = {
    "azure-eastus": ("4.0963", "1.0650", "12.2900", "2.2712"),
    "azure-swedencentral": ("5.1203", "1.3313", "15.9770", "2.9526"),
    "gcp-europe-west4": ("3.2434", "2.6595", "13.9772", "4.0784"),
    "gcp-us-central1": ("2.9458", "2.5138", "5.3833", "4.4842"),
    "lambda": ("2.7900", None, "3.9900", None),
}
_OVERFLOW = (("A100", "5.9805"), ("H100", "21.0840"))


def _sites() -> tuple[Site, ...]:
    owned, spot = [], []
    for region, (a100, a100_spot, h100, h100_spot) in _PRICES.items():
        for type, price, cheap in (("A100", a100, a100_spot), ("H100", h100, h100_spot)):
            owned.append(Site(f"{region}-{type.lower()}", type, "owned", Decimal(price), weight=1))
            if cheap is not None:
                spot.append(Site(f"{region}-{type.lower()}-spot", type, "spot", Decimal(cheap)))
    cloud = [Site(f"azure-southafricanorth-{type.lower()}", type, "cloud", Decimal(price)) for type, price in _OVERFLOW]
    return (*owned, *cloud, *spot)


FLEET = Fleet(
    name="regions",
    about="Training jobs on four to sixteen A100 or H100 GPUs, in clouds and regions with a quota each; one dear "
    "region is unlimited.",
    source="scaling: MLPerf Training results v4.0 (commit 6fe9543) and v1.0 (commit 50619b5), Apache-2.0, recomputed, "
    "not official scores; durations: ElasticFlow (github.com/pkusys/ElasticFlow commit 04a0109, Apache-2.0); prices of "
    "2026-05-20: a copy of the SkyPilot catalogue (github.com/anycloud-sh/catalog commit 62ff0a9, no licence stated, "
    "figures cited).",
    reference="H100",
    slot_s=1800,
    sites=_sites(),
    jobs=[Jobs(name, 1, speed, ((8, 1, LENGTHS[2][2]),)) for name, speed in _SPEED.items()],
    hours=(51, 32, 30, 41, 36, 35, 26, 56, 24, 34, 24, 22, 36, 33, 56, 57, 46, 24, 26, 29, 34, 40, 36, 48),
    burst=255,
)

"""Bills by public price rules, each computed by hand to the cent."""

from __future__ import annotations

from fractions import Fraction

import pytest

import leptonopt
from leptonopt.io.native.text import parse

HOUR = "time: {start: 2026-06-01T00:00Z, slot: 1h, horizon: 1h}\n"
DAY = "time: {start: 2026-06-01T00:00Z, slot: 1h, horizon: 24h}\n"

AWS = (
    HOUR
    + """
pools:
  - {id: r5, capacity: {node: 4}, price: {node: 1.00}}
  - {id: m5, capacity: {node: 1}, price: {node: 10.00}}
  - {id: fargate, capacity: {vcpu: 400, gb: 1600}, price: {vcpu: 0.04, gb: 0.004}}
  - {id: lambda, capacity: {gb_s: 1500000, requests: 1000000}, price: {gb_s: 0.000015, requests: 0.0000002}}
savings:
  - id: compute
    PLAN
    rates:
      - {pool: lambda, resource: gb_s, price: 0.00001275}
      - {pool: m5, resource: node, price: 8.20}
      - {pool: fargate, resource: vcpu, price: 0.03}
      - {pool: fargate, resource: gb, price: 0.003}
      - {pool: r5, resource: node, price: 0.70}
tasks:
  - {id: a, options: [{pool: r5, uses: {node: 4}, duration: 1h}]}
  - {id: b, options: [{pool: m5, uses: {node: 1}, duration: 1h}]}
  - {id: c, options: [{pool: fargate, uses: {vcpu: 400, gb: 1600}, duration: 1h}]}
  - {id: d, options: [{pool: lambda, uses: {gb_s: 1500000, requests: 1000000}, duration: 1h}]}
"""
)

BILLS = {
    "AWS: a savings plan of 50 an hour pays 47.125 of use, the price of requests is not covered": (
        AWS.replace("PLAN", "committed: 50"),
        "50.2",
    ),
    "AWS: the best commitment, in steps of a tenth of a cent, pays for all that is covered": (
        AWS.replace("PLAN", "commit: {max: 60, step: 0.001}"),
        "47.125",  # published: 47.13; 46.925 of it is covered
    ),
    "AWS: of 2 an hour the largest discount has all, 2 / 0.70 of 4 instances": (
        AWS.replace("PLAN", "committed: 2"),
        "61.1-20/7",  # 59.10 on demand
    ),
    "Google: a commitment to 10 an hour of list price at 28 % less, and 12 used": (
        "time: {start: 2026-06-01T00:00Z, slot: 1h, horizon: 5h}\n"
        """
pools: [{id: n2, capacity: {machine: 3}, price: {machine: 4}}]
savings: [{id: flexible, committed: 7.2, rates: [{pool: n2, resource: machine, price: 2.88}]}]
tasks: [{id: web, copies: 3, options: [{pool: n2, uses: {machine: 1}, duration: 5h}]}]
""",
        "46",
    ),
    "Azure: a reservation of 4 units of a family, flexible in size: two small machines of 1 and half of a large one of 4": (
        DAY
        + """
pools:
  - {id: d2, capacity: {vm: 2}, price: {vm: 0.096}}
  - {id: d8, capacity: {vm: 1}, price: {vm: 0.384}}
savings: [{id: d, committed: 0.24, rates: [{pool: d2, resource: vm, price: 0.06}, {pool: d8, resource: vm, price: 0.24}]}]
tasks:
  - {id: small, copies: 2, options: [{pool: d2, uses: {vm: 1}, duration: 24h}]}
  - {id: large, options: [{pool: d8, uses: {vm: 1}, duration: 24h}]}
""",
        "10.368",  # 24 x (0.24 + 2 x 0.096, which is half of 0.384)
    ),
    "Lambda: started minutes": (
        DAY
        + """
pools: [{id: a100, capacity: {gpu: 1}, price: {gpu: 1.29}, billing: {unit: 1m}}]
tasks: [{id: tune, options: [{pool: a100, uses: {gpu: 1}, duration: 95m30s}]}]
""",
        "2.064",
    ),
    "CoreWeave: GPUs, virtual CPUs and memory apart": (
        DAY
        + """
pools: [{id: a100, capacity: {gpu: 8, vcpu: 96, memory: 768GiB}, price: {gpu: 2.21, vcpu: 0.010, memory: 0.005}}]
tasks: [{id: train, options: [{pool: a100, uses: {gpu: 4, vcpu: 32, memory: 100GB}, duration: 10h}]}]
""",
        "96.6",  # 8.84 + 0.32 + 0.50 an hour
    ),
    "own machines: a night tariff on the local clock; what is sunk stays out": (
        "time: {start: 2026-06-01T20:00, slot: 1h, horizon: 10h, zone: Europe/Berlin}\n"
        """
pools:
  - id: own
    capacity: {gpu: 8}
    power: {gpu: 0.4}
    price: {power: {daily: {"06:00": 0.21, "22:00": 0.10}}}
    sunk: 2
tasks: [{id: train, options: [{pool: own, uses: {gpu: 8}, duration: 10h}]}]
""",
        "3.904",  # 3.2 kW x (2 x 0.21 + 8 x 0.10)
    ),
    "AWS: a capacity block for a day, paid in all": (
        "time: {start: 2026-06-01T11:30Z, slot: 30m, horizon: 30h}\n"
        """
pools:
  - id: p5
    nodes: {id: p5, size: {gpu: 8}, count: 0, commit: [{total: 755.136, max: 2, term: 24h, start: [2026-06-01T11:30Z]}]}
tasks: [{id: train, options: [{pool: p5, uses: {gpu: 8}, duration: 20h}]}]
""",
        "755.136",
    ),
    "Google: egress by tiers, 12 TiB in a month": (
        "time: {start: 2026-06-01T00:00Z, slot: 1d, horizon: 30d}\n"
        """
pools: [{id: net, capacity: {flows: 1}}]
meters:
  - {id: egress, of: egress_gib, per: month, tiers: [{price: 0.12}, {from: 1024, price: 0.11}, {from: 10240, price: 0.08}]}
tasks: [{id: send, options: [{pool: net, duration: 30d, uses: {flows: 1}, consumes: {egress_gib: 12TiB}}]}]
""",
        "1300.48",
    ),
    "AWS: Developer Support of 3 % for 30 USD of use, at least 29 a month": (
        "time: {start: 2026-06-01T00:00Z, slot: 1d, horizon: 30d}\n"
        """
pools: [{id: m5, capacity: {vm: 1}, price: {vm: 0.125}}]
meters: [{id: support, of: money, per: month, minimum: 29, tiers: [{price: 0.03}]}]
tasks: [{id: site, options: [{pool: m5, uses: {vm: 1}, duration: 10d}]}]
""",
        "59",
    ),
    "a fee in percent turns the choice: 5 % on the cheaper cloud, none on the dearer one": (
        HOUR
        + """
pools: [{id: resold, capacity: {vm: 1}, price: {vm: 0.98}}, {id: direct, capacity: {vm: 1}, price: {vm: 1}}]
meters: [{id: fee, of: money, pools: [resold], tiers: [{price: 0.05}]}]
tasks: [{id: a, options: [{pools: [resold, direct], uses: {vm: 1}, duration: 1h}]}]
""",
        "1",
    ),
    "a serving GPU under a savings plan, with a job beside it": (
        DAY
        + """
pools: [{id: g6, capacity: {gpu: 2}, price: {gpu: 1}}]
savings: [{id: compute, commit: {max: 2, step: 0.1}, rates: [{pool: g6, resource: gpu, price: 0.7}]}]
services: [{id: chat, demand: {all: 5}, replicas: [{pool: g6, uses: {gpu: 1}, rate: {all: 6}}]}]
tasks: [{id: tune, options: [{pool: g6, uses: {gpu: 1}, duration: 4h}]}]
""",
        "20.8",  # 24 x 0.7 is committed for the replica, and 4 hours of the job are on demand
    ),
    "free hours of a month, used by a job that pauses at dear ones": (
        "time: {start: 2026-06-01T00:00Z, slot: 1h, horizon: 6h}\n"
        """
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: {daily: {"00:00": 1, "02:00": 4, "04:00": 1}}}}]
meters: [{id: hours, of: gpu, per: month, used: 97, tiers: [{price: 0}, {from: 100, price: 0.5}]}]
tasks: [{id: t, segments: true, options: [{pool: a, uses: {gpu: 1}, duration: 4h}]}]
""",
        "4.5",
    ),
    "OVHcloud: 20 days by the hour, or a month at once": (
        "time: {start: 2026-06-01T00:00Z, slot: 1d, horizon: 30d}\n"
        """
pools: [{id: b2, nodes: {size: {vm: 1}, count: 1, price: 0.0681, commit: {total: 24}}}]
tasks: [{id: site, options: [{pool: b2, uses: {vm: 1}, duration: 20d}]}]
""",
        "24",
    ),
}


@pytest.mark.parametrize("name", BILLS)
def test_to_the_cent(name: str) -> None:
    """The least cost is the bill, and the checker agrees."""
    text, bill = BILLS[name]
    low, _, less = bill.partition("-")
    found = leptonopt.solve(parse(text, "yaml", name)[0], time_limit=20, threads=1, isolate=False)
    assert (found.status, found.cost) == ("optimal", Fraction(low) - Fraction(less or 0))

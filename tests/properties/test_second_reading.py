"""The second reading of docs/reference/format.md: right on hand-computed cases, strict on plans, and of one mind with leptonopt."""

from __future__ import annotations

import ast
import copy
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

import leptonopt
from tests.helpers.marks import first
from tests.second_reading import (
    brute,
    comparing,
    documents,
    evaluating,
    reading,
    spot,
)
from tests.second_reading.generators import GENERATORS

HERE = Path(__file__).resolve().parents[1] / "second_reading"
BATCH = 10
"""Seeds of one test."""


def test_imports_nothing_of_leptonopt() -> None:
    """Nothing but the module that compares knows of leptonopt, and that only its top."""
    for path in HERE.glob("*.py"):
        names = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
        assert {name for name in names if "leptonopt" in name} <= ({"leptonopt"} if path.stem == "comparing" else set())


DRAWN = {
    "anything": (2, 100, 20, 0.5),
    "nodes": (1, 60, 6, 0.3),
    "segments": (2, 60, 7, 0.5),
    "meters": (1, 60, 7, 0.2),
    "savings": (1, 60, 7, 0.2),
    "data": (2, 60, 22, 0.0),
    "services": (2, 50, 25, 0.0),
    "mixed": (1, 60, 6, 0.2),
}
"""By what is drawn: batches by default, in all and in CI, and the least share of solved ones in a batch."""


def batches() -> Iterator[Any]:
    """Yield what is drawn with the number of each batch, marked by when it runs."""
    for name, (some, whole, ci, _) in DRAWN.items():
        for batch in first(some, range(whole), ci=ci):
            values, marks = getattr(batch, "values", (batch,)), getattr(batch, "marks", ())
            yield pytest.param(name, *values, marks=marks)


@pytest.mark.parametrize(("name", "batch"), list(batches()))
def test_agrees_with_leptonopt(name: str, batch: int) -> None:
    """Drawn instances have the least cost, or no plan, as trying everything says; plans pass the evaluator."""
    outcomes = [comparing.compare(seed, 10, GENERATORS[name]) for seed in range(batch * BATCH, (batch + 1) * BATCH)]
    assert not [each for each in outcomes if each.kind == "disagreement"]
    kinds = Counter(each.kind for each in outcomes)
    assert kinds["plan"] + kinds["none"] >= DRAWN[name][-1] * BATCH, kinds


TIME = "time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 4h}\n"

SERVING = """
time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 1h}
pools: [{id: a10g, capacity: {gpu: 5}, price: {gpu: 1.01}}, {id: a100, capacity: {gpu: 3}, price: {gpu: 3.67}}]
services:
  - id: chat
    demand: {s-s: 6, s-l: 3, l-s: 15, l-l: 6}
    replicas:
      - {pool: a10g, uses: {gpu: 1}, rate: {s-s: 2, s-l: 1, l-s: 5, l-l: 2}}
      - {pool: a100, uses: {gpu: 1}, rate: {s-s: 20, s-l: 20, l-s: 40, l-l: 20}}
"""

CASES = {
    "offers: a block for two hours from one of two starts, on demand else": (
        TIME
        + """
pools:
  - id: a
    nodes: {size: {gpu: 8}, count: 1, price: 10, startup: 1, commit: [{total: 12, max: 1, term: 2h, start: [2026-01-05T01:00Z, 2026-01-05T02:00Z]}]}
tasks:
  - {id: s, release: 2026-01-05T02:00Z, copies: 2, options: [{pool: a, uses: {gpu: 8}, duration: 2h}]}
""",
        "34",  # both from 02:00 to 04:00: on demand 20 + 1, the later block 12 + 1
    ),
    "offers: a price by the hour of the whole term, cut by the horizon, and one without a term": (
        """
time: {start: 2026-01-05T00:00, slot: 1h, horizon: 4h, zone: Europe/Berlin}
pools:
  - id: a
    nodes: {id: k, size: {gpu: 1}, count: 1, commit: [{price: 5}, {price: 2, max: 2, term: 3h, start: [2026-01-05T02:00]}]}
tasks: [{id: s, release: 2026-01-05T02:00, copies: 3, options: [{pool: a, uses: {gpu: 1}, duration: 2h}]}]
""",
        "32",  # 4 x 5 for the whole horizon, and two at 3 x 2
    ),
    "billing by started minutes with a minimum, whatever the slot": (
        TIME
        + """
pools:
  - {id: a, capacity: {gpu: 2}, price: {gpu: 6}, billing: {unit: 1m, minimum: 10m}}
  - {id: b, capacity: {gpu: 9}, price: {gpu: 6}}
tasks:
  - {id: s, copies: 2, options: [{pool: a, uses: {gpu: 1}, duration: 65m30s}]}
  - {id: t, options: [{pools: [a, b], uses: {gpu: 2}, duration: 90s}]}
""",
        "15.2",  # 66 minutes at 0.1, twice; 10 minutes of two at 0.2
    ),
    "an early end costs, and a late one: the jobs share the hours about their due dates": (
        """
time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 8h}
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: 1}}]
tasks:
  - {id: s, due: 2026-01-05T06:30Z, early_cost: 3, late_cost: 4, options: [{pool: a, uses: {gpu: 1}, duration: 2h}]}
  - {id: t, due: 2026-01-05T06:00Z, early_cost: 2, late_penalty: 0.1, options: [{pool: a, uses: {gpu: 1}, duration: 2h}]}
  - {id: u, due: 2026-01-05T10:00Z, early_cost: 0.5, options: [{pool: a, duration: 0s}]}
""",
        "6.6",  # 4 to run; s from 04:00 to 06:00 half an hour early, 1.5; t late, 0.1; u at the end, 2 hours early, 1
    ),
    "one of two routes, the dearer one where time is short; what waits for both waits for that one": (
        """
time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 7h}
pools:
  - {id: a, capacity: {gpu: 4}, price: {gpu: 1}}
  - {id: c, capacity: {cpu: 8}, price: {cpu: 0.1}}
tasks:
  - {id: load, options: [{pool: c, uses: {cpu: 1}, duration: 1h}]}
  - {id: prep, after: [load], options: [{pool: c, uses: {cpu: 8}, duration: 3h}]}
  - {id: train, after: [prep], options: [{pool: a, uses: {gpu: 4}, duration: 1h}]}
  - {id: tune, after: [load], work: {hours: 8, speed: {a: 1}, devices: {1: 1, 4: 4}}}
  - {id: rate, after: [train, tune], options: [{pool: a, uses: {gpu: 1}, duration: 3h}]}
routes: [[[prep, train], [tune]]]
""",
        "11.1",  # the cheaper route would end at 05:00: load 0.1, tune on four for two hours 8, rate 3
    ),
    "one of three routes, of which two cannot run": (
        TIME
        + """
pools: [{id: a, labels: [eu], capacity: {gpu: 1}, price: {gpu: 1}}]
tasks:
  - {id: s, options: [{pool: a, uses: {gpu: 2}, duration: 1h}]}
  - {id: t, needs: {labels: [eu], quality: 2}, options: [{pool: a, uses: {gpu: 1}, duration: 1h}]}
  - {id: u, options: [{pool: a, uses: {gpu: 1}, duration: 3h}]}
  - {id: v, options: [{pool: a, duration: 0s, cost: 5}]}
routes: [[[s], [t], [u, v]]]
""",
        "8",
    ),
    "hours of nodes in all are limited, and so is how many of two kinds are on at once": (
        TIME
        + """
pools:
  - {id: a, nodes: [{id: k, size: {gpu: 2}, count: 1, price: 1}, {id: l, size: {gpu: 1}, count: 1, price: 0.4}]}
  - {id: b, capacity: {gpu: 9}, price: {gpu: 3}}
tasks:
  - {id: s, deadline: 2026-01-05T02:00Z, copies: 2, options: [{pools: [a, b], uses: {gpu: 1}, duration: 2h}]}
  - {id: t, options: [{pools: [a, b], uses: {gpu: 1}, duration: 4h}]}
quotas:
  - {id: q, of: node_hours, limit: 1, per: slot, pools: [a]}
  - {id: r, of: node_hours, limit: 5, used: 1}
""",
        "8.8",  # k for two hours, with t and one s, then l for t; l beside k, for another s, is one too many
    ),
    "a node is set up for one model at a time: time and money for each switch": (
        """
time: {start: 2026-01-05T00:00Z, slot: 30m, horizon: 3h}
pools:
  - id: a
    price: {gpu: 0.1}
    nodes: {id: n, size: {gpu: 2}, count: 1, setups: {x: {takes: 40m, cost: 2}, y: {takes: 10m, cost: 1, running: 1}}}
tasks:
  - {id: s, setup: x, options: [{pool: a, uses: {gpu: 2}, duration: 1h}]}
  - {id: u, setup: y, release: 2026-01-05T00:30Z, work: {hours: 0.5, speed: {a: 1}}}
""",
        "2.25",  # y stays until 01:00, x from 02:00: 2, and 2.5 GPU-hours at 0.1
    ),
    "two nodes switch back and forth, as each must": (
        """
time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 3h}
pools: [{id: a, nodes: {size: {gpu: 1}, count: 2, price: 0.5, setups: {x: {cost: 2, running: 1}, y: {cost: 3}}}}]
tasks:
  - {id: s, setup: x, options: [{pool: a, uses: {gpu: 1}, duration: 1h, not_after: 2026-01-05T00:00Z}]}
  - {id: t, setup: y, copies: 2, options: [{pool: a, uses: {gpu: 1}, duration: 1h, not_before: 2026-01-05T01:00Z, not_after: 2026-01-05T01:00Z}]}
  - {id: u, setup: x, options: [{pool: a, uses: {gpu: 1}, duration: 1h, not_before: 2026-01-05T02:00Z}]}
""",
        "10",  # both for y, 6, and one for x again, 2; 4 node-hours, 2
    ),
    "the shortest makespan, by a milestone after all": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 4}, price: {gpu: {steps: {2026-01-05T00:00Z: 2, 2026-01-05T02:00Z: 1}}}}]
tasks:
  - {id: s, work: {hours: 2, speed: {a: 1}, devices: {1: 1, 2: 2}}}
  - {id: t, options: [{pool: a, uses: {gpu: 2}, duration: 1h}]}
  - {id: all, after: [s, t], due: 2026-01-05T00:00Z, late_cost: 100, options: [{pool: a, duration: 0s}]}
""",
        "108",  # all in the first hour, at 8
    ),
    "apart by node: at no time two on one node": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {gpu: 8}, count: 3, price: 4}}, {id: b, capacity: {gpu: 9}, price: {gpu: 20}}]
tasks:
  - {id: s, copies: 3, placement: one-node, deadline: 2026-01-05T02:00Z, options: [{pools: [a, b], uses: {gpu: 1}, duration: 2h}]}
  - {id: t, placement: packed, deadline: 2026-01-05T02:00Z, work: {hours: 2, speed: {a: 1}}}
  - {id: u, options: [{pool: a, uses: {gpu: 6}, duration: 2h}]}
apart: [{tasks: [s, t], by: node}]
""",
        "64",  # three of the four on nodes of their own: 24; one of s on b: 40; u beside one of them
    ),
    "apart by node: whole nodes are theirs alone, and a charge is as without": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {cpu: 2}, count: 2, price: 3}}]
tasks:
  - {id: s, placement: packed, options: [{pool: a, uses: {cpu: 3}, duration: 1h}]}
  - {id: t, placement: one-node, team: x, options: [{pool: a, uses: {cpu: 1}, duration: 1h}]}
apart: [{tasks: [s, t], by: node}]
quotas: [{id: q, of: money, limit: 1.5, teams: [x]}]
""",
        "9",
    ),
    "apart by zone: in the whole plan, over pools of one zone": (
        TIME
        + """
pools:
  - {id: a, labels: ["zone:x"], capacity: {gpu: 9}, price: {gpu: 1}}
  - {id: b, labels: ["zone:x", eu], capacity: {gpu: 9}, price: {gpu: 2}}
  - {id: c, labels: ["zone:y"], capacity: {gpu: 9}, price: {gpu: 5}}
tasks:
  - {id: s, copies: 2, optional: true, value: 7, options: [{pools: [a, b, c], uses: {gpu: 1}, duration: 1h}]}
  - {id: t, optional: true, value: 4, work: {hours: 1, speed: {a: 1, b: 1}}}
apart: [{tasks: [s, t], by: "zone:"}]
""",
        "10",  # one of s on a at 1 and the other on c at 5, t is left out at 4
    ),
    "packed: within a node up to its size, whole nodes above, and never torn": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {gpu: 8}, count: 2, price: 10}}]
tasks:
  - {id: s, copies: 3, deadline: 2026-01-05T01:00Z, options: [{pool: a, uses: {gpu: 5}, duration: 1h}]}
  - {id: t, placement: packed, work: {hours: 6, speed: {a: 1}, devices: {6: 6, 12: 12}}}
""",
        "30",  # s torn over both nodes in the first hour; t on 6 GPUs of one node later, where 12 GPUs take two
    ),
    "packed: what no node holds is not allowed beside nodes of another kind": (
        TIME
        + """
pools: [{id: a, nodes: [{id: k, size: {gpu: 8}, count: 2, price: 1}, {id: l, size: {gpu: 4}, count: 2, price: 1}]}]
tasks: [{id: t, placement: packed, options: [{pool: a, uses: {gpu: 9}, duration: 1h}]}]
""",
        None,
    ),
    "a team's budget on nodes that are shared": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {gpu: 4, ram: 9}, count: 2, price: 8, startup: 5}}]
tasks:
  - {id: t, team: x, copies: 3, optional: true, value: 50, options: [{pool: a, uses: {gpu: 1, ram: 3}, duration: 1h}]}
  - {id: u, team: y, options: [{pool: a, uses: {gpu: 4}, duration: 1h}]}
quotas: [{id: q, of: money, limit: 5, teams: [x]}]
""",
        "71",  # two of t at 2 each within 5, one left out: 50; the two in one hour, u in the next, on one node: 21
    ),
    "a rate that the pool states, of each resource": (
        TIME
        + """
pools: [{id: a, charge: {ram: {steps: {2026-01-05T00:00Z: 1, 2026-01-05T02:00Z: 3}}}, nodes: {id: k, size: {gpu: 4, ram: 8}, count: 1, reserved: 1}}]
tasks: [{id: t, value: 1, copies: 4, optional: true, options: [{pool: a, uses: {ram: 8}, duration: 1h}]}]
quotas: [{id: q, of: money, limit: 39, tasks: [t]}]
""",
        "2",  # 8, 8, 24, 24: two at 8 and none of the others, 40 would be too much
    ),
    "a charge of the cheapest kind that has a price": (
        TIME
        + """
pools:
  - id: a
    nodes: [{id: j, size: {cpu: 2}, count: 1, price: 3}, {id: k, size: {cpu: 4}, count: 1, commit: {total: 8}},
    {id: l, size: {cpu: 1}, count: 1, reserved: 1}]
tasks: [{id: t, value: 9, copies: 4, optional: true, options: [{pool: a, uses: {cpu: 1}, duration: 1h}]}]
quotas: [{id: q, of: money, limit: 1.5, tasks: [t]}]
""",
        "9",  # 2 an hour for a committed node of 4: 0.5 each, so three run, on the reserved node
    ),
    "every weekday night, at local times and a tariff of the night": (
        """
time: {start: 2026-03-26T12:00, slot: 1h, horizon: 5d, zone: Europe/Berlin}
pools: [{id: a, capacity: {gpu: 1, ram: 64GiB}, price: {gpu: {daily: {"00:00": 1, "05:00": 8, "23:00": 4}}}}]
tasks:
  - {id: n, repeat: {from: "22:00", to: "06:00", days: [thu, fri, mon, tue]},
     options: [{pool: a, uses: {gpu: 1, ram: 68GB}, duration: 6h}]}
""",
        "27",  # 23:00 to 05:00, or 00:00 to 06:00: 4 + 5; Thursday, Friday and Monday
    ),
    "a task of each day waits for that of its own day": (
        """
time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 2d}
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: {daily: {"00:00": 1, "10:00": 5}}}}]
tasks:
  - {id: n, repeat: {from: "00:00", to: "12:00"}, options: [{pool: a, uses: {gpu: 1}, duration: 1h, not_before: 2026-01-05T08:00Z}]}
  - {id: m, repeat: {from: "00:00", to: "12:00"}, after: [{task: n, lag: 1h}], options: [{pool: a, uses: {gpu: 1}, duration: 1h}]}
""",
        "8",  # on the first day n from 08:00 and m from 10:00; on the second both before 10:00
    ),
    "nodes that are on begin without a start, and what goes off at once is stopped": (
        TIME
        + """
pools:
  - {id: p, nodes: {id: k, size: {gpu: 1}, count: 3, price: 1, startup: 10, shutdown: 4, boot: 1h, running: 2}}
tasks: [{id: t, options: [{pool: p, uses: {gpu: 1}, duration: 2h}]}]
""",
        "10",  # one goes at once, 4; the other is on for two hours, 2, and stops, 4
    ),
    "a month's budget of which some is spent, and the whole of the next month's": (
        """
time: {start: 2026-01-31T22:00Z, slot: 1h, horizon: 4h}
pools: [{id: a, capacity: {gpu: 9}, price: {gpu: 1}}]
tasks: [{id: t, copies: 9, optional: true, value: 2, options: [{pool: a, uses: {gpu: 1}, duration: 1h}]}]
quotas: [{id: q, of: money, limit: 5, used: 3, per: month}]
""",
        "11",  # 2 in January, 5 in February, 2 left out at 2 each
    ),
    "a week begins on Monday, on the wall clock": (
        """
time: {start: 2026-01-04T21:00Z, slot: 1h, horizon: 4h, zone: Europe/Berlin}
pools: [{id: a, capacity: {gpu: 9}, price: {gpu: {steps: {2026-01-04T21:00Z: 9, 2026-01-04T23:00Z: 1}}}}]
tasks: [{id: t, copies: 3, options: [{pool: a, uses: {gpu: 1}, duration: 1h}]}]
quotas: [{id: q, of: gpu, limit: 2, per: week}]
""",
        "11",  # two from 23:00Z on, one on the Sunday before
    ),
    "a budget below zero makes prices below zero be earned": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: {steps: {2026-01-05T00:00Z: -1, 2026-01-05T01:00Z: -3}}}}]
tasks: [{id: t, due: 2026-01-05T00:00Z, late_cost: 10, options: [{pool: a, uses: {gpu: 1}, duration: 2h}]}]
quotas: [{id: q, of: money, limit: -5}]
""",
        "24",  # from 01:00 to 03:00: 30 late, 6 earned
    ),
    "nothing is left of a budget that is overspent": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: 1}}]
tasks: [{id: t, optional: true, value: 1, options: [{pool: a, uses: {gpu: 1}, duration: 2h}]}]
quotas: [{id: q, of: money, limit: 5, used: 6}]
""",
        None,
    ),
    "two kinds of GPUs share four classes of requests": (
        SERVING,
        "4.68",  # one of each; apart, 4 classes on 3.67 take 1.125 of it
    ),
    "no class is split": (SERVING + "    routing: whole\n", "6.7"),
    "all replicas are of one kind": (SERVING + "    routing: one-way\n", "7.34"),
    "half of what replicas can do is planned": (SERVING + "    headroom: 0.5\n", "9.36"),
    "a request that is missed is cheaper than the last replica": (
        SERVING + "    missed: {cost: 0.0001}\n",
        "4.57",  # an eighth of the time of an A100: 2.5 requests per second at 0.36
    ),
    "without a zone the other serves": (
        """
time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 2h}
pools:
  - {id: a, labels: ["zone:a"], capacity: {gpu: 4}, price: {gpu: 1}}
  - {id: b, labels: ["zone:b"], capacity: {gpu: 3}, price: {gpu: 2}}
services:
  - id: s
    demand: {x: {steps: {2026-01-05T00:00Z: 1, 2026-01-05T01:30Z: 3, 2026-01-05T02:00Z: 1}}}
    replicas: [{pool: a, uses: {gpu: 1}, rate: {x: 1}}, {pool: b, uses: {gpu: 1}, rate: {x: 1.5}}]
    spread: {label: "zone:"}
""",
        "10",  # one of each, and in the second slot three and two
    ),
    "replicas boot, stay and are paid for it": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 9}, price: {gpu: 1}}]
services:
  - id: s
    demand: {x: {steps: {2026-01-05T00:00Z: 1, 2026-01-05T01:00Z: 2, 2026-01-05T02:00Z: 1}}}
    replicas: [{pool: a, uses: {gpu: 1}, rate: {x: 1}, running: 1}]
    start: {takes: 30m, cost: 5}
    stay: 3h
""",
        "11",  # the new one from the beginning to the end, the old one for the first two slots
    ),
    "a batch fills the night, and not the headroom": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 4}, price: {gpu: 1}}]
services:
  - {id: s, demand: {x: {steps: {2026-01-05T00:00Z: 2, 2026-01-05T02:00Z: 0}}}, headroom: 0.5, fill: false,
     replicas: [{pool: a, uses: {gpu: 1}, rate: {x: 2}}]}
batches: [{id: n, service: s, amount: {x: 7200}, deadline: 2026-01-05T03:00Z}]
""",
        "6",  # two in the first two slots, full, and two in the third
    ),
    "whole slots are held and paid": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 2}, price: {gpu: 3}}]
tasks: [{id: t, options: [{pool: a, uses: {gpu: 2}, duration: 90m, cost: 0.5}]}]
""",
        "12.5",
    ),
    "a task outlasts a maintenance window, and loses a restart": (
        """
time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 7h}
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: 2}, maintenance: [{from: 2026-01-05T02:30Z, to: 2026-01-05T04:00Z}]}]
tasks: [{id: t, segments: true, checkpoint: {restart: 5m}, options: [{pool: a, uses: {gpu: 1}, duration: 4h}]}]
""",
        "10",  # two hours, and two hours and five minutes
    ),
    "segments may move and change what they hold, at a cost": (
        """
time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 4h}
pools: [{id: a, capacity: {gpu: 4}, price: {gpu: {steps: {2026-01-05T00:00Z: 1, 2026-01-05T01:00Z: 9}}}},
  {id: b, capacity: {gpu: 4}, price: {gpu: 2}}]
tasks:
  - {id: t, segments: {most: 2, cost: 0.5, move: true, resize: true}, work: {hours: 4, speed: {a: 1, b: 1},
     devices: {1: 1, 3: 3}}}
  - {id: u, segments: {most: 2, move: true}, after: [t], optional: true, value: 9, options: [{pool: a, uses: {gpu: 2},
     duration: 2h}, {pool: b, uses: {gpu: 1}, duration: 2h}]}
""",
        "9.5",  # three hours' work on three at 1, one at 2, 0.5 for going on; u on b alone, where it holds the same
    ),
    "the last segment is late, once": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: {steps: {2026-01-05T00:00Z: 1, 2026-01-05T01:00Z: 0, 2026-01-05T03:00Z: 1}}}}]
tasks: [{id: t, segments: {most: 2, shortest: 1h}, due: 2026-01-05T00:30Z, late_cost: 2, late_penalty: 3,
  options: [{pool: a, uses: {gpu: 1}, duration: 2h, cost: 1, consumes: {x: 1}}]}]
quotas: [{id: q, of: x, limit: 2}]
""",
        "12",  # 3.5 hours at 2, 3 once, and 1 with each segment
    ),
    "a price counts with its time-weighted mean": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: {steps: {2026-01-05T00:00Z: 1, 2026-01-05T00:20Z: 4,
2026-01-05T01:00Z: 9}}}}]
tasks: [{id: t, options: [{pool: a, uses: {gpu: 1}, duration: 1h}]}]
""",
        "3",
    ),
    "a capacity counts with its least value": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: {steps: {2026-01-05T00:00Z: 2, 2026-01-05T00:30Z: 1, 2026-01-05T03:30Z: 2}}}}]
tasks: [{id: t, options: [{pool: a, uses: {gpu: 2}, duration: 1h}]}]
""",
        None,
    ),
    "a key in the skipped hour holds from the change on, until the next key": (
        """
time: {start: 2026-03-29T00:30Z, slot: 30m, horizon: 90m, zone: Europe/Berlin}
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: {daily: {"00:00": 1, "02:30": 10, "03:30": 100}}}}]
tasks: [{id: t, options: [{pool: a, uses: {gpu: 1}, duration: 90m}]}]
""",
        "55.5",
    ),
    "the repeated hour has the same values twice": (
        """
time: {start: 2026-10-25T00:00Z, slot: 30m, horizon: 150m, zone: Europe/Berlin}
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: {daily: {"00:00": 1, "02:30": 10, "03:00": 100}}}}]
tasks: [{id: t, options: [{pool: a, uses: {gpu: 1}, duration: 150m}]}]
""",
        "61",
    ),
    "where a day is missing, the week goes on with the next": (
        """
time: {start: 2011-12-30T09:00Z, slot: 1h, horizon: 2h, zone: Pacific/Apia}
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: {weekly: {"thu 00:00": 1, "fri 00:00": 10, "sat 00:00": 100}}}}]
tasks: [{id: t, options: [{pool: a, uses: {gpu: 1}, duration: 2h}]}]
""",
        "101",
    ),
    "nodes boot, are paid meanwhile, and stay on for their minimum": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {gpu: 8}, count: 2, price: 10, startup: 1, shutdown: 2, boot: 10m, minimum: 3h}}]
tasks: [{id: t, deadline: 2026-01-05T02:00Z, options: [{pool: a, uses: {gpu: 12}, duration: 1h}]}]
""",
        "66",
    ),
    "a minimum is cut by the end of the horizon": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {gpu: 8}, count: 1, price: 10, minimum: 3h}}]
tasks: [{id: t, release: 2026-01-05T02:00Z, options: [{pool: a, uses: {gpu: 1}, duration: 1h}]}]
""",
        "10",
    ),
    "committed nodes are paid for the whole horizon, reserved ones not": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {gpu: 1}, count: 3, price: 3, commit: {price: 1, max: 1}, reserved: 1}}]
tasks: [{id: t, options: [{pool: a, uses: {gpu: 3}, duration: 2h}]}]
""",
        "10",
    ),
    "without a price no node is on demand": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {gpu: 1}, count: 3, commit: {total: 5, max: 1}, reserved: 1}}]
tasks: [{id: t, optional: true, value: 100, options: [{pool: a, uses: {gpu: 3}, duration: 2h}]}]
""",
        "100",
    ),
    "zero nodes hold nothing": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {gpu: 8}, count: 0, price: 1}}]
tasks: [{id: t, placement: one-node, options: [{pool: a, uses: {gpu: 5}, duration: 1h, cost: 1}]}]
""",
        None,
    ),
    "a one-node task needs one node that is large enough": (
        TIME
        + """
pools: [{id: a, nodes: [{id: k, size: {gpu: 2}, count: 2, price: 1}, {id: l, size: {gpu: 4}, count: 1, price: 9}]}]
tasks:
  - {id: t, placement: one-node, options: [{pool: a, uses: {gpu: 3}, duration: 1h}]}
  - {id: u, deadline: 2026-01-05T01:00Z, options: [{pool: a, uses: {gpu: 4}, duration: 1h}]}
""",
        "11",
    ),
    "kinds of equal names in two pools are two kinds": (
        TIME
        + """
pools:
  - {id: a, nodes: {id: k, size: {gpu: 1}, count: 1, price: 5}}
  - {id: b, nodes: {id: k, size: {gpu: 4}, count: 1, price: 7}}
tasks: [{id: t, placement: one-node, options: [{pools: [a, b], uses: {gpu: 2}, duration: 1h}]}]
""",
        "7",
    ),
    "energy is paid with the tariff, carbon with the objective": (
        TIME
        + """
objective: {cost: 2, carbon_kg: 10}
pools:
  - {id: a, power: {gpu: 0.4}, carbon: 250, price: {gpu: 1, power: 5}, nodes: {id: k, size: {gpu: 2}, count: 1,
  price: 1, power: 1}}
tasks: [{id: t, options: [{pool: a, uses: {gpu: 2}, duration: 1h}]}]
""",
        "28.5",
    ),
    "a budget counts what nodes cost on every day": (
        """
time: {start: 2026-01-05T22:00Z, slot: 1h, horizon: 4h, zone: UTC}
pools: [{id: a, nodes: {id: k, size: {gpu: 1}, count: 1, price: 3, startup: 1}}]
tasks: [{id: t, options: [{pool: a, uses: {gpu: 1}, duration: 2h}]}]
quotas: [{id: q, of: money, limit: 6, per: day}]
""",
        "7",
    ),
    "an empty list in a quota covers nothing": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: 1}}]
tasks: [{id: t, options: [{pool: a, uses: {gpu: 1}, duration: 1h}]}]
quotas: [{id: q, of: gpu, limit: 0, tasks: []}, {id: r, of: gpu, limit: 0, teams: []}, {id: s, of: money, limit: 0,
pools: []}]
""",
        "1",
    ),
    "lateness is exact, and a penalty is paid once": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 1}}]
tasks:
  - id: t
    copies: 2
    due: 2026-01-05T00:40Z
    late_cost: 3
    late_penalty: 7
    options: [{pool: a, uses: {gpu: 1}, duration: 1h}]
""",
        "19",
    ),
    "what follows an optional task runs only if all copies of that one run": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: 1}}]
tasks:
  - {id: t, copies: 2, optional: true, value: 0, options: [{pool: a, uses: {gpu: 1}, duration: 1h}]}
  - {id: u, optional: true, value: 2.5, after: [{task: t, lag: 30m}], options: [{pool: a, uses: {gpu: 1}, duration:
  1h}]}
""",
        "2.5",
    ),
    "what is kept apart runs on different pools, what belongs together on one": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 4}, price: {gpu: 1}}, {id: b, capacity: {gpu: 4}, price: {gpu: 5}}]
tasks:
  - {id: t, copies: 2, options: [{pools: [a, b], uses: {gpu: 1}, duration: 1h}]}
  - {id: u, options: [{pools: [a, b], uses: {gpu: 1}, duration: 1h}]}
  - {id: v, options: [{pools: [a, b], uses: {gpu: 2}, duration: 1h}]}
apart: [[t]]
together: [[u, v]]
""",
        "9",
    ),
    "options are made from work, and dropped for quality and memory": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 8}, price: {gpu: 1}, device_memory: 10}]
profiles: {p: {speed: {a: {1: 1, 2: 2, 4: 3}}}}
tasks:
  - id: t
    needs: {quality: 0.9}
    work: {profile: p, hours: 6, memory: 30, cost: 1, variants: {full: {}, half: {speed: 2, quality: 0.95, memory:
    0.5}, bad: {speed: 9, quality: 0.5}}}
""",
        "5",
    ),
    "a milestone holds nothing and may end the horizon": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 0}, price: {gpu: 9}}, {id: b, capacity: {gpu: 1}, price: {gpu: 1}}]
tasks:
  - {id: t, options: [{pool: b, uses: {gpu: 1}, duration: 4h}]}
  - {id: u, after: [t], options: [{pool: a, uses: {gpu: 5}, duration: 0s, cost: 2}]}
""",
        "6",
    ),
    "a milestone is late, and what waits for it waits": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: 1}}]
tasks:
  - {id: s, options: [{pool: a, uses: {gpu: 1}, duration: 90m}]}
  - {id: t, after: [s], due: 2026-01-05T01:30Z, late_cost: 4, options: [{pool: a, duration: 0s}]}
  - {id: u, after: [{task: t, lag: 1h}], due: 2026-01-05T03:00Z, late_penalty: 7, options: [{pool: a, uses: {gpu: 1},
  duration: 1h}]}
""",
        "12",
    ),
    "milestones count for affinity, quotas of what is consumed, and values": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 1}}, {id: b, capacity: {gpu: 1}}]
tasks:
  - {id: s, options: [{pool: a, duration: 0s, cost: 1}, {pool: b, duration: 0s, cost: 2}]}
  - {id: t, options: [{pool: a, duration: 0s, cost: 1}, {pool: b, duration: 0s, cost: 2}]}
  - {id: u, optional: true, value: 5, options: [{pool: a, duration: 0s, consumes: {licence: 1}}]}
  - {id: v, optional: true, value: 3, options: [{pool: a, duration: 0s, consumes: {licence: 1}}]}
apart: [[s, t]]
quotas: [{id: q, of: licence, limit: 1}]
""",
        "6",
    ),
    "a milestone at the end counts with the last day": (
        """
time: {start: 2026-01-05T22:00Z, slot: 1h, horizon: 4h, zone: UTC}
pools: [{id: a, capacity: {gpu: 1}}]
tasks:
  - {id: s, release: 2026-01-06T02:00Z, options: [{pool: a, duration: 0s, cost: 2}]}
  - {id: t, options: [{pool: a, duration: 0s, cost: 3}]}
  - {id: u, optional: true, value: 1, after: [t], release: 2026-01-06T00:00Z, options: [{pool: a, duration: 0s, cost:
  -4, consumes: {licence: 2}}]}
quotas: [{id: q, of: money, limit: 3, per: day}, {id: r, of: licence, limit: 1, per: day}]
""",
        "6",
    ),
    "milestones on nodes and on spot need none and are not interrupted": (
        TIME
        + """
pools:
  - {id: a, interruptions: 2, nodes: {id: k, size: {gpu: 2}, count: 1, price: 9, minimum: 3h, startup: 1, shutdown: 2}}
tasks:
  - {id: s, placement: one-node, deadline: 2026-01-05T03:00Z, on_time: 0.9, options: [{pool: a, uses: {gpu: 3},
  duration: 0s}]}
  - {id: t, options: [{pool: a, nodes: 2, duration: 0s, cost: 1}]}
  - {id: u, after: [s, t], work: {hours: 0, speed: {a: 1}, device: gpu, cost: 2}}
""",
        "3",
    ),
    "a milestone keeps the starts of its option": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 1}}]
tasks:
  - {id: s, due: 2026-01-05T00:30Z, late_cost: 1, options: [{pool: a, duration: 0s, not_before: 2026-01-05T02:10Z},
  {pool: a, duration: 0s, cost: 9}]}
  - {id: t, optional: true, value: 5, after: [s], options: [{pool: a, duration: 0s, not_after: 2026-01-05T02:59Z}]}
""",
        "7.5",
    ),
    "what boots longer than the horizon, and stays on longer": (
        TIME
        + """
pools:
  - {id: a, nodes: {id: k, size: {gpu: 2}, count: 2, price: 3, running: 1, boot: 20d, minimum: 30d, startup: 2}}
  - {id: b, capacity: {gpu: 4}, price: {gpu: 1}}
tasks: [{id: t, copies: 2, options: [{pool: a, uses: {gpu: 2}, duration: 2h}]}]
services:
  - {id: s, demand: {x: 1}, replicas: [{pool: b, uses: {gpu: 1}, rate: {x: 1}, limit: 2, start: {takes: 20d, cost: 5}, stay: 30d}]}
""",
        "21",
    ),
    "what runs before a horizon in which there is none goes off, and pays for it": (
        TIME
        + """
pools:
  - {id: a, nodes: {id: k, size: {gpu: 2}, count: {steps: {2026-01-04T00:00Z: 2, 2026-01-05T00:00Z: 0}}, price: 3, running: 2, shutdown: 7}}
  - {id: b, capacity: {gpu: 1}, price: {gpu: 1}}
tasks: [{id: t, options: [{pools: [a, b], uses: {gpu: 1}, duration: 1h}]}]
""",
        "15",
    ),
    "what runs beyond the nodes of the horizon goes off, and stays off": (
        TIME
        + """
pools:
  - {id: a, nodes: {id: k, size: {gpu: 2}, count: {steps: {2026-01-04T00:00Z: 3, 2026-01-05T00:00Z: 1}}, price: 3, running: 3, shutdown: 7, minimum_off: 2h}}
  - {id: b, capacity: {gpu: 1}, price: {gpu: 1}}
tasks: [{id: t, options: [{pools: [a, b], uses: {gpu: 1}, duration: 1h}]}]
""",
        "22",  # three go off at once, 21, and the task is on b
    ),
    "nodes beside a milestone at the end of the horizon": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {gpu: 2}, count: 1, price: 3, minimum: 3h, startup: 1, shutdown: 2}}]
tasks:
  - {id: s, release: 2026-01-05T03:00Z, options: [{pool: a, uses: {gpu: 1}, duration: 1h}]}
  - {id: t, after: [s], options: [{pool: a, uses: {gpu: 1}, duration: 0s}]}
""",
        "6",
    ),
    "at a moment a quota is of the resource, also where it is named money": (
        TIME
        + """
pools: [{id: a, nodes: {id: k, size: {money: 2}, count: 1, price: 3}}]
tasks: [{id: t, copies: 2, team: x, options: [{pool: a, uses: {money: 1}, duration: 1h}]}]
quotas: [{id: q, of: money, limit: 1, per: moment, teams: [x]}]
""",
        "6",
    ),
    "expected time on spot, Young's interval": (
        TIME
        + """
pools: [{id: a, capacity: {gpu: 1}, price: {gpu: 1}, interruptions: 1}]
tasks: [{id: t, checkpoint: {cost: 30s, restart: 5m}, options: [{pool: a, uses: {gpu: 1}, duration: 100m}]}]
""",
        "3",
    ),
    "billed by started hours within a budget a day: only half an hour to midnight does": (
        """
time: {start: 2026-11-23T22:00Z, slot: 30m, horizon: 3h30m}
pools: [{id: ec2, capacity: {gpu: 4}, price: {gpu: 4}, billing: {unit: 1h}}]
quotas: [{id: day, of: money, limit: 5, per: day}]
tasks:
  - {id: j, options: [{pool: ec2, uses: {gpu: 1}, duration: 70m}]}
""",
        "8",  # 2 and 2 before midnight, 4 after; elsewhere one day pays 6 or 8
    ),
    "billed by started minutes, with the time of the inputs": (
        """
time: {start: 2026-11-23T22:00Z, slot: 30m, horizon: 4h}
pools: [{id: ec2, capacity: {gpu: 4}, price: {gpu: 6}, billing: {unit: 1m}, labels: ["region:west"]}]
links: [{from: east, to: west, price: 0.02, gbit: 1, setup: 30s}]
datasets: [{id: corpus, gib: 10, at: [east]}]
tasks:
  - {id: j, inputs: [corpus], options: [{pool: ec2, uses: {gpu: 1}, duration: 70m}]}
""",
        "37/5",  # 70 min, 30 s and 85.9 s are 72 minutes: 7.2, and 0.2 for 10 GiB
    ),
    "a savings plan that fills a clock hour in part, of nodes on for one and a half": (
        """
time: {start: 2026-11-23T00:00Z, slot: 30m, horizon: 3h}
pools: [{id: p, nodes: {id: big, size: {gpu: 8}, count: 1, price: 10}}]
savings: [{id: sp, committed: 5, rates: [{pool: p, kind: big, price: 6}]}]
tasks:
  - {id: j, options: [{pool: p, uses: {gpu: 8}, duration: 90m}]}
""",
        "50/3",  # 5 an hour, and a sixth of 10 in the full hour
    ),
    "a team's budget counts list prices, whatever a savings plan covers": (
        """
time: {start: 2026-11-23T00:00Z, slot: 1h, horizon: 1d}
pools: [{id: p, capacity: {gpu: 8}, price: {gpu: 3}}]
savings: [{id: sp, commit: {max: 4, step: 2}, rates: [{pool: p, resource: gpu, price: 2}]}]
tasks:
  - {id: a, options: [{pool: p, uses: {gpu: 1}, duration: 24h}]}
  - {id: b, team: red, options: [{pool: p, uses: {gpu: 1}, duration: 14h}]}
quotas: [{id: red, of: money, limit: 41.99, teams: [red]}]
""",
        None,
    ),
    "nodes that are on since before, within their minimum and after it": (
        """
time: {start: 2026-11-23T00:00Z, slot: 30m, horizon: 6h}
pools:
  - id: p
    nodes: {size: {gpu: 8}, count: 2, price: 1, startup: 0.2, shutdown: 0.1, minimum: 2h, running: 2, since: [2026-11-22T23:30Z]}
tasks:
  - {id: j, release: 2026-11-23T04:00Z, deadline: 2026-11-23T05:00Z, options: [{pool: p, uses: {gpu: 8}, duration: 1h}]}
""",
        "4",  # 0.1 off at once; 1.5 and 0.1 for the one held; 0.2, 2 and 0.1 for a start
    ),
    "generators of a least load, as of PyPSA's example of unit commitment": (
        """
time: {start: 2026-01-05T00:00Z, slot: 1h, horizon: 4h}
pools:
  - {id: coal, nodes: {size: {mw: 10000}, count: 1, price: 0, minimum_load: {mw: 3000}}}
  - {id: gas, nodes: {size: {mw: 1000}, count: 1, price: 0, minimum_load: {mw: 100}}}
tasks:
  - {id: l0, copies: 20, release: 2026-01-05T00:00Z, deadline: 2026-01-05T01:00Z, options: [{pool: coal, uses: {mw: 200}, duration: 1h, cost: 4000}, {pool: gas, uses: {mw: 200}, duration: 1h, cost: 14000}]}
  - {id: l1, copies: 30, release: 2026-01-05T01:00Z, deadline: 2026-01-05T02:00Z, options: [{pool: coal, uses: {mw: 200}, duration: 1h, cost: 4000}, {pool: gas, uses: {mw: 200}, duration: 1h, cost: 14000}]}
  - {id: l2, copies: 25, release: 2026-01-05T02:00Z, deadline: 2026-01-05T03:00Z, options: [{pool: coal, uses: {mw: 200}, duration: 1h, cost: 4000}, {pool: gas, uses: {mw: 200}, duration: 1h, cost: 14000}]}
  - {id: l3, copies: 4, release: 2026-01-05T03:00Z, deadline: 2026-01-05T04:00Z, options: [{pool: coal, uses: {mw: 200}, duration: 1h, cost: 4000}, {pool: gas, uses: {mw: 200}, duration: 1h, cost: 14000}]}
""",
        "356000",  # 15,000 MWh of coal at 20, and 800 of gas at 70, below the least load of coal
    ),
    "every night from a time that the clock skips once": (
        """
time: {start: 2027-03-27T00:00, slot: 30m, horizon: 2d, zone: Europe/Berlin}
pools:
  - {id: p, capacity: {gpu: 1}, price: {gpu: {steps: {2027-03-26T23:00Z: 4, 2027-03-27T02:00Z: 2, 2027-03-28T00:00Z: 10, 2027-03-28T02:00Z: 1}}}}
tasks: [{id: n, repeat: {from: "02:30", to: "04:00"}, options: [{pool: p, uses: {gpu: 1}, duration: 30m}]}]
""",
        "6",  # half an hour at 2 on the 27th, and half an hour at 10 from 03:30 to 04:00 on the 28th
    ),
    "apart by zone and by node at once, a task in both": (
        """
time: {start: 2026-11-23T00:00Z, slot: 1h, horizon: 2h}
pools:
  - {id: a, labels: ["zone:a"], nodes: {size: {gpu: 8}, count: 2, price: 1}}
  - {id: b, labels: ["zone:b"], nodes: {size: {gpu: 8}, count: 3, price: 3}}
apart:
  - {tasks: [x, y], by: "zone:"}
  - {tasks: [y, z], by: node}
placement: one-node
tasks:
  - {id: x, options: [{pools: [a, b], uses: {gpu: 1}, duration: 2h}]}
  - {id: y, options: [{pools: [a, b], uses: {gpu: 1}, duration: 1h}]}
  - {id: z, copies: 2, options: [{pool: b, uses: {gpu: 1}, duration: 1h}]}
""",
        "7",  # x on b beside one of z after the other, 6; y on a, 1
    ),
    "whole nodes of a packed task are apart from another task's node": (
        """
time: {start: 2026-11-23T00:00Z, slot: 1h, horizon: 4h}
placement: packed
pools: [{id: p, nodes: {id: n, size: {gpu: 8}, count: 3, price: 10}}]
apart: [{tasks: [a, b], by: node}]
tasks:
  - {id: a, options: [{pool: p, uses: {gpu: 16}, duration: 4h}]}
  - {id: b, options: [{pool: p, uses: {gpu: 1}, duration: 4h}]}
""",
        "120",  # three nodes for four hours at 10
    ),
    "a fee in percent on data that is passed on": (
        """
time: {start: 2026-11-23T00:00Z, slot: 1h, horizon: 6h}
pools:
  - {id: e, labels: ["region:e"], capacity: {gpu: 1}, price: {gpu: 4}}
  - {id: w, labels: ["region:w"], capacity: {gpu: 1}, price: {gpu: 2}}
links: [{from: "*", to: "*", price: 0.02}]
meters: [{id: fee, of: money, tiers: [{price: 0.1}]}]
tasks:
  - {id: A, options: [{pools: [e], uses: {gpu: 1}, duration: 1h}]}
  - {id: B, after: [{task: A, gib: 100}], options: [{pools: [w], uses: {gpu: 1}, duration: 1h}]}
""",
        "44/5",  # 4 and 2, 2 on the way, and a tenth of all
    ),
    "a gang that starts at once, on nodes of its own": (
        """
time: {start: 2026-11-23T00:00Z, slot: 1h, horizon: 8h}
pools: [{id: p, nodes: {size: {cpu: 4}, count: 3, price: 1}}]
placement: one-node
apart: [{tasks: [b1, b2, b3], by: node}]
tasks:
  - {id: go, options: [{pool: p, duration: 0s}]}
  - {id: b1, after: [{task: go, most: 0s}], options: [{pool: p, uses: {cpu: 3}, duration: 1h}]}
  - {id: b2, after: [{task: go, most: 0s}], options: [{pool: p, uses: {cpu: 3}, duration: 1h}]}
  - {id: b3, after: [{task: go, most: 0s}], options: [{pool: p, uses: {cpu: 3}, duration: 1h}]}
  - {id: end, after: [b1, b2, b3], due: 2026-11-23T00:00Z, late_cost: 5, options: [{pool: p, duration: 0s}]}
  - {id: x, due: 2026-11-23T02:00Z, late_cost: 3, options: [{pool: p, uses: {cpu: 4}, duration: 2h}]}
""",
        "13",  # the gang in the first hour, 5 late and 3 nodes; then x, 3 late and 2 node-hours
    ),
    "a route of packed whole nodes, or one after another on one node, late": (
        """
time: {start: 2026-11-23T00:00Z, slot: 1h, horizon: 4h}
placement: packed
pools: [{id: p, nodes: {id: n, size: {gpu: 8}, count: 2, price: 10, startup: 3}}]
routes: [[[a], [b1, b2]]]
tasks:
  - {id: a, options: [{pool: p, uses: {gpu: 16}, duration: 1h}]}
  - {id: b1, options: [{pool: p, uses: {gpu: 8}, duration: 1h}]}
  - {id: b2, after: [b1], options: [{pool: p, uses: {gpu: 8}, duration: 1h}]}
  - {id: end, after: [a, b2], due: 2026-11-23T01:00Z, late_cost: 4, options: [{pool: p, duration: 0s}]}
""",
        "26",  # two nodes on at 3 each and an hour of both at 10; on one node 27
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_least_cost_by_hand(name: str, tmp_path: Path) -> None:
    """What trying everything finds is what a human computes from the text."""
    text, expected = CASES[name]
    path = tmp_path / "case.yaml"
    path.write_text(text, encoding="utf-8")
    least = brute.Search(reading.Instance(documents.load(path))).least()
    assert least == (None if expected is None else Fraction(expected))


@pytest.mark.parametrize("name", CASES)
def test_leptonopt_by_hand(name: str, tmp_path: Path) -> None:
    """What leptonopt finds is what a human computes from the text."""
    path = tmp_path / "case.yaml"
    path.write_text(CASES[name][0], encoding="utf-8")
    kind, text = comparing.judge(path, "auto" if "batches" in CASES[name][0] else "cpsat")
    assert kind == ("none" if CASES[name][1] is None else "plan"), text


def test_daly_by_hand() -> None:
    """Factors of expected time agree with the formula in floats."""
    from math import exp, sqrt

    for rate, d, r, work in ((1, 30, 300, 5760), (0.25, 60, 0, 90_000), (3, 600, 60, 1000)):
        interval = min(work, sqrt(2 * d * 3600 / rate))
        m = 3600 / rate
        expected = m * exp(r / m) * (exp((interval + d) / m) - 1) / interval
        saved = spot.Checkpoint(None, Fraction(d), Fraction(r))
        found = spot.pace(Fraction(str(rate)), saved, Fraction(work))
        assert float(found.factor) == pytest.approx(expected, abs=2e-9)
    assert spot.at_most(Fraction(1), Fraction("0.9")) == 2  # 1/e (1 + 1 + 1/2) = 0.9197
    assert spot.at_most(Fraction(0), Fraction("0.9")) == 0


RICH = """
name: rich
time: {start: 2026-03-28T22:00Z, slot: 1h, horizon: 5h, zone: Europe/Berlin}
objective: {cost: 1, carbon_kg: 0.5}
pools:
  - id: shared
    nodes: {id: k, size: {gpu: 2}, count: 2, price: {daily: {"00:00": 3, "02:30": 2}}, startup: 1, shutdown: 0.5,
    boot: 1h, power: 1, commit: 2}
    capacity: {ram: 4}
    price: {ram: 0.1, power: 0.25}
    carbon: 200
    sunk: 1
  - {id: spot, capacity: {gpu: 3}, price: {gpu: {daily: {"00:00": 0.5, "02:00": 0.7}}}, interruptions: 0.1}
tasks:
  - {id: one, copies: 2, placement: one-node, options: [{pool: shared, uses: {gpu: 1, ram: 1}, duration: 90m, cost: 1}]}
  - {id: saved, due: 2026-03-28T23:30Z, late_cost: 1, late_penalty: 2, checkpoint: {every: 30m, cost: 1m}, after:
  [fast],
     options: [{pool: spot, uses: {gpu: 1}, duration: 1h, variant: v}]}
  - {id: fast, options: [{pool: spot, uses: {gpu: 2}, duration: 30m, consumes: {licence: 1}}]}
  - {id: dear, optional: true, value: 1, options: [{pool: spot, uses: {gpu: 3}, duration: 3h, cost: 9}]}
quotas: [{id: licences, of: licence, limit: 1}, {id: energy, of: energy, limit: 20, per: day}]
"""


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> tuple[reading.Instance, dict[str, Any]]:
    """An instance of many features, and the plan that leptonopt writes for it."""
    path = tmp_path_factory.mktemp("rich") / "rich.yaml"
    path.write_text(RICH, encoding="utf-8")
    result = leptonopt.solve(path, method="cpsat", threads=1, time_limit=20, isolate=False)
    instance = reading.Instance(documents.load(path))
    assert result.status == "optimal"
    assert result.cost == brute.Search(instance).least()
    return instance, json.loads(json.dumps(result.document), parse_float=str, parse_int=str)


def broken(instance: reading.Instance, plan: dict[str, Any]) -> list[str]:
    """Return the rules that a plan breaks."""
    return evaluating.Evaluation(instance, plan).broken


def test_accepts_the_plan(rich: tuple[reading.Instance, dict[str, Any]]) -> None:
    """A right plan of many features breaks nothing, and has tasks, late ones, nodes, and some left out."""
    instance, plan = rich
    assert broken(instance, plan) == []
    assert sum(int(each.get("copies", 1)) for each in plan["tasks"]) == 4
    assert any(each.get("copies") == "2" for each in plan["tasks"])
    assert len(plan["left_out"]) == 1
    assert any(Fraction(each["late_hours"]) for each in plan["tasks"] if "late_hours" in each)
    assert any(Fraction(each["startup"]) for each in plan["nodes"])


def _task(plan: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in plan["tasks"] if each["id"] == name)


def _move(plan: dict[str, Any], name: str, hours: int) -> None:
    from datetime import datetime, timedelta

    entry = _task(plan, name)
    for key in ("start", "end"):
        entry[key] = (datetime.fromisoformat(entry[key]) + timedelta(hours=hours)).isoformat()


PERTURBED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "cost off by one nano": lambda p: p.update(cost_exact=str(Fraction(p["cost_exact"]) + Fraction(1, 10**9))),
    "cost shown off by a millionth": lambda p: p.update(cost=str(Fraction(p["cost"]) + Fraction(1, 10**5))),
    "a task dropped": lambda p: p["tasks"].pop(),
    "a task twice": lambda p: p["tasks"].append(p["tasks"][0]),
    "what must run left out": lambda p: (
        p["tasks"].remove(_task(p, "fast")),
        p["left_out"].append({"id": "fast", "value": "0"}),
    ),
    "a start moved": lambda p: _move(p, "fast", 1),
    "a start before the horizon": lambda p: _move(p, "fast", -9),
    "before what it waits for": lambda p: _move(p, "saved", -1),
    "an end moved": lambda p: _task(p, "fast").update(end="2026-03-29T03:00:00Z"),
    "a start within a slot": lambda p: _task(p, "fast").update(start="2026-03-28T22:30:00Z"),
    "another pool": lambda p: _task(p, "fast").update(pool="shared"),
    "another option": lambda p: _task(p, "fast").update(option="other"),
    "another variant": lambda p: _task(p, "saved").update(variant="w"),
    "less used": lambda p: _task(p, "fast").update(uses={"gpu": "1"}),
    "another copy": lambda p: _task(p, "one").update(copy="3"),
    "fewer copies": lambda p: _task(p, "one").pop("copies"),
    "more copies": lambda p: _task(p, "one").update(copies="3"),
    "no copies": lambda p: _task(p, "one").update(copies="0"),
    "copies of a single task": lambda p: _task(p, "fast").update(copies="2"),
    "a copy without its number": lambda p: _task(p, "one").pop("copy"),
    "a copy in two entries": lambda p: p["tasks"].append({**_task(p, "one"), "copy": "2", "copies": None}),
    "copies of what is left out": lambda p: p["left_out"][0].update(copies="2"),
    "a range of nodes too long": lambda p: p["nodes"][0].update(last="3"),
    "on a node that is not there": lambda p: _task(p, "one").update(nodes=["k/3"]),
    "on no node": lambda p: _task(p, "one").pop("nodes"),
    "nodes off": lambda p: [each.update(on=[{"from": "2026-03-28T22:00:00Z", "count": "0"}]) for each in p["nodes"]],
    "more on than one": lambda p: [each["on"][0].update(count="2") for each in p["nodes"]],
    "committed too many": lambda p: p["nodes"][0].update(committed="2"),
    "one left out less": lambda p: p["left_out"].pop(),
    "another value": lambda p: p["left_out"][0].update(value="2"),
    "a quota used less": lambda p: p["quotas"][0].update(used="0"),
    "a quota missing": lambda p: p["quotas"].pop(),
}


@pytest.mark.parametrize("name", PERTURBED)
def test_rejects_a_perturbed_plan(name: str, rich: tuple[reading.Instance, dict[str, Any]]) -> None:
    """A plan in which one thing is changed breaks a rule."""
    instance, plan = rich
    changed = copy.deepcopy(plan)
    PERTURBED[name](changed)
    assert broken(instance, changed)


def test_accepts_an_entry_for_every_copy(rich: tuple[reading.Instance, dict[str, Any]]) -> None:
    """Entries of several copies may be written as one entry for each."""
    instance, plan = rich
    single = [
        {**entry, "copy": str(int(entry["copy"]) + at), "copies": None} if "copies" in entry else entry
        for entry in plan["tasks"]
        for at in range(int(entry.get("copies", 1)))
    ]
    assert len(single) == 4
    assert broken(instance, {**plan, "tasks": single}) == []


def _numbers(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all numbers, which are texts here."""
    if isinstance(tree, dict):
        return [found for key, each in tree.items() for found in _numbers(each, (*path, key))]
    if isinstance(tree, list):
        return [found for key, each in enumerate(tree) for found in _numbers(each, (*path, key))]
    try:
        Fraction(tree)
    except (ValueError, TypeError):
        return []
    return [path]


def test_rejects_every_number_that_is_off(rich: tuple[reading.Instance, dict[str, Any]]) -> None:
    """Every number of tasks, of what is left out, of nodes, quotas and of the bill's sums is judged."""
    instance, plan = rich
    judged = {key: plan[key] for key in ("tasks", "left_out", "nodes", "quotas", "cost_exact")}
    judged["bill"] = {key: value for key, value in plan["bill"].items() if key != "pools"}
    paths = _numbers(judged)
    assert len(paths) > 60
    unnoticed = []
    for path in paths:
        changed = copy.deepcopy(plan)
        place = changed
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = str(Fraction(place[path[-1]]) + 1)
        if not broken(instance, changed):
            unnoticed.append(path)
    assert unnoticed == []


def _fingerprint(path: Path, text: str) -> str:
    """Return the fingerprint that a plan for this text has."""
    path.write_text(text, encoding="utf-8")
    return str(leptonopt.solve(path, method="cheapest-option", isolate=False).document["instance"]["sha256"])


def test_fingerprint_is_of_what_is_stated(tmp_path: Path) -> None:
    """Notation, file name, name, description and written defaults do not change it, and every other word does."""
    path, tree = tmp_path / "case.yaml", yaml.safe_load(RICH)
    stated = _fingerprint(path, RICH)
    assert re.fullmatch("[0-9a-f]{64}", stated)
    same = {
        "other.yaml": RICH.replace("name: rich", "name: other\ndescription: more"),
        "long.yaml": RICH.replace("90m", "1h30m").replace("copies: 2,", "copies: 2, optional: false,"),
        "case.json": json.dumps(tree, default=lambda each: each.isoformat()),
    }
    for name, text in same.items():
        assert _fingerprint(tmp_path / name, text) == stated, name
    for was, now in {"90m": "91m", "cost: 9": "cost: 8", "variant: v": "variant: w", "sunk: 1": "sunk: 2"}.items():
        assert _fingerprint(path, RICH.replace(was, now)) != stated, was


def test_reads_the_three_notations_alike(tmp_path: Path) -> None:
    """JSON and YAML of one instance, and TOML, have the same least cost."""
    tree = yaml.safe_load(CASES["lateness is exact, and a penalty is paid once"][0])
    (tmp_path / "case.json").write_text(json.dumps(tree, default=str), encoding="utf-8")
    (tmp_path / "case.yaml").write_text(CASES["lateness is exact, and a penalty is paid once"][0], encoding="utf-8")
    (tmp_path / "case.toml").write_text(
        """
time = {start = 2026-01-05T00:00:00Z, slot = "1h", horizon = "4h"}
pools = [{id = "a", capacity = {gpu = 1}}]
tasks = [{id = "t", copies = 2, due = 2026-01-05T00:40:00Z, late_cost = 3, late_penalty = 7.0, options = [{pool = "a", uses = {gpu = 1}, duration = "1h"}]}]
""",
        encoding="utf-8",
    )
    found = {path.suffix: brute.Search(reading.Instance(documents.load(path))).least() for path in tmp_path.iterdir()}
    assert found == {".json": 19, ".yaml": 19, ".toml": 19}

"""Planes of a slot: the greatest is the optimum of the linear program of what replicas serve, miss and do."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest
from scipy.optimize import linprog

from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.slot_worths import planes_of_slot
from leptonopt.verify.stated_services import StatedService, stated_services
from tests.helpers.stated_services import instance


def least(service: StatedService, counts: list[int], missed: float | None, earned: list[float]) -> float | None:
    """Return the optimum of the linear program over what is served and missed; None where nothing may be missed."""
    ways, names = list(service.ways.values()), list(service.demand)
    pairs = [(w, b) for w, way in enumerate(ways) for b, name in enumerate(names) if name in way.rates]
    time = [1 / float(ways[w].rates[names[b]]) for w, b in pairs]
    misses = range(0 if missed is None else len(names))
    rows = [
        [part * (w == at) for part, (w, _) in zip(time, pairs, strict=True)] + [0] * len(misses)
        for at in range(len(ways))
    ]
    found = linprog(
        [part * earned[w] for part, (w, _) in zip(time, pairs, strict=True)] + [missed] * len(misses),
        A_ub=rows,
        b_ub=[float(way.planned) * count for way, count in zip(ways, counts, strict=True)],
        A_eq=[[float(b == at) for _, b in pairs] + [float(at == b) for b in misses] for at in range(len(names))],
        b_eq=[float(service.demand[name][0]) for name in names],
    )
    idle = sum(
        earned[w] * count * (1 if service.fill else float(way.planned))
        for w, (way, count) in enumerate(zip(ways, counts, strict=True))
    )
    return float(found.fun) - idle if found.status == 0 else None


def drawn(rng: Random) -> tuple[dict[str, Any], Fraction | None, list[Fraction]]:
    """Draw a service of one or two ways, a price of missing, and what batches pay."""
    names = ("a", "b", "c")[: rng.randint(1, 3)]
    replicas = [
        {"pool": pool, "uses": {"gpu": 1}, "rate": {name: rng.choice([0, 1, 2, 3, 5]) for name in names}}
        for pool in ("p", "q")[: rng.randint(1, 2)]
    ]
    for name in names:
        rng.choice(replicas)["rate"][name] = rng.choice([2, 5])
    more = {"headroom": 0.25} if rng.random() < 0.5 else {}
    document = instance(
        slots=1, demand={name: rng.randint(0, 6) for name in names}, replicas=replicas, fill=rng.random() < 0.7, **more
    )
    return (
        document,
        rng.choice([None, Fraction(1), Fraction(5, 2)]),
        [Fraction(rng.choice([0, 1, 3])) for _ in replicas],
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_greatest_plane_is_the_optimum(seed: int) -> None:
    """By a linear program, for all small numbers of replicas that serve."""
    rng = Random(f"planes {seed}")
    document, missed, earned = drawn(rng)
    service = stated_services(StatedInstance(document))["s"]
    ways = list(service.ways.values())
    planes = planes_of_slot(service, ways, 0, missed, tuple(earned))
    for _ in range(8):
        counts = [rng.randint(0, 5) for _ in ways]
        optimum = least(service, counts, None if missed is None else float(missed), [float(each) for each in earned])
        if optimum is not None:
            assert float(max((plane.at(counts) for plane in planes), default=0)) == pytest.approx(optimum)

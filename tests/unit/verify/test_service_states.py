"""Bounds by numbers of replicas: by hand, and against trying every sequence."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from random import Random
from typing import Any

import pytest
from scipy.optimize import linprog

from leptonopt.verify import proven
from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.service_states import planes_of_slot
from leptonopt.verify.stated_services import StatedService, stated_services
from tests.helpers.stated_services import at, instance


def bound(document: dict[str, Any], **more: Any) -> Fraction | None:
    """Return what the program over states proves without prices."""
    certificate = {"leptonopt_certificate": 1, "unit": "1", "services": [{"id": "s", "form": "states"}], **more}
    proof = proven(document, certificate)
    assert not proof.why
    return proof.bound


PEAK = {"a": {"steps": {at(0): 4, at(1): 12, at(2): 4}}, "b": 0}  # at 1 and 4 an hour, 2 and 8 per second


@pytest.mark.parametrize(
    ("more", "least"),
    [
        ({"demand": {"a": 4, "b": 2}}, 4 * 4),
        ({"demand": {"a": 4, "b": 0}}, 4 * 2),
        ({"demand": PEAK}, 3 * 2 + 6),
        ({"demand": PEAK, "start": {"cost": 1}}, 4 * 2 + 4 + 3),  # two of p in all slots, one of q in the second
        ({"demand": PEAK, "headroom": 0.5}, 3 * 4 + 12),
        ({"demand": {"a": 4, "b": 0}, "minimum": 3}, 4 * 3),
        ({"demand": PEAK, "limit": 3}, 3 * 2 + 6),
    ],
)
def test_by_hand(more: dict[str, Any], least: int) -> None:
    """Least counts by slot, with starts, headroom, a minimum and a limit."""
    assert bound(instance(**more)) == least


BATCH = {"id": "n", "service": "s", "amount": {"b": 7200}, "release": at(1), "deadline": at(3)}


@pytest.mark.parametrize(
    ("more", "price", "least"),
    [
        ({"missed": {"cost": "1/3600"}}, 0, 4 * 4),  # a costs less to serve, and b as much
        ({"demand": PEAK, "missed": {"cost": "1/7200"}}, 0, 3 * 2 + 6),  # of a as much as to serve it
        ({"demand": {"a": 4, "b": 0}, "batches": [BATCH]}, 1, 4 * 2 + 2),  # 7200 at 1/3600; replicas earn their cost
        ({"demand": {"a": 3, "b": 0}, "batches": [BATCH]}, 1, 4 * 2 + 2 - 2 * Fraction(1, 2)),  # half a replica is idle
    ],
)
def test_misses_and_batches_by_hand(more: dict[str, Any], price: int, least: Fraction) -> None:
    """Requests cost at most what missing them costs; what is idle earns what batches pay."""
    own = {"missed": {"cost": float(Fraction(more["missed"]["cost"]))}} if "missed" in more else {}
    lines = [{"id": "n", "class": "b", "price": price}] if price else []
    found = bound(instance(**{**more, **own}), unit="1/3600", batches=lines)
    assert found is not None
    assert float(found) == pytest.approx(float(least), rel=1e-9)


def drawn(seed: int) -> dict[str, Any]:
    """Draw a service of two ways."""
    rng = Random(f"states {seed}")
    demand = {
        name: {"steps": {at(t): rng.randint(0, 6) for t in range(3)}} for name in ("a", "b", "c")[: rng.randint(1, 3)]
    }
    ways = []
    for pool in ("p", "q"):
        rate = {name: rng.choice([0, 1, 2, 3, 5]) for name in demand}
        way = {"pool": pool, "uses": {"gpu": 1}, "rate": rate, "limit": 4, "start": {"cost": rng.choice([0, 1, 3])}}
        ways.append(way | ({"running": rng.randint(0, 2)} if rng.random() < 0.6 else {}))
    for name in demand:
        ways[rng.randrange(2)]["rate"][name] = rng.choice([2, 5])
    more = {"headroom": 0.2} if rng.random() < 0.3 else {}
    more |= {"limit": 5} if rng.random() < 0.3 else {}
    return instance(slots=3, demand=demand, replicas=ways[: rng.choice([1, 2, 2])], **more)


def serves(service: StatedService, counts: tuple[int, ...], slot: int) -> bool:
    """Tell by a linear program whether replicas serve a slot."""
    names, ways = list(service.demand), list(service.ways.values())
    pairs = [(w, b) for w, way in enumerate(ways) for b, name in enumerate(names) if name in way.rates]
    asked = [float(service.demand[name][slot]) for name in names]
    if not pairs:
        return not any(asked)
    found = linprog(
        [0] * len(pairs),
        A_ub=[[1 / float(ways[w].rates[names[b]]) * (w == at) for w, b in pairs] for at in range(len(ways))],
        b_ub=[float(way.planned * count) + 1e-9 for way, count in zip(ways, counts, strict=True)],
        A_eq=[[float(b == at) for w, b in pairs] for at in range(len(names))],
        b_eq=asked,
    )
    return found.status == 0


@pytest.mark.parametrize("seed", range(25))
def test_against_all_sequences(seed: int) -> None:
    """Every sequence of numbers of replicas that serves, with its starts."""
    document = drawn(seed)
    service = stated_services(StatedInstance(document))["s"]
    ways, price = list(service.ways.values()), {"p": 1, "q": 2}
    able = [
        [
            n
            for n in product(range(5), repeat=len(ways))
            if sum(n) <= (service.limit or [9] * 3)[t] and serves(service, n, t)
        ]
        for t in range(3)
    ]
    best = None
    for sequence in product(*able):
        cost = sum(price[way.option.pool] * n[w] for n in sequence for w, way in enumerate(ways))
        for w, way in enumerate(ways):
            on = [way.running or 0, *(n[w] for n in sequence)]
            cost += sum(way.option.cost * max(0, now - before) for before, now in pairwise(on))
        best = cost if best is None or cost < best else best
    certificate = {"leptonopt_certificate": 1, "unit": "1", "services": [{"id": "s", "form": "states"}]}
    proof = proven(document, certificate)
    assert proof.bound == best
    assert (best is None) == ("no numbers of replicas serve" in proof.why)


@pytest.mark.parametrize(
    ("more", "line", "why"),
    [
        ({"replicas": [{"pool": "p", "rate": {"a": 1, "b": 1}}] * 3}, {}, "one or two ways"),
        ({}, {"demand": [{"class": "a", "price": [[0, 1]]}]}, "without prices of its own"),
        ({}, {"form": "guess"}, "form: 'guess'"),
    ],
)
def test_what_is_refused(more: dict[str, Any], line: dict[str, Any], why: str) -> None:
    """A service beyond the program, or prices beside it, prove nothing."""
    certificate = {"leptonopt_certificate": 1, "unit": "1", "services": [{"id": "s", "form": "states"} | line]}
    assert why in proven(instance(**more), certificate).why


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


def drawn_of_slot_worths(rng: Random) -> tuple[dict[str, Any], Fraction | None, list[Fraction]]:
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
    document, missed, earned = drawn_of_slot_worths(rng)
    service = stated_services(StatedInstance(document))["s"]
    ways = list(service.ways.values())
    planes = planes_of_slot(service, ways, 0, missed, tuple(earned))
    for _ in range(8):
        counts = [rng.randint(0, 5) for _ in ways]
        optimum = least(service, counts, None if missed is None else float(missed), [float(each) for each in earned])
        if optimum is not None:
            assert float(max((plane.at(counts) for plane in planes), default=0)) == pytest.approx(optimum)

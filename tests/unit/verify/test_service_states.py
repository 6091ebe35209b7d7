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

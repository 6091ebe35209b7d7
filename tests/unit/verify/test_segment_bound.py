"""Bounds of certificates where tasks may be cut."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from leptonopt.verify import proven, segment_bound
from leptonopt.verify.segment_bound import NEVER, Beginning, PathWay, least_path

DAY = "2026-01-05T{:02}:00:00Z"
PRICES = {"steps": {DAY.format(0): 1, DAY.format(2): 5, DAY.format(4): 1}}


def world(*tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an instance of tasks on a pool of two GPUs that is dear from two to four, and a dear one beside it."""
    pools = [
        {"id": "own", "capacity": {"gpu": 2}, "price": {"gpu": PRICES}, **more},
        {"id": "cloud", "capacity": {"gpu": 2}, "price": {"gpu": 4}},
    ]
    return {"time": {"start": DAY.format(0), "slot": "1h", "horizon": "8h"}, "pools": pools, "tasks": list(tasks)}


def training(id: str = "t", uses: int = 1, duration: str = "5h", **segments: Any) -> dict[str, Any]:
    """Return a task that may be cut."""
    options = [{"pool": pool, "uses": {"gpu": uses}, "duration": duration} for pool in ("own", "cloud")]
    return {"id": id, "segments": {"restart": "30m", **segments}, "options": options}


def certificate(*capacity: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a certificate with prices on capacity."""
    return {"leptonopt_certificate": 1, "unit": "1", "capacity": list(capacity), **more}


def bound(document: dict[str, Any], *capacity: dict[str, Any]) -> Fraction | None:
    """Return what prices prove."""
    proof = proven(document, certificate(*capacity))
    assert proof.ok or proof.bound is None, proof
    return proof.bound


@pytest.mark.parametrize(
    ("segments", "least"),
    [
        ({}, 6),  # two hours, a pause, and four with the half that is lost
        ({"cost": 9}, 9),  # going on costs more than a dear hour: 3 to 8
        ({"most": 1}, 9),
        ({"shortest": "3h"}, 9),
        ({"begun": {"option": "own", "left": "4h"}}, 5),  # 2 + 2.5
        ({"begun": {"option": "own", "left": "4h", "shortest": "3h"}}, 9),  # it must go on into a dear one
        ({"begun": {"option": "own", "left": "4h", "paused": True}}, 5),  # the half is lost twice
        ({"begun": {"option": "cloud", "left": "2h"}}, 8),  # it may not move
        ({"begun": {"option": "cloud", "left": "2h"}, "move": True}, 3),  # 2.5 hours, from the fourth on
    ],
)
def test_a_task_alone_is_bounded_by_its_cost(segments: dict[str, Any], least: int) -> None:
    """Without prices nothing is left out: the bound is the least cost of segments."""
    assert bound(world(training(**segments))) == least


def test_prices_prove_more() -> None:
    """Two tasks of two GPUs each cannot share the cheap hours: a price of 2 on each of these is 4 more."""
    tasks = (training("a", 2, "2h"), training("b", 2, "2h"), training("c", 2, "2h"))
    document = world(*tasks, maintenance=[{"from": DAY.format(4), "to": DAY.format(8)}])
    free = bound(document)
    assert free == 12
    price = {"pool": "own", "resource": "gpu", "price": [[0, 3], [2, 0]]}
    priced = bound(document, price)
    assert priced == 36  # 3 tasks x 16, less 2 hours x 2 GPUs x 3
    assert free < priced


def test_work_that_is_too_fine_is_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six hours less a restart miss ten seconds, which costs a dear hour; in few units of work that is not seen."""
    document = world(training(duration="19810s"))
    assert bound(document) == 11
    monkeypatch.setattr(segment_bound, "MOST_STATES", 15_000)
    assert bound(document) == 6


def test_a_task_that_never_fits() -> None:
    """It has no segments on either pool: there is no plan, and the checker sees that without prices."""
    document = world(training(uses=3))
    proof = proven(document, certificate(bound=None))
    assert (proof.ok, proof.bound) == (True, None)


SLOTS = 6


def drawn(rng: Random) -> tuple[list[PathWay], int, int | None, list[int]]:
    """Return ways, the work to be done, the most segments, and what ends cost."""

    def beginning(least: int) -> Beginning:
        cost = [None if rng.random() < 0.2 else rng.randrange(4) for _ in range(SLOTS)]
        return Beginning(least, rng.randrange(2), cost)

    ways = []
    for _ in range(rng.choice([1, 2])):
        cost, blocked = [0], [0]
        for _ in range(SLOTS):
            cost.append(cost[-1] + rng.randrange(5))
            blocked.append(blocked[-1] + (rng.random() < 0.2))
        first = beginning(rng.choice([1, 1, 2])) if rng.random() < 0.9 else None
        ways.append(PathWay(cost, blocked, rng.choice([1, 2, 3]), first, beginning(rng.choice([1, 1, 2]))))
    ends = sorted(rng.randrange(6) for _ in range(SLOTS + 1))
    return ways, rng.choice([2, 3, 5, 8]), rng.choice([1, 2, 3, None]), ends


def every(ways: list[PathWay], need: int, most: int, ends: list[int], low: int, high: int) -> Iterator[int]:
    """Yield the cost of every choice of segments."""

    def further(start: int, made: int, done: int, paid: int) -> Iterator[int]:
        for way in ways:
            begins = way.later if made else way.first
            for first in range(start, high) if begins is not None and made < most else ():
                assert begins is not None
                for end in range(first + begins.least, high + 1):
                    own = begins.cost[first]
                    if own is None or way.blocked[end] > way.blocked[first]:
                        continue
                    work = done + max(0, (end - first) * way.rate - begins.lost)
                    cost = paid + own + way.cost[end] - way.cost[first]
                    if work >= need:
                        yield cost + ends[end]
                    yield from further(end, made + 1, work, cost)

    return further(low, 0, 0, 0)


@pytest.mark.parametrize("seed", range(60))
def test_no_segments_cost_less(seed: int) -> None:
    """The path costs as much as the cheapest of all choices, within its window and its number of segments."""
    rng = Random(seed)
    ways, need, most, ends = drawn(rng)
    low, high = rng.choice([(0, SLOTS), (1, SLOTS), (0, SLOTS - 1)])
    least = min(every(ways, need, SLOTS if most is None else most, ends, low, high), default=None)
    assert least_path(ways, need, most, ends, (low, high)) == least


def test_nothing_is_far_above_all_money() -> None:
    """What cannot be done costs so much that no sum of real costs comes near."""
    way = PathWay([0] * 3, [0, 1, 2], 1, Beginning(1, 0, [0, 0]), None)
    assert least_path([way], 1, 1, [0, 0, 0], (0, 2)) is None
    assert NEVER > 10**100

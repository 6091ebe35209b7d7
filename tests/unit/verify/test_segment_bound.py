"""Bounds of certificates where tasks may be cut."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from leptonopt.verify import proven, segment_bound

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

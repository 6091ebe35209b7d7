"""One more unit is worth what the bound of the instance with it is lower by, whatever fits only then."""

from __future__ import annotations

import copy
import random
from fractions import Fraction
from typing import Any

import pytest

import leptonopt
from leptonopt.verify import proven
from leptonopt.verify.wider_bound import later_bounds, worths_of_more
from tests.helpers.tiny_instances import document
from tests.helpers.traces import crowded


def drawn(seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return an instance whose tasks take several devices of few, and any prices."""
    rng = random.Random(seed)
    tasks = [
        {"id": f"t{at}", "options": [
            {"pool": "own", "uses": {"gpu": rng.choice([2, 4])}, "duration": f"{rng.randint(1, 2)}h"},
            {"pool": "rent", "uses": {"gpu": 1}, "duration": "1h"},
        ]}
        for at in range(3)
    ]  # fmt: skip
    pools = [{"id": "own", "capacity": {"gpu": rng.randint(1, 4)}},
             {"id": "rent", "capacity": {"gpu": 9}, "price": {"gpu": 5}}]  # fmt: skip
    quotas = [{"id": "q", "of": "gpu", "limit": rng.randint(1, 4), "per": "moment", "pools": ["own"]}]
    made = document(
        *tasks, pools=pools, quotas=quotas, time={"start": "2026-01-05T00:00Z", "slot": "1h", "horizon": "4h"}
    )
    prices = [[slot, rng.randint(0, 3)] for slot in range(4)]
    entries = {
        "capacity": [{"pool": "own", "resource": "gpu", "price": prices}],
        "quotas": [{"id": "q", "price": prices}],
    }
    return made, {"leptonopt_certificate": 1, "unit": "1"} | entries


@pytest.mark.parametrize("seed", range(20))
def test_worths_are_those_of_the_changed_instance(seed: int) -> None:
    """All the time it is exactly what the bound falls by, and for a part of the time at least that."""
    stated, certificate = drawn(seed)
    bound = proven(stated, certificate).bound
    rows, limits = worths_of_more(stated, certificate)
    assert bound is not None

    def fall(changed: dict[str, Any]) -> Fraction:
        lower = proven(changed, certificate).bound
        assert lower is not None
        return bound - lower

    gpu, more = stated["pools"][0]["capacity"]["gpu"], rows["own", "gpu"]
    wider = copy.deepcopy(stated)
    wider["pools"][0]["capacity"]["gpu"] = gpu + 1
    assert fall(wider) == more.gain + sum(more.by_slot)
    steps = {"2026-01-05T00:00Z": gpu, "2026-01-05T01:00Z": gpu + 1, "2026-01-05T03:00Z": gpu}
    wider["pools"][0]["capacity"]["gpu"] = {"steps": steps}
    assert fall(wider) <= more.gain + sum(more.by_slot[1:3])
    loose = copy.deepcopy(stated)
    loose["quotas"][0]["limit"] += 1
    assert fall(loose) == limits["q"].gain + sum(limits["q"].by_slot)


def test_later_bounds_are_those_of_the_changed_instance() -> None:
    """Prices bound the instance with a later deadline as well; each task changes alone."""
    week = crowded()
    for at, task in enumerate(week["tasks"]):
        task["deadline"] = f"2026-01-05T{6 + at % 5:02}:00:00Z"
    week["tasks"][1]["after"] = ["t0"]
    certificate = leptonopt.solve(week, time_limit=4, threads=1, certify=True, isolate=False).certificate
    assert certificate is not None
    prices = {name: value for name, value in certificate.items() if name not in ("bound", "instance")}
    bound, later = later_bounds(week, prices, {f"t{at}": "2026-01-05T12:00:00Z" for at in range(4)})
    assert bound == proven(week, prices).bound
    for at in range(4):
        changed = copy.deepcopy(week)
        changed["tasks"][at]["deadline"] = "2026-01-05T12:00:00Z"
        assert later[f"t{at}"] == proven(changed, prices).bound

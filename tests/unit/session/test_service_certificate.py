"""Certificates of instances with services: never above the least cost, and equal to it where rounded cuts are enough."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from leptonopt.compile.compiler import compile_instance
from leptonopt.errors import InputError
from leptonopt.instance import validate
from leptonopt.session.certificate import best_certificate
from leptonopt.verify import proven
from leptonopt.verify.instance_reader import StatedInstance
from leptonopt.verify.stated_services import stated_services
from tests.helpers.marks import first
from tests.second_reading.brute import Search, TooLarge
from tests.second_reading.documents import load
from tests.second_reading.random_documents import text
from tests.second_reading.reading import Instance
from tests.second_reading.service_documents import service_document
from tests.unit.verify.test_service_bound import MELANGE


def certified(document: dict[str, Any]) -> Fraction | None:
    """Return the bound of the best certificate of an instance; None where the instance is refused."""
    try:
        made = compile_instance(validate(document))
    except InputError:
        return None
    if made.impossible:
        return None
    certificate = best_certificate(made, document, seconds=0.5)
    proof = proven(document, certificate)
    assert proof.ok, proof.why
    return proof.bound


def test_the_optimum_of_melange_is_certified() -> None:
    """4.68, by prices alone; a linear program proves 4.12875."""
    assert certified(MELANGE) == Fraction("4.68")


def least_cost(document: dict[str, Any]) -> Fraction | None:
    """Return the least cost by trying everything; None without a plan, or where it is too much."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "drawn.json"
        path.write_text(text(document), encoding="utf-8")
        try:
            return Search(Instance(load(path)), 10_000).least()
        except TooLarge:
            return None


def any_prices(document: dict[str, Any], rng: Random) -> dict[str, Any]:
    """Return a certificate of drawn prices on everything that there is."""

    def steps(most: int) -> list[list[int]]:
        return [[slot, rng.randint(0, most)] for slot in range(rng.choice([1, 2])) if slot < slots]

    slots = int(document["time"]["horizon"][:-1])
    capacity = [
        {"pool": pool["id"], "resource": "gpu", "price": steps(2000)}
        for pool in document["pools"]
        if rng.random() < (0.9 if "nodes" in pool else 0.3)
    ]
    services = []
    for service in document["services"]:
        names = list(stated_services(StatedInstance(document))[service["id"]].demand)
        zones = sorted({way["pool"] for way in service["replicas"]}) if "spread" in service else []
        gone = [{}, *({"without": [f"zone:{zone}"]} for zone in zones)]
        cuts = [
            {"worth": {name: str(rng.choice([0, 1, 2, 5])) for name in names}, "divisor": rng.choice(["1", "2/3", "5"]),
             "price": steps(1500), **each}
            for each in (gone[1:] if "missed" in service else gone)
        ]  # fmt: skip
        if rng.random() < 0.3 and len(service["replicas"]) < 3:
            services.append({"id": service["id"], "form": "states"})
            continue
        services.append(
            {
                "id": service["id"],
                "demand": [{"class": name, "price": steps(900), **each} for name in names for each in gone],
                "minimum": [{"price": steps(500)}, {"way": service["replicas"][0].get("id", ""), "price": steps(300)}],
                "cuts": cuts if rng.random() < 0.7 else [],
            }
        )
    batches = [
        {"id": batch["id"], "class": name, "price": rng.randint(0, 3)}
        for batch in document.get("batches", [])
        for name, amount in batch["amount"].items()
        if amount
    ]
    own = {"capacity": capacity, "services": services, "batches": batches}
    return {"leptonopt_certificate": 1, "unit": "1/1000", **{k: v for k, v in own.items() if rng.random() < 0.85}}


@pytest.mark.parametrize("block", first(3, range(20), ci=8))
def test_no_certificate_is_above_the_least_cost(block: int) -> None:
    """What prices prove is at most the least cost: those of the relaxation, and any others."""
    seen = 0
    for seed in range(5000 + block * 10, 5010 + block * 10):
        document = service_document(seed)
        bound, rng = certified(document), Random(f"prices {seed}")
        if bound is None or (least := least_cost(document)) is None:
            continue
        assert bound <= least, seed
        for _ in range(20):
            proof = proven(document, any_prices(document, rng))
            assert proof.bound is not None, proof.why
            assert proof.bound <= least, seed
        seen += 1
    assert seen

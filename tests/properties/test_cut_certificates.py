"""Certificates of tasks in segments, whatever their prices, against the least cost that trying everything finds."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from leptonopt.instance import validate
from leptonopt.verify import proven
from tests.helpers.marks import CI
from tests.second_reading.brute import Search, TooLarge
from tests.second_reading.cut_documents import cut_document
from tests.second_reading.documents import Refused, load
from tests.second_reading.random_documents import text
from tests.second_reading.reading import Instance

SEEDS = [*range(12), *(pytest.param(seed, marks=CI) for seed in range(12, 260))]


def certificate(rng: Random, document: dict[str, Any]) -> dict[str, Any]:
    """Return prices on what pools offer, on a quota and on waiting."""
    slots = int(document["time"]["horizon"].removesuffix("h"))
    capacity = [
        {"pool": pool["id"], "resource": "gpu", "price": [[at, rng.choice([0, 0, 1, 2, 5])] for at in range(slots)]}
        for pool in document["pools"]
    ]
    lasting = [quota["id"] for quota in document.get("quotas", ()) if quota["per"] == "horizon"]
    quotas = [{"id": id, "slot": 0, "price": rng.choice([0, 1, 2])} for id in lasting]
    edges = [(task["id"], first) for task in document["tasks"] for first in task.get("after", ())]
    waiting = [
        {"task": id, "after": first if isinstance(first, str) else first["task"], "price": rng.choice([0, 1])}
        for id, first in edges
    ]
    prices = {"capacity": capacity, "quotas": quotas, "waiting": waiting}
    return {"leptonopt_certificate": 1, "unit": "1/2", **prices}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_prices_prove_more_than_the_least_cost(seed: int, tmp_path: Path) -> None:
    """Without prices and with drawn ones; where the checker finds that a task can never run, there is no plan."""
    document = cut_document(seed)
    document.pop("meters", None)
    (tmp_path / "i.json").write_text(text(document), encoding="utf-8")
    try:
        least = Search(Instance(load(tmp_path / "i.json")), 1_500).least()
    except (Refused, TooLarge):
        pytest.skip("it is refused, or there is too much to try")
    stated, rng = validate(json.loads((tmp_path / "i.json").read_text(encoding="utf-8"))).document(), Random(seed)
    for made in ({"leptonopt_certificate": 1, "unit": "1"}, certificate(rng, document), certificate(rng, document)):
        proof = proven(stated, made)
        if proof.bound is None:
            assert (least, proof.ok) == (None, True), proof
        elif least is not None:
            assert proof.bound <= least

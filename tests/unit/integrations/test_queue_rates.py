"""Fitted delays of a queue and targets of latency to rates of replicas."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from leptonopt.errors import InputError, UsageError
from leptonopt.integrations import benchmark_rates
from leptonopt.integrations.imported import Grid, Imported

GRID = Grid(datetime(2026, 1, 12, tzinfo=UTC), 3600, 3600)
DELAYS = {"alpha": 17.2, "beta": 0.03, "gamma": 0.00012}
ENTRY = {"name": "m", "acc": "2xA100", "accCount": 2, "maxBatchSize": 32, "atTokens": 512, "perfParms": DELAYS}
DEVICES = {"accelerators": [{"name": "2xA100", "type": "A100", "multiplicity": 2, "cost": 80}]}
PARAMS = {"model": "m", "ttft": "2s", "tpot": "100ms", "sizes": "128-256,1024-256"}


def read(params: dict[str, str], entry: dict[str, Any] = ENTRY) -> Imported:
    """Return what is read from the two files."""
    texts = [("model-data.json", json.dumps({"models": [entry]})), ("accelerator-data.json", json.dumps(DEVICES))]
    return benchmark_rates.read(texts, params, GRID)


def test_rates_of_sizes_on_the_devices_of_an_accelerator() -> None:
    (way,) = read(PARAMS).services[0]["replicas"]
    assert (way["id"], way["pool"], way["uses"]) == ("A100 x4", "A100", {"gpu": 4})
    assert way["rate"].keys() == {"128-256", "1024-256"}
    assert way["rate"]["128-256"] > way["rate"]["1024-256"] > 0


def test_a_tighter_target_lowers_the_rate_and_leaves_sizes_out() -> None:
    """An iteration takes 17.2 ms at least, so that nothing meets 17 ms between tokens."""
    (loose,), (tight,) = (read({**PARAMS, "tpot": each}).services[0]["replicas"] for each in ("100ms", "18ms"))
    assert Decimal(0) < tight["rate"]["128-256"] < loose["rate"]["128-256"]
    with pytest.raises(InputError, match="nothing of m meets the targets"):
        read({**PARAMS, "tpot": "17ms"})


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({**PARAMS, "sizes": "128"}, "--param sizes=128; fitted delays need sizes, such as"),
        ({"model": "m", "ttft": "2s"}, "--param sizes=; fitted delays need sizes"),
        ({"model": "m", "sizes": "1-1"}, "rates needs a target"),
        ({**PARAMS, "percentile": "95"}, "fitted delays give mean latencies only"),
        ({**PARAMS, "model": "x"}, "--param model=x: there are m"),
    ],
)
def test_wrong_parameters(params: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        read(params)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({**ENTRY, "perfParms": {**DELAYS, "alpha": 0}}, "alpha is 0"),
        ({**ENTRY, "perfParms": {**DELAYS, "beta": "x"}}, "beta: 'x' is not a number"),
        ({**ENTRY, "maxBatchSize": 10**8}, "requests at once; at most 10,000"),
        ({key: ENTRY[key] for key in ENTRY if key != "accCount"}, "no column 'accCount'"),
    ],
)
def test_wrong_files(entry: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        read(PARAMS, entry)

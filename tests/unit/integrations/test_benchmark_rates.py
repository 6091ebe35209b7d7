"""Targets of latency and a table of benchmarks to rates of replicas."""

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
COLUMNS = ("model_hf_repo", "hardware", "hardware_count", "prompt_tokens", "output_tokens", "requests_per_second")
RUNS = [  # with ttft_p95 and itl_p95
    ("m", "H100", 1, 512, 256, 2.0, 100, 20),
    ("m", "H100", 1, 512, 256, 3.1234567, 300, 25),
    ("m", "H100", 1, 512, 256, 4.0, 200, 60),
    ("m", "H100", 1, 4096, 512, 1.0, 600, 30),
    ("m", "H100", 2, 4096, 512, 1.5, 499, 40),
    ("m", "A100", 1, 512, 256, 1.0, 400, 35),
    ("m-fp8", "H100", 1, 512, 256, 5, 90, 10),
]
ROWS = [dict(zip((*COLUMNS, "ttft_p95", "itl_p95"), run, strict=True)) for run in RUNS]
TARGETS = {"model": "m", "ttft": "500ms", "tpot": "40ms"}


def read(params: dict[str, str], text: str = json.dumps({"benchmarks": ROWS})) -> Imported:
    """Return what is read from a table."""
    return benchmark_rates.read([("b.json", text)], params, GRID)


def ways(params: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the rates of each way."""
    return {way["id"]: way["rate"] for way in read(params).services[0]["replicas"]}


def test_largest_rate_that_meets_the_targets() -> None:
    """A higher rate that misses a target does not count; a size that always misses is not served."""
    assert ways(TARGETS) == {
        "H100 x1": {"512-256": Decimal("3.123456")},
        "H100 x2": {"4096-512": Decimal("1.5")},
        "A100 x1": {"512-256": 1},
    }
    assert ways({"model": "m", "tpot": "40"})["H100 x1"] == {"512-256": Decimal("3.123456"), "4096-512": 1}


def test_pools_and_variants() -> None:
    """GPUs of named pools only; several models are variants of one service."""
    found = read({**TARGETS, "model": "m,m-fp8", "pools": "H100:owned", "service": "chat"}).services[0]
    assert found["id"] == "chat"
    assert {way["pool"] for way in found["replicas"]} == {"owned"}
    assert [way.get("variant") for way in found["replicas"]] == ["m", "m", "m-fp8"]
    assert found["replicas"][1]["uses"] == {"gpu": 2}


def test_csv_and_notes() -> None:
    """The same from CSV; ways that lack a size are named."""
    lines = [",".join(ROWS[0]), *(",".join(map(str, row.values())) for row in ROWS)]
    found = read(TARGETS, "\n".join(lines))
    assert found.services == read(TARGETS).services
    assert found.notes == [
        "within the targets at some sizes only, and do not serve the others: A100 x1, H100 x1, H100 x2"
    ]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"ttft": "1s"}, "--param model=none: there are m, m-fp8"),
        ({**TARGETS, "model": "x"}, "--param model=x: there are m, m-fp8"),
        ({"model": "m"}, "rates needs a target"),
        ({**TARGETS, "ttft": "fast"}, "--param ttft=fast; allowed is a time such as 500ms"),
        ({**TARGETS, "percentile": "42"}, "--param percentile=42; allowed are mean, 50"),
        ({**TARGETS, "pools": "H100"}, "--param pools=H100; write GPU:POOL"),
    ],
)
def test_wrong_parameters(params: dict[str, str], said: str) -> None:
    """Parameters that are missing or wrong are usage errors."""
    with pytest.raises(UsageError, match=re.escape(said)):
        read(params)


@pytest.mark.parametrize(
    ("params", "text", "said"),
    [
        ({**TARGETS, "ttft": "1ms"}, None, "nothing of m meets the targets"),
        ({**TARGETS, "percentile": "99"}, None, "a row has no column 'ttft_p99'"),
        (TARGETS, "[{", "is no table of benchmarks"),
        (TARGETS, "[" * 100_000, "is no table of benchmarks"),
        (TARGETS, json.dumps([{**ROWS[0], "ttft_p95": "x"}]), "ttft_p95: 'x' is not a number"),
        (TARGETS, json.dumps([{**ROWS[0], "ttft_p95": -1}]), "-1 is not a number from 0"),
    ],
)
def test_wrong_tables(params: dict[str, str], text: str | None, said: str) -> None:
    """Tables without what is needed are refused with the place."""
    with pytest.raises(InputError, match=re.escape(said)):
        read(params) if text is None else read(params, text)

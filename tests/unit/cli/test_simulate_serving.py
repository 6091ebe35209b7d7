"""`leptonopt simulate --trace` from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.run_cli import called, said

INSTANCE = """
time: {start: 2026-11-23T00:00Z, slot: 1h, horizon: 2h}
pools: [{id: p, capacity: {gpu: 9}, price: {gpu: 1}}]
services: [{id: s, demand: {a: 2}, replicas: [{pool: p, uses: {gpu: 1}, rate: {a: 2}}]}]
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Return an instance and a trace."""
    (tmp_path / "a.yaml").write_text(INSTANCE)
    (tmp_path / "log.csv").write_text("time,a\n0,2\n3600,3\n")
    return tmp_path / "a.yaml", tmp_path / "log.csv"


def test_the_table_and_the_picture(files: tuple[Path, Path]) -> None:
    """Twice two requests per second are served, of five."""
    picture = files[0].parent / "misses.png"
    code, text, _ = called(
        "simulate", files[0], "--trace", files[1], "--headroom", "0,0.5", "--lag", "10m", "--plot", picture
    )
    assert code == 0
    lines = [line.split() for line in text.splitlines()]
    assert lines[0] == ["policy", "headroom", "lag", "cost", "missed", "worlds"]
    assert lines[1:3] == [["plan", "0", "2.00", "20.000%", "1"], ["plan", "0.5", "4.00", "0.000%", "1"]]
    assert [line[0] for line in lines[3:]] == ["scaler", "scaler", "both", "both"]
    assert picture.stat().st_size > 1000


def test_json(files: tuple[Path, Path]) -> None:
    document = json.loads(called("simulate", files[0], "--trace", files[1], "--policy", "plan", "--json")[1])
    assert [line["missed"] for line in document["services"]] == [3600, 0, 0]


def test_bad_calls_are_one_line(files: tuple[Path, Path]) -> None:
    call = ("simulate", files[0], "--trace", files[1])
    assert "--headroom 1; at least 0" in said(*call, "--headroom", "1", code=2)
    assert "--headroom much; allowed" in said(*call, "--headroom", "much", code=2)
    assert "'soon' is not a duration" in said(*call, "--lag", "soon", code=2)
    assert "--seeds 0; at least 1" in said(*call, "--seeds", "0", code=2)
    assert "--bin 7m" in said(*call, "--bin", "7m", code=2)
    assert "--policy rolling; with a trace" in said(*call, "--policy", "rolling", code=2)
    assert "--trace LOG.csv" in said("simulate", files[0], code=2)

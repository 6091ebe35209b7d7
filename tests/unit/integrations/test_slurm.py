"""Nodes of Slurm as pools: recorded answers of 22.05, and the notations of later versions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leptonopt.integrations import slurm
from leptonopt.integrations.imported import Grid

DATA = Path(__file__).parent / "data"
GRID = Grid(datetime(2026, 11, 29, 16, 25, tzinfo=UTC), 60, 7200)


def texts(*names: str) -> list[tuple[str, str]]:
    """Return name and content of recorded files."""
    return [(name, (DATA / name).read_text(encoding="utf-8")) for name in names]


def number(value: int) -> dict[str, Any]:
    """Return a number as Slurm 23.02 and later write it."""
    return {"set": True, "infinite": False, "number": value}


NEW_NODES = {
    "nodes": [
        {"name": f"a{n}", "cpus": 64, "real_memory": 512000, "gres": "gpu:a100:8(S:0-1)", "state": ["IDLE"],
         "features": ["a100", "eu"], "active_features": ["a100", "eu"], "partitions": ["gpu"]}
        for n in (1, 2)
    ]
}  # fmt: skip
SUMMARY = {
    "sinfo": [
        {"nodes": {"nodes": ["a[1-2]"]}, "node": {"state": state}, "cpus": {"maximum": 64},
         "memory": {"maximum": 512000}, "gres": {"total": "gpu:a100:8(S:0-1)"},
         "features": {"total": "a100,eu", "active": "a100,eu"}, "partition": {"name": name}}
        for name, state in (("gpu", ["IDLE"]),)
    ]
}  # fmt: skip


def test_recorded_nodes() -> None:
    """The drained node is left out with a note; nodes alike are one pool, named by partition and GPU type."""
    found = slurm.read(texts("sinfo-22.05.json"), {}, GRID)
    assert {pool["id"]: [(kind["count"], kind["size"]) for kind in pool["nodes"]] for pool in found.pools} == {
        "cpu": [(1, {"cpu": 32, "memory_mib": 128000})],
        "gpu-a100": [(1, {"gpu": 8, "cpu": 64, "memory_mib": 512000})],
        "gpu-t4": [(2, {"gpu": 4, "cpu": 16, "memory_mib": 64000})],
    }
    assert found.notes == ["1 of 5 nodes take no new work: a100-2"]
    assert found.pools[2]["labels"] == ["eu", "gpu", "t4"]


@pytest.mark.parametrize("document", [NEW_NODES, SUMMARY], ids=["nodes", "summary"])
def test_later_versions(document: dict[str, Any]) -> None:
    """Lists and objects of Slurm 23.02 and later, and the summary that its `sinfo --json` prints."""
    found = slurm.read([("x", json.dumps(document))], {}, GRID)
    (pool,) = found.pools
    (kind,) = pool["nodes"]
    assert (pool["id"], kind["count"], kind["reserved"]) == ("gpu-a100", 2, 2)
    assert kind["size"] == {"gpu": 8, "cpu": 64, "memory_mib": 512000}


def test_reservations_take_nodes_away() -> None:
    """A reservation of one of two nodes leaves one while it lasts, to whole slots on the safe side."""
    start = int(GRID.start.timestamp())
    reserved = {"reservations": [{"name": "r", "node_list": "a1", "start_time": start + 90, "end_time": start + 130}]}
    found = slurm.read([("n", json.dumps(NEW_NODES)), ("r", json.dumps(reserved))], {}, GRID)
    steps = found.pools[0]["nodes"][0]["count"]["steps"]
    assert list(steps.items()) == [(GRID.instant(0), 2), (GRID.instant(1), 1), (GRID.instant(3), 2)]

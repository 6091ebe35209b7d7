"""The table of sources and the command `import`."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from leptonopt import load
from leptonopt.errors import InputError, UsageError
from leptonopt.integrations import sources
from leptonopt.integrations.imported import Grid
from tests.helpers.run_cli import called

DATA = Path(__file__).parent / "data"
GRID = Grid(datetime(2026, 1, 5, tzinfo=UTC), 3600, 3600)
PRICES = "InstanceType,Price,Region\nx,1.25,eu\n"


def test_unknown_names() -> None:
    """Sources and parameters that do not exist are refused with those that do."""
    with pytest.raises(UsageError, match="known are slurm"):
        sources.read("lsf", [], {}, GRID)
    with pytest.raises(UsageError, match="it takes default_duration"):
        sources.read("slurm", [], {"pool": "x"}, GRID)
    with pytest.raises(UsageError, match="needs a FILE"):
        sources.read("focus", [], {}, GRID)
    with pytest.raises(InputError, match="is not installed here"):
        sources.read("nvidia-smi", [], {}, GRID)


def test_packed_files_and_files_that_are_not_there(tmp_path: Path) -> None:
    """Files packed by gzip are unpacked; a missing one is one line."""
    packed = tmp_path / "cloud.csv.gz"
    packed.write_bytes(gzip.compress(PRICES.encode()))
    assert [pool["id"] for pool in sources.read("prices", [str(packed)], {}, GRID).pools] == ["cloud-x-eu"]
    with pytest.raises(InputError, match="cannot be read: No such file"):
        sources.read("prices", [str(tmp_path / "gone.csv")], {}, GRID)


def test_twisted_documents_are_one_line(tmp_path: Path) -> None:
    """JSON of the right shape but without a needed key names the file."""
    file = tmp_path / "x.json"
    file.write_text('{"nodes": [{"cpus": 4}]}', encoding="utf-8")
    with pytest.raises(InputError, match="lacks or twists 'name'"):
        sources.read("slurm", [str(file)], {}, GRID)


def test_command(tmp_path: Path) -> None:
    """An imported cluster with an overlay of prices is an instance; importing again changes nothing of the user's."""
    overlay = tmp_path / "mine.yaml"
    overlay.write_text("pools: [{id: gpu-t4, price: {gpu: 0.4}}]\n", encoding="utf-8")
    out = tmp_path / "cluster.yaml"
    words = ["import", "slurm", DATA / "sinfo-22.05.json", DATA / "squeue-22.05.json", "-o", out]
    words += ["--start", "2026-11-29T16:25Z", "--slot", "1m", "--horizon", "2h", "--overlay", overlay]
    for _ in range(2):
        code, _, err = called(*words)
        assert code == 0, err
        assert "note: 1 of 5 nodes take no new work: a100-2" in err
    instance = load(out)
    price = next(pool.price["gpu"] for pool in instance.pools if pool.id == "gpu-t4")
    assert str(price.constant) == "0.4"
    assert [task.id for task in instance.tasks] == ["train", "eval"]


def test_a_part_of_an_instance(tmp_path: Path) -> None:
    """Price lists have no tasks: what is written says so, and an overlay completes it."""
    (tmp_path / "c.csv").write_text(PRICES, encoding="utf-8")
    code, out, err = called("import", "prices", tmp_path / "c.csv", "-o", "-")
    assert code == 0
    assert "tasks" not in out
    assert "there are no tasks" in err
    code, out, err = called("import", "prices", tmp_path / "c.csv", "-o", "-", "--slot", "7m", "--horizon", "1h")
    assert (code, out) == (2, "")
    assert "whole number of slots" in err

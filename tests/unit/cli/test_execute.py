"""The options of `leptonopt execute` and `follow`; carrying out is tested beside the executors."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.helpers.run_cli import called, said
from tests.unit.execution.samples import DOCUMENT, PLAN, with_others_job


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write the sample instance, every task of which has a command, and its plan."""
    document: dict[str, Any] = copy.deepcopy(DOCUMENT)
    for task in document["tasks"]:
        task.setdefault("run", "true")
    (tmp_path / "i.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    (tmp_path / "p.json").write_text(json.dumps(PLAN), encoding="utf-8")
    return tmp_path / "i.yaml", tmp_path / "p.json"


def test_dry_run(files: tuple[Path, Path], tmp_path: Path) -> None:
    """What would be started, by start; nothing is."""
    code, out, _ = called("execute", *files, "--dry-run", "--folder", tmp_path / "runs")
    assert code == 0
    assert [line.split()[2] for line in out.splitlines()] == ["big", "prep", "train", "sweep#1", "sweep#2", "sweep#3"]
    assert not list((tmp_path / "runs").glob("*.sqlite"))


def test_wrong_calls(files: tuple[Path, Path], tmp_path: Path) -> None:
    """Unknown systems, clusters without an address, and nothing to follow: one line each."""
    folder = tmp_path / "runs"
    assert "allowed are local, dask, slurm" in said("execute", *files, "--on", "lsf", code=2)
    assert "--cluster tcp://HOST:PORT" in said("execute", *files, "--on", "dask", "--folder", folder, code=2)
    assert "nothing has been carried out there" in said("follow", *files, "--folder", folder, code=2)
    bare = tmp_path / "bare.yaml"
    bare.write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")
    assert "'big' has no `run`" in said("execute", bare, files[1], code=2)


def test_jobs_of_others_are_left_alone(tmp_path: Path) -> None:
    """A line counts them, and nothing is started for them; `follow` takes them as planned where it cannot ask."""
    files = tmp_path / "i.yaml", tmp_path / "p.json"
    files[0].write_text(yaml.safe_dump(with_others_job()), encoding="utf-8")
    files[1].write_text(json.dumps(PLAN), encoding="utf-8")
    code, out, err = called("execute", *files, "--dry-run", "--folder", tmp_path / "runs")
    assert code == 0
    assert "jobs of others are left alone: 1 of 6 runs" in err
    assert "prep" not in out
    assert "big" in out

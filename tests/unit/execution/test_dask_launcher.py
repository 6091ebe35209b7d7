"""Runs on the workers of a real Dask cluster in this process, each pool a resource of one worker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from distributed import Scheduler, SpecCluster, Worker

from leptonopt.execution.dask_launcher import dask_launcher
from leptonopt.execution.executor import GONE, NEVER, STARTING
from leptonopt.execution.jobs import Job
from leptonopt.instance.tasks import Run
from tests.unit.execution.samples import runs


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Yield the address of a scheduler with one worker for each of two pools."""
    workers: dict[str, Any] = {
        name: {
            "cls": Worker,
            "options": {"nthreads": 1, "resources": {name: 10}, "name": name, "dashboard_address": None},
        }
        for name in ("gpu", "cpu")
    }
    scheduler = {"cls": Scheduler, "options": {"dashboard_address": None, "host": "127.0.0.1", "protocol": "tcp"}}
    with SpecCluster(workers=workers, scheduler=scheduler) as cluster:
        yield cluster.scheduler_address


def until_ended(launcher: Any, identity: str, log: Path) -> int:
    """Return the exit code of a run, once it has one."""
    for _ in range(600):
        if (code := launcher.ended(Job("x", identity, "running"), log)) is not None:
            return int(code)
        time.sleep(0.05)
    raise AssertionError("the run does not end")


def test_commands_run_on_workers(address: str, tmp_path: Path) -> None:
    """Output and exit code come back; a second driver finds a run of the first by its name."""
    run = replace(runs("dask")["train"], run=Run(command="echo $LEPTONOPT_GPU GPUs on $LEPTONOPT_POOL; exit 3"))
    slow = replace(run, key="slow", pool="cpu", run=Run(command="sleep 1; echo late"))
    with dask_launcher(address) as first:
        first.start(run, "train-1", tmp_path / "a.log")
        first.start(slow, "slow-1", tmp_path / "b.log")
        assert until_ended(first, "train-1", tmp_path / "a.log") == 3
        first.forget("train-1", tmp_path / "a.log")
    assert (tmp_path / "a.log").read_text(encoding="utf-8") == "4 GPUs on gpu\n"
    with dask_launcher(address) as second:
        assert until_ended(second, "slow-1", tmp_path / "b.log") == 0
        lost = Job("train", "train-1", "running")
        assert second.ended(lost, tmp_path / "c.log") == GONE
        assert second.ended(replace(lost, note=STARTING), tmp_path / "c.log") == NEVER
    assert (tmp_path / "b.log").read_text(encoding="utf-8") == "late\n"

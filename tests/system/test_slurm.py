"""A real Slurm cluster: read its state, plan, carry out, follow. Skipped where Slurm is not installed.

`.ci/run` installs it and sets LEPTONOPT_REQUIRE_SYSTEMS, with which nothing here is skipped.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

import pytest
import yaml

from leptonopt.execution.jobs import Job
from leptonopt.execution.slurm_system import SlurmSystem
from tests.helpers.run_cli import called

pytestmark = [pytest.mark.ci, pytest.mark.long, pytest.mark.xdist_group("slurm")]
HERE = Path(__file__).resolve().parents[1] / "helpers" / "slurm"
REQUIRED = "LEPTONOPT_REQUIRE_SYSTEMS" in os.environ
SLOT = 20  # seconds
MINE = """
pools:
  - {id: gpu-a100, price: {gpu: 1.1}}
  - {id: gpu-t4, price: {gpu: 0.2}}
tasks:
  - id: prep
    run: sleep 10; echo prepared
    placement: one-node
    options: [{pool: cpu, uses: {cpu: 8, memory_mib: 1000}, duration: 20s}]
  - id: train
    after: [prep]
    run: sleep 10
    placement: one-node
    options:
      - {pool: gpu-a100, uses: {gpu: 8, cpu: 16, memory_mib: 4000}, duration: 20s}
      - {pool: gpu-t4, uses: {gpu: 4, cpu: 8, memory_mib: 4000}, duration: 40s}
  - id: sweep
    copies: 3
    run: sleep 5
    placement: one-node
    options: [{pool: gpu-t4, uses: {gpu: 2, cpu: 2, memory_mib: 500}, duration: 20s}]
  - id: broken
    run: exit 3
    options: [{pool: cpu, uses: {cpu: 1, memory_mib: 100}, duration: 20s}]
  - id: never
    after: [broken]
    run: "true"
    options: [{pool: cpu, uses: {cpu: 1, memory_mib: 100}, duration: 20s}]
"""


def wait_for(lock: IO[str]) -> None:
    """Wait until no other cluster is up: the ports are fixed, so there is one at a time, whichever worker runs a test."""
    begun = time.monotonic()
    while time.monotonic() < begun + 600:
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(1)
    pytest.fail(f"{lock.name} is locked: end the cluster of another run")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start a cluster of five nodes, or skip."""
    lacking = [tool for tool in ("slurmctld", "slurmdbd", "munged", "mariadbd") if shutil.which(tool) is None]
    if lacking or os.geteuid() != 0:
        why = f"Slurm is not installed ({', '.join(lacking)})" if lacking else "Slurm's daemons need root"
        if REQUIRED:
            pytest.fail(why)
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("slurm")
    with open(Path(tempfile.gettempdir()) / "leptonopt-test-slurm.lock", "w") as lock:
        wait_for(lock)
        subprocess.run([HERE / "up.sh", folder], check=True, timeout=120, stdout=subprocess.DEVNULL)
        os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
        yield
        subprocess.run([HERE / "down.sh", folder], check=False, timeout=60)
        del os.environ["SLURM_CONF"]
        time.sleep(3)  # until the ports are free


def ok(*words: object) -> str:
    """Return what a command prints; it must end well."""
    code, out, err = called(*words)
    assert code == 0, err
    return out


def planned(folder: Path, mine: str = MINE) -> tuple[Path, Path]:
    """Read the cluster, lay the tasks over it, and plan from half a minute on."""
    (folder / "mine.yaml").write_text(mine, encoding="utf-8")
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=15)
    words = ["--slot", f"{SLOT}s", "--horizon", "10m", "--start", f"{start:%Y-%m-%dT%H:%M:%SZ}"]
    ok("import", "slurm", "-o", folder / "cluster.yaml", "--overlay", folder / "mine.yaml", *words)
    ok("solve", folder / "cluster.yaml", "-m", "greedy", "-q", "-o", folder / "plan.json")
    return folder / "cluster.yaml", folder / "plan.json"


def until(what: Callable[[dict[str, Job]], bool], system: SlurmSystem, seconds: float = 150) -> dict[str, Job]:
    """Return the jobs once they are as wanted."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        jobs = system.jobs()
        if what(jobs):
            return jobs
        time.sleep(1)
    raise AssertionError(f"never so: {system.jobs()}")


@pytest.mark.usefixtures("cluster")
def test_the_whole_way(tmp_path: Path) -> None:
    """Every start within 10 s of the plan on the planned kind of node; submitting twice submits nothing twice."""
    files = planned(tmp_path)
    first = ok("execute", *files, "--on", "slurm", "--folder", tmp_path / "logs")
    assert first.count("submit") == 7
    again = ok("execute", *files, "--on", "slurm", "--folder", tmp_path / "logs")
    assert (again.count("keep"), again.count("submit")) == (7, 0)
    system = SlurmSystem("imported-from-slurm")
    over = ("done", "failed")
    jobs = until(lambda found: len(found) == 7 and all(job.state in over for job in found.values()), system)
    states = {key: job.state for key, job in jobs.items()}
    assert states == {
        **dict.fromkeys(("prep", "train", "sweep#1", "sweep#2", "sweep#3"), "done"),
        "broken": "failed",
        "never": "failed",
    }
    plan = yaml.safe_load(files[1].read_text(encoding="utf-8"))
    for line in plan["tasks"]:
        for copy in range(line.get("copy", 0), line.get("copy", 0) + line.get("copies", 1)):
            job = jobs[f"{line['id']}#{copy}" if copy else line["id"]]
            if line["id"] == "never":
                assert "exit code" not in job.note
                continue
            assert job.started is not None
            assert abs((job.started - datetime.fromisoformat(line["start"])).total_seconds()) <= 10, line
            assert job.place.startswith(line["pool"].removeprefix("gpu-")), line
    out = ok("follow", *files, "--on", "slurm", "--state", tmp_path / "state.json")
    assert out.splitlines()[-1].startswith("5 done, 2 failed of 7 runs")
    state = yaml.safe_load((tmp_path / "state.json").read_text(encoding="utf-8"))
    assert len(state["done"]) == 5
    assert {entry["task"] for entry in state["failed"]} == {"broken", "never"}
    assert next(iter((tmp_path / "logs").glob("prep-*.log"))).read_text(encoding="utf-8") == "prepared\n"


@pytest.mark.usefixtures("cluster")
def test_plans_that_change(tmp_path: Path) -> None:
    """Jobs that wait move to a new start by an update, go elsewhere by a new submission, and end when not planned."""
    mine = "name: changing\n" + MINE.replace("run: sleep 5", "run: sleep 5\n    release: RELEASE")
    later = datetime.now(UTC) + timedelta(minutes=5)
    files = planned(tmp_path, mine.replace("RELEASE", f"{later:%Y-%m-%dT%H:%MZ}"))
    ok("execute", *files, "--on", "slurm", "--folder", tmp_path / "logs")
    system = SlurmSystem("changing")
    before = system.jobs()
    moved = yaml.safe_load(files[1].read_text(encoding="utf-8"))
    for line in moved["tasks"]:
        for key in ("start", "end") if line["id"] == "sweep" else ():
            at = datetime.fromisoformat(line[key]) + timedelta(minutes=2)
            line[key] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    moved["tasks"] = [line for line in moved["tasks"] if line["id"] not in ("broken", "never")]
    files[1].write_text(json.dumps(moved), encoding="utf-8")
    out = ok("execute", *files, "--on", "slurm", "--folder", tmp_path / "logs")
    assert [out.count(f"{what} ") for what in ("move", "cancel", "submit")] == [3, 2, 0]
    after = system.jobs()
    assert after["sweep#1"].identity == before["sweep#1"].identity
    assert after["sweep#1"].begins is not None
    first = min(line["start"] for line in moved["tasks"] if line["id"] == "sweep")
    assert abs((after["sweep#1"].begins - datetime.fromisoformat(first)).total_seconds()) <= 10
    assert after["never"].state == "failed"
    for key in after:
        system.cancel(key)


@pytest.mark.usefixtures("cluster")
def test_a_drained_node_is_read(tmp_path: Path) -> None:
    """A node that is drained is not in the pools of the next import, and a running job is pinned."""
    subprocess.run(["scontrol", "update", "NodeName=a100-2", "State=DRAIN", "Reason=test"], check=True, timeout=30)
    try:
        subprocess.run(
            ["sbatch", "--wrap=sleep 30", "-p", "cpu", "-c", "4", "--mem=100M", "--time=2", "-o", tmp_path / "x"],
            check=True,
            timeout=30,
        )
        time.sleep(5)
        ok("import", "slurm", "-o", tmp_path / "c.yaml", "--slot", "1m", "--horizon", "1h")
    finally:
        subprocess.run(["scontrol", "update", "NodeName=a100-2", "State=RESUME"], check=True, timeout=30)
        subprocess.run(["scancel", "--name=wrap"], check=True, timeout=30)
        time.sleep(5)  # until the next test finds an empty cluster
    found = yaml.safe_load((tmp_path / "c.yaml").read_text(encoding="utf-8"))
    assert {pool["id"]: sum(kind["count"] for kind in pool["nodes"]) for pool in found["pools"]}["gpu-a100"] == 1
    (task,) = (task for task in found["tasks"] if task["id"].startswith("job-"))
    assert task["options"][0]["pool"] == "cpu"
    assert task["options"][0]["uses"]["cpu"] == 4


def somebody_elses_job(folder: Path) -> str:
    """Submit a job that is no task of ours, and return its number."""
    words = ["sbatch", "--parsable", "--wrap=sleep 120", "-p", "cpu", "-c", "2", "--mem=100M", "--time=5"]
    done = subprocess.run([*words, "-o", folder / "x"], check=True, timeout=30, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.usefixtures("cluster")
def test_the_loop_is_closed(tmp_path: Path) -> None:
    """A node is drained and a job killed: what is left is planned on the other nodes, beside jobs of other people."""
    mine = """
name: loop
pools: [{id: gpu-a100, price: {gpu: 1}}, {id: gpu-t4, price: {gpu: 5}}]
tasks:
  - {id: first, run: sleep 100, placement: one-node, options: [{pool: cpu, uses: {cpu: 2, memory_mib: 100}, duration: 2m}]}
  - id: big
    copies: 2
    after: [first]
    run: sleep 5
    placement: one-node
    options:
      - {pool: gpu-a100, uses: {gpu: 8, cpu: 2, memory_mib: 100}, duration: 20s}
"""
    early = somebody_elses_job(tmp_path)
    time.sleep(3)
    files = planned(tmp_path, mine)
    _, out, err = called("execute", *files, "--on", "slurm", "--folder", tmp_path / "logs")
    assert "jobs of others are left alone: 1 of 4 runs" in err
    assert (out.count("submit"), f"job-{early}" in out) == (3, False)
    system = SlurmSystem("loop")
    late = somebody_elses_job(tmp_path)
    until(lambda jobs: jobs["first"].state == "running", system, 60)
    before = system.jobs()
    subprocess.run(["scontrol", "update", "NodeName=a100-2", "State=DRAIN", "Reason=test"], check=True, timeout=30)
    try:
        subprocess.run(["scancel", before["first"].identity], check=True, timeout=30)
        until(lambda jobs: jobs["first"].state == "failed", system, 60)
        next_plan, rest = tmp_path / "next.json", tmp_path / "rest.yaml"
        words = ["--on", "slurm", "--folder", tmp_path / "logs", "--replan", "-o", next_plan, "--instance", rest]
        out = ok("follow", *files, *words, "-t", "10", "--threads", "1")
        ok("verify", rest, next_plan)
        follows = ok("follow", rest, next_plan, "--on", "slurm")
    finally:
        subprocess.run(["scancel", early, late], check=True, timeout=30)
        subprocess.run(["scontrol", "update", "NodeName=a100-2", "State=RESUME"], check=True, timeout=30)
    assert "submit  first" in out
    for job in (early, late):
        assert not re.search(rf"^(submit|move|cancel) +job-{job}", out, re.MULTILINE)
        assert any(line.split()[:2] == [f"job-{job}", "running"] for line in follows.splitlines())
    found = {
        pool["id"]: sum(kind["count"] for kind in pool["nodes"]) for pool in yaml.safe_load(rest.read_text())["pools"]
    }
    assert found["gpu-a100"] == 1
    lines = {line["id"]: line for line in yaml.safe_load(next_plan.read_text(encoding="utf-8"))["tasks"]}
    assert lines["big#1"]["start"] != lines["big#2"]["start"]  # one node is left for both
    after = system.jobs()
    assert after["first"].identity != before["first"].identity
    assert {key for key, job in after.items() if job.state == "waiting"} >= {"big#1", "big#2"}
    for key in after:
        system.cancel(key)

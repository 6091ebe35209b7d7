"""Jobs of Slurm as tasks: pinned where they run, planned where they wait."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leptonopt.errors import UsageError
from leptonopt.instance import validate
from leptonopt.integrations import slurm
from leptonopt.integrations.imported import Imported
from leptonopt.integrations.slurm_jobs import has_features
from tests.unit.integrations.test_slurm import GRID, NEW_NODES, number, texts

START = int(GRID.start.timestamp())


def imported(*jobs: dict[str, Any], more: dict[str, Any] | None = None, **params: str) -> Imported:
    """Return what is read of jobs on two nodes of eight A100."""
    common = {"partition": "gpu", "node_count": number(1), "time_limit": number(30), "account": "vision"}
    records = [{**common, **job} for job in jobs]
    given = [("n", json.dumps(NEW_NODES)), ("j", json.dumps({"jobs": records, **(more or {})}))]
    found = slurm.read(given, params, GRID)
    validate(found.document("x", "y", GRID) if found.tasks else {**found.document("x", "y", GRID), "tasks": [FREE]})
    return found


FREE = {"id": "-", "options": [{"pool": "gpu-a100", "duration": "1m"}]}


def waiting(number_: int, gpus: int = 8, **more: Any) -> dict[str, Any]:
    """Return a pending job."""
    asked = f"cpu=16,mem=64G,node=1,gres/gpu={gpus},gres/gpu:a100={gpus}"
    return {"job_id": number_, "job_state": ["PENDING"], "tres_req_str": asked, **more}


def test_recorded_jobs() -> None:
    """The running job is pinned until its end, rounded up; the one that waits follows it."""
    found = slurm.read(texts("sinfo-22.05.json", "squeue-22.05.json"), {}, GRID)
    train, evaluate = found.tasks
    assert train["id"] == "train"
    assert train["job"] == {"slurm": "21"}
    assert found.running == [{"task": "train", "pool": "gpu-t4", "ends": "2026-11-29T16:29:00Z"}]
    assert train["deadline"] == "2026-11-29T16:29:00Z"
    assert train["options"] == [{"pool": "gpu-t4", "uses": {"gpu": 4, "cpu": 4, "memory_mib": 100}, "duration": "4m"}]
    assert evaluate["after"] == ["train"]
    assert evaluate["options"][0]["duration"] == "1m"


def test_waiting_job() -> None:
    """Size, duration, team, deadline and release of a pending job."""
    job = waiting(7, deadline=number(START + 3600), eligible_time=number(START + 600))
    (task,) = imported(job).tasks
    assert task == {
        "id": "job-7", "release": "2026-11-29T16:35:00Z", "deadline": "2026-11-29T17:25:00Z", "team": "vision",
        "placement": "one-node", "job": {"slurm": "7"},
        "options": [{"pool": "gpu-a100", "uses": {"gpu": 8, "cpu": 16, "memory_mib": 65536}, "duration": "30m"}],
    }  # fmt: skip


def test_array() -> None:
    """An array is copies; its limit of tasks at a time is a quota at every moment."""
    found = imported(waiting(9, gpus=2, array_task_string="0-9:3,20%2"))
    assert found.tasks[0]["copies"] == 5
    assert found.quotas == [{"id": "at a time of job-9", "of": "gpu", "per": "moment", "limit": 4, "tasks": ["job-9"]}]


def test_licences() -> None:
    """Licences are a resource of every pool, limited over all of them."""
    more = {"licenses": [{"LicenseName": "data", "Total": 2}]}
    found = imported(waiting(3, licenses="data:1"), more=more)
    assert found.tasks[0]["options"][0]["uses"]["licence data"] == 1
    assert found.quotas == [{"id": "licences data", "of": "licence data", "per": "moment", "limit": 2}]
    assert found.pools[0]["capacity"] == {"licence data": "unlimited"}


@pytest.mark.parametrize(
    ("job", "note"),
    [
        (waiting(5, time_limit=None), "without a time limit"),
        (waiting(5, gpus=9), "fit on no pool"),
        (waiting(5, features="h100"), "fit on no pool"),
        (waiting(5, partition="cpu"), "fit on no pool"),
        (waiting(5, state_reason="JobHeldUser"), "held"),
        ({"job_id": 5, "job_state": ["RUNNING"], "nodes": "gone-1", "end_time": number(START + 60)}, "left out"),
    ],
)
def test_left_out(job: dict[str, Any], note: str) -> None:
    """What cannot be planned is named in a note, with its number."""
    found = imported(job)
    assert not found.tasks
    assert any(note in each and each.endswith(": 5") for each in found.notes)


def test_default_duration() -> None:
    """Jobs without a limit get the duration that the user gives."""
    (task,) = imported(waiting(5, time_limit=None), default_duration="4h").tasks
    assert task["options"][0]["duration"] == "4h"
    with pytest.raises(UsageError, match="default_duration"):
        imported(waiting(5), default_duration="soon")


def test_overdue_and_several_nodes() -> None:
    """A job beyond its limit holds one more slot; a job on several nodes asks for their sum, with a note."""
    running = {"job_id": 1, "job_state": ["RUNNING"], "nodes": "a1", "end_time": number(START - 5)}
    gang = waiting(2, gpus=16, node_count=number(2))
    found = imported({**running, "tres_alloc_str": "cpu=1,mem=1G,gres/gpu=1"}, gang)
    assert found.tasks[0]["options"][0]["duration"] == "1m"
    assert "placement" not in found.tasks[1]
    assert found.tasks[1]["options"][0]["uses"]["gpu"] == 16
    assert any("several nodes" in note for note in found.notes)


@pytest.mark.parametrize(
    ("constraint", "met"),
    [
        ("", True), ("a100", True), ("a100&eu", True), ("a100,eu", True), ("h100|a100", True), ("[h100|a100]", True),
        ("(h100|a100)&!us", True), ("a100*2", True), ("h100", False), ("!a100", False), ("(a100", False),
    ],
)  # fmt: skip
def test_features(constraint: str, met: bool) -> None:
    """Constraints as Slurm writes them; what is cut short is not met."""
    assert has_features(constraint, {"a100", "eu"}) is met
